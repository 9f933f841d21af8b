/// The page's half of the protocol, static/js/core/protocol.js, must agree with the server's.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "host/limits.hpp"
#include "host/runtime/files.hpp"
#include "host/wire/client_frames.hpp"
#include "host/wire/data_frame.hpp"
#include "host/wire/server_frames.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

namespace json = boost::json;

constexpr const char* state =
    R"({"state":"ready","state_number":1,"task":{"number":1,"total":1},"previous":null,"outcomes":[]})";

json::object constants() {
  return {{"SUBPROTOCOL", subprotocol},
          {"TERMINAL_PATH", terminal_path},
          {"LOGIN_PATH", login_path},
          {"JOIN_PATH", join_path},
          {"STUDY_PATH", study_path},
          {"ABOUT_PATH", about_path},
          {"FRAME_HEADER_BYTES", limits::frame_header},
          {"MAX_FRAME_BYTES", limits::frame_payload},
          {"INPUT_WINDOW_BYTES", limits::input_window},
          {"OUTPUT_WINDOW_BYTES", limits::output_window},
          {"MAX_TERMINAL_CELLS", limits::terminal_cells},
          {"CLOSE_GOING_AWAY", close_code::going_away},
          {"CLOSE_BUSY", close_code::try_again_later},
          {"CLOSE_REPLACED", close_code::replaced},
          {"CLOSE_LOST", close_code::lost},
          {"CLOSE_WRONG_PARTICIPANT", close_code::wrong_participant}};
}

/// One frame of each type, with every field that it can have.
json::object server_frames() {
  ProgressFrame progress;
  progress.too_much_output = progress.changed_names = progress.extra_counts = true;
  // No frame has a reference and details, but each is a field of the type.
  JsonObject details;
  details.add("reference", "3F7A").add_json("fields", "[]").add("seconds_left", 1);
  return {{"welcome", welcome_frame("1", "s", "b", 2, 3, 4, state)},
          {"state", state_frame(state)},
          {"input_ack", input_ack_frame(1)},
          {"progress", progress_frame(progress)},
          {"done", done_frame("1", "b")},
          {"sandbox_replaced", sandbox_replaced_frame("b")},
          {"sandbox_starting", sandbox_starting_frame("Loading")},
          {"replaced", replaced_frame()},
          {"error", error_frame("busy", "try again", "1", details)},
          {"solution", solution_frame("1", {"ls"})},
          {"pong", pong_frame("1", 2, 3, 4)}};
}

json::object client_frames() {
  HelloFrame hello;
  hello.stream = "s";
  hello.input_offset = 1;
  hello.timezone = "Europe/Berlin";
  hello.participant = "7";
  hello.sandbox = "b";
  StartTaskFrame start;
  start.id = "1";
  start.task = 1;
  ResetFrame reset;
  reset.id = "1";
  reset.task = 1;
  GiveUpFrame give_up;
  give_up.id = "1";
  give_up.task = 1;
  StepAnswerFrame answer;
  StepDoneFrame done;
  done.id = "1";
  done.answers.emplace();
  done.choice = "agree";
  SubmitFrame submit;
  submit.id = "1";
  submit.task = 1;
  WithdrawFrame withdraw;
  withdraw.id = "1";
  ShowSolutionFrame show;
  show.id = "1";
  show.task = 1;
  PingFrame ping;
  ping.t = "1";
  return {{"hello", encode_frame(hello)},        {"sandbox_seen", encode_frame(SandboxSeenFrame())},
          {"start_task", encode_frame(start)},   {"resize", encode_frame(ResizeFrame())},
          {"ack", encode_frame(AckFrame())},     {"reset", encode_frame(reset)},
          {"give_up", encode_frame(give_up)},    {"ping", encode_frame(ping)},
          {"step_answer", encode_frame(answer)}, {"step_done", encode_frame(done)},
          {"submit", encode_frame(submit)},      {"withdraw", encode_frame(withdraw)},
          {"show_solution", encode_frame(show)}};
}

/// The fields that the server reads of each kind of observation, and of input_times: those that come into the record,
/// and those that distinguish frames.
json::object observations() {
  json::object fields;
  for (
      const char* frame : {
          R"({"type":"input_times","stream":"s","times":[[1,2]]})",
          R"({"type":"observation","kind":"visibility","at":1,"visible":true})",
          R"({"type":"observation","kind":"focus","at":1,"focused":true})",
          R"({"type":"observation","kind":"paste","at":1,"stream":"s","input_offset":2,"bytes":3,"replaced":4})",
          R"({"type":"observation","kind":"paste_stopped","at":1,"stream":"s","input_offset":2,"bytes":3,"replaced":4})",
          R"({"type":"observation","kind":"round_trip","at":1,"milliseconds":2})",
          R"({"type":"observation","kind":"disconnected","at":1,"reason":"r","milliseconds":2})",
          R"({"type":"observation","kind":"link_opened","at":1,"url":"https://example.org/"})",
      }) {
    const ClientFrame decoded = decode_client_frame(frame);
    const auto* observation = std::get_if<ObservationFrame>(&decoded);
    if (!observation) throw std::runtime_error(std::string("the server refuses ") + frame);
    json::array names{"type"};
    if (!observation->is_input_times) names.emplace_back("kind");
    const json::value recorded = json::parse(observation->detail);
    for (const auto& [name, value] : recorded.as_object()) names.emplace_back(name);
    fields[observation->kind] = names;
  }
  return fields;
}

std::string hexadecimal(BytesView bytes) {
  std::string text;
  for (const char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += digits;
  }
  return text;
}

/// The output of the script that compares the page's protocol with `server`.
std::string differences(const json::object& server) {
  const TemporaryFolder folder("page_protocol");
  write_text(folder.file("server.json"), json::serialize(server));
  const std::string source = source_folder();
  const std::string command = "node '" + source + "/tests/unit/wire/page_protocol.mjs' '" + source +
                              "/static/js/core/protocol.js' < '" + folder.file("server.json") + "' 2>&1";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  char piece[4096];
  while (const std::size_t size = std::fread(piece, 1, sizeof piece, pipe.get())) text.append(piece, size);
  const int status = ::pclose(pipe.release());
  return status == 0 ? text : "node ended with status " + std::to_string(status) + ": " + text;
}

json::object server_side() {
  constexpr std::uint64_t offset = 0x0102030405;
  return {{"constants", constants()},
          {"server_frames", server_frames()},
          {"client_frames", client_frames()},
          {"observations", observations()},
          {"data_frame", {{"offset", offset}, {"bytes", hexadecimal(data_frame(offset, "ab\xff"))}}}};
}

TEST(PageProtocol, HasTheNamesNumbersAndFieldsOfTheServer) { EXPECT_EQ(differences(server_side()), ""); }

TEST(PageProtocol, DifferencesAreNoticed) {
  json::object server = server_side();
  server["constants"].as_object()["CLOSE_LOST"] = 4009;
  server["client_frames"].as_object()["ack"] = R"({"type":"ack","offset":1})";
  server["observations"].as_object()["input_times"].as_array().pop_back();
  server["observations"].as_object()["paste"].as_array().emplace_back("cut");
  server["observations"].as_object()["resized"] = json::array{"type", "kind", "at"};
  server["server_frames"].as_object()["done"] = R"({"type":"done","id":-1})";
  server["data_frame"].as_object()["offset"] = 7;
  const std::string text = differences(server);
  for (const char* name : {"CLOSE_LOST: ", "fields of ack: ", "fields of done: ", "fields of input_times: ",
                           "fields of paste: ", "fields of resized: ", "done: ", "offset of a binary frame"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name << " in:\n" << text;
  }
}

}  // namespace
}  // namespace tellina::testing
