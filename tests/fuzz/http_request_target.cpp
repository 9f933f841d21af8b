#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "fuzz/target.hpp"
#include "host/gateway/client_address.hpp"
#include "host/gateway/gateway.hpp"
#include "host/gateway/request_fields.hpp"
#include "host/gateway/session_cookies.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina::fuzz {
namespace {

namespace http = boost::beast::http;
namespace ip = boost::asio::ip;
using Request = http::request<http::string_body>;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }
std::string_view header(const Request& request, std::string_view name) {
  return view(request[{name.data(), name.size()}]);
}

/// Reads what the gateway reads of a request.
void read_fields(const Request& request) {
  std::optional<tellina::Target> target = parse_target(view(request.target()));
  if (target) {
    FUZZ_EXPECT(target->path.starts_with('/'));
    FUZZ_EXPECT(target->path.find_first_of(std::string("\0\r\n\x7f", 4)) == std::string::npos);
    const std::size_t size = target->path.size();
    cut_base_path(*target, "/study");
    FUZZ_EXPECT(target->path.size() <= size);
    find_query_value(target->query, "participant");
    find_query_value(target->query, "access_code");
    is_same_origin(header(request, "Origin"), target->authority ? *target->authority : header(request, "Host"));
  }
  const std::string_view cookies = header(request, "Cookie");
  for (const std::string& name : cookie_names(cookies)) find_cookie(cookies, name);
  for (const std::string_view study : {"", "pilot"}) {
    for (const std::string_view participant : {"", "7", "0"}) {
      const std::string token = session_token(cookies, study, participant);
      FUZZ_EXPECT(token.empty() || is_token(token));
    }
  }
  for (const std::string& line : login_cookies(cookies, "7", "token", CookieScope())) {
    FUZZ_EXPECT(line.find_first_of(std::string("\0\r\n", 3)) == std::string::npos);
  }
  static const TrustedProxies proxies({ip::make_network_v6("::ffff:127.0.0.0/104"), ip::make_network_v6("fd00::/8")});
  proxies.client_of(ip::make_address("127.0.0.1"), header(request, "X-Forwarded-For"));
  came_over_https(header(request, "X-Forwarded-Proto"));
  is_forwarded_origin(header(request, "Origin"), header(request, "X-Forwarded-Host"));
  accepts_gzip(header(request, "Accept-Encoding"));
  matches_etag(header(request, "If-None-Match"), "\"0123456789abcdef\"");
  is_json(header(request, "Content-Type"));
}

}  // namespace

/// Requests on one connection, with the gateway's limits. The first octet is the size of the pieces in which they
/// arrive.
FUZZ_TARGET(http_request) {
  Pieces pieces(input);
  const std::size_t step = pieces.octet() + std::size_t{1};
  std::string received(pieces.rest());
  const GatewayLimits limits;
  for (int requests = 0; requests < 8 && !received.empty(); ++requests) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(limits.header_bytes);
    parser.body_limit(limits.body_bytes);
    parser.eager(true);
    boost::system::error_code error;
    std::size_t from = 0;
    std::size_t end = 0;
    while (!parser.is_done()) {
      end = std::min(received.size(), end + step);
      const std::size_t used = parser.put(boost::asio::buffer(received.data() + from, end - from), error);
      FUZZ_EXPECT(used <= end - from);
      from += used;
      if (error && error != http::error::need_more) return;
      if (end == received.size() && used == 0) break;
    }
    if (!parser.is_header_done()) return;
    FUZZ_EXPECT(parser.get().body().size() <= limits.body_bytes);
    read_fields(parser.get());
    if (!parser.is_done()) return;
    received.erase(0, from);
  }
}

}  // namespace tellina::fuzz
