#pragma once

/// The requests of a participant's page that wait for an answer, and those that have had theirs.

#include <array>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "host/wire/client_frames.hpp"

namespace tellina {

/// Requests that take a while. Those of one kind that come while one is carried out are answered together with it.
enum class RequestKind { start_task, reset, give_up, submit };

/// Remembers ids, so that each request gets one answer and is carried out once. A client repeats a request with the
/// same id until it is answered. Memory is bounded (limits::requests_at_once, limits::answered_requests). Does no I/O.
class RequestLog {
 public:
  /// The request waits for its answer; nothing happens if it does already. Returns the oldest of this kind if too many
  /// wait: it waits no longer, and the caller answers it.
  std::optional<RequestId> wait(RequestKind kind, const RequestId& id);
  bool waits(RequestKind kind) const { return !waiting(kind).empty(); }
  /// Those of this kind, oldest first, which wait no longer.
  std::vector<RequestId> take(RequestKind kind);

  /// The request has been answered with `done`. `stream`: of the task that it was about.
  void remember(RequestKind kind, const std::string& stream, const RequestId& id);
  bool has_answered(RequestKind kind, const std::string& stream, const RequestId& id) const;
  /// A client that begins again may use the same ids for other requests.
  void forget_answers() { m_answered.clear(); }

  void check_invariant() const;

 private:
  const std::deque<RequestId>& waiting(RequestKind kind) const { return m_waiting[static_cast<std::size_t>(kind)]; }
  std::deque<RequestId>& waiting(RequestKind kind) { return m_waiting[static_cast<std::size_t>(kind)]; }

  static constexpr std::size_t kinds = 4;
  std::array<std::deque<RequestId>, kinds> m_waiting;
  std::set<std::tuple<RequestKind, std::string, RequestId>> m_answered;
};

}  // namespace tellina
