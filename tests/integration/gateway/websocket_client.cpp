#include "gateway/websocket_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>

#include <stdexcept>

namespace tellina::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::chrono::seconds deadline{5};

void check(const error_code& error) {
  if (error) throw boost::system::system_error(error);
}

}  // namespace

WebSocketClient::WebSocketClient(std::uint16_t port, Decorate decorate) : m_stream(m_context) {
  socket().connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
  m_stream.set_option(websocket::stream_base::decorator([decorate](websocket::request_type& request) {
    request.set(beast::http::field::cookie, "tellina_session=token-bob");
    if (decorate) decorate(request);
  }));
  m_stream.auto_fragment(false);
  const std::string host = "127.0.0.1:" + std::to_string(port);
  bool done = false;
  error_code error;
  m_stream.async_handshake(m_answer, host, "/api/v1/terminal", [&](error_code result) {
    error = result;
    done = true;
  });
  run_until(done);
  check(error);
}

void WebSocketClient::run_until(const bool& done) {
  m_context.restart();
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!done) {
    if (std::chrono::steady_clock::now() >= end) throw std::runtime_error("the WebSocket received nothing for 5 s");
    m_context.run_one_until(end);
    if (m_context.stopped()) m_context.restart();
  }
}

void WebSocketClient::send_text(const std::string& text) {
  m_stream.text(true);
  m_stream.write(asio::buffer(text));
}

void WebSocketClient::send_binary(const std::string& bytes) {
  m_stream.binary(true);
  m_stream.write(asio::buffer(bytes));
}

ClientFrame WebSocketClient::read() {
  bool done = false;
  error_code error;
  m_stream.async_read(m_buffer, [&](error_code result, std::size_t) {
    error = result;
    done = true;
  });
  run_until(done);
  check(error);
  ClientFrame frame;
  frame.is_text = m_stream.got_text();
  frame.payload = beast::buffers_to_string(m_buffer.cdata());
  m_buffer.consume(m_buffer.size());
  return frame;
}

std::uint16_t WebSocketClient::read_close(std::string* reason) {
  try {
    for (;;) read();
  } catch (const boost::system::system_error& error) {
    if (error.code() != websocket::error::closed) return 1006;
    if (reason) reason->assign(m_stream.reason().reason.data(), m_stream.reason().reason.size());
    return m_stream.reason().code;
  }
}

void WebSocketClient::close(std::uint16_t code, const std::string& reason) {
  m_stream.close(websocket::close_reason(static_cast<websocket::close_code>(code), reason));
}

void WebSocketClient::exchange(std::size_t count, const std::function<std::string(std::size_t)>& make,
                               const std::function<void(std::size_t, const std::string&)>& check_frame) {
  std::size_t written = 0;
  std::size_t got = 0;
  error_code failure;
  std::string frame;
  std::function<void()> write;
  std::function<void()> read_next;
  write = [&] {
    if (written == count) return;
    frame = make(written);
    m_stream.binary(true);
    m_stream.async_write(asio::buffer(frame), [&](error_code error, std::size_t) {
      if (error) failure = error;
      ++written;
      if (!error) write();
    });
  };
  read_next = [&] {
    m_stream.async_read(m_buffer, [&](error_code error, std::size_t) {
      if (error) failure = error;
      if (error) return;
      check_frame(got, beast::buffers_to_string(m_buffer.cdata()));
      m_buffer.consume(m_buffer.size());
      if (++got < count) read_next();
    });
  };
  write();
  read_next();
  m_context.restart();
  m_context.run_for(4 * deadline);
  check(failure);
  if (got < count) throw std::runtime_error("only " + std::to_string(got) + " frames arrived");
}

}  // namespace tellina::testing
