#include "host/runtime/loop_inbox.hpp"

#include <utility>

#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

/// Runs a call at the end of a scope, also when an exception leaves it.
template <typename Call>
class AtEnd {
 public:
  explicit AtEnd(Call call) : m_call(std::move(call)) {}
  ~AtEnd() { m_call(); }
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  Call m_call;
};

}  // namespace

LoopInbox::LoopInbox(Loop& loop, Delivery delivery, Handler handler, Keeper keeper)
    : m_loop(loop), m_delivery(delivery), m_handler(std::move(handler)), m_keeper(std::move(keeper)) {
  TELLINA_ASSERT_PROCESS(m_handler);
}

void LoopInbox::deliver(Message message) {
  if (try_to_begin()) {
    const AtEnd end([this] { finish(); });
    m_handler(std::span(&message, 1));
    return;
  }
  {
    std::lock_guard lock(m_mutex);
    check_invariant_locked();
    m_waiting.push_back(std::move(message));
    if (m_state != State::idle) return;
    m_state = State::scheduled;
    check_invariant_locked();
  }
  schedule();
}

bool LoopInbox::try_to_begin() {
  if (m_delivery != Delivery::at_once || !m_loop.is_current() || is_held()) return false;
  std::lock_guard lock(m_mutex);
  check_invariant_locked();
  if (m_state != State::idle) return false;
  m_state = State::handling;
  return true;
}

void LoopInbox::schedule() {
  if (!m_keeper) return m_loop.post(m_lifeline.guarded([this] { drain(); }));
  m_loop.post([this, kept = m_keeper()] { drain(); });
}

void LoopInbox::drain() {
  TELLINA_ASSERT_PROCESS(m_loop.is_current());
  TELLINA_ASSERT_PROCESS(m_batch.empty());
  {
    std::lock_guard lock(m_mutex);
    check_invariant_locked();
    TELLINA_ASSERT_PROCESS(m_state == State::scheduled);
    m_batch.swap(m_waiting);
    m_state = State::handling;
  }
  const AtEnd end([this] {
    m_batch.clear();
    finish();
  });
  m_handler(m_batch);
}

void LoopInbox::finish() {
  {
    std::lock_guard lock(m_mutex);
    check_invariant_locked();
    TELLINA_ASSERT_PROCESS(m_state == State::handling);
    m_state = m_waiting.empty() ? State::idle : State::scheduled;
    check_invariant_locked();
    if (m_state == State::idle) return;
  }
  schedule();
}

void LoopInbox::check_invariant() const {
  TELLINA_ASSERT_PROCESS(m_holds >= 0);
  std::lock_guard lock(m_mutex);
  check_invariant_locked();
}

void LoopInbox::check_invariant_locked() const {
  TELLINA_ASSERT_PROCESS(m_state != State::idle || m_waiting.empty());
  TELLINA_ASSERT_PROCESS(m_state != State::scheduled || !m_waiting.empty());
}

}  // namespace tellina
