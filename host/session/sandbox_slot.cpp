#include "host/session/sandbox_slot.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/session/transitions.hpp"
#include "host/text/json.hpp"

namespace tellina {
namespace {

/// The shortest time between two starts of a shell, so that shells that end at once use little CPU.
constexpr std::chrono::seconds restart_interval{1};
/// The pause after a failed try to start a shell or another sandbox begins with that, and doubles up to this one.
constexpr std::chrono::seconds longest_pause{5};
constexpr std::chrono::milliseconds redraw_pause{50};

using State = SandboxSlot::State;
/// Every state may change into `stopped`. The sandbox of a reset comes into use in any state of the old one.
constexpr Transition<State> transitions[] = {
    {State::empty, State::prewarming},       {State::empty, State::starting},
    {State::empty, State::in_use},           {State::prewarming, State::starting},
    {State::starting, State::in_use},        {State::starting, State::empty},
    {State::starting, State::shell_ended},   {State::in_use, State::in_use},
    {State::in_use, State::shell_ended},     {State::shell_ended, State::starting},
    {State::shell_ended, State::restarting}, {State::shell_ended, State::in_use},
    {State::restarting, State::in_use},      {State::restarting, State::replacing},
    {State::restarting, State::shell_ended}, {State::replacing, State::in_use},
    {State::replacing, State::shell_ended},
};

/// Whether the plugin lacked descriptors, processes or memory, and may succeed later.
bool is_busy(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const Error& failure) {
    return failure.code() == ErrorCode::busy;
  }
}

}  // namespace

SandboxSlot::SandboxSlot(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder,
                         std::shared_ptr<StartQueue> starts, std::shared_ptr<const Study> study, int task_number,
                         TerminalSize size, std::string time_zone)
    : m_environment(environment),
      m_loop(loop),
      m_recorder(recorder),
      m_starts(std::move(starts)),
      m_study(std::move(study)),
      m_task_number(task_number),
      m_size(size),
      m_timezone(std::move(time_zone)),
      m_progress_timer(loop.make_timer()),
      m_restart_timer(loop.make_timer()),
      m_redraw_timer(loop.make_timer()) {
  TELLINA_ASSERT(m_task_number >= 1);
  TELLINA_ASSERT(static_cast<std::size_t>(m_task_number) <= m_study->tasks.size());
}

SandboxSlot::~SandboxSlot() {
  cancel_starts();
  drop_prewarmed();
  m_shell_watch.reset();
  if (m_sandbox) m_sandbox->destroy([] {});
}

void SandboxSlot::move_to(State state) {
  TELLINA_ASSERT(m_state != State::stopped);
  TELLINA_ASSERT(state == State::stopped || allows(transitions, m_state, state));
  m_state = state;
}

SandboxSpec SandboxSlot::make_spec() {
  const Task& task = m_study->tasks[static_cast<std::size_t>(m_task_number) - 1];
  SandboxSpec spec;
  spec.id = random_token(m_environment.random, 8);
  spec.owner = m_environment.worker;
  spec.initial = with_times(task.initial, task.initial_times, m_loop.clock().wall_time());
  spec.size = m_size;
  spec.working_directory = task.working_directory;
  spec.options = task.sandbox_options;
  spec.environment["TELLINA_NONCE"] = nonce_of(spec.id);
  if (!m_timezone.empty()) spec.environment["TZ"] = m_timezone;
  return spec;
}

void SandboxSlot::prewarm() {
  const InvariantScope invariant(*this);
  move_to(State::prewarming);
  SandboxSpec spec = make_spec();
  m_prewarmed = std::make_shared<Prewarmed>();
  m_prewarmed->id = spec.id;
  m_prewarmed->statistics = m_environment.statistics;
  start_in_turn(std::move(spec),
                [prewarmed = m_prewarmed](std::shared_ptr<SandboxHandle> sandbox, std::exception_ptr error) {
                  prewarmed->is_finished = true;
                  prewarmed->sandbox = std::move(sandbox);
                  prewarmed->error = std::move(error);
                  if (prewarmed->receiver) return hand_over(*prewarmed);
                  if (prewarmed->sandbox) ++prewarmed->statistics->sandboxes_ready;
                });
}

void SandboxSlot::start_in_turn(SandboxSpec spec, SandboxHandle::Started started) {
  m_starts->request([&environment = m_environment, starts = std::weak_ptr(m_starts), slot = m_lifeline.observer(),
                     signals = make_signals(), spec = std::move(spec),
                     started = std::move(started)](const StartQueue::Ended& ended) mutable {
    if (slot.is_cut()) {
      started(nullptr, std::make_exception_ptr(Error(ErrorCode::gone, "nobody needs the sandbox any more")));
      return ended(false);
    }
    SandboxHandle::start(environment, std::move(spec), std::move(signals),
                         [starts, ended, started = std::move(started)](std::shared_ptr<SandboxHandle> sandbox,
                                                                       std::exception_ptr error) {
                           if (sandbox) {
                             sandbox->when_removed([starts] {
                               if (const auto queue = starts.lock()) queue->sandbox_removed();
                             });
                           }
                           const bool has_sandbox = sandbox != nullptr;
                           started(std::move(sandbox), std::move(error));
                           ended(has_sandbox);
                         });
  });
}

std::shared_ptr<StartSignals> SandboxSlot::make_signals() {
  // What the start itself calls is a reference to the signals, so this one must not keep them alive.
  const auto reference = std::make_shared<std::weak_ptr<StartSignals>>();
  const auto signals = std::make_shared<StartSignals>(m_loop.posted(m_lifeline.guarded([this, reference] {
    if (const auto start = reference->lock()) read_progress(start);
  })));
  *reference = signals;
  std::erase_if(m_starting, [](const auto& start) { return start.expired(); });
  m_starting.push_back(signals);
  return signals;
}

void SandboxSlot::read_progress(const std::shared_ptr<StartSignals>& start) {
  std::optional<std::string> sentence = start->next();
  if (!sentence) return;
  m_start_progress = std::move(*sentence);
  m_progress_timer->start(m_loop.clock().now() + limits::start_progress_interval,
                          [this, start] { read_progress(start); });
  if (m_user) m_user->start_progressed(m_start_progress);
}

void SandboxSlot::cancel_starts() {
  m_progress_timer->cancel();
  m_start_progress.clear();
  for (const auto& one : std::exchange(m_starting, {})) {
    if (const auto start = one.lock()) start->cancel();
  }
}

void SandboxSlot::hand_over(Prewarmed& prewarmed) {
  const SandboxHandle::Started receiver = prewarmed.receiver;
  receiver(std::exchange(prewarmed.sandbox, nullptr), prewarmed.error);
}

void SandboxSlot::take(Prewarmed& prewarmed, SandboxHandle::Started receiver) {
  prewarmed.receiver = std::move(receiver);
  if (!prewarmed.is_finished) return;
  if (prewarmed.sandbox) --prewarmed.statistics->sandboxes_ready;
  hand_over(prewarmed);
}

void SandboxSlot::drop_prewarmed() {
  const std::shared_ptr<Prewarmed> prewarmed = std::exchange(m_prewarmed, nullptr);
  if (!prewarmed) return;
  ++m_removals->pending;
  take(*prewarmed, [removals = m_removals](const std::shared_ptr<SandboxHandle>& sandbox, const std::exception_ptr&) {
    if (!sandbox) return removals->finish_one();
    sandbox->destroy([removals] { removals->finish_one(); });
  });
}

SandboxHandle::Started SandboxSlot::use_when_started(const SandboxId& id, Origin origin, Used done) {
  ++m_removals->pending;
  // Only the use of the sandbox runs inside the session's boundary: a sandbox that is ready too late is removed even if
  // the session has failed.
  auto used = m_loop.guarded([this, id, origin, done = std::move(done)](const std::shared_ptr<SandboxHandle>& sandbox,
                                                                        std::exception_ptr error) {
    if (!error) error = use(sandbox, id, origin);
    done(error);
  });
  return
      [this, observer = m_lifeline.observer(), removals = m_removals, origin, before = m_used_sandboxes,
       used = std::move(used)](const std::shared_ptr<SandboxHandle>& sandbox, const std::exception_ptr& error) mutable {
        const bool is_late = observer.is_cut() || m_loop.is_closed();
        if (is_late || (origin != Origin::reset && before != m_used_sandboxes)) {
          if (!sandbox) return removals->finish_one();
          return sandbox->destroy([removals] { removals->finish_one(); });
        }
        removals->finish_one();
        used(sandbox, error);
      };
}

void SandboxSlot::start_sandbox(Origin origin, Used done) {
  SandboxSpec spec = make_spec();
  auto started = use_when_started(spec.id, origin, std::move(done));
  start_in_turn(std::move(spec), std::move(started));
}

void SandboxSlot::start() {
  const InvariantScope invariant(*this);
  const bool is_prewarmed = m_state == State::prewarming;
  move_to(State::starting);
  if (!m_start_progress.empty()) m_user->start_progressed(m_start_progress);
  if (is_prewarmed) return start_prewarmed();
  start_fresh();
}

void SandboxSlot::start_prewarmed() {
  const std::shared_ptr<Prewarmed> prewarmed = std::exchange(m_prewarmed, nullptr);
  auto use_it = use_when_started(prewarmed->id, Origin::started, [this](const std::exception_ptr& error) {
    if (error) return start_fresh();
    m_user->started();
  });
  take(*prewarmed, [removals = m_removals, use_it = std::move(use_it)](const std::shared_ptr<SandboxHandle>& sandbox,
                                                                       const std::exception_ptr& error) {
    if (!sandbox || !sandbox->shell_has_ended()) return use_it(sandbox, error);
    ++removals->pending;
    sandbox->destroy([removals] { removals->finish_one(); });
    use_it(nullptr, std::make_exception_ptr(Error(ErrorCode::gone, "the prewarmed shell has ended")));
  });
}

void SandboxSlot::start_fresh() {
  start_sandbox(Origin::started, [this](const std::exception_ptr& error) {
    if (error) return on_start_failed(error);
    m_user->started();
  });
}

void SandboxSlot::on_start_failed(const std::exception_ptr& error) {
  move_to(m_sandbox ? State::shell_ended : State::empty);
  m_start_progress.clear();
  m_loop.post(m_lifeline.guarded([this, error] { m_user->start_failed(error); }));
}

void SandboxSlot::adopt(const SandboxId& sandbox, const Bytes& state) {
  move_to(State::starting);
  m_sandbox_id = sandbox;
  m_sandbox_state = state;
  try_to_adopt();
}

void SandboxSlot::try_to_adopt() {
  auto started = use_when_started(m_sandbox_id, Origin::adopted, [this](const std::exception_ptr& error) {
    // The sandbox may still exist: only descriptors or memory were lacking.
    if (is_busy(error)) {
      return m_restart_timer->start(m_loop.clock().now() + next_pause(), [this] { try_to_adopt(); });
    }
    // This is the usual case, because most sandboxes end with their owner.
    if (error) return start_fresh();
    m_has_adopted = true;
    note("adopted", "{\"sandbox\":\"" + m_sandbox_id + "\"}");
    m_user->adopted();
  });
  SandboxHandle::adopt(m_environment, m_sandbox_id, m_sandbox_state, std::move(started));
}

void SandboxSlot::reset() {
  TELLINA_ASSERT(m_state != State::prewarming && m_state != State::stopped);
  start_sandbox(Origin::reset, [this](const std::exception_ptr& error) { m_user->reset_finished(error); });
}

SandboxSlot::OpenShell SandboxSlot::open_shell(const SandboxHandle& sandbox) {
  OpenShell open;
  try {
    open.terminal = m_user->open_terminal(sandbox);
    open.watch = m_loop.watch(sandbox.ended_descriptor());
  } catch (const AssertionFailure&) {
    throw;
  } catch (const std::exception& failure) {
    throw Error(ErrorCode::internal, "sandbox \"" + m_environment.sandbox_plugin + "\": its descriptors " +
                                         std::to_string(sandbox.terminal()) + " and " +
                                         std::to_string(sandbox.ended_descriptor()) +
                                         " cannot be watched: " + failure.what());
  }
  return open;
}

std::exception_ptr SandboxSlot::use(const std::shared_ptr<SandboxHandle>& sandbox, const SandboxId& id, Origin origin) {
  const InvariantScope invariant(*this);
  OpenShell open;
  try {
    open = open_shell(*sandbox);
  } catch (const Error&) {
    sandbox->destroy([] {});
    return std::current_exception();
  }
  m_restart_timer->cancel();
  m_failed_tries = 0;
  ++m_used_sandboxes;
  m_sandbox_id = id;
  m_sandbox_state = sandbox->state();
  m_start_progress.clear();
  m_shell_watch.reset();
  const std::shared_ptr<SandboxHandle> old = std::exchange(m_sandbox, sandbox);
  m_sandbox->resize(m_size);
  move_to(State::in_use);
  m_user->use_sandbox(sandbox, std::move(open.terminal), origin);
  if (old) old->destroy([] {});
  watch_shell(std::move(open.watch));
  return nullptr;
}

void SandboxSlot::watch_shell(std::unique_ptr<Loop::Watch> watch) {
  m_shell_started = m_loop.clock().now();
  m_shell_watch = std::move(watch);
  m_shell_watch->when_readable([this] { on_shell_ended(); });
}

void SandboxSlot::on_shell_ended() {
  const InvariantScope invariant(*this);
  move_to(State::shell_ended);
  m_shell_watch.reset();
  m_user->shell_ended();
  const MonotonicTime clock = m_loop.clock().now();
  if (clock - m_shell_started >= restart_interval) return restart_shell();
  m_restart_timer->start(clock + restart_interval, [this] { restart_shell(); });
}

void SandboxSlot::restart_shell() {
  move_to(State::restarting);
  m_sandbox->restart_shell(
      m_size,
      m_loop.guarded(m_lifeline.guarded([this, sandbox = m_sandbox](ExitStatus status, std::exception_ptr error) {
        // Another sandbox may be in use by now.
        if (sandbox == m_sandbox) on_restarted(status, error);
      })));
}

void SandboxSlot::on_restarted(ExitStatus status, const std::exception_ptr& error) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_state == State::restarting);
  // A new sandbox would need more of the missing resource, and this one has the participant's files.
  if (is_busy(error)) return on_replaced(error);
  note("shell_ended", std::string("{\"") + (status.by_signal ? "signal" : "exit_status") +
                          "\":" + std::to_string(status.status) + "}");
  try {
    if (error) std::rethrow_exception(error);
    OpenShell open = open_shell(*m_sandbox);
    move_to(State::in_use);
    m_failed_tries = 0;
    m_sandbox_state = m_sandbox->state();
    watch_shell(std::move(open.watch));
    m_user->use_new_shell(std::move(open.terminal));
    m_loop.post(m_lifeline.guarded([this] { m_user->shell_restarted(); }));
  } catch (const Error& failure) {
    if (m_failed_tries == 0) {
      m_environment.fault_log->warning(
          "shell restart", std::string("cannot restart a shell, so its sandbox is replaced: ") + failure.what(),
          m_environment.loop.clock().now());
      note("shell_failed", "{\"reason\":" + json_string(failure.what()) + "}");
    }
    replace();
  }
}

void SandboxSlot::replace() {
  move_to(State::replacing);
  start_sandbox(Origin::started, [this](const std::exception_ptr& error) { on_replaced(error); });
}

void SandboxSlot::on_replaced(const std::exception_ptr& error) {
  // Before the first prompt, either the task has not begun, or the task session starts another sandbox.
  if (error && !m_user->is_ready()) return on_start_failed(error);
  m_loop.post(m_lifeline.guarded([this, error] { m_user->replaced(error); }));
  if (!error) return;
  move_to(State::shell_ended);
  m_restart_timer->start(m_loop.clock().now() + next_pause(), [this] { restart_shell(); });
}

std::chrono::seconds SandboxSlot::next_pause() {
  const std::chrono::seconds pause = std::min(restart_interval * (1 << m_failed_tries), longest_pause);
  if (pause < longest_pause) ++m_failed_tries;
  return pause;
}

void SandboxSlot::stop(std::function<void()> done) {
  const InvariantScope invariant(*this);
  m_lifeline.cut();
  cancel_starts();
  m_restart_timer->cancel();
  m_redraw_timer->cancel();
  m_shell_watch.reset();
  drop_prewarmed();
  if (m_state != State::stopped) move_to(State::stopped);
  m_removals->done = m_loop.guarded(std::move(done));
  if (m_sandbox) {
    ++m_removals->pending;
    std::exchange(m_sandbox, nullptr)->destroy([removals = m_removals] { removals->finish_one(); });
  } else if (m_removals->pending == 0) {
    m_loop.post(std::exchange(m_removals->done, nullptr));
  }
}

void SandboxSlot::resize(TerminalSize size) {
  m_size = size;
  m_redraw_timer->cancel();
  if (m_sandbox) m_sandbox->resize(size);
}

void SandboxSlot::redraw() {
  if (!m_sandbox) return;
  const int rows = m_size.rows > 1 ? m_size.rows - 1 : 2;
  m_sandbox->resize(TerminalSize(m_size.columns, static_cast<std::uint16_t>(rows)));
  m_redraw_timer->start(m_loop.clock().now() + redraw_pause, [this] {
    if (m_sandbox) m_sandbox->resize(m_size);
  });
}

void SandboxSlot::note(std::string kind, std::string detail) {
  m_recorder.add(EventRecord(std::move(kind), std::move(detail), Timestamp(m_loop.clock())));
}

void SandboxSlot::check_invariant() const {
  TELLINA_ASSERT((m_state == State::prewarming) == (m_prewarmed != nullptr));
  TELLINA_ASSERT((m_state == State::in_use) == (m_shell_watch != nullptr));
  TELLINA_ASSERT(m_state != State::in_use || (m_sandbox && !m_sandbox_id.empty()));
  TELLINA_ASSERT(m_state != State::restarting || m_sandbox);
  TELLINA_ASSERT(m_state != State::replacing || m_sandbox);
  TELLINA_ASSERT(m_state != State::shell_ended || m_sandbox);
  TELLINA_ASSERT(!m_sandbox || (m_state != State::empty && m_state != State::stopped));
  TELLINA_ASSERT(m_removals->pending >= 0);
  TELLINA_ASSERT(m_state != State::in_use || m_failed_tries == 0);
  TELLINA_ASSERT(m_size.columns > 0 && m_size.rows > 0);
}

}  // namespace tellina
