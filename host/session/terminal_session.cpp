#include "host/session/terminal_session.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/log_event.hpp"
#include "host/session/home_check.hpp"
#include "host/text/json.hpp"
#include "host/wire/data_frame.hpp"

namespace tellina {
namespace {

/// An acknowledgement is a message of its own and costs as much as a key's echo. A client needs it only when its window
/// is nearly full.
constexpr std::chrono::milliseconds acknowledgement_interval{250};
/// RIS (full reset): the old sandbox's programs may have left the terminal in any mode, and those of the new one expect
/// the default.
constexpr BytesView full_reset =
    "\x1b"
    "c";
constexpr BytesView new_shell_notice = "(a new shell)\r\n";

RecordedInput::Start start_of(const TerminalSession::Position& position) {
  RecordedInput::Start start;
  start.offset = position.input;
  start.ends_in_secret = position.input_ends_in_secret;
  start.has_no_terminal = position.masking_is_unavailable;
  return start;
}

/// Judges what a command has printed before the command ends. When a command ends, the shell's marks bring the verdict.
/// A command that continues after it has printed the answer, or that is still running when the time is up, gets its
/// verdict here.
class RunningOutputCheck final : public TaskCheck {
 public:
  /// `solved`: the verdict on the running command's output so far, if that passes the task.
  explicit RunningOutputCheck(std::function<std::optional<Progress>()> solved) : m_solved(std::move(solved)) {}

  void use(std::shared_ptr<SandboxHandle>) override {}
  bool follows_commands() const override { return false; }
  void run(Mode, std::function<void(Result)> done) override {
    Result result;
    result.progress = m_solved();
    result.is_idle = true;
    done(result);
  }

 private:
  std::function<std::optional<Progress>()> m_solved;
};

}  // namespace

TerminalSession::TerminalSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder,
                                 std::shared_ptr<const Study> study, int task_number, const Position& position,
                                 Owner& owner)
    : m_environment(environment),
      m_loop(loop),
      m_recorder(recorder),
      m_study(std::move(study)),
      m_task_number(task_number),
      m_owner(owner),
      m_prompt_timer(loop.make_timer()),
      m_input(position.input, limits::input_window),
      m_recorded_input(recorder, environment.masks_secrets, start_of(position)),
      m_output(position.output),
      m_answered(position.answered),
      m_states(environment, loop, recorder, m_study, task_number,
               {[this] { return number_of_newest_command(); },
                [this] { return m_tracker && m_tracker->command_runs() && !m_tracker->is_at_prompt(); }}),
      m_last_ended(position.commands),
      m_pass_timer(loop.make_timer()),
      m_commands(position.commands),
      m_output_throttle(limits::full_speed_output, limits::slow_output_in_a_second, position.recorded_output,
                        loop.clock().now()),
      m_command_throttle(limits::full_speed_commands, limits::slow_commands_in_a_second,
                         static_cast<std::uint64_t>(position.commands), loop.clock().now()),
      m_input_throttle(limits::full_speed_input, limits::slow_input_in_a_second, position.input, loop.clock().now()),
      m_throttle_timer(loop.make_timer()),
      m_acknowledgement_timer(loop.make_timer()) {
  if (task().type == TaskType::output && !OutputJudge::is_for(task()))
    m_output_check.emplace(task().output_answer, task().output_match, task().max_extra_lines);
  CheckSchedule::Callbacks checks;
  checks.judged = [this](const TaskCheck::Result& result, CheckTrigger trigger) {
    const std::int64_t last = trigger == CheckTrigger::command ? m_last_ended : number_of_newest_command();
    on_judged(*result.progress, trigger, result.command_number.value_or(last));
  };
  checks.command_runs = [this] { return m_tracker && m_tracker->command_runs(); };
  m_checks = std::make_unique<CheckSchedule>(m_loop, make_check(), task().check_interval, std::move(checks));
  m_recorder.when_recorded(m_loop.guarded([this](std::uint64_t input_end) { on_recorded(input_end); }));
  check_invariant();
}

TerminalSession::~TerminalSession() { m_recorder.when_recorded(nullptr); }

std::unique_ptr<TaskCheck> TerminalSession::make_check() {
  if (task().type == TaskType::command) {
    auto check =
        std::make_unique<CheckerCheck>(m_environment, m_loop, m_study, m_task_number, m_states,
                                       [this](const CheckerCheck::Failure& failure) { on_checker_failed(failure); });
    m_checker_check = check.get();
    return check;
  }
  if (OutputJudge::is_for(task())) {
    auto check = std::make_unique<CommandCheck>(m_environment, m_loop, m_study, m_task_number, m_states);
    m_command_check = check.get();
    return check;
  }
  if (!m_output_check) return std::make_unique<HomeCheck>(m_environment, m_loop, m_study, m_task_number, m_states);
  return std::make_unique<RunningOutputCheck>(
      [this] { return m_tracker ? m_tracker->verdict_if_passed() : std::nullopt; });
}

void TerminalSession::attach(AttachedClient& client) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_client || m_client == &client);
  TELLINA_ASSERT(!m_is_stopped);
  m_client = &client;
  m_client->credit(m_input.drop_early());
}

void TerminalSession::detach() {
  m_client = nullptr;
  resume();
}

void TerminalSession::catch_up() {
  const InvariantScope invariant(*this);
  if (m_client) m_client->catch_up(m_output);
  resume();
}

bool TerminalSession::acknowledge_output(std::uint64_t offset) {
  TELLINA_ASSERT(m_client);
  if (!m_client->acknowledge(offset)) return false;
  if (offset > m_answered) {
    m_answered = offset;
    m_recorder.set_answered(m_answered);
  }
  catch_up();
  return true;
}

InputStream::Arrival TerminalSession::receive(std::uint64_t offset, BytesView bytes) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_is_stopped);
  InputStream::Arrival arrival = m_input.receive(offset, bytes);
  if (arrival.bytes.empty()) return arrival;
  const Timestamp at = now();
  if (m_recorder.keeps_bytes()) m_input_throttle.count(arrival.bytes.size());
  BytesView used = arrival.bytes;
  if (arrival.offset < m_input_from) {
    const std::size_t dropped = std::min<std::uint64_t>(m_input_from - arrival.offset, used.size());
    record_waiting_input();
    m_recorded_input.add_dropped(used.substr(0, dropped), at);
    count_recorded_input();
    note_dropped_input(arrival.offset, dropped, "sandbox_replaced");
    m_dropped_input += dropped;
    hand_over_dropped_input();
    used.remove_prefix(dropped);
    if (used.empty()) return arrival;
  }
  if (m_terminal) {
    if (!m_unanswered_since) m_unanswered_since = at.monotonic;
    m_recorded_input.ask(*m_terminal, at);
    m_recorded_input.add(used, at);
    count_recorded_input();
    m_tracker->typed(used, m_input.received_end() - used.size(), at, m_recorded_input.is_secret());
    m_terminal->write(used);
    m_checks->input_seen();
  } else {
    m_waiting_input.append(used);
    m_recorded_input.hold(used, at);
  }
  return arrival;
}

void TerminalSession::count_recorded_input() {
  if (!m_recorder.keeps_bytes()) m_input.recorded(m_recorded_input.end());
}

void TerminalSession::record_waiting_input() {
  if (m_recorded_input.held_size() == 0) return;
  m_recorded_input.add_held(m_waiting_input);
  count_recorded_input();
}

std::chrono::nanoseconds TerminalSession::input_pause() {
  if (!m_input_throttle.applies() || !m_recorder.keeps_bytes()) return std::chrono::nanoseconds::zero();
  const MonotonicTime clock = m_loop.clock().now();
  if (m_input_throttle.begins(clock)) {
    note("throttled", "{\"after_input_bytes\":" + std::to_string(limits::full_speed_input) + "}");
    m_environment.log.warning("a task session has received 16 MiB of input; from now on it receives 64 KiB a second");
  }
  return m_input_throttle.pause(clock).value_or(std::chrono::nanoseconds::zero());
}

void TerminalSession::note_dropped_input(std::uint64_t offset, std::size_t size, const char* reason) {
  ++m_drops;
  note("input_dropped", "{\"from_offset\":" + std::to_string(offset) + ",\"bytes\":" + std::to_string(size) +
                            ",\"reason\":\"" + reason + "\"}");
}

void TerminalSession::hand_over_dropped_input() {
  if (!m_waiting_input.empty() || (m_terminal && m_terminal->unwritten() > 0)) return;
  hand_over(std::exchange(m_dropped_input, 0));
}

void TerminalSession::hand_over(std::size_t bytes) {
  m_input.written(m_input.written_end() + bytes);
  m_recorder.set_handed_over(m_input.written_end());
  acknowledge();
}

void TerminalSession::jump_input(std::uint64_t offset) {
  const InvariantScope invariant(*this);
  if (offset <= m_input.received_end()) return;
  record_waiting_input();
  m_recorder.add(GapRecord(StreamName::input, m_input.received_end(), offset, "worker_lost", now()));
  m_input.jump_to(offset);
  m_recorded_input.jump_to(offset);
  m_recorder.set_handed_over(offset);
  m_dropped_input = 0;
}

void TerminalSession::on_written(std::size_t bytes) {
  hand_over(bytes);
  if (m_dropped_input > 0) hand_over_dropped_input();
}

void TerminalSession::on_recorded(std::uint64_t input_end) {
  const InvariantScope invariant(*this);
  m_input.recorded(input_end);
  acknowledge();
  resume();
}

void TerminalSession::acknowledge() {
  const std::size_t waiting = m_input.unacknowledged();
  if (waiting == 0 || (m_acknowledges_later && waiting < limits::acknowledged_at_once)) return;
  const MonotonicTime time = m_loop.clock().now();
  if (waiting < limits::acknowledged_at_once && time < m_next_acknowledgement) {
    m_acknowledges_later = true;
    return m_acknowledgement_timer->start(m_next_acknowledgement, [this] {
      m_acknowledges_later = false;
      acknowledge();
    });
  }
  m_next_acknowledgement = time + acknowledgement_interval;
  const std::uint64_t end = m_input.take_acknowledgement();
  if (m_client) m_client->acknowledge_input(end, waiting);
}

void TerminalSession::on_output(Bytes& frame) {
  TELLINA_ASSERT(frame.size() > limits::frame_header);
  TELLINA_ASSERT(m_tracker);
  const Timestamp at = now();
  const std::uint64_t offset = m_output.end();
  const BytesView bytes = BytesView(frame).substr(limits::frame_header);
  m_output.append(bytes);
  if (m_unanswered_since) {
    m_environment.statistics->key_to_echo.observe(at.monotonic - *std::exchange(m_unanswered_since, std::nullopt));
  }
  m_output_throttle.count(bytes.size());
  m_recorder.add(StreamName::output, offset, bytes, at);
  // The client may move the frame's bytes away, and the checks read them afterwards.
  m_printed.assign(bytes);
  set_frame_offset(frame, offset);
  if (m_client && !m_client->offer(frame, offset, m_printed.size())) m_client->catch_up(m_output);
  m_tracker->printed(m_printed, at);
  if (m_is_ready) m_checks->output_seen();
}

void TerminalSession::set_ready(bool reports_to_owner) {
  m_prompt_timer->cancel();
  if (std::exchange(m_is_ready, true) || !reports_to_owner) return;
  later([this] { m_owner.terminal_ready(); });
}

void TerminalSession::wait_for_prompt() {
  if (m_is_ready) return;
  m_prompt_timer->start(m_loop.clock().now() + limits::first_prompt, [this] {
    m_environment.log.warning("a shell has shown no prompt for 5 s; the session uses it without one");
    set_ready(true);
  });
}

void TerminalSession::on_finished(CommandRecord command) {
  m_commands = std::max(m_commands, command.number);
  m_last_ended = command.number;
  m_command_throttle.count(1);
  m_states.command_ended(command.number);
  if (m_command_check) m_command_check->command_ended(command);
  if (m_checker_check) m_checker_check->command_ended(command);
  m_recorder.add(std::move(command));
  if (m_has_passed) later([this] { pass(); });
  m_checks->command_ended();
}

void TerminalSession::on_judged(const Progress& progress, CheckTrigger trigger, std::int64_t command_number) {
  // hand_in() and check_at_the_end() record the verdict that they get.
  if (trigger != CheckTrigger::hand_in && trigger != CheckTrigger::deadline) {
    record_check(progress, trigger, command_number);
  }
  m_last_verdict = progress;
  const bool passes = progress.passed && task().hand_in != HandIn::button;
  if (passes && !m_has_passed) m_passed_at = m_loop.clock().now();
  m_has_passed = m_has_passed || passes;
  later([this, progress] {
    const Lifeline::Observer after = m_lifeline.observer();
    m_owner.checked(progress);
    if (after.is_cut() || !m_has_passed) return;
    if (m_is_at_the_end || !m_tracker || !m_tracker->command_runs() || m_tracker->is_at_prompt()) return pass();
    m_pass_timer->start(m_loop.clock().now() + limits::command_status, [this] { pass(); });
  });
}

void TerminalSession::record_check(const Progress& progress, CheckTrigger trigger, std::int64_t command_number) {
  const bool is_asked_for = trigger == CheckTrigger::hand_in || trigger == CheckTrigger::deadline;
  if (!is_asked_for && progress == m_recorded_check) return;
  m_recorded_check = progress;
  CheckRecord check;
  check.command_number = command_number;
  check.trigger = trigger;
  check.progress = progress;
  check.at = now();
  m_recorder.add(std::move(check));
}

std::int64_t TerminalSession::number_of_newest_command() const {
  return m_tracker ? std::max(m_tracker->commands_begun(), m_commands) : m_commands;
}

void TerminalSession::on_checker_failed(const CheckerCheck::Failure& failure) {
  JsonObject detail;
  detail.add("reason", failure.reason).add("errors", failure.errors).add("command_number", m_commands);
  note("checker_failed", detail.text());
  LogEvent event("checker_failed");
  event.add_participant(m_recorder.fence().participant).add("task", task().id).add("reason", failure.reason);
  m_environment.fault_log->write(LogLevel::warning, std::move(event), m_loop.clock().now());
}

void TerminalSession::hand_in(std::function<void(const std::optional<Progress>&)> done) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_is_stopped);
  const bool is_about_output = task().type == TaskType::output || task().type == TaskType::file_search;
  if (!is_about_output) m_last_verdict.reset();
  if (m_checker_check) m_checker_check->hand_in();
  m_checks->check_for_hand_in(m_lifeline.guarded([this, is_about_output, done = std::move(done)] {
    std::optional<Progress> verdict = m_last_verdict;
    if (is_about_output && !verdict) verdict.emplace();  // no command has ended
    if (!m_checks->is_conclusive()) verdict.reset();
    if (verdict) record_check(*verdict, CheckTrigger::hand_in, number_of_newest_command());
    // After what the verdict itself has posted, which must not pass the task by itself.
    later([this, verdict, done] {
      if (verdict && verdict->passed && !m_has_passed) {
        m_has_passed = true;
        m_passed_at = m_loop.clock().now();
      }
      done(verdict);
    });
  }));
}

void TerminalSession::check_at_the_end(std::function<void()> done) {
  TELLINA_ASSERT(!m_is_at_the_end);
  m_is_at_the_end = true;
  if (m_checker_check) m_checker_check->at_the_end(m_tracker && m_tracker->command_runs());
  m_checks->check_at_the_end(m_lifeline.guarded([this, done = std::move(done)] {
    if (m_last_verdict && m_checks->is_conclusive()) {
      record_check(*m_last_verdict, CheckTrigger::deadline, number_of_newest_command());
    }
    if (!m_has_passed) return done();
    later([this] { pass(); });
    later(done);
  }));
}

void TerminalSession::on_found() {
  if (m_has_passed) return;  // then the timer is for the end of the task
  m_pass_timer->start(m_loop.clock().now() + limits::verdict, [this] {
    const Progress progress = m_output_check->progress();
    if (progress.passed) on_judged(progress, CheckTrigger::output, number_of_newest_command());
  });
}

void TerminalSession::pass() {
  TELLINA_ASSERT(m_has_passed);
  m_pass_timer->cancel();
  if (std::exchange(m_has_reported_pass, true)) return;
  m_owner.passed();
}

void TerminalSession::resume() {
  if (m_terminal) m_terminal->resume();
}

bool TerminalSession::may_read() {
  if (!m_environment.holds_leases() || (m_client && !m_client->has_room()) ||
      m_recorder.backlog() >= limits::unrecorded_output) {
    return false;
  }
  const std::chrono::nanoseconds pause = reading_pause();
  if (pause == std::chrono::nanoseconds::zero()) return true;
  m_throttle_timer->start(m_loop.clock().now() + pause, [this] { resume(); });
  return false;
}

std::chrono::nanoseconds TerminalSession::reading_pause() {
  std::chrono::nanoseconds pause{0};
  if (m_recorder.keeps_bytes() && m_output_throttle.applies()) {
    const MonotonicTime clock = m_loop.clock().now();
    if (m_output_throttle.begins(clock)) {
      note("throttled", "{\"after_bytes\":" + std::to_string(limits::full_speed_output) + "}");
      m_environment.log.warning(
          "a task session has printed 64 MiB; from now on its output is read at 256 KiB a second");
    }
    pause = m_output_throttle.pause(clock).value_or(pause);
  }
  if (m_command_throttle.applies()) {
    const MonotonicTime clock = m_loop.clock().now();
    if (m_command_throttle.begins(clock)) {
      note("throttled", "{\"after_commands\":" + std::to_string(limits::full_speed_commands) + "}");
      m_environment.log.warning(
          "a task session has run 2000 commands; from now on its terminal is read so that 100 more a second are seen");
    }
    pause = std::max(pause, m_command_throttle.pause(clock).value_or(pause));
    // One read has about 60 forged commands: with larger pieces, the pauses would be long.
    if (m_terminal) m_terminal->read_in_small_pieces();
  }
  return pause;
}

std::unique_ptr<TerminalIo> TerminalSession::open(int descriptor) {
  TerminalIo::Callbacks callbacks;
  callbacks.on_output = [this](Bytes& frame) { on_output(frame); };
  callbacks.on_written = [this](std::size_t bytes) { on_written(bytes); };
  callbacks.may_read = [this] { return may_read(); };
  callbacks.may_write = [this] { return m_environment.holds_leases(); };
  return std::make_unique<TerminalIo>(m_loop, descriptor, std::move(callbacks));
}

void TerminalSession::leave_sandbox() {
  const InvariantScope invariant(*this);
  close_terminal();
  if (m_tracker) m_tracker->shell_ended(now(), CommandEnd::task);
}

void TerminalSession::drop_waiting_input(const char* reason) {
  record_waiting_input();
  const std::size_t size = std::exchange(m_waiting_input, {}).size();
  if (size > 0) note_dropped_input(m_input.written_end(), size, reason);
  m_dropped_input += size;
  hand_over_dropped_input();
}

void TerminalSession::drop_input(const char* reason) {
  const InvariantScope invariant(*this);
  drop_waiting_input(reason);
  // Input below an earlier limit may still arrive after the request for this sandbox.
  m_input_from = std::max(m_input_from == no_input ? 0 : m_input_from, m_input.received_end());
}

void TerminalSession::use_sandbox(const std::shared_ptr<SandboxHandle>& sandbox, std::string nonce,
                                  std::unique_ptr<TerminalIo> terminal, bool is_fresh) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_terminal);
  TELLINA_ASSERT(!m_is_stopped);
  m_nonce = std::move(nonce);
  m_last_verdict.reset();
  m_checks->use(sandbox);
  make_tracker();
  m_states.use(sandbox, is_fresh);
  if (is_fresh)
    m_recorded_input.leave_terminal();
  else
    m_tracker->expect_earlier_lines();
  if (is_fresh && m_output.end() > 0) {
    Bytes frame = Bytes(limits::frame_header, '\0').append(full_reset);
    on_output(frame);
  }
  use_terminal(std::move(terminal));
}

void TerminalSession::make_tracker() {
  CommandTracker::Callbacks callbacks;
  callbacks.ready = [this] { set_ready(true); };
  callbacks.finished = [this](CommandRecord command) { on_finished(std::move(command)); };
  callbacks.found = [this] { on_found(); };
  callbacks.judged = [this](const Progress& progress) {
    on_judged(progress, CheckTrigger::command, number_of_newest_command());
  };
  CommandTracker::Start start;
  start.output = m_output.end();
  start.input = m_input.received_end() - m_waiting_input.size();
  start.next_command_number = m_commands + 1;
  m_tracker = std::make_unique<CommandTracker>(m_nonce, start, m_output_check ? &*m_output_check : nullptr,
                                               std::move(callbacks));
  if (m_command_check) m_tracker->leave_out_typed_lines();
}

void TerminalSession::use_terminal(std::unique_ptr<TerminalIo> terminal) {
  TELLINA_ASSERT(m_tracker);
  m_terminal = std::move(terminal);
  const Timestamp at = now();
  m_recorded_input.ask(*m_terminal, at);
  record_waiting_input();
  const Bytes waiting = std::exchange(m_waiting_input, {});
  if (waiting.empty()) return;
  m_tracker->typed(waiting, m_input.received_end() - waiting.size(), at, m_recorded_input.is_secret());
  m_terminal->write(waiting);
}

void TerminalSession::close_terminal() {
  m_unanswered_since.reset();
  if (!m_terminal) return;
  m_waiting_input.insert(0, m_terminal->take_unwritten());
  m_terminal.reset();
}

void TerminalSession::shell_ended() {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_terminal);
  m_terminal->drain(limits::last_output);
  close_terminal();
  m_tracker->shell_ended(now());
}

void TerminalSession::use_new_shell(std::unique_ptr<TerminalIo> terminal) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_terminal);
  drop_waiting_input("shell_ended");
  make_tracker();
  announce_new_shell();
  use_terminal(std::move(terminal));
}

/// A participant who typed `exit` sees a prompt again, but the old shell's state is gone.
void TerminalSession::announce_new_shell() {
  Bytes last;
  if (m_output.end() > m_output.begin()) m_output.copy(m_output.end() - 1, 1, last);
  Bytes frame = Bytes(limits::frame_header, '\0');
  if (!last.empty() && last != "\n") frame += "\r\n";
  on_output(frame.append(new_shell_notice));
}

void TerminalSession::stop() {
  m_lifeline.cut();
  for (auto* timer : {&m_prompt_timer, &m_pass_timer, &m_throttle_timer, &m_acknowledgement_timer}) (*timer)->cancel();
  m_checks->use(nullptr);
  m_states.use(nullptr, false);
  if (m_tracker) m_tracker->shell_ended(now(), CommandEnd::task);
  close_terminal();
  record_waiting_input();
  const std::size_t size = std::exchange(m_waiting_input, {}).size();
  if (size > 0) note_dropped_input(m_input.written_end(), size, "stopped");
  // The last commands may have posted calls to the owner, which must get no more.
  m_lifeline.cut();
  m_acknowledges_later = false;
  m_is_stopped = true;
}

void TerminalSession::note(std::string kind, std::string detail) {
  m_recorder.add(EventRecord(std::move(kind), std::move(detail), now()));
}

void TerminalSession::later(std::function<void()> task) { m_loop.post(m_lifeline.guarded(std::move(task))); }

void TerminalSession::check_invariant() const {
  TELLINA_ASSERT(!m_terminal || m_tracker);
  TELLINA_ASSERT(!m_terminal || m_waiting_input.empty());
  TELLINA_ASSERT(!m_client || m_client->sent() <= m_output.end());
  TELLINA_ASSERT(m_commands >= 0);
  TELLINA_ASSERT(!m_has_reported_pass || m_has_passed);
  TELLINA_ASSERT(!m_is_stopped || !m_terminal);
  TELLINA_ASSERT(m_recorded_input.held_size() <= m_waiting_input.size());
  TELLINA_ASSERT(m_recorded_input.end() + m_recorded_input.held_size() == m_input.received_end());
  if (m_is_stopped) return;
  // Every received byte is written, waits for a shell, or was dropped.
  const std::size_t unwritten = m_terminal ? m_terminal->unwritten() : 0;
  TELLINA_ASSERT(m_input.received_end() - m_input.written_end() ==
                 unwritten + m_waiting_input.size() + m_dropped_input);
}

}  // namespace tellina
