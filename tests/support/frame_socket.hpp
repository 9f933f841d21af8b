#pragma once

/// The load generator's WebSocket, for tests that want to take one message after another.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "host/bench/web_socket.hpp"

namespace tellina::testing {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

class HttpAnswer {
 public:
  HttpAnswer() = default;
  int status = 0;
  std::string head;  ///< status line and header lines
  std::string body;
};

/// One request on a connection of its own to 127.0.0.1; throws std::runtime_error where that fails.
/// `head`: request line and header lines, each with its CR LF.
HttpAnswer http_request(std::uint16_t port, const std::string& head, const std::string& body = {},
                        Milliseconds limit = std::chrono::seconds(10));

/// Cookie ("tellina_session=...") of a login that must succeed.
std::string log_in(std::uint16_t port, const std::string& access_code);

class Frame {
 public:
  Frame(bool text, std::string content) : is_text(text), payload(std::move(content)) {}
  bool is_text;
  std::string payload;
};

/// Sends what it is given as the socket takes it, and gives back whole messages. Answers pings and closes by itself.
class FrameSocket final : private bench::WebSocket::Listener {
 public:
  FrameSocket() = default;
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;

  /// Connects and upgrades, within 30 s; throws std::runtime_error with the answer where the server refuses.
  void open(std::uint16_t port, const std::string& cookie);
  /// Ends the connection as a crashed program's ends: without a close frame. What has come is forgotten.
  void cut();

  void send(bool is_text, std::string_view payload);
  /// Sends and reads what there is; never blocks.
  void exchange();
  std::optional<Frame> next();

  int descriptor() const { return m_socket ? m_socket->descriptor() : -1; }
  bool wants_to_write() const { return m_socket && m_socket->has_unsent(); }
  std::size_t unsent() const { return m_socket ? m_socket->unsent() : 0; }
  bool is_open() const { return m_socket.has_value(); }
  /// Of the server's close frame; 0 before it came.
  int close_code() const { return m_socket ? m_socket->close_code() : m_close_code; }
  /// While paused nothing is read from the socket.
  void pause(bool paused) { m_paused = paused; }

 private:
  void on_text(std::string_view text) override { m_frames.emplace_back(true, std::string(text)); }
  void on_binary(std::string_view bytes) override { m_frames.emplace_back(false, std::string(bytes)); }
  /// What came before the end can still be taken.
  void end();

  std::optional<bench::WebSocket> m_socket;
  int m_close_code = 0;
  bool m_paused = false;
  std::deque<Frame> m_frames;
};

}  // namespace tellina::testing
