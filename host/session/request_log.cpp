#include "host/session/request_log.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {

std::optional<RequestId> RequestLog::wait(RequestKind kind, const RequestId& id) {
  const InvariantScope invariant(*this);
  std::deque<RequestId>& ids = waiting(kind);
  if (std::find(ids.begin(), ids.end(), id) != ids.end()) return std::nullopt;
  ids.push_back(id);
  if (ids.size() <= limits::requests_at_once) return std::nullopt;
  RequestId oldest = std::move(ids.front());
  ids.pop_front();
  return oldest;
}

std::vector<RequestId> RequestLog::take(RequestKind kind) {
  const InvariantScope invariant(*this);
  std::deque<RequestId> ids = std::exchange(waiting(kind), {});
  return {std::make_move_iterator(ids.begin()), std::make_move_iterator(ids.end())};
}

void RequestLog::remember(RequestKind kind, const std::string& stream, const RequestId& id) {
  const InvariantScope invariant(*this);
  if (m_answered.size() >= limits::answered_requests) m_answered.clear();
  m_answered.emplace(kind, stream, id);
}

bool RequestLog::has_answered(RequestKind kind, const std::string& stream, const RequestId& id) const {
  return m_answered.contains({kind, stream, id});
}

void RequestLog::check_invariant() const {
  for (const std::deque<RequestId>& ids : m_waiting) TELLINA_ASSERT(ids.size() <= limits::requests_at_once);
  TELLINA_ASSERT(m_answered.size() <= limits::answered_requests);
}

}  // namespace tellina
