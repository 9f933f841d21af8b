#pragma once

/// A participant's client as docs/protocol.md describes it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/client/web_socket.hpp"
#include "host/limits.hpp"
#include "host/wire/protocol.hpp"
#include "host/wire/send_window.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina::client {

/// Follows one participant's streams over any number of connections: sends hello with its offsets, resends input from
/// the offset in the welcome, stays within the input window, and acknowledges output.
///
/// Acts only when called. The caller polls the socket's descriptor and calls exchange(). Threads: one. Throws
/// ClientFailure if the server breaks the protocol.
class TerminalClient final : private WebSocket::Listener {
 public:
  class Listener {
   public:
    /// Output that follows the previous output. The bytes are valid during the call.
    virtual void on_output(std::string_view bytes) = 0;
    /// A text frame, after the client has handled it; `json` is its text.
    virtual void on_frame(const ServerFrame& frame, std::string_view json) = 0;

   protected:
    ~Listener() = default;
  };
  enum class Acknowledge : std::uint8_t {
    in_batches,  ///< after at most 32 KiB, like the participant's page
    at_once,     ///< at the end of each exchange() that brought output
    by_hand,     ///< only by acknowledge()
  };

  explicit TerminalClient(Listener& listener) : m_listener(listener) {}
  TerminalClient(const TerminalClient&) = delete;
  TerminalClient& operator=(const TerminalClient&) = delete;

  /// Connects and upgrades. Forgets the previous connection, but keeps the streams.
  void open(const Endpoint& endpoint, const std::string& cookie, const WaitLimit& limit);
  /// Drops the connection without a close frame, like a crashed program.
  void cut();
  bool is_open() const { return m_socket.has_value(); }
  /// Absent while there is no connection.
  WebSocket* socket() { return m_socket ? &*m_socket : nullptr; }
  /// The code of the server's close frame on the last connection; 0 if there was none.
  int close_code() const { return m_socket ? m_socket->close_code() : m_close_code; }
  std::string close_reason() const { return m_socket ? m_socket->close_reason() : m_close_reason; }

  void acknowledge_output(Acknowledge when) { m_acknowledge = when; }
  /// From now on, the client names its sandbox in hello and sends `sandbox_seen`, as the participant's page does. Call
  /// this before the first hello.
  void name_sandboxes() { m_names_sandboxes = true; }
  /// From now on, the client ignores the window, which breaks the protocol. Call this before the first hello.
  void send_beyond_window() { m_input_window = SendWindow(limits::stream_offset); }

  /// Sends hello with the streams' offsets. Input waits until the welcome.
  void send_hello();
  /// Returns the request's id. If `id` is empty, uses the next number.
  RequestId start_task(int task, const RequestId& id = {});
  RequestId give_up();
  void send_text(std::string_view json);
  void send_binary(std::uint64_t offset, std::string_view bytes);
  /// Adds input. Bytes that the window or a missing welcome holds back are sent later.
  void type(std::string_view bytes);
  void acknowledge(std::uint64_t output_offset);

  /// Sends queued bytes and reads once, at most `limit` bytes; never blocks. Returns false if the connection has ended.
  bool exchange(std::size_t limit = limits::client_read);
  /// Sends queued bytes.
  void flush();

  /// Whether the server has answered the last hello or start_task on this connection.
  bool is_welcome() const { return m_phase == Phase::welcome; }
  const std::string& stream() const { return m_stream; }
  /// The last sandbox that the server named; empty if it named none.
  const std::string& sandbox() const { return m_sandbox; }
  std::uint64_t input_end() const { return m_input_begin + m_input.size(); }
  std::uint64_t acknowledged_input() const { return m_input_window.acknowledged(); }
  std::uint64_t output_end() const { return m_output_end; }
  std::uint64_t acknowledged_output() const { return m_acknowledged_output; }

  void check_invariant() const;

 private:
  void on_text(std::string_view text) override;
  void on_binary(std::string_view bytes) override;
  void follow_welcome(const WelcomeFrame& welcome);
  void follow_input_ack(std::uint64_t offset);
  /// The server has named this sandbox: input from now on is meant for it.
  void follow_sandbox(const std::string& sandbox);
  void send_sandbox_seen();
  /// Drops acknowledged input, a lot at a time, because each drop moves the remaining bytes.
  void forget_input();
  void send_input();
  void end();
  template <typename Action>
  void use_socket(Action action);

  Listener& m_listener;
  std::optional<WebSocket> m_socket;
  int m_close_code = 0;
  std::string m_close_reason;
  Acknowledge m_acknowledge = Acknowledge::in_batches;
  enum class Phase {
    closed,      ///< no socket, or nothing was sent on it yet
    hello_sent,  ///< nothing may be sent or received until the welcome
    welcome,
    start_sent,  ///< a start_task has no answer yet: no input is sent, but output of a running task may arrive
  };
  Phase m_phase = Phase::closed;
  bool m_is_receiving = false;
  std::uint64_t m_next_request = 1;

  std::string m_stream;
  bool m_names_sandboxes = false;
  std::string m_sandbox;
  std::uint64_t m_sandbox_input_offset = 0;  ///< input from here on is meant for m_sandbox
  std::string m_input;                       ///< from m_input_begin on
  std::uint64_t m_input_begin = 0;
  SendWindow m_input_window{limits::input_window};
  std::uint64_t m_output_end = 0;
  std::uint64_t m_acknowledged_output = 0;
};

}  // namespace tellina::client
