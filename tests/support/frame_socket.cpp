#include "support/frame_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tellina::testing {
namespace {

constexpr std::chrono::seconds patience{10};

enum Opcode : unsigned { continuation = 0, text = 1, binary = 2, closing = 8, ping = 9, pong = 10 };

int connect_to(std::uint16_t port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(handle);
    throw std::system_error(error, std::generic_category(), "connect");
  }
  const int yes = 1;
  ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return handle;
}

void send_all(int handle, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(handle, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) throw std::system_error(errno, std::generic_category(), "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// False at the end of the connection.
bool receive_more(int handle, std::string& received, SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd entry{handle, POLLIN, 0};
  if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0) {
    throw std::runtime_error("the server did not answer in time");
  }
  std::array<char, 16384> piece;
  const ssize_t got = ::recv(handle, piece.data(), piece.size(), 0);
  if (got > 0) received.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

HttpAnswer http_request(std::uint16_t port, const std::string& head, const std::string& body, Milliseconds limit) {
  const int handle = connect_to(port);
  HttpAnswer answer;
  std::string received;
  try {
    send_all(handle, head + "Host: 127.0.0.1:" + std::to_string(port) +
                         "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
    while (receive_more(handle, received, deadline)) {
    }
  } catch (...) {
    ::close(handle);
    throw;
  }
  ::close(handle);
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string::npos || received.size() < 12) throw std::runtime_error("no HTTP answer: " + received);
  answer.status = std::stoi(received.substr(9, 3));
  answer.head = received.substr(0, end + 2);
  answer.body = received.substr(end + 4);
  return answer;
}

std::string log_in(std::uint16_t port, const std::string& access_code) {
  const HttpAnswer answer = http_request(port, "POST /api/v1/login HTTP/1.1\r\nContent-Type: application/json\r\n",
                                         "{\"access_code\": \"" + access_code + "\"}");
  const std::size_t begin = answer.head.find("tellina_session=");
  if (answer.status != 200 || begin == std::string::npos) {
    throw std::runtime_error("login of " + access_code + ": " + answer.head + answer.body);
  }
  return answer.head.substr(begin, answer.head.find(';', begin) - begin);
}

FrameSocket::~FrameSocket() { cut(); }

void FrameSocket::cut() {
  end();
  m_received.clear();
  m_received_from = 0;
  m_fragments.clear();
}

void FrameSocket::end() {
  if (m_socket >= 0) ::close(m_socket);
  m_socket = -1;
  m_unsent.clear();
  m_unsent_from = 0;
}

void FrameSocket::open(std::uint16_t port, const std::string& cookie) {
  cut();
  m_close_code = 0;
  m_socket = connect_to(port);
  send_all(m_socket,
           "GET /api/v1/terminal HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
               "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: tellina.v1\r\nCookie: " +
               cookie + "\r\n\r\n");
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
  std::size_t end = std::string::npos;
  while ((end = m_received.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more(m_socket, m_received, deadline)) break;
  }
  // The key above and this answer to it are those of RFC 6455, section 1.3.
  if (end == std::string::npos || !m_received.starts_with("HTTP/1.1 101") ||
      m_received.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
    const std::string answer = m_received;
    cut();
    throw std::runtime_error("no upgrade: " + answer);
  }
  m_received_from = end + 4;
  ::fcntl(m_socket, F_SETFL, O_NONBLOCK);
}

void FrameSocket::send(bool is_text, std::string_view payload) { write_frame(is_text ? text : binary, payload); }

void FrameSocket::write_frame(unsigned opcode, std::string_view payload) {
  if (m_socket < 0) return;
  m_unsent += static_cast<char>(0x80U | opcode);
  const std::size_t size = payload.size();
  const auto put = [this](std::size_t number, int bytes) {
    while (bytes-- > 0) m_unsent += static_cast<char>(number >> (8 * bytes));
  };
  if (size < 126) {
    put(0x80U | size, 1);
  } else if (size < 65536) {
    put(0x80U | 126U, 1);
    put(size, 2);
  } else {
    put(0x80U | 127U, 1);
    put(size, 8);
  }
  // The mask may be any (it protects proxies, not the ends); this one shows a server that forgets to take it off.
  constexpr std::string_view mask = "\x5a\x17\xc3\x99";
  m_unsent += mask;
  for (std::size_t i = 0; i < size; ++i) m_unsent += static_cast<char>(payload[i] ^ mask[i % 4]);
}

void FrameSocket::exchange() {
  write_some();
  if (!m_paused) read_some();
}

void FrameSocket::write_some() {
  while (m_socket >= 0 && wants_to_write()) {
    const ssize_t sent = ::send(m_socket, m_unsent.data() + m_unsent_from, unsent(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return end();
    m_unsent_from += static_cast<std::size_t>(sent);
  }
  if (!wants_to_write()) {
    m_unsent.clear();
    m_unsent_from = 0;
  }
}

void FrameSocket::read_some() {
  m_received.erase(0, m_received_from);
  m_received_from = 0;
  std::array<char, 65536> piece;
  while (m_socket >= 0) {
    const ssize_t got = ::recv(m_socket, piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return end();
    m_received.append(piece.data(), static_cast<std::size_t>(got));
    if (m_received.size() > 1024 * 1024) return;
  }
}

std::optional<Frame> FrameSocket::next() {
  for (;;) {
    const std::string_view rest = std::string_view(m_received).substr(m_received_from);
    if (rest.size() < 2) return std::nullopt;
    const auto byte = [rest](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(rest[i])); };
    const unsigned opcode = byte(0) & 0x0fU;
    const bool is_last = (byte(0) & 0x80U) != 0;
    std::size_t size = byte(1) & 0x7fU;
    const std::size_t size_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (rest.size() < 2 + size_bytes) return std::nullopt;
    if (size_bytes > 0) size = 0;
    for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | byte(2 + i);
    if (rest.size() < 2 + size_bytes + size) return std::nullopt;
    std::string payload(rest.substr(2 + size_bytes, size));
    m_received_from += 2 + size_bytes + size;
    if (opcode == ping) {
      write_frame(pong, payload);
    } else if (opcode == closing) {
      m_close_code = payload.size() < 2
                         ? 1005
                         : static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
      write_frame(closing, payload.substr(0, std::min<std::size_t>(payload.size(), 2)));
      write_some();
    } else if (opcode == text || opcode == binary || opcode == continuation) {
      if (opcode != continuation) m_fragments_are_text = opcode == text;
      m_fragments += payload;
      if (is_last) return Frame(m_fragments_are_text, std::exchange(m_fragments, {}));
    }
  }
}

}  // namespace tellina::testing
