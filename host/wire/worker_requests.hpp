#pragma once

/// A gateway's requests to a worker on behalf of HTTP requests, and the replies.

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
    join,           ///< with `parameters` of an open link, `cookies` and perhaps `browser_key`
    open_link,      ///< the reply is 200 if the study has one
    authenticate,   ///< with `cookie`: the participant whom it belongs to
    study,          ///< with `cookie`: the participant's state object
    about,          ///< the public part of the study
    ready,          ///< the reply is 200 once the store answers, too
    alive,          ///< answered without the store
    study_numbers,  ///< the study's metrics, and the workers to ask for theirs
    numbers,        ///< this worker's own metrics
    self_test,      ///< with `step`; only in test mode
  };

  WorkerRequest() = default;
  explicit WorkerRequest(Method method_) : method(method_) {}

  Method method = Method::alive;
  std::string access_code;
  std::string cookie;
  std::string participant;             ///< the participant's key that the cookie must have; empty: any
  std::string step;                    ///< of the self-test
  std::string parameters;              ///< of a link: a JSON object
  std::string browser_key;             ///< a secret that the browser has made; empty: none
  std::vector<std::string> cookies{};  ///< all tokens that the browser sent
};
Bytes encode_request(const WorkerRequest& request);
/// Returns nothing if the body is not a JSON object or names no known method.
std::optional<WorkerRequest> decode_request(BytesView body);

class WorkerReply {
 public:
  WorkerReply() = default;
  WorkerReply(int status_, std::string body_) : status(status_), body(std::move(body_)) {}

  int status = 503;              ///< of HTTP, 200 to 599
  std::string body;              ///< JSON text for the client
  std::string cookie;            ///< of a login or join: the session's token
  bool is_new = false;           ///< of a join: it has added the participant
  std::int64_t participant = 0;  ///< of a login, a join and of authenticate; 0: absent
  std::uint64_t affinity = 0;    ///< of authenticate: modulo the number of loops, the loop that runs the session
};
Bytes encode_reply(const WorkerReply& reply);
/// Returns nothing for a malformed body.
std::optional<WorkerReply> decode_reply(BytesView body);

/// The JSON body of an error response: {"error": {"code": ..., "message": ...}}.
std::string error_body(std::string_view code, std::string_view message);

/// The code of an error response; empty for other replies.
std::string error_code_of(const WorkerReply& reply);

/// The gateway's reply if no worker answers.
WorkerReply busy_reply();

/// The body of the reply to `numbers` and `study_numbers`.
class WorkerNumbers {
 public:
  WorkerNumbers() = default;
  std::vector<MetricSample> samples;
  std::vector<std::string> workers;  ///< of study_numbers: the ids of the live workers
};
std::string encode_numbers(const WorkerNumbers& numbers);
/// Ignores malformed parts.
WorkerNumbers decode_numbers(std::string_view body);

/// True for 1 to 200 letters, digits, '-' and '_', which is the form of a session token.
bool is_token(std::string_view text);

}  // namespace tellina
