#include "host/bench/socket.hpp"

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

#include "host/bench/failure.hpp"
#include "host/runtime/usage_error.hpp"

namespace tellina::bench {
namespace {

constexpr std::chrono::seconds patience{30};

[[noreturn]] void fail(const std::string& what, int error) { throw BenchFailure(what + ": " + std::strerror(error)); }

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

}  // namespace

std::string Endpoint::text() const { return host + ":" + std::to_string(port); }

Endpoint parse_url(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  const auto complain = [&url] {
    throw UsageError("--url: expected http://HOST:PORT of a server that runs, got \"" + url + "\"");
  };
  if (!url.starts_with(scheme)) complain();
  std::string place = url.substr(scheme.size());
  place.resize(std::min(place.size(), place.find('/')));
  const std::size_t colon = place.rfind(':');
  Endpoint endpoint(place.substr(0, colon), 80);
  if (colon != std::string::npos) {
    const char* const end = place.data() + place.size();
    const auto [stop, error] = std::from_chars(place.data() + colon + 1, end, endpoint.port);
    if (error != std::errc() || stop != end) complain();
  }
  if (endpoint.host.empty() || endpoint.port == 0) complain();
  return endpoint;
}

Descriptor connect_to(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (const int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found); error != 0) {
    throw BenchFailure("the address of " + endpoint.host + " cannot be found: " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) fail("no socket could be opened", errno);
  if (::connect(socket.get(), found->ai_addr, found->ai_addrlen) != 0) {
    fail("no connection to " + endpoint.text(), errno);
  }
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return socket;
}

void send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail("the server does not take a request", errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool receive_more(int descriptor, std::string& received, TimePoint deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd entry{descriptor, POLLIN, 0};
  if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0) {
    throw BenchFailure("the server did not answer a request in time");
  }
  std::array<char, 16384> piece;
  const ssize_t got = ::recv(descriptor, piece.data(), piece.size(), 0);
  if (got > 0) received.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string ask(const Endpoint& endpoint, const std::string& line, const std::string& headers,
                const std::string& body) {
  const Descriptor socket = connect_to(endpoint);
  send_all(socket.get(), line + " HTTP/1.1\r\n" + headers + "Host: " + endpoint.text() +
                             "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                             body);
  std::string answer;
  const TimePoint deadline = Clock::now() + patience;
  while (receive_more(socket.get(), answer, deadline)) {
  }
  return answer;
}

std::string log_in(const Endpoint& endpoint, const std::string& access_code) {
  const std::string answer = ask(endpoint, "POST /api/v1/login", "Content-Type: application/json\r\n",
                                 "{\"access_code\": \"" + access_code + "\"}");
  const std::size_t begin = answer.find("tellina_session=");
  if (!answer.starts_with("HTTP/1.1 200") || begin == std::string::npos) {
    throw BenchFailure("the login with the access code \"" + access_code +
                       "\" was refused: " + answer.substr(0, answer.find('\r')) + " " +
                       answer.substr(std::min(answer.size(), answer.find("\r\n\r\n"))));
  }
  return answer.substr(begin, answer.find(';', begin) - begin);
}

}  // namespace tellina::bench
