#pragma once

/// The client's end of a WebSocket (RFC 6455) on a non-blocking socket. It is cheap: one thread can serve a thousand of
/// them, and saturate a server with a fraction of a core.

#include <cstdint>
#include <string>
#include <string_view>

#include "host/client/connection.hpp"
#include "host/limits.hpp"

namespace tellina::client {

/// Threads: one. Throws ClientFailure if the connection fails or the server breaks the protocol.
class WebSocket {
 public:
  /// Receives complete messages. The bytes are valid during the call.
  class Listener {
   public:
    virtual void on_text(std::string_view text) = 0;
    virtual void on_binary(std::string_view bytes) = 0;

   protected:
    ~Listener() = default;
  };

  /// Connects and upgrades. `headers`: further header lines, each with its CR LF.
  WebSocket(const Endpoint& endpoint, const std::string& path, const std::string& headers, const WaitLimit& limit);

  int descriptor() const { return m_connection.descriptor(); }
  void send_text(std::string_view text) { send(0x1, {}, text); }
  /// Sends one binary message that consists of both parts.
  void send_binary(std::string_view head, std::string_view body) { send(0x2, head, body); }
  /// Sends queued bytes as far as the socket accepts them.
  void flush();
  bool has_unsent() const { return m_unsent_from < m_unsent.size(); }
  std::size_t unsent() const { return m_unsent.size() - m_unsent_from; }
  /// Delivers the messages that arrived together with the upgrade.
  void take_first(Listener& listener) { m_rest.erase(0, take_frames(m_rest, listener)); }
  /// Reads once, at most `limit` bytes (with TLS, a whole record), and delivers the messages. Returns false at the end
  /// of the connection.
  bool receive(Listener& listener, std::size_t limit = limits::client_read);
  /// The code of the server's close frame; 0 if there was none.
  int close_code() const { return m_close_code; }
  const std::string& close_reason() const { return m_close_reason; }

 private:
  void send(unsigned opcode, std::string_view head, std::string_view body);
  void queue(unsigned opcode, std::string_view head, std::string_view body);
  /// Removes complete frames from the front of `bytes`; returns their size in bytes.
  std::size_t take_frames(std::string_view bytes, Listener& listener);
  void take_frame(unsigned head, std::string_view payload, Listener& listener);

  Connection m_connection;
  bool m_is_secure = false;
  int m_close_code = 0;
  std::string m_close_reason;
  std::string m_unsent;
  std::size_t m_unsent_from = 0;
  std::string m_rest;       ///< the beginning of an incomplete frame
  std::string m_fragments;  ///< of an incomplete message
  bool m_fragments_are_text = false;
};

}  // namespace tellina::client
