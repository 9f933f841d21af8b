#include "host/gateway/session_cookies.hpp"

#include "host/gateway/request_fields.hpp"
#include "host/limits.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

constexpr std::string_view latest_login = "tellina_session";
constexpr std::string_view of_participant = "tellina_session_";

std::string set_cookie(std::string_view name, std::string_view token, const CookieScope& scope, bool is_removal) {
  std::string cookie = std::string(name) + "=" + std::string(token) + "; HttpOnly; SameSite=Strict; Path=" + scope.path;
  cookie += is_removal ? "; Max-Age=0" : "; Max-Age=2592000";  // 30 days
  return scope.is_secure ? cookie + "; Secure" : cookie;
}

}  // namespace

std::string session_token(std::string_view cookie_header, std::string_view participant) {
  std::optional<std::string> token;
  if (!participant.empty()) token = find_cookie(cookie_header, std::string(of_participant) + std::string(participant));
  if (!token) token = find_cookie(cookie_header, latest_login);
  return token && is_token(*token) ? *token : std::string();
}

std::vector<std::string> login_cookies(std::string_view cookie_header, std::string_view participant,
                                       std::string_view token, const CookieScope& scope) {
  std::vector<std::string> cookies{set_cookie(latest_login, token, scope, false)};
  if (participant.empty()) return cookies;
  const std::string own = std::string(of_participant) + std::string(participant);
  cookies.push_back(set_cookie(own, token, scope, false));
  std::vector<std::string> others;
  for (const std::string& name : cookie_names(cookie_header)) {
    if (name.starts_with(of_participant) && is_token(name) && name != own) others.push_back(name);
  }
  // RFC 6265, section 5.4: browsers list cookies with the same path oldest first.
  for (std::size_t i = 0; i + limits::kept_cookies < others.size(); ++i)
    cookies.push_back(set_cookie(others[i], "", scope, true));
  return cookies;
}

}  // namespace tellina
