#pragma once

/// An HTTP response as a value.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tellina/clock.hpp"

namespace tellina {

/// The Content-Security-Policy of pages, which the documentation promises. It allows inline styles because xterm.js
/// creates style elements.
inline constexpr std::string_view page_content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self'; "
    "font-src 'self'";

class WorkerReply;

class Response {
 public:
  using Header = std::pair<std::string, std::string>;

  Response() = default;
  Response(int status_, std::string_view content_type, std::string body_);

  Response& with(std::string name, std::string value);
  /// Null if there is none. The comparison is case-sensitive.
  const std::string* find(std::string_view name) const;

  int status = 200;
  std::vector<Header> headers;
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();  ///< shared with the file cache
};

/// {"error": {"code": ..., "message": ...}}
Response json_error(int status, std::string_view code, std::string_view message);

/// Makes a response of a worker's reply, without its cookie.
Response to_response(const WorkerReply& reply);

/// The headers that protect the browser. Every response has them, including the upgrade to WebSocket.
const std::vector<Response::Header>& security_headers();

/// The status line and all headers, with the empty line after them. Adds Date, Content-Length (not for 304), Connection
/// if it differs from the default of the HTTP version, the security headers, and a strict Content-Security-Policy if
/// the response has none. `version` is 10 or 11.
std::string serialize_head(const Response& response, int version, bool keep_alive, WallTime now);

}  // namespace tellina
