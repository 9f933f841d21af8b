#include "host/session/start_queue.hpp"

#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {

void StartQueue::request(std::function<void(Ended)> begin) {
  TELLINA_ASSERT(begin);
  m_waiting.push_back(std::move(begin));
  begin_next();
}

void StartQueue::begin_next() {
  const InvariantScope invariant(*this);
  if (m_is_starting || m_waiting.empty() || m_sandboxes >= limits::participant_sandboxes) return;
  const auto begin = std::move(m_waiting.front());
  m_waiting.pop_front();
  m_is_starting = true;
  ++m_sandboxes;
  begin([weak = weak_from_this()](bool has_sandbox) {
    if (const auto queue = weak.lock()) queue->on_ended(has_sandbox);
  });
}

void StartQueue::on_ended(bool has_sandbox) {
  TELLINA_ASSERT(m_is_starting);
  m_is_starting = false;
  if (!has_sandbox) --m_sandboxes;
  begin_next();
}

void StartQueue::sandbox_removed() {
  TELLINA_ASSERT(m_sandboxes > 0);
  --m_sandboxes;
  begin_next();
}

void StartQueue::check_invariant() const {
  TELLINA_ASSERT(m_sandboxes <= limits::participant_sandboxes);
  TELLINA_ASSERT(!m_is_starting || m_sandboxes > 0);
}

}  // namespace tellina
