#include "host/client/terminal_client.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/wire/data_frame.hpp"
#include "host/wire/frame_fields.hpp"

namespace tellina::client {
void TerminalClient::open(const Endpoint& endpoint, const std::string& cookie, const WaitLimit& limit) {
  cut();
  m_close_code = 0;
  m_close_reason.clear();
  std::string headers = "Sec-WebSocket-Protocol: ";
  headers.append(subprotocol).append("\r\nCookie: ").append(cookie).append("\r\n");
  m_socket.emplace(endpoint, terminal_path, headers, limit);
  m_socket->take_first(*this);
}

void TerminalClient::cut() {
  m_phase = Phase::closed;
  m_socket.reset();
}

void TerminalClient::end() {
  if (!m_socket) return;
  m_close_code = m_socket->close_code();
  m_close_reason = m_socket->close_reason();
  m_phase = Phase::closed;
  m_socket.reset();
}

void TerminalClient::send_hello() {
  m_phase = Phase::hello_sent;
  HelloFrame hello;
  hello.size = TerminalSize(80, 24);
  hello.output_offset = m_output_end;
  if (!m_stream.empty()) {
    hello.stream = m_stream;
    hello.input_offset = input_end();
  }
  if (m_names_sandboxes) hello.sandbox = m_sandbox;
  send_text(encode_frame(hello));
}

RequestId TerminalClient::start_task(int task, const RequestId& id) {
  if (m_phase == Phase::welcome) m_phase = Phase::start_sent;
  StartTaskFrame start;
  start.id = id.empty() ? std::to_string(m_next_request++) : id;
  start.task = task;
  send_text(encode_frame(start));
  return start.id;
}

RequestId TerminalClient::give_up() {
  GiveUpFrame frame;
  frame.id = std::to_string(m_next_request++);
  send_text(encode_frame(frame));
  return frame.id;
}

template <typename Action>
void TerminalClient::use_socket(Action action) {
  if (!m_socket) return;
  try {
    action(*m_socket);
  } catch (const ConnectionLost&) {
    // The socket is still delivering messages, so it must not be destroyed here. exchange() ends the connection
    // afterwards.
    if (m_is_receiving) throw;
    end();
  }
}

void TerminalClient::send_text(std::string_view json) {
  use_socket([json](WebSocket& socket) { socket.send_text(json); });
}

void TerminalClient::send_binary(std::uint64_t offset, std::string_view bytes) {
  Bytes header(limits::frame_header, '\0');
  set_frame_offset(header, offset);
  use_socket([&](WebSocket& socket) { socket.send_binary(header, bytes); });
}

void TerminalClient::type(std::string_view bytes) {
  m_input.append(bytes);
  send_input();
}

void TerminalClient::acknowledge(std::uint64_t output_offset) {
  m_acknowledged_output = output_offset;
  AckFrame ack;
  ack.output_offset = output_offset;
  send_text(encode_frame(ack));
}

bool TerminalClient::exchange(std::size_t limit) {
  if (!m_socket) return false;
  TELLINA_ASSERT(!m_is_receiving);  // a listener must not read: it is called with the bytes of the last read
  const std::uint64_t had = m_output_end;
  m_is_receiving = true;
  bool is_alive = true;
  try {
    m_socket->flush();
    is_alive = m_socket->receive(*this, limit);
  } catch (const ConnectionLost&) {
    is_alive = false;
  } catch (...) {
    m_is_receiving = false;
    throw;
  }
  m_is_receiving = false;
  if (!is_alive) end();
  const bool is_due = m_output_end > had && m_output_end > m_acknowledged_output;
  if (m_acknowledge == Acknowledge::at_once && is_due) acknowledge(m_output_end);
  return m_socket.has_value();
}

void TerminalClient::flush() {
  use_socket([](WebSocket& socket) { socket.flush(); });
}

void TerminalClient::send_input() {
  if (m_phase != Phase::welcome) return;
  while (m_socket && m_input_window.sent() < input_end()) {
    const std::uint64_t most = std::min<std::uint64_t>(m_input_window.room(), limits::frame_payload);
    const std::string_view piece = std::string_view(m_input).substr(m_input_window.sent() - m_input_begin, most);
    if (piece.empty()) return;
    const std::uint64_t offset = m_input_window.sent();
    m_input_window.send(piece.size());
    send_binary(offset, piece);
  }
}

void TerminalClient::forget_input() {
  const std::uint64_t done = m_input_window.acknowledged() - m_input_begin;
  if (done < limits::client_input && done < m_input.size()) return;
  m_input.erase(0, done);
  m_input_begin += done;
}

void TerminalClient::on_text(std::string_view text) {
  ServerFrame frame;
  try {
    frame = decode_server_frame(text);
  } catch (const FrameError& error) {
    throw ClientFailure("the server sent \"" + std::string(text) + "\": " + error.what());
  }
  if (const auto* welcome = std::get_if<WelcomeFrame>(&frame)) follow_welcome(*welcome);
  if (const auto* ack = std::get_if<InputAckFrame>(&frame)) follow_input_ack(ack->input_offset);
  // Between hello and welcome, the welcome names the sandbox.
  if (const auto* replaced = std::get_if<SandboxReplacedFrame>(&frame); replaced && m_phase != Phase::hello_sent) {
    follow_sandbox(replaced->sandbox);
    send_sandbox_seen();
  }
  if (const auto* done = std::get_if<DoneFrame>(&frame); done && !done->sandbox.empty()) m_sandbox = done->sandbox;
  m_listener.on_frame(frame, text);
}

void TerminalClient::follow_input_ack(std::uint64_t offset) {
  if (!m_input_window.acknowledge(offset)) throw ClientFailure("the server acknowledged input that nobody typed");
  forget_input();
  send_input();
}

void TerminalClient::follow_sandbox(const std::string& sandbox) {
  if (sandbox == m_sandbox) return;
  m_sandbox = sandbox;
  m_sandbox_input_offset = input_end();
}

void TerminalClient::send_sandbox_seen() {
  if (!m_names_sandboxes) return;
  SandboxSeenFrame seen;
  seen.sandbox = m_sandbox;
  seen.input_offset = m_sandbox_input_offset;
  send_text(encode_frame(seen));
}

void TerminalClient::follow_welcome(const WelcomeFrame& welcome) {
  const bool is_known_stream = welcome.stream == m_stream;
  if (!is_known_stream) {
    m_stream = welcome.stream;
    m_input.clear();
    m_input_begin = welcome.input_offset;
    m_acknowledged_output = welcome.output_offset;
  } else if (welcome.output_offset < m_output_end) {
    throw ClientFailure("the welcome continues output before the offset in hello");
  }
  if (welcome.input_offset < m_input_begin)
    throw ClientFailure("the welcome asks for input that the server has acknowledged");
  m_output_end = welcome.output_offset;
  if (welcome.input_offset > input_end()) {
    m_input.clear();
    m_input_begin = welcome.input_offset;
  }
  m_input_window.restart(welcome.input_offset);
  follow_sandbox(welcome.sandbox);
  if (is_known_stream && !welcome.sandbox.empty()) send_sandbox_seen();
  m_phase = Phase::welcome;
  check_invariant();
  send_input();
}

void TerminalClient::on_binary(std::string_view frame) {
  if (!has_frame_header(frame)) throw ClientFailure("the server sent a binary message without an offset");
  if (m_phase != Phase::welcome && m_phase != Phase::start_sent) {
    throw ClientFailure("the server sent output before a welcome");
  }
  const std::uint64_t offset = frame_offset(frame);
  if (offset != m_output_end) {
    throw ClientFailure("the server sent output from " + std::to_string(offset) + " on, expected " +
                        std::to_string(m_output_end));
  }
  const std::string_view bytes = frame_bytes(frame);
  m_output_end += bytes.size();
  const bool is_due = m_output_end - m_acknowledged_output >= limits::unacknowledged_output;
  if (m_acknowledge == Acknowledge::in_batches && is_due) acknowledge(m_output_end);
  m_listener.on_output(bytes);
}

void TerminalClient::check_invariant() const {
  m_input_window.check_invariant();
  TELLINA_ASSERT(m_input_begin <= m_input_window.acknowledged());
  TELLINA_ASSERT(m_input_window.sent() <= input_end());
  TELLINA_ASSERT(m_phase == Phase::closed || m_socket);
}

}  // namespace tellina::client
