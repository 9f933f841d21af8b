#include "host/gateway/session_cookies.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "host/gateway/request_fields.hpp"
#include "host/limits.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

constexpr std::string_view latest_login = "tellina_session";
constexpr std::string_view more_specific = "tellina_session_";

/// Without empty parts: "tellina_session_4f1c09ab_7".
std::string cookie_name(std::string_view study, std::string_view participant) {
  std::string name(latest_login);
  if (!study.empty()) (name += '_') += study;
  if (!participant.empty()) (name += '_') += participant;
  return name;
}

std::string set_cookie(std::string_view name, std::string_view token, const CookieScope& scope, bool is_removal) {
  std::string cookie = std::string(name) + "=" + std::string(token) + "; HttpOnly; SameSite=Strict; Path=" + scope.path;
  constexpr std::chrono::seconds lifetime = limits::login_lifetime;
  cookie += "; Max-Age=" + std::to_string(is_removal ? 0 : lifetime.count());
  return scope.is_secure ? cookie + "; Secure" : cookie;
}

}  // namespace

std::string session_token(std::string_view cookie_header, std::string_view study, std::string_view participant) {
  const std::array<std::string, 4> names{cookie_name(study, participant), cookie_name({}, participant),
                                         cookie_name(study, {}), cookie_name({}, {})};
  for (const std::string& name : names) {
    const auto token = find_cookie(cookie_header, name);
    if (token) return is_token(*token) ? *token : std::string();
  }
  return {};
}

std::vector<std::string> session_tokens(std::string_view cookie_header) {
  constexpr std::size_t most = limits::kept_cookies + 4;
  std::vector<std::string> tokens;
  for (const std::string& name : cookie_names(cookie_header)) {
    if (name != latest_login && !name.starts_with(more_specific)) continue;
    const auto token = find_cookie(cookie_header, name);
    if (!token || !is_token(*token) || std::find(tokens.begin(), tokens.end(), *token) != tokens.end()) continue;
    if (tokens.size() == most) break;
    tokens.push_back(*token);
  }
  return tokens;
}

std::vector<std::string> login_cookies(std::string_view cookie_header, std::string_view participant,
                                       std::string_view token, const CookieScope& scope) {
  std::vector<std::string> names{cookie_name({}, {})};
  if (!scope.study.empty()) names.push_back(cookie_name(scope.study, {}));
  if (!participant.empty()) names.push_back(cookie_name(scope.study, participant));
  std::vector<std::string> cookies;
  for (const std::string& name : names) cookies.push_back(set_cookie(name, token, scope, false));
  if (participant.empty()) return cookies;
  std::vector<std::string> others;
  for (const std::string& name : cookie_names(cookie_header)) {
    const bool is_ours = std::find(names.begin(), names.end(), name) != names.end();
    if (name.starts_with(more_specific) && is_token(name) && !is_ours) others.push_back(name);
  }
  // RFC 6265, section 5.4: of cookies with the same path, browsers name the oldest first.
  for (std::size_t i = 0; i + limits::kept_cookies < others.size(); ++i)
    cookies.push_back(set_cookie(others[i], "", scope, true));
  return cookies;
}

}  // namespace tellina
