#pragma once

/// One session: a connection, a shell behind it, and what it prints.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/bench/target.hpp"
#include "host/client/terminal_client.hpp"

namespace tellina::bench {

/// Threads: one; does something only when called. Throws ClientFailure where the server refuses, reports an error or
/// leaves a hole in the output.
class Terminal final : private client::TerminalClient::Listener, private client::WebSocket::Listener {
 public:
  using Output = std::function<void(std::string_view bytes)>;

  /// Logs in, connects, and asks for the session.
  Terminal(const client::Endpoint& endpoint, Protocol protocol, const std::string& access_code);
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
  std::uint64_t printed() const { return m_client.output_end(); }
  /// Drops output until `text` has come; output behind it goes to the function of set_output().
  void expect(std::string text);
  void expect_prompt();
  bool expects() const { return !m_expected.empty(); }
  /// When the last expected text came.
  TimePoint found_at() const { return m_found_at; }
  void set_output(Output output) { m_output = std::move(output); }

  /// To poll.
  int descriptor() { return socket().descriptor(); }
  bool has_unsent() { return socket().has_unsent(); }
  /// Sends what waits.
  void flush();
  /// Sends what waits and takes what has come, at most `limit` bytes. Throws ClientFailure at the end of the
  /// connection.
  void receive(std::size_t limit = client::WebSocket::read_limit);

 private:
  void on_output(std::string_view bytes) override { take_output(bytes); }
  void on_frame(const ServerFrame& frame, std::string_view json) override;
  void on_text(std::string_view) override {}
  void on_binary(std::string_view bytes) override { take_output(bytes); }
  void follow_state(const std::string& json);
  void take_output(std::string_view bytes);
  client::WebSocket& socket();
  [[noreturn]] void fail_closed() const;

  const Protocol m_protocol;
  client::TerminalClient m_client{*this};
  std::optional<client::WebSocket> m_bare;  ///< of a bare shell, in place of the client
  Output m_output;
  std::string m_expected;
  std::string m_tail;
  TimePoint m_found_at{};
  bool m_is_ready = false;  ///< a task can be started
  bool m_has_started = false;
  int m_task = 0;
};

}  // namespace tellina::bench
