#include "host/session/check_schedule.hpp"

#include <utility>

#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

constexpr std::chrono::milliseconds output_interval{1000};

}  // namespace

CheckSchedule::CheckSchedule(Loop& loop, std::unique_ptr<TaskCheck> check, std::chrono::nanoseconds interval,
                             Callbacks callbacks)
    : m_loop(loop),
      m_check(std::move(check)),
      m_interval(interval),
      m_callbacks(std::move(callbacks)),
      m_soon_timer(loop.make_timer()),
      m_interval_timer(loop.make_timer()) {}

void CheckSchedule::use(std::shared_ptr<SandboxHandle> sandbox) {
  const InvariantScope invariant(*this);
  m_current = std::make_shared<bool>(true);
  m_is_looking = m_looks_soon = m_is_awake = false;
  m_next.reset();
  m_last.reset();
  m_soon_timer->cancel();
  m_interval_timer->cancel();
  m_has_sandbox = sandbox != nullptr;
  m_check->use(std::move(sandbox));
  awake();
  // The old sandbox's content is gone, so there is nothing left to check.
  for (Waiting* const waiting : {&m_awaiting, &m_waiting}) {
    for (auto& done : std::exchange(*waiting, {})) m_loop.post(std::move(done));
  }
}

void CheckSchedule::command_ended() {
  const InvariantScope invariant(*this);
  if (m_check->follows_commands()) start_look(TaskCheck::Look::always);
}

void CheckSchedule::output_seen() {
  const InvariantScope invariant(*this);
  if (m_check->follows_commands()) look_soon();
  awake();
}

void CheckSchedule::look_soon() {
  if (m_looks_soon || !m_has_sandbox) return;
  m_looks_soon = true;
  m_soon_timer->start(m_loop.clock().now() + output_interval, [this] {
    m_looks_soon = false;
    start_look(TaskCheck::Look::always);
  });
}

void CheckSchedule::awake() {
  if (m_is_awake || !m_has_sandbox || m_interval == std::chrono::nanoseconds::zero()) return;
  m_is_awake = true;
  m_interval_timer->start(m_loop.clock().now() + m_interval, [this] {
    m_is_awake = false;
    start_look(TaskCheck::Look::if_changed);
  });
}

void CheckSchedule::look_at_the_end(std::function<void()> done) {
  if (!m_has_sandbox) return done();
  m_waiting.push_back(std::move(done));
  start_look(TaskCheck::Look::if_changed);
}

void CheckSchedule::start_look(TaskCheck::Look how) {
  if (!m_has_sandbox) return;
  if (m_is_looking) {
    if (m_next != TaskCheck::Look::always) m_next = how;
    return;
  }
  m_is_looking = true;
  TELLINA_ASSERT(m_awaiting.empty());
  m_awaiting = std::exchange(m_waiting, {});
  m_check->look(how, [this, how, current = std::weak_ptr(m_current)](const TaskCheck::Finding& finding) {
    if (!current.expired()) finish_look(how, finding);
  });
}

void CheckSchedule::check_invariant() const {
  TELLINA_ASSERT(m_check);
  TELLINA_ASSERT(m_interval >= std::chrono::nanoseconds::zero());
  TELLINA_ASSERT(m_has_sandbox || (!m_is_looking && !m_looks_soon && !m_is_awake));
  TELLINA_ASSERT(m_is_looking || !m_next);
  TELLINA_ASSERT(m_is_looking || m_awaiting.empty());
  TELLINA_ASSERT(!m_is_awake || m_interval > std::chrono::nanoseconds::zero());
}

void CheckSchedule::finish_look(TaskCheck::Look how, const TaskCheck::Finding& finding) {
  TELLINA_ASSERT(m_is_looking && m_has_sandbox);
  m_is_looking = false;
  if (finding.is_unsure) look_soon();
  const bool is_at_rest = finding.is_at_rest && !m_callbacks.command_runs();
  // The interval counts from the last check, whatever caused it.
  const bool goes_on = std::exchange(m_is_awake, false) || !is_at_rest;
  m_interval_timer->cancel();
  if (goes_on) awake();
  // A background process that changes no verdict does not need a row in the record every two seconds.
  const bool is_news = how == TaskCheck::Look::always || finding.progress != m_last;
  if (finding.progress) m_last = finding.progress;
  if (finding.progress && is_news) m_callbacks.judged(*finding.progress);
  for (const auto& done : std::exchange(m_awaiting, {})) done();
  if (m_next) start_look(*std::exchange(m_next, std::nullopt));
}

}  // namespace tellina
