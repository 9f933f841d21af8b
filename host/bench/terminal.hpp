#pragma once

/// One session: a connection, its shell, and the shell's output.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/bench/target.hpp"
#include "host/client/terminal_client.hpp"

namespace tellina::bench {

/// Threads: one; acts only when called. Throws ClientFailure if the server refuses a request, reports an error, or
/// leaves a gap in the output.
class Terminal final : private client::TerminalClient::Listener, private client::WebSocket::Listener {
 public:
  using Output = std::function<void(std::string_view bytes)>;

  /// Logs in, connects, and asks for the session.
  Terminal(const client::Endpoint& endpoint, Protocol protocol, const std::string& access_code);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Starts the participant's task; call it once can_start() is true. A bare shell starts with the connection. Expects
  /// the prompt from then on.
  void start();
  /// Ends the task, so that another can start once can_start() is true.
  void give_up();
  bool can_start() const { return m_protocol == Protocol::bare || m_is_ready; }

  bool has_started() const { return m_has_started; }

  /// Sends input as the participant's page does: never more than 64 KiB beyond the last acknowledgement. Queues the
  /// excess.
  void type(std::string_view bytes);
  /// Bytes of the current task's output; 0 for a bare shell, whose output is not throttled.
  std::uint64_t printed() const { return m_client.output_end(); }
  /// Drops output until `text` has arrived. Later output goes to the function of set_output().
  void expect(std::string text);
  void expect_prompt();
  bool expects() const { return !m_expected.empty(); }
  /// When the last expected text arrived.
  TimePoint found_at() const { return m_found_at; }
  void set_output(Output output) { m_output = std::move(output); }

  /// The descriptor to poll.
  int descriptor() { return socket().descriptor(); }
  bool has_unsent() { return socket().has_unsent(); }
  /// Sends queued bytes.
  void flush();
  /// Sends queued bytes and reads at most `limit` bytes. Throws ClientFailure when the connection has ended.
  void receive(std::size_t limit = limits::client_read);

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
  std::optional<client::WebSocket> m_bare;  ///< for a bare shell, instead of the client
  Output m_output;
  std::string m_expected;
  std::string m_tail;
  TimePoint m_found_at{};
  bool m_is_ready = false;  ///< a task can be started
  bool m_has_started = false;
  int m_task = 0;
};

}  // namespace tellina::bench
