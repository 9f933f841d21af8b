#pragma once

/// The cookies that identify the participant of a request.
///
/// All tabs of a browser share its cookies, and two tabs may belong to two participants. So each participant has their
/// own cookie, whose name is `tellina_session_` and the participant's key. A request that names no participant uses
/// `tellina_session`, the cookie of the latest login.

#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// The session token for a request of `participant` (empty if the request names none): from the participant's own
/// cookie, otherwise from the cookie of the latest login. Returns an empty string if the header has no valid token.
std::string session_token(std::string_view cookie_header, std::string_view participant);

/// Where a login's cookies are valid.
class CookieScope {
 public:
  std::string path = "/";
  bool is_secure = false;  ///< browsers send them over HTTPS only
};

/// The values of the Set-Cookie headers of a login. The cookie of the latest login comes first; it is the only one if
/// `participant` is empty. If `cookie_header` has cookies of more than 20 other participants, the result also removes
/// the oldest. Otherwise a browser that tries many links would exceed the limit for a request's headers.
std::vector<std::string> login_cookies(std::string_view cookie_header, std::string_view participant,
                                       std::string_view token, const CookieScope& scope);

}  // namespace tellina
