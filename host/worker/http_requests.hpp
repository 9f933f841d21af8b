#pragma once

/// Answers the gateways' requests on behalf of HTTP clients: logins, joins, cookies, a participant's state, metrics.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "host/session/environment.hpp"
#include "tellina/message.hpp"

namespace tellina {

/// A lane's numbers for /metrics.
class LaneCounts {
 public:
  std::size_t connections = 0;    ///< now
  std::size_t sessions = 0;       ///< now
  std::uint64_t messages = 0;     ///< handled since the start
  std::uint64_t overtakings = 0;  ///< since the start
};

/// Answers the requests of host/wire/worker_requests.hpp.
///
/// Threads: the loop's.
class HttpRequests {
 public:
  using Reply = std::function<void(Bytes)>;

  /// `environment` must outlive the object and every reply.
  HttpRequests(SessionEnvironment& environment, std::function<LaneCounts()> count);

  /// `reply` runs on the loop exactly once, perhaps before this returns.
  void answer(const Bytes& body, Reply reply) const;

 private:
  SessionEnvironment& m_environment;
  const std::function<LaneCounts()> m_count;
};

}  // namespace tellina
