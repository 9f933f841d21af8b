#pragma once

/// One session: a connection, a shell behind it, and what it prints.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "host/bench/target.hpp"
#include "host/bench/web_socket.hpp"

namespace tellina::bench {

/// Threads: one; does something only when called. Throws BenchFailure where the server refuses, reports an error or
/// leaves a hole in the output.
class Terminal final : private WebSocket::Listener {
 public:
  using Output = std::function<void(std::string_view bytes)>;

  /// Logs in, connects, and asks for the session.
  Terminal(const Endpoint& endpoint, Protocol protocol, const std::string& access_code);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Starts the participant's task, once can_start(); a bare shell has started with the connection. The prompt is
  /// expected from now on.
  void start();
  /// Ends the task, so that another can be started once can_start().
  void give_up();
  bool can_start() const { return m_protocol == Protocol::bare || m_is_ready; }

  bool has_started() const { return m_has_started; }

  /// Sends them, as the participant page does: never more than 64 KiB ahead of what the server has finished with. What
  /// does not fit waits.
  void type(std::string_view bytes);
  /// Bytes of output of the task so far; 0 for a bare shell, which nobody throttles.
  std::uint64_t printed() const { return m_output_offset; }
  /// Drops output until `text` has come; from its end on output goes to whoever set_output() named.
  void expect(std::string text);
  void expect_prompt();
  bool expects() const { return !m_expected.empty(); }
  /// When the last expected text came.
  TimePoint found_at() const { return m_found_at; }
  void set_output(Output output) { m_output = std::move(output); }

  WebSocket& socket() { return m_socket; }
  /// Takes what has come, at most `limit` bytes. Throws BenchFailure at the end of the connection.
  void receive(std::size_t limit = 256 * 1024);

 private:
  void on_text(std::string_view text) override;
  void on_binary(std::string_view bytes) override;
  void take_input_acknowledgement(std::string_view text);
  void take_output(std::string_view bytes);
  void send_waiting();
  void acknowledge();

  const Protocol m_protocol;
  WebSocket m_socket;
  Output m_output;
  std::string m_expected;
  std::string m_tail;
  TimePoint m_found_at{};
  bool m_is_ready = false;  ///< a task can be started
  bool m_has_started = false;
  std::uint64_t m_task = 0;
  std::uint64_t m_next_request = 1;
  std::string m_waiting;             ///< typed and not sent yet
  std::uint64_t m_input_offset = 0;  ///< end of what was sent
  std::uint64_t m_input_acknowledged = 0;
  std::uint64_t m_output_offset = 0;
  std::uint64_t m_acknowledged = 0;
};

}  // namespace tellina::bench
