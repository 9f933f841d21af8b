#include "host/session/task_session.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/session/transitions.hpp"
#include "host/study/state_json.hpp"
#include "host/text/json.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {
namespace {

using State = TaskSession::State;
using Origin = SandboxSlot::Origin;

/// Every state but `ended` may change into `released`.
constexpr Transition<State> transitions[] = {
    {State::starting, State::running},   // in the store
    {State::starting, State::ended},     // no sandbox could be started
    {State::running, State::resetting},  // the participant reset the task
    {State::resetting, State::running},  // done, or failed
    {State::running, State::closing},    // the time is up, or the participant gave up
    {State::resetting, State::closing},  //
    {State::running, State::ending},     // passed, or no sandbox for too long
    {State::resetting, State::ending},   //
    {State::closing, State::ending},     // the last check is done, or took too long
    {State::ending, State::ended},       // recorded, and the sandbox removed
};

constexpr std::chrono::seconds sandbox_retry{2};

/// Four characters that are easy to say on the telephone and to find in the log: "3F7A".
std::string make_reference(Random& random) {
  std::string reference = random_token(random, 2);
  for (char& digit : reference) {
    if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
  }
  return reference;
}

TaskSessionRow new_row(Random& random, const PlannedTask& planned) {
  TaskSessionRow row;
  row.task_number = planned.number;
  row.position = planned.place.position;
  row.try_number = planned.place.try_number;
  row.stream = "s-" + random_token(random, 8);
  return row;
}

TerminalSession::Position position_after(const TaskSessionRow& row) {
  TerminalSession::Position position;
  position.input = row.input_end;
  position.output = row.output_end;
  position.recorded_output = row.output_size;
  position.commands = row.commands;
  position.answered = row.answered_offset;
  position.input_ends_in_secret = row.ends_in_secret;
  position.masking_is_unavailable = row.masking_is_unavailable;
  return position;
}

/// The part of a check's result that the task's feedback level shows; nothing if the client gets no frame.
std::optional<ProgressFrame> visible_progress(const Progress& progress, const Task& task) {
  if (task.feedback == Feedback::none || task.feedback == Feedback::passed) return std::nullopt;
  // Some extra lines in an output are allowed, so their number is shown only at feedback levels that include it.
  const bool hides_extra = task.feedback == Feedback::counts && allows_extra_output(task);
  ProgressFrame frame;
  frame.matched = progress.matched;
  frame.missing = progress.missing;
  frame.extra = hides_extra ? 0 : progress.extra;
  frame.incorrect = progress.incorrect;
  frame.too_much_output = progress.has_too_much_output;
  frame.changed_names = progress.has_changed_names;
  frame.extra_counts = OutputJudge::is_for(task) && !allows_extra_output(task);
  if (task.feedback == Feedback::counts) return frame;
  frame.detail = progress.detail;
  if (task.feedback == Feedback::goal && progress.missing_detail != "[]") {
    frame.detail.pop_back();
    frame.detail += (frame.detail == "[" ? "" : ",") + progress.missing_detail.substr(1);
  }
  return frame;
}

}  // namespace

TaskSession::TaskSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner,
                         ParticipantId participant, std::shared_ptr<const Study> study, PlannedTask planned,
                         std::unique_ptr<SandboxSlot> slot)
    : m_environment(environment),
      m_loop(loop),
      m_recorder(recorder),
      m_owner(owner),
      m_participant(participant),
      m_study(std::move(study)),
      m_planned(std::move(planned)),
      m_environment_id(environment.environment_id),
      m_row(new_row(environment.random, m_planned)),
      m_clock(duration_of(*m_study, m_planned), {}),
      m_deadline(loop.make_timer()),
      m_step_timer(loop.make_timer()),
      m_slot(std::move(slot)),
      m_terminal(environment, loop, recorder, m_study, m_planned.number, TerminalSession::Position(), *this) {
  m_slot->use_for(*this);
  // The window size for the first lines of output. The recorder keeps the event until the task begins.
  const TerminalSize size = m_slot->size();
  m_recorder.add(EventRecord(
      "started", "{\"columns\":" + std::to_string(size.columns) + ",\"rows\":" + std::to_string(size.rows) + "}",
      now()));
  check_invariant();
}

TaskSession::TaskSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner,
                         ParticipantId participant, std::shared_ptr<const Study> study, const TaskSessionRow& row,
                         bool released_in_order, std::unique_ptr<SandboxSlot> slot)
    : m_environment(environment),
      m_loop(loop),
      m_recorder(recorder),
      m_owner(owner),
      m_participant(participant),
      m_study(std::move(study)),
      m_row(row),
      m_clock(duration_of(*m_study, row), row.charged),
      m_deadline(loop.make_timer()),
      m_step_timer(loop.make_timer()),
      m_input_is_uncertain(!released_in_order),
      m_slot(std::move(slot)),
      m_terminal(environment, loop, recorder, m_study, row.task_number, position_after(row), *this) {
  m_slot->use_for(*this);
  m_recorder.resume(row.id, row.input_end);
  move_to(State::running);
  check_invariant();
}

void TaskSession::start() {
  const InvariantScope invariant(*this);
  const bool is_take_over = m_state == State::running;
  if (is_take_over && !m_row.sandbox.empty()) {
    m_slot->adopt(m_row.sandbox, m_row.sandbox_state);
  } else {
    m_slot->start();
  }
  if (is_take_over) start_clock(clock());
}

void TaskSession::move_to(State state) {
  TELLINA_ASSERT(state == State::released ? m_state != State::ended : allows(transitions, m_state, state));
  m_state = state;
}

bool TaskSession::runs() const {
  return m_state == State::running || m_state == State::resetting || m_state == State::closing;
}

TaskSessionRow TaskSession::row() const {
  TaskSessionRow row = m_row;
  if (runs()) row.charged = m_clock.charged(clock());
  return row;
}

// The client.

std::uint64_t TaskSession::input_from(const HelloFrame& hello, bool same_stream) {
  const bool is_unconfirmed = std::exchange(m_replacement_is_unconfirmed, false);
  if (!same_stream || !hello.stream) return 0;
  const std::uint64_t present = m_terminal.input_from();
  if (!hello.sandbox) {
    return is_unconfirmed || present == TerminalSession::no_input ? hello.input_offset.value_or(0) : present;
  }
  if (hello.sandbox->empty()) return 0;
  // After this hello, the client may send input for a lost sandbox again, so the limit stays until the client names the
  // new sandbox.
  return *hello.sandbox == m_slot->sandbox_id() ? present : TerminalSession::no_input;
}

std::uint64_t TaskSession::attach(AttachedClient& client, const HelloFrame& hello) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(runs());
  m_terminal.attach(client);
  const bool same_stream = !hello.stream || *hello.stream == m_row.stream;
  if (std::exchange(m_input_is_uncertain, false) && same_stream && hello.input_offset &&
      *hello.input_offset <= limits::stream_offset / 2) {  // so that the stream cannot run out of offsets
    m_terminal.jump_input(*hello.input_offset);
  }
  m_terminal.use_input_from(input_from(hello, same_stream));
  const OutputBuffer& output = m_terminal.output();
  const std::uint64_t wanted = std::min(same_stream ? hello.output_offset : 0, output.end());
  const bool reaches_back = wanted >= output.begin();
  const std::uint64_t from = reaches_back ? wanted : output.is_cut() ? output.begin_of_line() : output.begin();
  m_needs_redraw = !reaches_back && (output.is_cut() || m_slot->has_adopted());
  return from;
}

void TaskSession::continue_for(AttachedClient& client) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_owner.client() == &client);
  if (m_last_check) send_progress();
  client.catch_up(m_terminal.output());
  if (std::exchange(m_needs_redraw, false)) m_slot->redraw();
  m_terminal.resume();
}

void TaskSession::see_sandbox(const SandboxSeenFrame& frame) {
  // If the client names another sandbox, it has not yet learned of the one in use.
  if (runs() && frame.sandbox == m_slot->sandbox_id()) m_terminal.use_input_from(frame.input_offset);
}

void TaskSession::resize(TerminalSize size) {
  // Nothing that happens after the end of the task may get into the next task's record.
  if ((m_state != State::starting && !runs()) || size == m_slot->size()) return;
  m_slot->resize(size);
  m_recorder.add(EventRecord(
      "resize", "{\"columns\":" + std::to_string(size.columns) + ",\"rows\":" + std::to_string(size.rows) + "}",
      now()));
}

void TaskSession::checked(const Progress& progress) {
  // What a hand-in would say must not show before it.
  if (!runs() || task().hand_in == HandIn::button) return;
  m_last_check = progress;
  send_progress();
}

void TaskSession::send_progress() {
  TELLINA_ASSERT(m_last_check);
  if (const auto frame = visible_progress(*m_last_check, task())) m_owner.send(progress_frame(*frame));
}

// The start.

void TaskSession::terminal_ready() {
  const InvariantScope invariant(*this);
  if (m_state == State::starting) return begin();
  if (!runs()) return;
  if (m_slot->has_adopted()) return on_sandbox_changed();
  replaced(nullptr);
}

void TaskSession::start_failed(const std::exception_ptr& error) {
  if (m_state == State::starting) {
    const std::string reference = report_sandbox_failure(error, "start");
    move_to(State::ended);
    m_recorder.discard_held();
    return m_owner.task_not_started(reference);
  }
  const InvariantScope invariant(*this);
  // A reset may have brought a sandbox by now.
  if (!runs() || m_slot->is_in_use()) return;
  report_sandbox_failure(error, "take_over");
  m_terminal.stop_waiting_for_prompt();
  stop_clock();
  m_step_timer->start(clock() + sandbox_retry, [this] {
    if (runs() && !m_slot->is_in_use()) m_slot->start();
  });
}

void TaskSession::begin() {
  const Timestamp started = now();
  TaskSettings settings;
  settings.duration = m_clock.duration();
  settings.keeps_bytes = m_recorder.keeps_bytes();
  settings.feedback = to_string(task().feedback);
  settings.reveal = to_string(task().reveal);
  settings.hand_in = to_string(task().hand_in);
  settings.environment = m_environment_id;
  m_recorder.begin(task_number(), to_string(task().type), m_row.stream, m_slot->sandbox_id(), m_slot->sandbox_state(),
                   started, settings, m_planned.place,
                   m_loop.guarded(m_lifeline.guarded(
                       [this, at = started.monotonic](const TaskSessionRow& row) { on_begun(row, at); })));
}

void TaskSession::on_begun(const TaskSessionRow& row, MonotonicTime started) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(row.stream == m_row.stream);
  m_row = row;
  move_to(State::running);
  log_event("task_started").write(m_environment.log);
  start_clock(started);
  m_owner.task_started();
}

// The sandbox.

std::unique_ptr<TerminalIo> TaskSession::open_terminal(const SandboxHandle& sandbox) {
  return m_terminal.open(sandbox.terminal());
}

void TaskSession::use_sandbox(const std::shared_ptr<SandboxHandle>& sandbox, std::unique_ptr<TerminalIo> terminal,
                              Origin origin) {
  m_terminal.leave_sandbox();
  if (origin != Origin::adopted) m_terminal.drop_input(origin == Origin::reset ? "reset" : "sandbox_replaced");
  if (origin == Origin::started) announce_replacement();
  m_terminal.use_sandbox(sandbox, m_slot->nonce(), std::move(terminal), origin != Origin::adopted);
}

void TaskSession::use_new_shell(std::unique_ptr<TerminalIo> terminal) { m_terminal.use_new_shell(std::move(terminal)); }

void TaskSession::announce_replacement() {
  if (!runs()) return;
  const AttachedClient* client = m_owner.client();
  m_replacement_is_unconfirmed = !client || !client->confirms_sandboxes;
  if (m_replacement_is_unconfirmed) return;
  m_terminal.use_input_from(TerminalSession::no_input);
  m_owner.send(sandbox_replaced_frame(m_slot->sandbox_id()));
}

void TaskSession::reset() {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(runs());
  if (std::exchange(m_reset_pending, true)) return;
  if (m_state == State::running) move_to(State::resetting);
  m_slot->reset();
}

void TaskSession::reset_finished(const std::exception_ptr& error) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_reset_pending);
  m_reset_pending = false;
  if (m_state == State::resetting) move_to(State::running);
  if (error) return m_owner.reset_finished(report_sandbox_failure(error, "reset"));
  m_terminal.set_ready(false);
  m_last_check.reset();
  m_recorder.add(EventRecord("reset", "{\"sandbox\":\"" + m_slot->sandbox_id() + "\"}", now()));
  log_event("reset").write(m_environment.log);
  m_owner.reset_finished({});
  on_sandbox_changed();
  if (std::exchange(m_row.sandbox_replaced, false)) m_owner.task_changed();
}

void TaskSession::replaced(const std::exception_ptr& error) {
  const InvariantScope invariant(*this);
  if (!runs()) return;
  if (error) {
    report_sandbox_failure(error, "replace");
    return stop_clock();
  }
  m_recorder.add(EventRecord("sandbox_replaced", "{\"sandbox\":\"" + m_slot->sandbox_id() + "\"}", now()));
  m_row.sandbox_replaced = true;
  log_event("sandbox_replaced").write(m_environment.log, LogLevel::warning);
  m_last_check.reset();
  on_sandbox_changed();
  m_owner.task_changed();
}

void TaskSession::on_sandbox_changed() {
  m_step_timer->cancel();
  if (!m_clock.runs()) {
    start_clock(clock());
    m_owner.task_changed();
  }
  write_sandbox();
}

void TaskSession::write_sandbox() {
  m_row.sandbox = m_slot->sandbox_id();
  m_row.sandbox_state = m_slot->sandbox_state();
  m_recorder.write([fence = m_recorder.fence(), sandbox = m_row.sandbox, state = m_row.sandbox_state](
                       StoreTransaction& transaction,
                       TaskSessionId session) { transaction.set_sandbox(fence, session, sandbox, state); },
                   {});
}

void TaskSession::shell_restarted() {
  const InvariantScope invariant(*this);
  if (runs() && m_slot->sandbox_state() != m_row.sandbox_state) write_sandbox();
  if (!runs() || m_clock.runs()) return;
  start_clock(clock());
  m_owner.task_changed();
}

std::string TaskSession::report_sandbox_failure(const std::exception_ptr& error, const char* when) {
  std::string reason;
  try {
    std::rethrow_exception(error);
  } catch (const Error& failure) {
    reason = failure.what() + (failure.hint().empty() ? "" : " (" + failure.hint() + ")");
  }
  std::string reference = make_reference(m_environment.random);
  m_environment.fault_log->write(
      LogLevel::error, log_event("sandbox_failed").add("when", when).add("reference", reference).add("reason", reason),
      m_environment.loop.clock().now());
  EventRecord failed("sandbox_failed",
                     "{\"task_number\":" + std::to_string(task_number()) + ",\"when\":\"" + when +
                         "\",\"reason\":" + json_string(reason) + ",\"reference\":\"" + reference + "\"}",
                     now());
  if (m_state == State::starting)
    m_recorder.note_of_participant(std::move(failed));
  else
    m_recorder.note(std::move(failed));
  return reference;
}

// The clock.

void TaskSession::start_clock(MonotonicTime since) {
  m_clock.start(since);
  if (std::exchange(m_row.clock_stands, false)) write_clock();
  if (m_state == State::closing) return;
  if (m_clock.duration() == untimed) return m_deadline->cancel();
  m_deadline->start(m_clock.deadline(), [this] { close(TaskSessionState::timed_out); });
}

void TaskSession::stop_clock() {
  if (!m_clock.runs()) return;
  m_clock.stop(clock());
  m_row.clock_stands = true;
  write_clock();
  if (m_state != State::closing) {
    m_deadline->start(clock() + limits::sandbox_outage, [this] { end(TaskSessionState::interrupted); });
  }
  m_owner.task_changed();
}

void TaskSession::write_clock() {
  m_recorder.write([fence = m_recorder.fence(), charged = m_clock.charged_before(), since = m_clock.started()](
                       StoreTransaction& transaction,
                       TaskSessionId session) { transaction.set_clock(fence, session, charged, since); },
                   {});
}

// The end.

std::unique_ptr<SandboxSlot> TaskSession::drop() {
  TELLINA_ASSERT(waits_for_sandbox());
  move_to(State::ended);
  m_lifeline.cut();
  m_terminal.stop();
  m_recorder.discard_held();
  return std::move(m_slot);
}

void TaskSession::give_up() { close(TaskSessionState::gave_up); }

void TaskSession::withdraw() { end(TaskSessionState::gave_up, EndCause::withdrawal); }

std::optional<EndCause> TaskSession::unusual_cause(TaskSessionState outcome) const {
  const bool has_block_clock = m_planned.time_left_in_block && m_clock.duration() == *m_planned.time_left_in_block;
  if (outcome == TaskSessionState::timed_out && has_block_clock) return EndCause::block_clock;
  return std::nullopt;
}

void TaskSession::close(TaskSessionState outcome) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(runs());
  if (m_state == State::closing) return;
  move_to(State::closing);
  m_closing_outcome = outcome;
  m_deadline->start(clock() + check_grace(), [this, outcome] { end(outcome); });
  m_terminal.check_at_the_end([this, outcome] { end(outcome); });
}

std::chrono::nanoseconds TaskSession::charged_for(TaskSessionState outcome) const {
  if (outcome == TaskSessionState::timed_out) return m_clock.duration();
  if (outcome != TaskSessionState::passed) return m_clock.charged(clock());
  // The clock may have been stopped since then.
  return m_clock.charged(std::max(m_terminal.passed_at(), m_clock.started().value_or(MonotonicTime())));
}

std::chrono::nanoseconds TaskSession::check_grace() const {
  if (task().type != TaskType::command) return limits::check_grace;
  return limits::check_grace + limits::checker_start + task().checker.time_limit;
}

void TaskSession::hand_in() {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(runs());
  TELLINA_ASSERT(task().hand_in != HandIn::automatic);
  if (std::exchange(m_hand_in_pending, true)) return;
  m_terminal.hand_in([this](const std::optional<Progress>& verdict) { on_handed_in(verdict); });
}

void TaskSession::on_handed_in(const std::optional<Progress>& verdict) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_hand_in_pending);
  m_hand_in_pending = false;
  if (!runs()) return;
  if (!verdict) return m_owner.hand_in_finished(false);
  const int tries_left = task().tries - m_row.hand_ins - (verdict->passed ? 0 : 1);
  m_recorder.add(EventRecord("handed_in",
                             JsonObject().add("passed", verdict->passed).add("tries_left", tries_left).text(), now()));
  if (verdict->passed) return end(TaskSessionState::passed, EndCause::hand_in);
  ++m_row.hand_ins;
  if (task().feedback == Feedback::none) return end(TaskSessionState::handed_in);
  m_last_check = verdict;
  if (tries_left <= 0) return end(TaskSessionState::failed);
  m_owner.hand_in_finished(true);
  send_progress();
  m_owner.task_changed();
}

void TaskSession::end(TaskSessionState outcome, std::optional<EndCause> cause) {
  const InvariantScope invariant(*this);
  if (!runs()) return;
  if (!cause) cause = unusual_cause(outcome);
  m_row.charged = charged_for(outcome);
  move_to(State::ending);
  m_closing_outcome.reset();
  m_deadline->cancel();
  m_pending_end_steps = 2;
  const std::function<void()> step = m_loop.guarded(m_lifeline.guarded([this] {
    if (--m_pending_end_steps == 0) on_ended();
  }));
  const auto is_removed = std::make_shared<bool>(false);
  const std::function<void()> once = [step, is_removed] {
    if (!std::exchange(*is_removed, true)) step();
  };
  m_terminal.stop();
  m_slot->stop(once);
  m_step_timer->start(clock() + limits::sandbox_removal, once);
  m_recorder.end(outcome, m_row.charged, now(), m_loop.guarded(m_lifeline.guarded([this, outcome, step, cause] {
    m_row.state = outcome;
    m_owner.task_end_recorded(outcome, m_row.charged);
    log_event("task_ended")
        .add("state", to_string(outcome))
        .add("seconds", m_row.charged)
        .add("ended_by", to_string(cause.value_or(usual_cause(outcome))))
        .write(m_environment.log, outcome == TaskSessionState::interrupted ? LogLevel::warning : LogLevel::info);
    step();
  })),
                 cause);
}

void TaskSession::on_ended() {
  move_to(State::ended);
  m_step_timer->cancel();
  m_owner.task_ended();
}

void TaskSession::release(std::function<void()> done) {
  const InvariantScope invariant(*this);
  move_to(State::released);
  m_lifeline.cut();
  m_deadline->cancel();
  m_step_timer->cancel();
  m_closing_outcome.reset();
  m_terminal.stop();
  m_slot->stop(std::move(done));
}

LogEvent TaskSession::log_event(std::string_view name) const {
  LogEvent event(name);
  event.add_participant(m_participant).add("task", task_id()).add("session", m_row.stream);
  return event;
}

void TaskSession::check_invariant() const {
  TELLINA_ASSERT(task_number() >= 1);
  TELLINA_ASSERT(static_cast<std::size_t>(task_number()) <= m_study->tasks.size());
  TELLINA_ASSERT(!m_row.stream.empty());
  TELLINA_ASSERT(m_state != State::starting || m_row.id == 0);
  TELLINA_ASSERT(!runs() || m_row.id != 0);
  TELLINA_ASSERT(!runs() || m_row.state == TaskSessionState::running);
  TELLINA_ASSERT(m_state != State::resetting || m_reset_pending);
  TELLINA_ASSERT((m_state == State::closing) == m_closing_outcome.has_value());
  TELLINA_ASSERT(m_pending_end_steps >= 0 && m_pending_end_steps <= 2);
  TELLINA_ASSERT(m_state == State::ending || m_pending_end_steps == 0 || m_state == State::released);
  TELLINA_ASSERT(m_state != State::starting || !m_clock.runs());
}

}  // namespace tellina
