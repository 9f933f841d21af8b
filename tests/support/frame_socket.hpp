#pragma once

/// A WebSocket client on one non-blocking socket (RFC 6455), for programs that hold many of them in one thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
class FrameSocket {
 public:
  FrameSocket() = default;
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;
  ~FrameSocket();

  /// Connects and upgrades, within 10 s; throws std::runtime_error with the answer where the server refuses.
  void open(std::uint16_t port, const std::string& cookie);
  /// Ends the connection as a crashed program's ends: without a close frame. What has come is forgotten.
  void cut();

  void send(bool is_text, std::string_view payload);
  /// Moves bytes between socket and buffers; never blocks.
  void exchange();
  std::optional<Frame> next();

  int descriptor() const { return m_socket; }
  bool wants_to_write() const { return m_unsent_from < m_unsent.size(); }
  std::size_t unsent() const { return m_unsent.size() - m_unsent_from; }
  bool is_open() const { return m_socket >= 0; }
  /// Of the server's close frame; 0 before it came.
  int close_code() const { return m_close_code; }
  /// While paused nothing is read from the socket.
  void pause(bool paused) { m_paused = paused; }

 private:
  void write_frame(unsigned opcode, std::string_view payload);
  void write_some();
  /// What came before the end can still be taken.
  void end();
  void read_some();

  int m_socket = -1;
  int m_close_code = 0;
  bool m_paused = false;
  std::string m_unsent;
  std::size_t m_unsent_from = 0;
  std::string m_received;
  std::size_t m_received_from = 0;
  std::string m_fragments;
  bool m_fragments_are_text = false;
};

}  // namespace tellina::testing
