#pragma once

/// Pure functions that read the target and the headers of a request.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// The parts of a request's target.
class Target {
 public:
  Target() = default;
  std::string path;   ///< decoded; starts with '/'
  std::string query;  ///< as sent, without '?'
  /// "host:port" of "http://host:port/path". It overrides the header Host (RFC 9112, section 3.2.2).
  std::optional<std::string> authority{};
  /// A relative URL from the requested address to the server's "/". It is empty, or, if the request asked for a base
  /// path without its final slash, the last part of that path with a slash.
  std::string redirect_base{};
};

/// Ignores the case of ASCII letters only.
bool equals_ignoring_case(std::string_view left, std::string_view right);

/// Removes spaces and tabs at both ends.
std::string_view trim(std::string_view text);

/// Takes "/path?query" and "http://host/path?query". Returns nothing if the target has bytes other than printable
/// ASCII, which a URL must percent-encode (RFC 3986), or if the path does not start with '/', has an invalid escape, or
/// decodes to a control character.
std::optional<Target> parse_target(std::string_view target);

/// Removes the base path (such as "/study", or empty) from the front of the target's path, if it is there.
void cut_base_path(Target& target, std::string_view base_path);

/// The value of a cookie in a Cookie header, or nothing.
std::optional<std::string> find_cookie(std::string_view header, std::string_view name);

/// The names in a Cookie header, in its order.
std::vector<std::string> cookie_names(std::string_view header);

/// The value of the first `name=value` of a query, or nothing. It does not decode anything, because the keys are
/// tokens.
std::optional<std::string> find_query_value(std::string_view query, std::string_view name);

/// Whether `host` ("host:port") served the page from `origin` ("https://host:port"). Either side may leave out the
/// scheme's default port. The scheme itself is not compared, because a proxy may terminate TLS. "null" never matches.
bool is_same_origin(std::string_view origin, std::string_view host);

/// Whether one of the hosts in an X-Forwarded-Host header ("host:port, host") served the page from `origin`.
bool is_forwarded_origin(std::string_view origin, std::string_view forwarded_hosts);

/// Whether an Accept-Encoding header accepts gzip (or anything) with a weight above 0.
bool accepts_gzip(std::string_view header);

/// Whether an If-None-Match header contains the tag (with its quotes) or is "*".
bool matches_etag(std::string_view header, std::string_view etag);

/// Whether a Content-Type header is application/json, with or without parameters.
bool is_json(std::string_view content_type);

}  // namespace tellina
