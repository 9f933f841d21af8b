#include "host/session/check_schedule.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
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
      m_interval_timer(loop.make_timer()),
      m_rest_timer(loop.make_timer()) {}

void CheckSchedule::use(std::shared_ptr<SandboxHandle> sandbox) {
  const InvariantScope invariant(*this);
  m_current = std::make_shared<bool>(true);
  m_is_checking = m_checks_soon = m_interval_runs = false;
  end_rest();
  m_next.reset();
  m_last.reset();
  m_soon_timer->cancel();
  m_interval_timer->cancel();
  m_has_sandbox = sandbox != nullptr;
  m_check->use(std::move(sandbox));
  start_interval();
  // The old sandbox's content is gone, so there is nothing left to check.
  for (DoneCalls* const waiting : {&m_after_current_check, &m_after_next_check}) {
    for (auto& done : std::exchange(*waiting, {})) m_loop.post(std::move(done));
  }
}

void CheckSchedule::command_ended() {
  const InvariantScope invariant(*this);
  if (m_check->follows_commands()) start_check({TaskCheck::Mode::always, CheckTrigger::command});
}

void CheckSchedule::output_seen() {
  const InvariantScope invariant(*this);
  if (m_check->follows_commands()) check_soon(CheckTrigger::output);
  start_interval();
}

void CheckSchedule::check_soon(CheckTrigger trigger) {
  if (m_checks_soon || !m_has_sandbox) return;
  m_checks_soon = true;
  m_soon_timer->start(m_loop.clock().now() + output_interval, [this, trigger] {
    m_checks_soon = false;
    start_check({TaskCheck::Mode::always, trigger});
  });
}

void CheckSchedule::start_interval() {
  if (m_interval_runs || !m_has_sandbox || m_interval == std::chrono::nanoseconds::zero()) return;
  m_interval_runs = true;
  m_interval_timer->start(m_loop.clock().now() + m_interval, [this] {
    m_interval_runs = false;
    start_check({TaskCheck::Mode::if_changed, CheckTrigger::timer});
  });
}

void CheckSchedule::check_at_the_end(std::function<void()> done) {
  check_at_once({TaskCheck::Mode::if_changed, CheckTrigger::deadline}, std::move(done));
}

void CheckSchedule::check_for_hand_in(std::function<void()> done) {
  check_at_once({TaskCheck::Mode::always, CheckTrigger::hand_in}, std::move(done));
}

void CheckSchedule::check_at_once(Wish wish, std::function<void()> done) {
  if (!m_has_sandbox) return done();
  m_after_next_check.push_back(std::move(done));
  end_rest();
  start_check(wish);
}

void CheckSchedule::start_check(Wish wish) {
  if (!m_has_sandbox) return;
  if (m_is_checking || m_rests) {
    if (!m_next) m_next = wish;
    if (wish.mode == TaskCheck::Mode::always) m_next->mode = wish.mode;
    m_next->trigger = std::max(m_next->trigger, wish.trigger);
    return;
  }
  m_is_checking = true;
  m_check_began = m_loop.clock().now();
  TELLINA_ASSERT(m_after_current_check.empty());
  m_after_current_check = std::exchange(m_after_next_check, {});
  m_check->run(wish.mode, [this, wish, current = std::weak_ptr(m_current)](const TaskCheck::Result& result) {
    if (!current.expired()) finish_check(wish, result);
  });
}

void CheckSchedule::check_invariant() const {
  TELLINA_ASSERT(m_check);
  TELLINA_ASSERT(m_interval >= std::chrono::nanoseconds::zero());
  TELLINA_ASSERT(m_has_sandbox || (!m_is_checking && !m_checks_soon && !m_interval_runs && !m_rests));
  TELLINA_ASSERT(m_is_checking || m_rests || !m_next);
  TELLINA_ASSERT(!m_is_checking || !m_rests);
  TELLINA_ASSERT(m_is_checking || m_after_current_check.empty());
  TELLINA_ASSERT(!m_interval_runs || m_interval > std::chrono::nanoseconds::zero());
}

void CheckSchedule::finish_check(Wish wish, const TaskCheck::Result& result) {
  TELLINA_ASSERT(m_is_checking && m_has_sandbox);
  m_is_checking = false;
  m_is_conclusive = !result.is_inconclusive;
  rest();
  if (result.is_inconclusive) check_soon(CheckTrigger::timer);
  const bool is_idle = result.is_idle && !m_callbacks.command_runs();
  // The interval counts from the last check, whatever caused it.
  const bool continues = std::exchange(m_interval_runs, false) || !is_idle;
  m_interval_timer->cancel();
  if (continues) start_interval();
  // A background process that changes no verdict does not need a row in the record every two seconds.
  const bool is_reported = wish.mode == TaskCheck::Mode::always || result.progress != m_last;
  if (result.progress) m_last = result.progress;
  if (result.progress && is_reported) m_callbacks.judged(result, wish.trigger);
  for (const auto& done : std::exchange(m_after_current_check, {})) done();
  if (!m_after_next_check.empty()) end_rest();
  if (m_next && !m_rests) start_check(*std::exchange(m_next, std::nullopt));
}

void CheckSchedule::rest() {
  TELLINA_ASSERT(!m_rests);
  const MonotonicTime now = m_loop.clock().now();
  if (now == m_check_began) return;
  m_rests = true;
  const std::chrono::nanoseconds longest = limits::longest_check_pause;
  m_rest_timer->start(now + std::min(longest, limits::check_pause * (now - m_check_began)), [this] {
    m_rests = false;
    if (m_next) start_check(*std::exchange(m_next, std::nullopt));
  });
}

void CheckSchedule::end_rest() {
  m_rests = false;
  m_rest_timer->cancel();
}

}  // namespace tellina
