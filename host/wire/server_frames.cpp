#include "host/wire/server_frames.hpp"

#include <boost/json.hpp>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/text/json.hpp"
#include "host/wire/frame_fields.hpp"
#include "host/wire/protocol.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_text = limits::frame_payload;

std::string id_member(const RequestId& id) { return id.empty() ? "" : ",\"id\":" + id; }

json::object object_of(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) throw FrameError("expected a JSON object, got other text");
  return std::move(value.get_object());
}

/// The JSON text of a required member.
std::string json_field(const json::object& frame, const char* name) {
  const json::value* value = frame.if_contains(name);
  if (!value) throw FrameError(std::string(name) + ": expected a value, got nothing");
  return json::serialize(*value);
}

std::string optional_json_field(const json::object& frame, const char* name) {
  return frame.contains(name) ? json_field(frame, name) : std::string();
}

std::string optional_text_field(const json::object& frame, const char* name) {
  return frame.contains(name) ? text_field(frame, name, longest_text) : std::string();
}

std::uint64_t offset_field(const json::object& frame, const char* name) {
  return number_field(frame, name, 0, limits::stream_offset);
}

int count_field(const json::object& frame, const char* name) {
  return static_cast<int>(number_field(frame, name, 0, limits::counted_lines));
}

WelcomeFrame decode_welcome(const json::object& object) {
  WelcomeFrame frame;
  frame.id = optional_json_field(object, "id");
  frame.stream = optional_text_field(object, "stream");
  frame.sandbox = optional_text_field(object, "sandbox");
  frame.input_offset = offset_field(object, "input_offset");
  frame.output_offset = offset_field(object, "output_offset");
  frame.answered_offset = offset_field(object, "answered_offset");
  frame.state = json_field(object, "state");
  return frame;
}

/// False if it is absent.
bool optional_flag(const json::object& object, std::string_view name) {
  const json::value* const flag = object.if_contains(name);
  if (flag && !flag->is_bool()) throw FrameError(std::string(name) + ": expected true or false, got another value");
  return flag && flag->get_bool();
}

ProgressFrame decode_progress(const json::object& object) {
  ProgressFrame frame;
  frame.matched = count_field(object, "matched");
  frame.missing = count_field(object, "missing");
  frame.extra = count_field(object, "extra");
  frame.incorrect = count_field(object, "incorrect");
  frame.too_much_output = optional_flag(object, "too_much_output");
  frame.changed_names = optional_flag(object, "changed_names");
  frame.extra_counts = optional_flag(object, "extra_counts");
  frame.detail = json_field(object, "detail");
  return frame;
}

ErrorFrame decode_error(const json::object& object) {
  ErrorFrame frame;
  frame.code = text_field(object, "code", longest_text);
  frame.message = text_field(object, "message", longest_text);
  frame.id = optional_json_field(object, "id");
  frame.reference = optional_text_field(object, "reference");
  return frame;
}

PongFrame decode_pong(const json::object& object) {
  PongFrame frame;
  frame.t = json_field(object, "t");
  frame.input_offset = offset_field(object, "input_offset");
  frame.output_offset = offset_field(object, "output_offset");
  frame.state_number = offset_field(object, "state_number");
  return frame;
}

}  // namespace

ServerFrame decode_server_frame(std::string_view text) {
  const json::object object = object_of(text);
  const std::string type = text_field(object, "type", longest_text);
  if (type == "welcome") return decode_welcome(object);
  if (type == "progress") return decode_progress(object);
  if (type == "error") return decode_error(object);
  if (type == "pong") return decode_pong(object);
  if (type == "replaced") return ReplacedFrame();
  if (type == "state") {
    StateFrame frame;
    frame.state = json_field(object, "state");
    return frame;
  }
  if (type == "input_ack") {
    InputAckFrame frame;
    frame.input_offset = offset_field(object, "input_offset");
    return frame;
  }
  if (type == "done") {
    DoneFrame frame;
    frame.id = json_field(object, "id");
    frame.sandbox = optional_text_field(object, "sandbox");
    return frame;
  }
  if (type == "sandbox_replaced") {
    SandboxReplacedFrame frame;
    frame.sandbox = text_field(object, "sandbox", longest_text);
    return frame;
  }
  if (type == "sandbox_starting") {
    SandboxStartingFrame frame;
    frame.text = text_field(object, "text", longest_text);
    return frame;
  }
  UnknownFrame frame;
  frame.type = type;
  return frame;
}

StudyState decode_study_state(std::string_view text) {
  const json::object object = object_of(text);
  StudyState state;
  state.state = text_field(object, "state", longest_text);
  if (const json::value* task = object.if_contains("task"); task && task->is_object()) {
    state.task = count_field(task->get_object(), "number");
  }
  if (const json::value* previous = object.if_contains("previous"); previous && previous->is_object()) {
    state.previous_task = count_field(previous->get_object(), "number");
    state.previous_end = text_field(previous->get_object(), "state", longest_text);
  }
  return state;
}

std::string welcome_frame(const RequestId& id, const std::string& stream, const std::string& sandbox,
                          std::uint64_t input_offset, std::uint64_t output_offset, std::uint64_t answered_offset,
                          const std::string& state) {
  return "{\"type\":\"welcome\"" + id_member(id) + ",\"stream\":" + json_string(stream) +
         (stream.empty() ? "" : ",\"sandbox\":" + json_string(sandbox)) +
         ",\"input_offset\":" + std::to_string(input_offset) + ",\"output_offset\":" + std::to_string(output_offset) +
         ",\"answered_offset\":" + std::to_string(answered_offset) + ",\"state\":" + state + "}";
}

std::string state_frame(const std::string& state) { return "{\"type\":\"state\",\"state\":" + state + "}"; }

std::string input_ack_frame(std::uint64_t input_offset) {
  TELLINA_ASSERT(input_offset <= limits::stream_offset);
  return "{\"type\":\"input_ack\",\"input_offset\":" + std::to_string(input_offset) + "}";
}

std::string progress_frame(const ProgressFrame& progress) {
  return "{\"type\":\"progress\",\"matched\":" + std::to_string(progress.matched) +
         ",\"missing\":" + std::to_string(progress.missing) + ",\"extra\":" + std::to_string(progress.extra) +
         ",\"incorrect\":" + std::to_string(progress.incorrect) +
         (progress.too_much_output ? ",\"too_much_output\":true" : "") +
         (progress.changed_names ? ",\"changed_names\":true" : "") +
         (progress.extra_counts ? ",\"extra_counts\":true" : "") + ",\"detail\":" + progress.detail + "}";
}

std::string sandbox_replaced_frame(const std::string& sandbox) {
  return "{\"type\":\"sandbox_replaced\",\"sandbox\":" + json_string(sandbox) + "}";
}

std::string sandbox_starting_frame(const std::string& text) {
  return "{\"type\":\"sandbox_starting\",\"text\":" + json_string(text) + "}";
}

std::string done_frame(const RequestId& id, const std::string& sandbox) {
  return "{\"type\":\"done\"" + id_member(id) + (sandbox.empty() ? "" : ",\"sandbox\":" + json_string(sandbox)) + "}";
}

std::string replaced_frame() { return "{\"type\":\"replaced\"}"; }

std::string error_frame(std::string_view code, std::string_view message, const RequestId& id,
                        std::string_view reference) {
  return "{\"type\":\"error\",\"code\":" + json_string(code) + ",\"message\":" + json_string(message) + id_member(id) +
         (reference.empty() ? "" : ",\"reference\":" + json_string(reference)) + "}";
}

std::string error_frame(std::string_view code, std::string_view message, const RequestId& id,
                        const JsonObject& details) {
  std::string frame = error_frame(code, message, id);
  const std::string members = details.text();
  if (members == "{}") return frame;
  frame.back() = ',';
  return frame + members.substr(1);
}

std::string solution_frame(const RequestId& id, const std::vector<std::string>& lines) {
  std::string list;
  for (const std::string& line : lines) list += (list.empty() ? "" : ",") + json_string(line);
  return "{\"type\":\"solution\"" + id_member(id) + ",\"lines\":[" + list + "]}";
}

std::string pong_frame(const std::string& t, std::uint64_t input_offset, std::uint64_t output_offset,
                       std::int64_t state_number) {
  return "{\"type\":\"pong\",\"t\":" + t + ",\"input_offset\":" + std::to_string(input_offset) +
         ",\"output_offset\":" + std::to_string(output_offset) + ",\"state_number\":" + std::to_string(state_number) +
         "}";
}

}  // namespace tellina
