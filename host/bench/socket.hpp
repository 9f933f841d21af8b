#pragma once

/// The plain side of a connection: TCP and one HTTP request.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tellina/descriptor.hpp"

namespace tellina::bench {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(std::string host_, std::uint16_t port_) : host(std::move(host_)), port(port_) {}
  std::string host;
  std::uint16_t port = 0;
  /// "HOST:PORT".
  std::string text() const;
};

/// "http://HOST[:PORT]" and a path that does not matter. Throws UsageError otherwise.
Endpoint parse_url(const std::string& url);

/// A blocking TCP connection without delays. Throws BenchFailure.
Descriptor connect_to(const Endpoint& endpoint);
/// Sends all of a blocking socket. Throws BenchFailure.
void send_all(int descriptor, std::string_view bytes);
/// Waits for more until the deadline and appends it; false at the end of the connection. Throws BenchFailure.
bool receive_more(int descriptor, std::string& received, TimePoint deadline);

/// The whole answer to a request on a connection of its own, within 30 s. `line`: method and path; `headers`: further
/// header lines, each with its CR LF. Throws BenchFailure.
std::string ask(const Endpoint& endpoint, const std::string& line, const std::string& headers = {},
                const std::string& body = {});

/// The session cookie ("tellina_session=...") of a login. Throws BenchFailure.
std::string log_in(const Endpoint& endpoint, const std::string& access_code);

}  // namespace tellina::bench
