#include "host/wire/client_frames.hpp"

#include <boost/json.hpp>

#include <cmath>

#include "host/limits.hpp"
#include "host/text/json.hpp"
#include "host/wire/frame_fields.hpp"
#include "host/wire/protocol.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

TerminalSize size_fields(const json::object& frame) {
  return TerminalSize(static_cast<std::uint16_t>(number_field(frame, "columns", 1, limits::terminal_cells)),
                      static_cast<std::uint16_t>(number_field(frame, "rows", 1, limits::terminal_cells)));
}

/// The parser reads 1e400 as infinity, which JSON cannot express, so the server could not send it back.
bool is_number(const json::value& value) {
  return value.is_number() && (!value.is_double() || std::isfinite(value.get_double()));
}

RequestId id_field(const json::object& frame) {
  const json::value* id = frame.if_contains("id");
  if (!id) throw FrameError("id: expected a string or a number, got nothing");
  if (!id->is_string() && !is_number(*id)) throw FrameError("id: expected a string or a number, got " + describe(*id));
  RequestId text = json::serialize(*id);
  if (text.size() > limits::request_id) {
    throw FrameError("id: expected at most " + std::to_string(limits::request_id) + " bytes, got more");
  }
  return text;
}

/// The name becomes the variable TZ of a shell, where it is a path below /usr/share/zoneinfo. So it may consist only of
/// names with single slashes between them.
std::string timezone_field(const json::object& frame) {
  std::string name = text_field(frame, "timezone", limits::timezone);
  bool begins_part = true;
  bool is_good = !name.empty() && name.back() != '/';
  for (const char c : name) {
    const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool is_other = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
    is_good = is_good && (is_letter || (!begins_part && (is_other || c == '/')));
    begins_part = c == '/';
  }
  if (!is_good) {
    throw FrameError("timezone: expected a name such as \"Europe/Berlin\", got " + describe(json::value(name)));
  }
  return name;
}

int task_field(const json::object& frame) {
  return static_cast<int>(number_field(frame, "task", 1, limits::task_number));
}

/// Older clients do not name the task.
std::optional<int> optional_task_field(const json::object& frame) {
  const json::value* task = frame.if_contains("task");
  return task && !task->is_null() ? std::optional(task_field(frame)) : std::nullopt;
}

/// Writes a frame, one member at a time.
class FrameWriter {
 public:
  explicit FrameWriter(const char* type) { m_object.add("type", type); }

  FrameWriter& add_json(const char* name, const std::string& json) {
    m_object.add_json(name, json);
    return *this;
  }
  FrameWriter& add(const char* name, std::uint64_t number) { return add_json(name, std::to_string(number)); }
  FrameWriter& add_text(const char* name, std::string_view text) { return add_json(name, json_string(text)); }
  FrameWriter& add_size(TerminalSize size) { return add("columns", size.columns).add("rows", size.rows); }
  FrameWriter& add_task(std::optional<int> task) {
    return task ? add("task", static_cast<std::uint64_t>(*task)) : *this;
  }
  std::string text() const { return m_object.text(); }

 private:
  JsonObject m_object;
};

HelloFrame parse_hello(const json::object& frame) {
  HelloFrame hello;
  hello.size = size_fields(frame);
  hello.output_offset = number_field(frame, "output_offset", 0, limits::stream_offset);
  if (const json::value* stream = frame.if_contains("stream"); stream && !stream->is_null()) {
    if (!stream->is_string()) throw FrameError("stream: expected a string, got " + describe(*stream));
    hello.stream = json::value_to<std::string>(*stream);
  }
  if (const json::value* offset = frame.if_contains("input_offset"); offset && !offset->is_null()) {
    hello.input_offset = number_field(frame, "input_offset", 0, limits::stream_offset);
  }
  if (const json::value* timezone = frame.if_contains("timezone"); timezone && !timezone->is_null()) {
    hello.timezone = timezone_field(frame);
  }
  if (frame.contains("participant")) hello.participant = text_field(frame, "participant", limits::client_name);
  if (frame.contains("sandbox")) hello.sandbox = text_field(frame, "sandbox", limits::client_name);
  return hello;
}

StepAnswerFrame parse_step_answer(const json::object& frame) {
  StepAnswerFrame answer;
  answer.step = text_field(frame, "step", limits::client_name);
  answer.field = text_field(frame, "field", limits::client_name);
  const json::value* const value = frame.if_contains("value");
  if (!value) throw FrameError("value: expected an answer, got nothing");
  answer.value = *value;
  return answer;
}

StepDoneFrame parse_step_done(const json::object& frame) {
  StepDoneFrame done;
  done.id = id_field(frame);
  done.step = text_field(frame, "step", limits::client_name);
  if (const json::value* answers = frame.if_contains("answers"); answers && !answers->is_null()) {
    if (!answers->is_object()) throw FrameError("answers: expected an object, got " + describe(*answers));
    done.answers = answers->get_object();
  }
  if (const json::value* choice = frame.if_contains("choice"); choice && !choice->is_null()) {
    done.choice = text_field(frame, "choice", limits::client_name);
  }
  return done;
}

ClientFrame parse_fields(const json::object& frame) {
  const json::value* type = frame.if_contains("type");
  if (!type || !type->is_string())
    throw FrameError("type: expected a string, got " + (type ? describe(*type) : "nothing"));
  const json::string& name = type->get_string();
  if (name == "hello") return parse_hello(frame);
  if (name == "sandbox_seen") {
    SandboxSeenFrame seen;
    seen.sandbox = text_field(frame, "sandbox", limits::client_name);
    seen.input_offset = number_field(frame, "input_offset", 0, limits::stream_offset);
    return seen;
  }
  if (name == "ack") {
    AckFrame ack;
    ack.output_offset = number_field(frame, "output_offset", 0, limits::stream_offset);
    return ack;
  }
  if (name == "resize") {
    ResizeFrame resize;
    resize.size = size_fields(frame);
    return resize;
  }
  if (name == "ping") {
    const json::value* t = frame.if_contains("t");
    if (!t || !is_number(*t)) throw FrameError("t: expected a number, got " + (t ? describe(*t) : "nothing"));
    PingFrame ping;
    ping.t = json::serialize(*t);
    return ping;
  }
  if (name == "start_task") {
    StartTaskFrame start;
    start.id = id_field(frame);
    start.task = task_field(frame);
    return start;
  }
  if (name == "reset") {
    ResetFrame reset;
    reset.id = id_field(frame);
    reset.task = optional_task_field(frame);
    return reset;
  }
  if (name == "give_up") {
    GiveUpFrame give_up;
    give_up.id = id_field(frame);
    give_up.task = optional_task_field(frame);
    return give_up;
  }
  if (name == "submit") {
    SubmitFrame submit;
    submit.id = id_field(frame);
    submit.task = task_field(frame);
    return submit;
  }
  if (name == "step_answer") return parse_step_answer(frame);
  if (name == "step_done") return parse_step_done(frame);
  if (name == "withdraw") {
    WithdrawFrame withdraw;
    withdraw.id = id_field(frame);
    withdraw.erases = frame.contains("delete") && bool_field(frame, "delete");
    return withdraw;
  }
  if (name == "show_solution") {
    ShowSolutionFrame show;
    show.id = id_field(frame);
    show.task = optional_task_field(frame);
    return show;
  }
  if (name == "input_times") return parse_input_times(frame);
  if (name == "observation") return parse_observation(frame);
  throw FrameError(
      "type: expected hello, sandbox_seen, start_task, resize, ack, reset, give_up, submit, step_answer, step_done, "
      "withdraw, "
      "show_solution, ping, input_times or observation, got " +
      describe(*type));
}

}  // namespace

ClientFrame decode_client_frame(std::string_view text) {
  BadFrame bad;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) {
    bad.message = error ? "expected a JSON object, got text that is not JSON: " + error.message()
                        : "expected a JSON object, got " + describe(value);
    return bad;
  }
  try {
    return parse_fields(value.get_object());
  } catch (const FrameError& frame_error) {
    bad.message = frame_error.what();
  }
  if (const json::value* id = value.get_object().if_contains("id"); id && (id->is_string() || is_number(*id))) {
    bad.id = json::serialize(*id);
  }
  return bad;
}

std::string encode_frame(const HelloFrame& frame) {
  FrameWriter writer("hello");
  writer.add_size(frame.size).add("output_offset", frame.output_offset);
  if (frame.stream) writer.add_text("stream", *frame.stream);
  if (frame.input_offset) writer.add("input_offset", *frame.input_offset);
  if (!frame.timezone.empty()) writer.add_text("timezone", frame.timezone);
  if (frame.participant) writer.add_text("participant", *frame.participant);
  if (frame.sandbox) writer.add_text("sandbox", *frame.sandbox);
  return writer.text();
}

std::string encode_frame(const SandboxSeenFrame& frame) {
  return FrameWriter("sandbox_seen").add_text("sandbox", frame.sandbox).add("input_offset", frame.input_offset).text();
}

std::string encode_frame(const StartTaskFrame& frame) {
  return FrameWriter("start_task").add_json("id", frame.id).add_task(frame.task).text();
}

std::string encode_frame(const ResizeFrame& frame) { return FrameWriter("resize").add_size(frame.size).text(); }

std::string encode_frame(const AckFrame& frame) {
  return FrameWriter("ack").add("output_offset", frame.output_offset).text();
}

std::string encode_frame(const ResetFrame& frame) {
  return FrameWriter("reset").add_json("id", frame.id).add_task(frame.task).text();
}

std::string encode_frame(const GiveUpFrame& frame) {
  return FrameWriter("give_up").add_json("id", frame.id).add_task(frame.task).text();
}

std::string encode_frame(const SubmitFrame& frame) {
  return FrameWriter("submit").add_json("id", frame.id).add_task(frame.task).text();
}

std::string encode_frame(const StepAnswerFrame& frame) {
  return FrameWriter("step_answer")
      .add_text("step", frame.step)
      .add_text("field", frame.field)
      .add_json("value", json::serialize(frame.value))
      .text();
}

std::string encode_frame(const StepDoneFrame& frame) {
  FrameWriter writer("step_done");
  writer.add_json("id", frame.id).add_text("step", frame.step);
  if (frame.answers) writer.add_json("answers", json::serialize(*frame.answers));
  if (!frame.choice.empty()) writer.add_text("choice", frame.choice);
  return writer.text();
}

std::string encode_frame(const WithdrawFrame& frame) {
  return FrameWriter("withdraw").add_json("id", frame.id).add_json("delete", frame.erases ? "true" : "false").text();
}

std::string encode_frame(const ShowSolutionFrame& frame) {
  return FrameWriter("show_solution").add_json("id", frame.id).add_task(frame.task).text();
}

std::string encode_frame(const PingFrame& frame) { return FrameWriter("ping").add_json("t", frame.t).text(); }

}  // namespace tellina
