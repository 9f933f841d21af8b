#include "support/frame_socket.hpp"

#include <stdexcept>
#include <utility>

#include "host/bench/failure.hpp"

namespace tellina::testing {
namespace {

bench::Endpoint on_this_machine(std::uint16_t port) { return bench::Endpoint("127.0.0.1", port); }

}  // namespace

HttpAnswer http_request(std::uint16_t port, const std::string& head, const std::string& body, Milliseconds limit) {
  const bench::Endpoint endpoint = on_this_machine(port);
  const Descriptor socket = bench::connect_to(endpoint);
  bench::send_all(socket.get(), head + "Host: " + endpoint.text() + "\r\nConnection: close\r\nContent-Length: " +
                                    std::to_string(body.size()) + "\r\n\r\n" + body);
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  std::string received;
  while (bench::receive_more(socket.get(), received, deadline)) {
  }
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string::npos || received.size() < 12) throw std::runtime_error("no HTTP answer: " + received);
  HttpAnswer answer;
  answer.status = std::stoi(received.substr(9, 3));
  answer.head = received.substr(0, end + 2);
  answer.body = received.substr(end + 4);
  return answer;
}

std::string log_in(std::uint16_t port, const std::string& access_code) {
  return bench::log_in(on_this_machine(port), access_code);
}

void FrameSocket::cut() {
  end();
  m_frames.clear();
}

void FrameSocket::end() {
  if (!m_socket) return;
  m_close_code = m_socket->close_code();
  m_socket.reset();
}

void FrameSocket::open(std::uint16_t port, const std::string& cookie) {
  cut();
  m_close_code = 0;
  m_socket.emplace(on_this_machine(port), "/api/v1/terminal",
                   "Sec-WebSocket-Protocol: tellina.v1\r\nCookie: " + cookie + "\r\n");
  m_socket->take_first(*this);
}

void FrameSocket::send(bool is_text, std::string_view payload) {
  if (!m_socket) return;
  try {
    if (is_text)
      m_socket->send_text(payload);
    else
      m_socket->send_binary({}, payload);
  } catch (const bench::BenchFailure&) {
    end();
  }
}

void FrameSocket::exchange() {
  if (!m_socket) return;
  try {
    m_socket->flush();
    if (!m_paused && !m_socket->receive(*this)) end();
  } catch (const bench::BenchFailure&) {
    end();
  }
}

std::optional<Frame> FrameSocket::next() {
  if (m_frames.empty()) return std::nullopt;
  Frame frame = std::move(m_frames.front());
  m_frames.pop_front();
  return frame;
}

}  // namespace tellina::testing
