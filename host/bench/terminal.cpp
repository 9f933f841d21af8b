#include "host/bench/terminal.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/json.hpp>

#include "host/bench/failure.hpp"

namespace tellina::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t offset_bytes = 8;
constexpr std::uint64_t input_window = 64 * 1024;
/// As the participant page does.
constexpr std::uint64_t acknowledged_at_once = 32 * 1024;

std::string headers_of(const Endpoint& endpoint, Protocol protocol, const std::string& access_code) {
  if (protocol == Protocol::bare) return {};
  return "Sec-WebSocket-Protocol: tellina.v1\r\nCookie: " + log_in(endpoint, access_code) + "\r\n";
}

const char* path_of(Protocol protocol) { return protocol == Protocol::bare ? "/" : "/api/v1/terminal"; }

bool has_type(std::string_view text, std::string_view type) {
  constexpr std::string_view begin = "{\"type\":\"";
  return text.starts_with(begin) && text.substr(begin.size()).starts_with(type);
}

}  // namespace

Terminal::Terminal(const Endpoint& endpoint, Protocol protocol, const std::string& access_code)
    : m_protocol(protocol), m_socket(endpoint, path_of(protocol), headers_of(endpoint, protocol, access_code)) {
  if (protocol == Protocol::bare) {
    expect_prompt();
    m_socket.take_first(*this);
  } else {
    m_socket.take_first(*this);
    m_socket.send_text(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  }
}

void Terminal::start() {
  m_has_started = true;
  if (m_protocol == Protocol::bare) return;
  expect_prompt();
  m_is_ready = false;
  m_socket.send_text(json::serialize(json::object{{"type", "start_task"}, {"id", m_next_request++}, {"task", m_task}}));
}

void Terminal::give_up() {
  m_socket.send_text(json::serialize(json::object{{"type", "give_up"}, {"id", m_next_request++}}));
}

void Terminal::type(std::string_view bytes) {
  if (m_protocol == Protocol::bare) return m_socket.send_binary({}, bytes);
  m_waiting.append(bytes);
  send_waiting();
}

void Terminal::send_waiting() {
  const std::uint64_t room = input_window - (m_input_offset - m_input_acknowledged);
  const std::string_view bytes = std::string_view(m_waiting).substr(0, room);
  if (bytes.empty()) return;
  char offset[offset_bytes];
  for (std::size_t i = 0; i < offset_bytes; ++i) {
    offset[i] = static_cast<char>(m_input_offset >> (8 * (offset_bytes - 1 - i)));
  }
  m_input_offset += bytes.size();
  m_socket.send_binary(std::string_view(offset, offset_bytes), bytes);
  m_waiting.erase(0, bytes.size());
}

void Terminal::take_input_acknowledgement(std::string_view text) {
  const std::size_t begin = text.find_first_of("0123456789");
  std::uint64_t offset = 0;
  if (begin != std::string_view::npos) std::from_chars(text.data() + begin, text.data() + text.size(), offset);
  if (offset > m_input_offset) throw BenchFailure("the server acknowledged input that nobody typed");
  m_input_acknowledged = std::max(m_input_acknowledged, offset);
  if (!m_waiting.empty()) send_waiting();
}

void Terminal::expect(std::string text) {
  m_expected = std::move(text);
  m_tail.clear();
}

void Terminal::expect_prompt() { expect(m_protocol == Protocol::bare ? "$ " : "\x1b]133;B"); }

void Terminal::receive(std::size_t limit) {
  if (m_socket.receive(*this, limit)) return;
  const int code = m_socket.close_code();
  throw BenchFailure("the server ended a connection" +
                     (code == 0 ? std::string(" without a close frame")
                                : " with code " + std::to_string(code) + " " + m_socket.close_reason()));
}

void Terminal::on_text(std::string_view text) {
  if (has_type(text, "input_ack")) return take_input_acknowledgement(text);
  if (has_type(text, "progress") || has_type(text, "done")) return;
  const json::object message = json::parse(text).as_object();
  const std::string type = json::value_to<std::string>(message.at("type"));
  if (type == "error") throw BenchFailure("the server answered with an error: " + std::string(text));
  if (type == "replaced") throw BenchFailure("another client took over a participant of the benchmark");
  if (type != "welcome" && type != "state") return;
  const json::object& state = message.at("state").as_object();
  m_is_ready = state.at("state").as_string() == "ready";
  if (state.at("state").as_string() == "finished") {
    throw BenchFailure("a participant of the benchmark has no task left");
  }
  m_task = state.at("task").as_object().at("number").to_number<std::uint64_t>();
  if (type != "welcome") return;
  m_input_offset = m_input_acknowledged = message.at("input_offset").to_number<std::uint64_t>();
  m_output_offset = m_acknowledged = message.at("output_offset").to_number<std::uint64_t>();
  if (!m_is_ready && !message.contains("id")) give_up();
}

void Terminal::on_binary(std::string_view bytes) {
  if (m_protocol == Protocol::bare) return take_output(bytes);
  if (bytes.size() < offset_bytes) throw BenchFailure("the server sent a binary message without an offset");
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < offset_bytes; ++i) offset = offset << 8 | static_cast<unsigned char>(bytes[i]);
  if (offset != m_output_offset) {
    throw BenchFailure("the server sent output from " + std::to_string(offset) + " on, expected " +
                       std::to_string(m_output_offset));
  }
  bytes.remove_prefix(offset_bytes);
  m_output_offset += bytes.size();
  if (m_output_offset - m_acknowledged >= acknowledged_at_once) acknowledge();
  take_output(bytes);
}

void Terminal::acknowledge() {
  m_acknowledged = m_output_offset;
  m_socket.send_text("{\"type\":\"ack\",\"output_offset\":" + std::to_string(m_output_offset) + "}");
}

void Terminal::take_output(std::string_view bytes) {
  if (m_expected.empty()) {
    if (m_output) m_output(bytes);
    return;
  }
  m_tail.append(bytes);
  const std::size_t found = m_tail.find(m_expected);
  if (found == std::string::npos) {
    if (m_tail.size() > m_expected.size()) m_tail.erase(0, m_tail.size() - m_expected.size());
    return;
  }
  m_found_at = Clock::now();
  const std::string rest = m_tail.substr(found + m_expected.size());
  m_expected.clear();
  if (m_output && !rest.empty()) m_output(rest);
}

}  // namespace tellina::bench
