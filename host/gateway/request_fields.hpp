#pragma once

/// Pure functions on the target and the headers of a request.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// A request's target, taken apart.
class Target {
 public:
  Target() = default;
  std::string path;   ///< decoded; starts with '/'
  std::string query;  ///< as sent, without '?'
  /// What leads from the address that was asked for to the server's "/": empty, or the last part of a base path that
  /// was asked for without its slash, with a slash behind it.
  std::string redirect_base{};
};

/// Of ASCII letters only.
bool equals_ignoring_case(std::string_view left, std::string_view right);

/// Without the spaces and tabs around it.
std::string_view trim(std::string_view text);

/// Takes "/path?query" and "http://host/path?query". Nothing where the path does not start with '/', has an escape
/// that is none, or decodes to a control character.
std::optional<Target> parse_target(std::string_view target);

/// Takes the base path (as "/study", or empty for none) off the front of the target's path, where it is there.
void cut_base_path(Target& target, std::string_view base_path);

/// The value of a cookie in a Cookie header, or nothing.
std::optional<std::string> find_cookie(std::string_view header, std::string_view name);

/// The names in a Cookie header, in its order.
std::vector<std::string> cookie_names(std::string_view header);

/// The value of the first `name=value` of a query, or nothing. Nothing is decoded: it is for keys that are tokens.
std::optional<std::string> find_query_value(std::string_view query, std::string_view name);

/// Whether a page from `origin` ("https://host:port") is one that `host` ("host:port") served. The schemes' own ports
/// may be left out on either side; the scheme itself is not compared, as a proxy may end TLS. "null" is never the same.
bool is_same_origin(std::string_view origin, std::string_view host);

/// Whether any of the hosts in an X-Forwarded-Host header ("host:port, host") served the page from `origin`.
bool is_forwarded_origin(std::string_view origin, std::string_view forwarded_hosts);

/// Whether an Accept-Encoding header takes gzip (or anything) with a weight above 0.
bool accepts_gzip(std::string_view header);

/// Whether an If-None-Match header names the tag (with its quotes) or is "*".
bool matches_etag(std::string_view header, std::string_view etag);

/// Whether a Content-Type header is application/json, with or without parameters.
bool is_json(std::string_view content_type);

}  // namespace tellina
