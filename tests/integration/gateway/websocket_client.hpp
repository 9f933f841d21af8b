#pragma once

/// A browser's end of a WebSocket.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstdint>
#include <functional>
#include <string>

#include "host/wire/data_frame.hpp"

namespace tellina::testing {

class ClientFrame {
 public:
  bool is_text = false;
  std::string payload;
};

/// Blocking, with a deadline of 5 s for everything except close(). Throws std::runtime_error at the deadline, and
/// boost::system::system_error if the connection ends. Threads: one.
class WebSocketClient {
 public:
  /// Connects; `decorate` may change the request, which carries the cookie of participant 7.
  using Decorate = std::function<void(boost::beast::websocket::request_type&)>;
  explicit WebSocketClient(std::uint16_t port, Decorate decorate = {});

  const boost::beast::websocket::response_type& answer() const { return m_answer; }
  void send_text(const std::string& text);
  void send_binary(const std::string& bytes);
  ClientFrame read();
  /// Reads until the server closes; returns its code, and its reason in `reason`. 1006 if there was no close frame.
  std::uint16_t read_close(std::string* reason = nullptr);
  void close(std::uint16_t code, const std::string& reason);
  boost::asio::ip::tcp::socket& socket() { return m_stream.next_layer(); }

  /// Sends and reads at the same time, so that neither side's buffers can block the other: `count` frames each way.
  void exchange(std::size_t count, const std::function<std::string(std::size_t)>& make,
                const std::function<void(std::size_t, const std::string&)>& check);

 private:
  void run_until(const bool& done);

  boost::asio::io_context m_context;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> m_stream;
  boost::beast::websocket::response_type m_answer;
  boost::beast::flat_buffer m_buffer;
};

}  // namespace tellina::testing
