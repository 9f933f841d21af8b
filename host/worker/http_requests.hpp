#pragma once

/// Answers what gateways ask on behalf of HTTP requests: logins, cookies, the state of a participant, metrics.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "host/session/environment.hpp"
#include "tellina/message.hpp"

namespace tellina {

/// What a lane counts for /metrics.
class LaneCounts {
 public:
  std::size_t connections = 0;    ///< now
  std::size_t sessions = 0;       ///< now
  std::uint64_t messages = 0;     ///< handled since the start
  std::uint64_t overtakings = 0;  ///< since the start
};

/// Questions and answers are JSON objects. A question names its method; an answer is {"status": HTTP status, "body":
/// {...}} and what the method adds:
///
/// - login: with access_code. Adds cookie and participant.
/// - authenticate: with cookie, and optionally the participant whose the cookie must be. Adds participant, and
/// affinity:
///   the event loop to which the gateway should move the connection.
/// - study: likewise. The body is the state object.
/// - about: the body has title, contact and records_bytes.
/// - alive: proves that the worker runs.
/// - ready: proves that the store answers, too.
/// - numbers: the body has the samples of this lane, each as [family, suffix, labels, value].
/// - study_numbers: the body has the samples of the study, and workers: the ids of those to ask for their numbers.
/// - self_test: with errand. In test mode only.
///
/// Threads: the loop's.
class HttpRequests {
 public:
  using Reply = std::function<void(Bytes)>;

  /// `environment` must outlive the object and every reply.
  HttpRequests(SessionEnvironment& environment, std::function<LaneCounts()> count);

  /// `reply` runs on the loop, once; perhaps before this returns.
  void answer(const Bytes& question, Reply reply) const;

 private:
  SessionEnvironment& m_environment;
  const std::function<LaneCounts()> m_count;
};

}  // namespace tellina
