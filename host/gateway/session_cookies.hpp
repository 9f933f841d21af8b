#pragma once

/// The cookies that identify the participant of a request.
///
/// All tabs of a browser share its cookies, and two tabs may belong to two participants. All studies of a host share
/// them too, because cookies do not know ports. So each participant of a study has their own cookie, whose name is
/// `tellina_session_`, the study's key, `_` and the participant's key. A request that names no participant uses the
/// cookie of the latest login, `tellina_session_` and the study's key.
///
/// `tellina_session`, of the latest login at any study of the host, is for programs that keep one cookie. It is valid
/// where a more specific cookie is missing, and so is `tellina_session_` and the participant's key, which earlier
/// versions set.

#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// Returns the session token for a request, from the most specific cookie, or an empty string if that has no valid
/// token. `study`: the study's key, which may be empty. `participant`: the participant's key; empty if the request
/// names none.
std::string session_token(std::string_view cookie_header, std::string_view study, std::string_view participant);

/// The different tokens of all session cookies in a Cookie header, at most limits::kept_cookies and four.
std::vector<std::string> session_tokens(std::string_view cookie_header);

/// Where a login's cookies are valid.
class CookieScope {
 public:
  std::string path = "/";
  std::string study;       ///< the study's key: letters and digits; empty for none
  bool is_secure = false;  ///< browsers send them over HTTPS only
};

/// The values of the Set-Cookie headers of a login. `tellina_session` comes first. If `participant` is empty, there is
/// no cookie with a participant's key. If `cookie_header` has cookies of more than 20 other participants, the result
/// also removes the oldest. Otherwise a browser that tries many links would exceed the limit for a request's headers.
std::vector<std::string> login_cookies(std::string_view cookie_header, std::string_view participant,
                                       std::string_view token, const CookieScope& scope);

}  // namespace tellina
