#include "host/client/http.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/client/connection.hpp"
#include "host/wire/protocol.hpp"

namespace tellina::client {
namespace {

[[noreturn]] void fail(const std::string& what, int error) { throw ClientFailure(what + ": " + std::strerror(error)); }

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

}  // namespace

std::string Endpoint::text() const { return host + ":" + std::to_string(port); }

std::optional<Endpoint> parse_url(const std::string& url) {
  const bool has_tls = url.starts_with("https://");
  if (!has_tls && !url.starts_with("http://")) return std::nullopt;
  std::string place = url.substr(url.find("//") + 2);
  place.resize(std::min(place.size(), place.find('/')));
  const std::size_t colon = place.rfind(':');
  Endpoint endpoint(place.substr(0, colon), has_tls ? 443 : 80);
  if (colon != std::string::npos) {
    const char* const end = place.data() + place.size();
    const auto [stop, error] = std::from_chars(place.data() + colon + 1, end, endpoint.port);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  if (endpoint.host.empty() || endpoint.port == 0) return std::nullopt;
  if (has_tls) endpoint.tls = trust_system();
  return endpoint;
}

Descriptor connect_to(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (const int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found); error != 0) {
    throw ClientFailure("cannot find the address of " + endpoint.host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) fail("cannot open a socket", errno);
  if (::connect(socket.get(), found->ai_addr, found->ai_addrlen) != 0) {
    fail("cannot connect to " + endpoint.text(), errno);
  }
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return socket;
}

void send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail("cannot send a request to the server", errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool receive_more(int descriptor, std::string& received, const WaitLimit& limit) {
  limit.wait(descriptor, POLLIN, "the answer to a request");
  std::array<char, 16384> piece;
  const ssize_t got = ::recv(descriptor, piece.data(), piece.size(), 0);
  if (got > 0) received.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

HttpResponse http_request(const Endpoint& endpoint, const std::string& line, const std::string& headers,
                          const std::string& body, const WaitLimit& limit) {
  Connection connection(endpoint, limit);
  connection.send_all(line + " HTTP/1.1\r\n" + headers + "Host: " + endpoint.text() +
                      "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  std::string received;
  while (connection.receive_more(received, limit)) {
  }
  if (received.empty()) throw ClientFailure("the server closed the connection without an answer to " + line);
  const std::size_t end = received.find("\r\n\r\n");
  HttpResponse response;
  constexpr std::size_t before_status = 9;  // "HTTP/1.1 "
  const char* const digits = received.data() + std::min(received.size(), before_status);
  if (end == std::string::npos ||
      std::from_chars(digits, received.data() + received.size(), response.status).ec != std::errc()) {
    throw ClientFailure("the server's answer to " + line + " is not HTTP: " + received);
  }
  response.head = received.substr(0, end + 2);
  response.body = received.substr(end + 4);
  return response;
}

std::string log_in(const Endpoint& endpoint, const std::string& access_code, const WaitLimit& limit) {
  const std::string body = boost::json::serialize(boost::json::object{{"access_code", access_code}});
  std::string line = "POST ";
  line += login_path;
  const HttpResponse response = http_request(endpoint, line, "Content-Type: application/json\r\n", body, limit);
  const std::size_t begin = response.head.find("tellina_session=");
  if (response.status != 200 || begin == std::string::npos) {
    throw ClientFailure("the login with the access code \"" + access_code + "\" was refused with status " +
                        std::to_string(response.status) + ": " + response.body);
  }
  return response.head.substr(begin, response.head.find(';', begin) - begin);
}

}  // namespace tellina::client
