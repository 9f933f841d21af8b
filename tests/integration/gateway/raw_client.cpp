#include "gateway/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <stdexcept>

namespace tellina::testing {
namespace {

constexpr int deadline_in_milliseconds = 5'000;

void parse_head(std::string_view head, RawAnswer& answer) {
  answer.status = std::stoi(std::string(head.substr(head.find(' ') + 1, 3)));
  std::size_t start = head.find("\r\n") + 2;
  while (start < head.size()) {
    const std::size_t end = head.find("\r\n", start);
    const std::string_view line = head.substr(start, end - start);
    const std::size_t colon = line.find(": ");
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string& value = answer.headers[name];
    if (!value.empty()) value += ", ";
    value += line.substr(colon + 2);
    start = end + 2;
  }
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : m_port(port), m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) ::setsockopt(m_socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
}

RawClient::~RawClient() { ::close(m_socket); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::receive() {
  pollfd entry{m_socket, POLLIN, 0};
  if (::poll(&entry, 1, deadline_in_milliseconds) <= 0) return false;
  char buffer[65536];
  const ssize_t got = ::recv(m_socket, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  m_received.append(buffer, static_cast<std::size_t>(got));
  return true;
}

RawAnswer RawClient::read_answer(bool has_body) {
  RawAnswer answer;
  std::size_t head_end = 0;
  while ((head_end = m_received.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return RawAnswer();
  }
  parse_head(std::string_view(m_received).substr(0, head_end + 2), answer);
  m_received.erase(0, head_end + 4);
  const std::string length = answer["content-length"];
  const std::size_t size = has_body && !length.empty() ? std::stoul(length) : 0;
  while (m_received.size() < size) {
    if (!receive()) return RawAnswer();
  }
  answer.body = m_received.substr(0, size);
  m_received.erase(0, size);
  return answer;
}

RawAnswer RawClient::request(const std::string& method, const std::string& path, const std::string& header_lines,
                             const std::string& body) {
  send_request(method, path, header_lines, body);
  return read_answer(method != "HEAD");
}

void RawClient::send_request(const std::string& method, const std::string& path, const std::string& header_lines,
                             const std::string& body) {
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: " + host() + "\r\n" + header_lines;
  if (method != "GET" && method != "HEAD") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n" + body);
}

RawAnswer RawClient::login(const std::string& access_code, const std::string& header_lines) {
  send_login(access_code, header_lines);
  return read_answer();
}

void RawClient::send_login(const std::string& access_code, const std::string& header_lines) {
  send_request("POST", "/api/v1/login", "Content-Type: application/json\r\n" + header_lines,
               "{\"access_code\": \"" + access_code + "\"}");
}

bool RawClient::is_closed() {
  while (receive()) {
  }
  pollfd entry{m_socket, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

}  // namespace tellina::testing
