#pragma once

/// The cookies that say which participant a request is of.
///
/// All tabs of a browser share its cookies, so each participant has a cookie of their own, `tellina_session_` and the
/// participant's key: two tabs may be two participants. A request that names no participant uses `tellina_session`, the
/// cookie of the latest login.

#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// The token in a Cookie header for a request of `participant` (empty where it names none): from the participant's own
/// cookie, else from that of the latest login. Empty where there is none that could be a token.
std::string session_token(std::string_view cookie_header, std::string_view participant);

/// Where a login's cookies are valid.
class CookieScope {
 public:
  std::string path = "/";
  bool is_secure = false;  ///< the browser is to send them over HTTPS only
};

/// The values of the Set-Cookie headers of a login; the cookie of the latest login comes first, and is the only one
/// where `participant` is empty. They also remove the oldest cookies of other participants where `cookie_header` has
/// more than 20, so that a browser in which many links are tried does not outgrow the limit for a request's headers.
std::vector<std::string> login_cookies(std::string_view cookie_header, std::string_view participant,
                                       std::string_view token, const CookieScope& scope);

}  // namespace tellina
