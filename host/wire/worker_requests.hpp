#pragma once

/// What a gateway asks a worker on behalf of an HTTP request, and what the worker replies.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/runtime/metric_samples.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

class WorkerRequest {
 public:
  enum class Method : std::uint8_t {
    login,          ///< with `access_code`
    authenticate,   ///< with `cookie`: whose it is
    study,          ///< with `cookie`: the participant's state object
    about,          ///< what everybody may know of the study
    ready,          ///< answered with 200 once the store answers, too
    alive,          ///< answered by the worker alone
    study_numbers,  ///< the study's numbers, and which workers to ask for theirs
    numbers,        ///< this worker's own numbers
    self_test,      ///< with `step`; only in test mode
  };

  WorkerRequest() = default;
  explicit WorkerRequest(Method method_) : method(method_) {}

  Method method = Method::alive;
  std::string access_code;
  std::string cookie;
  std::string participant;  ///< the key of the participant whose the cookie has to be; empty: any participant's
  std::string step;         ///< of the self-test
};
Bytes encode_request(const WorkerRequest& request);
/// Returns nothing for a body that is no JSON object or names no known method.
std::optional<WorkerRequest> decode_request(BytesView body);

class WorkerReply {
 public:
  WorkerReply() = default;
  WorkerReply(int status_, std::string body_) : status(status_), body(std::move(body_)) {}

  int status = 503;              ///< of HTTP, 200 to 599
  std::string body;              ///< JSON text, as it goes to the client
  std::string cookie;            ///< of a login: the session's token
  std::int64_t participant = 0;  ///< of a login and of authenticate; 0: absent
  std::uint64_t affinity = 0;    ///< of authenticate: which loop, modulo their number
};
Bytes encode_reply(const WorkerReply& reply);
/// Returns nothing for a body that is not as agreed.
std::optional<WorkerReply> decode_reply(BytesView body);

/// The JSON body of an answer that is an error: {"error": {"code": ..., "message": ...}}.
std::string error_body(std::string_view code, std::string_view message);

/// Stands in for the answer that no worker gave.
WorkerReply busy_reply();

/// The body of the reply to `numbers` and `study_numbers`.
class WorkerNumbers {
 public:
  WorkerNumbers() = default;
  std::vector<MetricSample> samples;
  std::vector<std::string> workers;  ///< of study_numbers: the ids of the workers that live
};
std::string encode_numbers(const WorkerNumbers& numbers);
/// Leaves out what is not as agreed.
WorkerNumbers decode_numbers(std::string_view body);

/// True for 1 to 200 letters, digits, '-' and '_': what a session token may look like.
bool is_token(std::string_view text);

}  // namespace tellina
