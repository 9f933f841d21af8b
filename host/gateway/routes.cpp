#include "host/gateway/routes.hpp"

#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include "host/gateway/address_key.hpp"
#include "host/gateway/client_address.hpp"
#include "host/gateway/lane.hpp"
#include "host/gateway/login_attempt.hpp"
#include "host/gateway/request_fields.hpp"
#include "host/gateway/scrape.hpp"
#include "host/gateway/session_cookies.hpp"
#include "host/limits.hpp"
#include "host/runtime/log_event.hpp"
#include "host/wire/protocol.hpp"

namespace tellina {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;

constexpr std::string_view static_prefix = "/static/";
constexpr std::string_view picture_prefix = "/study/";
constexpr std::string_view plain_text = "text/plain; charset=utf-8";

/// A request with one of these came through a proxy.
constexpr std::array<std::string_view, 9> forwarding_headers{
    "Forwarded",          "Via",       "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Forwarded-Server", "X-Real-IP", "X-Client-IP",     "CF-Connecting-IP"};

class Exchange {
 public:
  Exchange(Lane& lane_, const HttpRequest& request_, Target target_, const Client& client_, Answer answer_)
      : lane(lane_),
        request(request_),
        target(std::move(target_)),
        peer(client_.peer),
        is_encrypted(client_.is_encrypted),
        answer(std::move(answer_)) {}

  std::string_view header(http::field field) const { return view(request[field]); }
  std::string_view header(std::string_view name) const { return view(request[{name.data(), name.size()}]); }
  /// "host:port" of the server that the client asked for: from the target, or else from the header Host.
  std::string_view host() const { return target.authority ? *target.authority : header(http::field::host); }
  bool has_header(std::string_view name) const { return request.count({name.data(), name.size()}) > 0; }
  /// Whether a header says that a proxy passed the request on.
  bool was_forwarded() const {
    return std::any_of(forwarding_headers.begin(), forwarding_headers.end(),
                       [this](std::string_view name) { return has_header(name); });
  }
  /// The values of all lines with that name, in order, joined by commas.
  std::string joined_header(std::string_view name) const {
    std::string joined;
    const auto [first, last] = request.equal_range({name.data(), name.size()});
    for (auto line = first; line != last; ++line) {
      if (line != first) joined += ',';
      joined.append(line->value().data(), line->value().size());
    }
    return joined;
  }
  void refuse(int status, std::string_view code, std::string_view message) const {
    answer(json_error(status, code, message));
  }
  void warn(const std::string& kind, const std::string& text) const {
    lane.state().client_log.warning(kind, text, lane.state().clock.now());
  }

  Lane& lane;
  const HttpRequest& request;
  const Target target;
  const boost::asio::ip::address& peer;
  const bool is_encrypted;
  const Answer answer;

 private:
  static std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }
};

/// The key of the participant whose page sent the request; empty if the request has none.
std::string named_participant(const Exchange& exchange) {
  const auto key = find_query_value(exchange.target.query, "participant");
  return key && is_token(*key) ? *key : std::string();
}

/// "participant P007" for the key "7". Does not repeat any other key, because any client can send one.
std::string claimed_participant(const std::string& key) {
  std::int64_t number = 0;
  const char* const end = key.data() + key.size();
  const auto [rest, error] = std::from_chars(key.data(), end, number);
  if (error != std::errc() || rest != end || number <= 0) return "a participant";
  return "participant " + participant_label(number);
}

/// A request to a worker about the session that the request's cookie names. Returns nothing after it has refused the
/// request.
std::optional<WorkerRequest> session_request(const Exchange& exchange, WorkerRequest::Method method) {
  const std::string participant = named_participant(exchange);
  const std::string token =
      session_token(exchange.header(http::field::cookie), exchange.lane.state().config.study_key, participant);
  if (token.empty()) {
    // A page gets its key from a login. Without a cookie the key is not verified, and any client can send one.
    if (!participant.empty()) {
      exchange.warn("no cookie", "a request for " + claimed_participant(participant) +
                                     " has no session cookie: if it is from a page that has logged in, its browser "
                                     "blocks cookies, or a proxy removes the header Cookie or Set-Cookie");
    }
    exchange.refuse(401, "not_logged_in", "log in first");
    return std::nullopt;
  }
  WorkerRequest request(method);
  request.cookie = token;
  request.participant = participant;
  return request;
}

bool comes_from_proxy(const Exchange& exchange) { return exchange.lane.state().proxies.contains(exchange.peer); }

/// The sender: the peer, or the client that a trusted proxy names.
boost::asio::ip::address client_address(const Exchange& exchange) {
  if (!comes_from_proxy(exchange)) return exchange.peer;
  return exchange.lane.state().proxies.client_of(exchange.peer, exchange.joined_header("X-Forwarded-For"));
}

/// Whether the request asks for this server. A program of HTTP/1.0 may name no host, but browsers do.
bool names_this_server(const Exchange& exchange) {
  const GatewayState& state = exchange.lane.state();
  if (!exchange.target.authority && !exchange.has_header("Host")) return true;
  if (state.hosts.contains(exchange.host())) return true;
  // A trusted proxy has chosen this server for the name.
  return !state.config.allows_only_listed_hosts && comes_from_proxy(exchange);
}

/// Whether a page of another server sent the request. If so, logs it.
bool is_cross_origin(const Exchange& exchange) {
  const auto origin = exchange.header(http::field::origin);
  const std::string_view host = exchange.host();
  if (origin.empty() || is_same_origin(origin, host)) return false;
  if (is_same_origin(origin, exchange.lane.state().config.public_host)) return false;
  if (comes_from_proxy(exchange) && is_forwarded_origin(origin, exchange.joined_header("X-Forwarded-Host"))) {
    return false;
  }
  exchange.warn("cross origin",
                "a page of " + quote_for_log(origin) + " was refused because the request's Host is " +
                    quote_for_log(host) +
                    "; let the proxy pass Host on unchanged, or set server.public_url to the address that participants "
                    "use, or let the proxy send X-Forwarded-Host and name it in server.trusted_proxies");
  return true;
}

Response plain_response(int status, std::string text) {
  return Response(status, plain_text, std::move(text)).with("Cache-Control", "no-store");
}

void redirect_to_page(const Exchange& exchange) {
  const std::string query = exchange.target.query.empty() ? std::string() : "?" + exchange.target.query;
  // Relative to the address that the browser knows, because a proxy may have removed a path.
  const std::string page = exchange.target.redirect_base + "static/html/index.html";
  Response response = plain_response(302, "The page is at " + page + "\n");
  exchange.answer(response.with("Location", page + query));
}

/// The path before the server's own path, if the request has one: "/study" for "/study/api/v1/login".
std::string foreign_prefix(std::string_view path) {
  for (const std::string_view part : {"/api/v1/", "/static/"}) {
    const auto at = path.find(part);
    if (at != std::string_view::npos && at > 0) return std::string(path.substr(0, at));
  }
  return {};
}

void refuse_path(const Exchange& exchange) {
  const std::string& path = exchange.target.path;
  const std::string prefix = foreign_prefix(path);
  std::string line = "no such path: " + quote_for_log(path) + " (404)";
  if (!prefix.empty()) {
    line += "; if a proxy serves this server under the path " + quote_for_log(prefix) + ", set server.base_path to it";
  }
  if (path != "/favicon.ico") exchange.warn("not found", line);
  if (path == "/api" || path.find("/api/") != std::string::npos)
    return exchange.refuse(404, "not_found", "no such path");
  exchange.answer(plain_response(404, "Not found. Please check the address.\n"));
}

void refuse_host(const Exchange& exchange) {
  const std::string host = quote_for_log(exchange.host());
  exchange.warn("host", "refused a request for the host " + host +
                            " (421); if participants open the study by that name, add it to server.hosts, or set "
                            "server.public_url");
  const std::string message = "This server does not answer for the host " + host +
                              ". If that is its name, the people who run it can add it to \"server.hosts\" in its "
                              "configuration, or set \"server.public_url\".";
  if (exchange.target.path.find("/api/") != std::string::npos) {
    return exchange.refuse(421, "unknown_host", message);
  }
  exchange.answer(plain_response(421, message + "\n"));
}

/// With the same method and body. `target`: as sent, so that a base path stays.
void redirect_to_https(const Exchange& exchange, std::string_view target) {
  const std::string_view host = exchange.host();
  if (host.empty()) return exchange.refuse(400, "bad_request", "expected HTTPS, or a Host header");
  if (exchange.target.authority) {
    const auto path = target.find_first_of("/?", target.find("//") + 2);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const std::string location =
      "https://" + std::string(host) + (target.starts_with('/') ? "" : "/") + std::string(target);
  Response response = plain_response(308, "This server speaks HTTPS.\n");
  exchange.answer(response.with("Location", location));
}

constexpr std::string_view never_changes_policy = "public, max-age=31536000, immutable";  // a year

/// Completes a response that has its headers, except for those that depend on the content.
Response with_content(const Exchange& exchange, Response response, const std::string& etag,
                      std::string_view content_type, const std::shared_ptr<const std::string>& content) {
  response.with("ETag", etag);
  if (matches_etag(exchange.header(http::field::if_none_match), etag)) {
    response.status = 304;
    return response;
  }
  response.with("Content-Type", std::string(content_type));
  response.body = content;
  return response;
}

/// Without a login, like the static files: nobody guesses the hash in the address.
void serve_picture(const Exchange& exchange) {
  const auto picture = exchange.lane.state().pictures.find(exchange.target.path);
  if (!picture) return refuse_path(exchange);
  Response response;
  response.with("Cache-Control", std::string(never_changes_policy));
  exchange.answer(with_content(exchange, std::move(response), "\"" + picture->hash + "\"", picture->content_type,
                               picture->content));
}

Response file_response(const Exchange& exchange, const std::shared_ptr<const StaticFile>& file, bool never_changes) {
  const bool compressed = file->gzip && accepts_gzip(exchange.header(http::field::accept_encoding));
  Response response;
  response.with("Cache-Control", std::string(never_changes ? never_changes_policy : "no-cache"));
  response.with("Content-Security-Policy", std::string(page_content_security_policy));
  if (file->gzip) response.with("Vary", "Accept-Encoding");
  if (compressed) response.with("Content-Encoding", "gzip");
  return with_content(exchange, std::move(response), compressed ? file->gzip_etag : file->etag, file->content_type,
                      compressed ? file->gzip : file->content);
}

void serve_file(const Exchange& exchange) {
  const auto [file, never_changes] =
      exchange.lane.state().files.find(std::string_view(exchange.target.path).substr(static_prefix.size()));
  if (!file) return refuse_path(exchange);
  exchange.answer(file_response(exchange, file, never_changes));
}

/// Changes nothing: programs that look where links lead must not take part.
void serve_join_page(const Exchange& exchange) {
  const auto page = exchange.lane.state().files.join_page();
  if (!page) return refuse_path(exchange);
  exchange.lane.ask(
      WorkerRequest(WorkerRequest::Method::open_link),
      [response = file_response(exchange, page, false), answer = exchange.answer](const WorkerReply& reply) {
        if (reply.status == 200) return answer(response);
        if (reply.status == 404) return answer(plain_response(404, "This study has no open link.\n"));
        answer(plain_response(503, "The study is not ready. Please try again in a minute.\n"));
      });
}

/// The object in the body of a login or join. Returns nothing after it has refused the request.
std::optional<json::object> read_body(const Exchange& exchange) {
  if (is_cross_origin(exchange)) {
    exchange.refuse(403, "cross_origin", "a page of another site may not log in here");
    return std::nullopt;
  }
  if (!is_json(exchange.header(http::field::content_type))) {
    exchange.refuse(415, "unsupported_media_type", "expected the Content-Type application/json");
    return std::nullopt;
  }
  boost::system::error_code error;
  json::value body = json::parse(exchange.request.body(), error);
  if (error) {
    exchange.refuse(400, "bad_json", "the body is not valid JSON: " + error.message());
    return std::nullopt;
  }
  return body.is_object() ? std::move(body.get_object()) : json::object();
}

void start_login(const Exchange& exchange, WorkerRequest question) {
  Lane& lane = exchange.lane;
  LoginRequest request;
  request.question = std::move(question);
  request.address = client_address(exchange);
  request.cookie_header = std::string(exchange.header(http::field::cookie));
  request.scope.path = lane.state().config.base_path + "/";
  request.scope.study = lane.state().config.study_key;
  request.scope.is_secure = exchange.is_encrypted || (comes_from_proxy(exchange) &&
                                                      came_over_https(exchange.joined_header("X-Forwarded-Proto")));
  std::make_shared<LoginAttempt>(lane.shared_from_this(), std::move(request), exchange.answer)->start();
}

void log_in(const Exchange& exchange) {
  const auto body = read_body(exchange);
  if (!body) return;
  const json::value* code = body->if_contains("access_code");
  if (!code || !code->is_string()) {
    return exchange.refuse(400, "bad_request", "expected an object with the string \"access_code\"");
  }
  WorkerRequest question(WorkerRequest::Method::login);
  question.access_code = json::value_to<std::string>(*code);
  start_login(exchange, std::move(question));
}

void join(const Exchange& exchange) {
  const auto body = read_body(exchange);
  if (!body) return;
  const json::value* parameters = body->if_contains("parameters");
  if (!parameters || !parameters->is_object()) {
    return exchange.refuse(400, "bad_request", "expected an object with the object \"parameters\"");
  }
  WorkerRequest question(WorkerRequest::Method::join);
  question.parameters = json::serialize(*parameters);
  if (question.parameters.size() > limits::link_parameters) {
    return exchange.refuse(400, "bad_request",
                           "expected at most " + std::to_string(limits::link_parameters) + " bytes of parameters");
  }
  if (const json::value* key = body->if_contains("browser_key")) {
    question.browser_key = key->is_string() ? json::value_to<std::string>(*key) : std::string();
    if (question.browser_key.size() < limits::shortest_browser_key || !is_token(question.browser_key)) {
      return exchange.refuse(400, "bad_request",
                             "expected as \"browser_key\" " + std::to_string(limits::shortest_browser_key) + " to " +
                                 std::to_string(limits::token) + " letters, digits, \"-\" and \"_\"");
    }
  }
  question.cookies = session_tokens(exchange.header(http::field::cookie));
  start_login(exchange, std::move(question));
}

void answer_study(const Exchange& exchange) {
  const auto request = session_request(exchange, WorkerRequest::Method::study);
  if (!request) return;
  exchange.lane.ask(*request, [answer = exchange.answer](const WorkerReply& reply) { answer(to_response(reply)); });
}

void answer_about(const Exchange& exchange) {
  exchange.lane.ask(WorkerRequest(WorkerRequest::Method::about),
                    [answer = exchange.answer](const WorkerReply& reply) { answer(to_response(reply)); });
}

bool is_websocket_key(std::string_view key) {
  constexpr std::size_t base64_of_16_bytes = 24;
  return key.size() == base64_of_16_bytes && key.find_first_of(" \t\r\n") == std::string_view::npos;
}

void open_terminal(const Exchange& exchange) {
  if (!boost::beast::websocket::is_upgrade(exchange.request) ||
      exchange.header(http::field::sec_websocket_version) != "13") {
    if (!exchange.header(http::field::cookie).empty()) {
      exchange.warn("no upgrade",
                    "a logged-in browser asked for the terminal without a WebSocket handshake (426): a "
                    "proxy must pass on the headers Upgrade and Connection");
    }
    Response response = json_error(426, "upgrade_required", "expected a WebSocket handshake of version 13");
    response.with("Upgrade", "websocket").with("Connection", "Upgrade").with("Sec-WebSocket-Version", "13");
    return exchange.answer(std::move(response));
  }
  if (!is_websocket_key(exchange.header(http::field::sec_websocket_key))) {
    return exchange.refuse(400, "bad_request", "expected 24 characters as Sec-WebSocket-Key");
  }
  if (is_cross_origin(exchange)) {
    return exchange.refuse(403, "cross_origin", "a page of another site may not open a terminal here");
  }
  const auto request = session_request(exchange, WorkerRequest::Method::authenticate);
  if (!request) return;
  http::token_list protocols(exchange.request[http::field::sec_websocket_protocol]);
  const bool offers_protocol = protocols.exists(subprotocol);
  const std::string address = address_key(client_address(exchange));
  exchange.lane.ask(*request, [offers_protocol, address, answer = exchange.answer](const WorkerReply& reply) {
    if (reply.status != 200) return answer(to_response(reply));
    answer(UpgradeGrant(reply.participant, reply.affinity, offers_protocol, address));
  });
}

void answer_health(const Exchange& exchange) { exchange.answer(plain_response(200, "ok\n")); }

void answer_readiness(const Exchange& exchange) {
  exchange.lane.ask(WorkerRequest(WorkerRequest::Method::ready), [answer = exchange.answer](const WorkerReply& reply) {
    if (reply.status == 200) return answer(plain_response(200, "ready\n"));
    answer(plain_response(503, "no worker is ready\n"));
  });
}

void answer_metrics(const Exchange& exchange) {
  // A proxy on this machine is a loopback peer that forwards for other clients, whether it is trusted or not.
  const bool local = is_loopback(exchange.peer) && !exchange.was_forwarded();
  if (!local && !exchange.lane.state().config.allow_metrics_from_anywhere) {
    return exchange.refuse(403, "forbidden", "only this machine may read the metrics");
  }
  scrape(exchange.lane, [answer = exchange.answer](std::string text) {
    Response response(200, "application/openmetrics-text; version=1.0.0; charset=utf-8", std::move(text));
    answer(response.with("Cache-Control", "no-store"));
  });
}

void run_self_test(const Exchange& exchange) {
  const auto& self_test = exchange.lane.state().config.self_test;
  if (!self_test) return refuse_path(exchange);
  self_test(exchange.lane, [answer = exchange.answer](Response response) { answer(std::move(response)); });
}

class Route {
 public:
  std::string_view path;
  http::verb method;  ///< GET also matches HEAD
  void (*handle)(const Exchange&);
};

constexpr std::array<Route, 13> routes{{
    {"/", http::verb::get, redirect_to_page},
    {static_prefix, http::verb::get, serve_file},
    {picture_prefix, http::verb::get, serve_picture},
    {"/join", http::verb::get, serve_join_page},
    {login_path, http::verb::post, log_in},
    {join_path, http::verb::post, join},
    {about_path, http::verb::get, answer_about},
    {study_path, http::verb::get, answer_study},
    {terminal_path, http::verb::get, open_terminal},
    {"/test", http::verb::get, run_self_test},
    {"/healthz", http::verb::get, answer_health},
    {"/readyz", http::verb::get, answer_readiness},
    {"/metrics", http::verb::get, answer_metrics},
}};

bool matches(const Route& route, std::string_view path) {
  if (route.path == picture_prefix) return Pictures::is_address(path);
  return route.path == static_prefix ? path.starts_with(static_prefix) : path == route.path;
}

bool allows(const Route& route, http::verb method) {
  return method == route.method || (route.method == http::verb::get && method == http::verb::head);
}

}  // namespace

void answer_request(Lane& lane, const HttpRequest& request, const Client& client, Answer answer) {
  const auto text = request.target();
  auto target = parse_target({text.data(), text.size()});
  if (!target) return answer(json_error(400, "bad_request", "expected a path with all special bytes percent-encoded"));
  // A proxy that removed the base path "/study" leaves "/study/" of a picture's address.
  if (!Pictures::is_address(target->path)) cut_base_path(*target, lane.state().config.base_path);
  const Exchange exchange(lane, request, std::move(*target), client, std::move(answer));
  if (!names_this_server(exchange)) return refuse_host(exchange);
  if (lane.state().tls && !exchange.is_encrypted) return redirect_to_https(exchange, {text.data(), text.size()});
  const std::string& path = exchange.target.path;
  const auto route = std::find_if(routes.begin(), routes.end(), [&](const Route& each) { return matches(each, path); });
  if (route == routes.end()) return refuse_path(exchange);
  if (!allows(*route, request.method())) {
    const bool is_get = route->method == http::verb::get;
    Response response = json_error(405, "method_not_allowed", is_get ? "expected GET or HEAD" : "expected POST");
    return exchange.answer(response.with("Allow", is_get ? "GET, HEAD" : "POST"));
  }
  route->handle(exchange);
}

}  // namespace tellina
