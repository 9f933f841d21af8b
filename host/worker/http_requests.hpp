#pragma once

/// Answers what gateways ask on behalf of HTTP requests: logins, cookies, where a participant stands.

#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <string>

#include "host/session/environment.hpp"
#include "tellina/message.hpp"

namespace tellina {

/// Questions and answers are JSON objects: {"method": "login", "access_code": C}, {"method": "authenticate", "cookie":
/// T}, {"method": "study", "cookie": T}, {"method": "ready"} for the store too, {"method": "alive"} for the worker
/// alone, which is answered with what `describe` gives; {"status": 200, "body": {...}} with "cookie" for a login, and
/// "participant" and "affinity" (which event loop the gateway should move the connection to) for an authentication.
/// {"method": "self_test", "errand": E} is for test mode.
///
/// Threads: the loop's; `reply` runs on it.
void answer_http_request(SessionEnvironment& environment, const Bytes& question,
                         const std::function<boost::json::object()>& describe, std::function<void(Bytes)> reply);

}  // namespace tellina
