#include "host/gateway/response.hpp"

#include <boost/beast/http/status.hpp>

#include <ctime>

#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

void append_header(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

/// RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". The locale does not matter.
std::string http_date(WallTime now) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[80];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
                months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text;
}

}  // namespace

Response::Response(int status_, std::string_view content_type, std::string body_)
    : status(status_), body(std::make_shared<const std::string>(std::move(body_))) {
  with("Content-Type", std::string(content_type));
}

Response& Response::with(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

const std::string* Response::find(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.first == name) return &header.second;
  }
  return nullptr;
}

Response to_response(const WorkerReply& reply) {
  if (reply.body.empty()) return json_error(500, "internal", "cannot read the worker's answer");
  Response response(reply.status, "application/json", reply.body);
  response.with("Cache-Control", "no-store");
  if (reply.status == 503) response.with("Retry-After", "1");
  return response;
}

Response json_error(int status, std::string_view code, std::string_view message) {
  Response response(status, "application/json", error_body(code, message));
  return response.with("Cache-Control", "no-store");
}

const std::vector<Response::Header>& security_headers() {
  static const std::vector<Response::Header> headers{
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  };
  return headers;
}

std::string serialize_head(const Response& response, int version, bool keep_alive, WallTime now) {
  std::string head;
  head.reserve(768);
  head.append(version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  head.append(reason.data(), reason.size()).append("\r\n");
  append_header(head, "Server", "tellina");
  append_header(head, "Date", http_date(now));
  for (const auto& [name, value] : response.headers) append_header(head, name, value);
  for (const auto& [name, value] : security_headers()) append_header(head, name, value);
  if (!response.find("Content-Security-Policy")) {
    append_header(head, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (response.status != 304) append_header(head, "Content-Length", std::to_string(response.body->size()));
  if (!keep_alive && version != 10) append_header(head, "Connection", "close");
  if (keep_alive && version == 10) append_header(head, "Connection", "keep-alive");
  return head.append("\r\n");
}

}  // namespace tellina
