#pragma once

/// TCP connections to a server, with one HTTP request on each.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/client/failure.hpp"
#include "host/client/wait_limit.hpp"
#include "tellina/descriptor.hpp"

struct ssl_ctx_st;

namespace tellina::client {

/// How a client recognises a server with TLS; see trust_system() and trust_file(). Null: no TLS.
using TlsTrust = std::shared_ptr<ssl_ctx_st>;

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  TlsTrust tls{};
  /// "HOST:PORT".
  std::string text() const;
};

/// Reads "http://HOST[:PORT]" or "https://HOST[:PORT]" and ignores a path. Returns nothing for any other text. An
/// endpoint with https trusts the system's authorities.
std::optional<Endpoint> parse_url(const std::string& url);

class HttpResponse {
 public:
  HttpResponse() = default;
  int status = 0;
  std::string head;  ///< status line and header lines, each with its CR LF
  std::string body;
};

// All of these throw ClientFailure if the connection fails or the limit is reached.

/// A blocking TCP connection with TCP_NODELAY.
Descriptor connect_to(const Endpoint& endpoint);
/// Sends all bytes on a blocking socket.
void send_all(int descriptor, std::string_view bytes);
/// Waits for more bytes and appends them; returns false at the end of the connection.
bool receive_more(int descriptor, std::string& received, const WaitLimit& limit);

/// Sends one request on a new connection. `line`: method and path. `headers`: further header lines, each with its CR
/// LF.
HttpResponse http_request(const Endpoint& endpoint, const std::string& line, const std::string& headers,
                          const std::string& body, const WaitLimit& limit);

/// Logs in and returns the cookie ("tellina_session=..."). Throws if the login fails.
std::string log_in(const Endpoint& endpoint, const std::string& access_code, const WaitLimit& limit);

}  // namespace tellina::client
