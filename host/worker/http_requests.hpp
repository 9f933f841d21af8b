#pragma once

/// Answers what gateways ask on behalf of HTTP requests: logins, cookies, where a participant stands.

#include <functional>
#include <memory>
#include <string>

#include "host/runtime/metric_samples.hpp"
#include "host/session/environment.hpp"
#include "tellina/message.hpp"

namespace tellina {

/// Questions and answers are JSON objects: {"method": "login", "access_code": C}, {"method": "authenticate", "cookie":
/// T}, {"method": "study", "cookie": T}, both optionally with the "participant" whose the cookie must be, {"method":
/// "ready"} for the store too, {"method": "alive"} for the worker alone; {"status": 200, "body": {...}} with "cookie"
/// and "participant" for a login, and "participant" and "affinity" (which event loop the gateway should move the
/// connection to) for an authentication. For /metrics there are {"method": "study_numbers"}, answered with {"samples":
/// [...], "workers": [ids]}, and {"method": "numbers"} for what `describe` gives, {"samples": [...]}; a sample is
/// [family, suffix, labels, value].
/// {"method": "self_test", "errand": E} is for test mode.
///
/// Threads: the loop's; `reply` runs on it.
void answer_http_request(SessionEnvironment& environment, const Bytes& question,
                         const std::function<MetricSamples()>& describe, std::function<void(Bytes)> reply);

/// The sizes of the store's files, and the room on their disk. Threads: any.
void add_store_files(MetricSamples& samples, const Store& store);

}  // namespace tellina
