#include "host/selftest/wire_client.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;
namespace websocket = boost::beast::websocket;

constexpr std::size_t offset_bytes = 8;

std::string tail_of(const std::string& text) {
  constexpr std::size_t shown = 400;
  return text.size() > shown ? text.substr(text.size() - shown) : text;
}

}  // namespace

WireClient::WireClient(Clock& clock, std::uint16_t port, MonotonicTime deadline, std::stop_token stop)
    : m_clock(clock), m_port(port), m_deadline(deadline), m_stop(stop), m_wake_up(std::move(stop), [this] {
        asio::post(m_context, [] {});
      }) {}

void WireClient::run_until(const std::function<bool()>& done, const std::string& what) {
  while (!done()) {
    if (m_stop.stop_requested()) throw Error(ErrorCode::gone, "the server stops");
    const auto left = m_deadline - m_clock.now();
    if (left <= std::chrono::nanoseconds(0)) {
      throw Error(ErrorCode::timed_out, what + ": not within the time allowed" +
                                            (m_output.empty() ? "" : "; the terminal shows: " + tail_of(m_output)));
    }
    m_context.run_one_for(left);
  }
}

void WireClient::finish(boost::system::error_code error) { m_finished = error; }

void WireClient::wait(const std::string& what) {
  run_until([this] { return m_finished.has_value(); }, what);
  const boost::system::error_code error = *std::exchange(m_finished, std::nullopt);
  if (error) throw Error(ErrorCode::unavailable, what + ": " + error.message());
}

void WireClient::connect(TimedStream& stream) {
  stream.expires_never();
  stream.async_connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), m_port),
                       [this](boost::system::error_code error) { finish(error); });
  wait("connecting to the gateway");
}

WireClient::Answer WireClient::get(const std::string& path, const std::string& cookie) {
  return exchange("GET", path, cookie, "");
}

WireClient::Answer WireClient::post(const std::string& path, const std::string& body) {
  return exchange("POST", path, "", body);
}

WireClient::Answer WireClient::exchange(const std::string& method, const std::string& path, const std::string& cookie,
                                        const std::string& body) {
  TimedStream stream(m_context.get_executor());
  connect(stream);
  http::request<http::string_body> request(http::string_to_verb(method), path, 11, body);
  request.set(http::field::host, "127.0.0.1:" + std::to_string(m_port));
  request.set(http::field::connection, "close");
  if (!cookie.empty()) request.set(http::field::cookie, cookie);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.prepare_payload();
  http::async_write(stream, request, [this](boost::system::error_code error, std::size_t) { finish(error); });
  wait(method + " " + path);

  http::response<http::string_body> response;
  boost::beast::flat_buffer buffer;
  http::async_read(stream, buffer, response, [this](boost::system::error_code error, std::size_t) { finish(error); });
  wait(method + " " + path);
  Answer answer;
  answer.status = response.result_int();
  answer.body = std::move(response.body());
  const auto set_cookie = response[http::field::set_cookie];
  answer.cookie = std::string(set_cookie.substr(0, set_cookie.find(';')));
  return answer;
}

void WireClient::open_terminal(const std::string& cookie) {
  Stream& stream = m_terminal.emplace(m_context.get_executor());
  connect(stream.next_layer());
  stream.set_option(websocket::stream_base::decorator([cookie](websocket::request_type& request) {
    request.set(http::field::cookie, cookie);
    request.set(http::field::sec_websocket_protocol, "tellina.v1");
  }));
  stream.async_handshake("127.0.0.1:" + std::to_string(m_port), "/api/v1/terminal",
                         [this](boost::system::error_code error) { finish(error); });
  wait("the WebSocket's handshake");
  read();
}

void WireClient::read() {
  m_terminal->async_read(m_buffer, [this](boost::system::error_code error, std::size_t) {
    m_read_error = error;
    if (error) return;
    take_frame();
    read();
  });
}

void WireClient::take_frame() {
  const std::string frame(static_cast<const char*>(m_buffer.cdata().data()), m_buffer.size());
  m_buffer.consume(m_buffer.size());
  if (m_terminal->got_text())
    m_frames.push_back(json::parse(frame).as_object());
  else if (frame.size() > offset_bytes)
    m_output.append(frame, offset_bytes);
}

void WireClient::tell(const json::object& frame) {
  const std::string text = json::serialize(frame);
  m_terminal->text(true);
  m_terminal->async_write(asio::buffer(text), [this](boost::system::error_code error, std::size_t) { finish(error); });
  wait("sending a frame");
}

void WireClient::type(std::uint64_t from, const std::string& text) {
  std::string frame;
  for (std::size_t i = 0; i < offset_bytes; ++i) frame += static_cast<char>(from >> (8 * (offset_bytes - 1 - i)));
  frame += text;
  m_terminal->binary(true);
  m_terminal->async_write(asio::buffer(frame), [this](boost::system::error_code error, std::size_t) { finish(error); });
  wait("typing");
}

json::object WireClient::await(const std::string& what, const std::function<bool(const json::object&)>& fits) {
  json::object found;
  run_until(
      [&] {
        while (!m_frames.empty()) {
          json::object frame = std::move(m_frames.front());
          m_frames.pop_front();
          if (!fits(frame)) continue;
          found = std::move(frame);
          return true;
        }
        if (m_read_error)
          throw Error(ErrorCode::unavailable, what + ": the connection ended: " + m_read_error.message());
        return false;
      },
      what);
  return found;
}

void WireClient::await_output(const std::string& text) {
  const std::string what = "\"" + text + "\" on the terminal";
  run_until(
      [&] {
        if (m_output.find(text) != std::string::npos) return true;
        if (m_read_error)
          throw Error(ErrorCode::unavailable, what + ": the connection ended: " + m_read_error.message());
        return false;
      },
      what);
}

}  // namespace tellina
