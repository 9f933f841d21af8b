#include "host/bench/terminal.hpp"

#include <utility>

#include "host/bench/failure.hpp"

namespace tellina::bench {

Terminal::Terminal(const client::Endpoint& endpoint, Protocol protocol, const std::string& access_code)
    : m_protocol(protocol) {
  const client::WaitLimit limit(system_clock(), answer_limit);
  if (protocol == Protocol::bare) {
    m_bare.emplace(endpoint, "/", "", limit);
    expect_prompt();
    m_bare->take_first(*this);
  } else {
    m_client.open(endpoint, client::log_in(endpoint, access_code, limit), limit);
    m_client.send_hello();
  }
}

client::WebSocket& Terminal::socket() {
  if (m_bare) return *m_bare;
  if (!m_client.socket()) fail_closed();
  return *m_client.socket();
}

void Terminal::start() {
  m_has_started = true;
  if (m_bare) return;
  expect_prompt();
  m_is_ready = false;
  m_client.start_task(m_task);
}

void Terminal::give_up() { m_client.give_up(); }

void Terminal::type(std::string_view bytes) {
  if (m_bare) return m_bare->send_binary({}, bytes);
  m_client.type(bytes);
}

void Terminal::flush() {
  if (m_bare) return m_bare->flush();
  m_client.flush();
}

void Terminal::expect(std::string text) {
  m_expected = std::move(text);
  m_tail.clear();
}

void Terminal::expect_prompt() { expect(m_protocol == Protocol::bare ? "$ " : "\x1b]133;B"); }

void Terminal::receive(std::size_t limit) {
  const bool is_open = m_bare ? m_bare->receive(*this, limit) : m_client.exchange(limit);
  if (!is_open) fail_closed();
}

void Terminal::fail_closed() const {
  const int code = m_bare ? m_bare->close_code() : m_client.close_code();
  const std::string reason = m_bare ? m_bare->close_reason() : m_client.close_reason();
  throw BenchFailure("the server ended a connection" + (code == 0
                                                            ? std::string(" without a close frame")
                                                            : " with code " + std::to_string(code) + " " + reason));
}

void Terminal::on_frame(const ServerFrame& frame, std::string_view json) {
  if (std::holds_alternative<ErrorFrame>(frame)) {
    throw BenchFailure("the server answered with an error: " + std::string(json));
  }
  if (std::holds_alternative<ReplacedFrame>(frame)) {
    throw BenchFailure("another client took over a participant of the benchmark");
  }
  if (const auto* state = std::get_if<StateFrame>(&frame)) follow_state(state->state);
  if (const auto* welcome = std::get_if<WelcomeFrame>(&frame)) {
    follow_state(welcome->state);
    // An earlier run left this task.
    if (!m_is_ready && welcome->id.empty()) give_up();
  }
}

void Terminal::follow_state(const std::string& json) {
  const StudyState state = decode_study_state(json);
  if (state.state == "finished") throw BenchFailure("a participant of the benchmark has no task left");
  m_is_ready = state.state == "ready";
  m_task = state.task;
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
