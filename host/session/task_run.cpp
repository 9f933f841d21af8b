#include "host/session/task_run.hpp"

#include <algorithm>
#include <utility>

#include "host/session/home_check.hpp"
#include "host/session/running_output_check.hpp"
#include "host/wire/data_frame.hpp"

namespace tellina {
namespace {

/// The pty is not read while the record is this far behind. With one more piece and a shell's last words, what is not
/// recorded stays below the 1 MiB by which output jumps after a worker's death.
constexpr std::size_t backlog_limit = 768 * 1024;
constexpr std::chrono::milliseconds redraw_pause{50};
/// An acknowledgement is a message by itself, as dear as a key's echo, and moves a page only near the end of its
/// window.
constexpr std::chrono::milliseconds acknowledgement_interval{250};
/// Output that a command prints so soon after the answer counts for the verdict on it.
constexpr std::chrono::milliseconds verdict_wait{200};
/// A command that has solved the task may run so much longer, so that its status is in the record.
constexpr std::chrono::seconds status_wait{1};
constexpr std::size_t acknowledged_at_once = 8 * 1024;

}  // namespace

TaskRun::TaskRun(SessionEnvironment& environment, Recorder& recorder, int task_number, std::string stream,
                 Position position, TerminalSize size, Callbacks callbacks)
    : m_environment(environment),
      m_recorder(recorder),
      m_study(environment.study),
      m_task_number(task_number),
      m_stream(std::move(stream)),
      m_size(size),
      m_callbacks(std::move(callbacks)),
      m_shell_timer(environment.loop.make_timer()),
      m_ready_timer(environment.loop.make_timer()),
      m_redraw_timer(environment.loop.make_timer()),
      m_pass_timer(environment.loop.make_timer()),
      m_input(position.input, input_window),
      m_output(position.output),
      m_commands(position.commands),
      m_throttle(position.recorded_output, environment.loop.clock().now()),
      m_throttle_timer(environment.loop.make_timer()),
      m_acknowledgement_timer(environment.loop.make_timer()) {
  if (task().type == TaskType::output) m_output_check.emplace(task().output_answer, task().output_match);
  CheckSchedule::Callbacks checks;
  checks.judged = [this](const Progress& progress) { on_judged(progress); };
  checks.command_runs = [this] { return m_tracker && m_tracker->command_runs(); };
  m_checks = std::make_unique<CheckSchedule>(environment.loop, make_check(), task().check_interval, std::move(checks));
}

std::unique_ptr<TaskCheck> TaskRun::make_check() {
  if (!m_output_check) return std::make_unique<HomeCheck>(m_environment, m_study, m_task_number);
  return std::make_unique<RunningOutputCheck>(
      [this] { return m_tracker ? m_tracker->verdict_if_passed() : std::nullopt; });
}

TaskRun::~TaskRun() {
  close_terminal();
  if (m_sandbox) m_sandbox->destroy([] {});
}

InputStream::Arrival TaskRun::receive(std::uint64_t offset, BytesView bytes) {
  InputStream::Arrival arrival = m_input.receive(offset, bytes);
  if (arrival.bytes.empty()) return arrival;
  const Timestamp at = now();
  m_recorder.add(StreamName::input, arrival.offset, arrival.bytes, at);
  if (!m_recorder.keeps_bytes()) m_input.recorded(m_input.received_end());
  BytesView used = arrival.bytes;
  if (arrival.offset < m_input_from) {
    const std::size_t dropped = std::min<std::uint64_t>(m_input_from - arrival.offset, used.size());
    note_dropped_input(arrival.offset, dropped, "sandbox_replaced");
    m_dropped_input += dropped;
    settle_dropped_input();
    used.remove_prefix(dropped);
    if (used.empty()) return arrival;
  }
  if (m_terminal) {
    if (!m_unanswered_since) m_unanswered_since = at.monotonic;
    m_tracker->typed(used);
    m_terminal->write(used);
    m_checks->input_seen();
  } else {
    m_waiting_input.append(used);
  }
  return arrival;
}

void TaskRun::note_dropped_input(std::uint64_t offset, std::size_t size, const char* reason) {
  event("input_dropped", "{\"from_offset\":" + std::to_string(offset) + ",\"bytes\":" + std::to_string(size) +
                             ",\"reason\":\"" + reason + "\"}");
}

void TaskRun::settle_dropped_input() {
  if (!m_waiting_input.empty() || (m_terminal && m_terminal->has_unwritten())) return;
  m_input.written(m_input.written_end() + std::exchange(m_dropped_input, 0));
  acknowledge();
}

void TaskRun::jump_input(std::uint64_t offset) {
  if (offset <= m_input.received_end()) return;
  m_recorder.add(GapRecord(StreamName::input, m_input.received_end(), offset, "worker_lost", now()));
  m_input.jump_to(offset);
  m_dropped_input = 0;
}

void TaskRun::on_written(std::size_t bytes) {
  m_input.written(m_input.written_end() + bytes);
  if (m_dropped_input > 0) return settle_dropped_input();
  acknowledge();
}

void TaskRun::recorded(std::uint64_t input_end) {
  m_input.recorded(input_end);
  acknowledge();
  resume();
}

void TaskRun::acknowledge() {
  const std::size_t waiting = m_input.unacknowledged();
  if (waiting == 0 || (m_acknowledges_later && waiting < acknowledged_at_once)) return;
  const MonotonicTime time = m_environment.loop.clock().now();
  if (waiting < acknowledged_at_once && time < m_next_acknowledgement) {
    m_acknowledges_later = true;
    return m_acknowledgement_timer->start(m_next_acknowledgement, [this] {
      m_acknowledges_later = false;
      acknowledge();
    });
  }
  m_next_acknowledgement = time + acknowledgement_interval;
  m_callbacks.acknowledge(m_input.take_acknowledgement());
}

void TaskRun::on_output(Bytes& frame) {
  const Timestamp at = now();
  const std::uint64_t offset = m_output.end();
  const BytesView bytes = BytesView(frame).substr(frame_header);
  m_output.append(bytes);
  if (m_unanswered_since) {
    m_environment.statistics->key_to_echo.observe(at.monotonic - *std::exchange(m_unanswered_since, std::nullopt));
  }
  m_throttle.count(bytes.size());
  m_recorder.add(StreamName::output, offset, bytes, at);
  // The page may take the frame away; checks see the bytes after it has them.
  m_printed.assign(bytes);
  set_frame_offset(frame, offset);
  m_callbacks.output(frame);
  m_tracker->printed(m_printed, at);
  if (m_is_ready) m_checks->output_seen();
}

void TaskRun::on_ready() {
  if (m_is_ready) return;
  m_is_ready = true;
  m_ready_timer->cancel();
  later([this] {
    const auto started = m_callbacks.started;
    started(nullptr);
  });
}

void TaskRun::on_finished(CommandRecord command) {
  m_commands = std::max(m_commands, command.number);
  m_recorder.add(std::move(command));
  if (m_passed) later([this] { pass(); });
  m_checks->command_ended();
}

void TaskRun::on_judged(const Progress& progress) {
  event("check", std::string("{\"passed\":") + (progress.passed ? "true" : "false") + ",\"matched\":" +
                     std::to_string(progress.matched) + ",\"missing\":" + std::to_string(progress.missing) +
                     ",\"extra\":" + std::to_string(progress.extra) +
                     ",\"incorrect\":" + std::to_string(progress.incorrect) + "}");
  if (progress.passed && !m_passed) m_passed_at = m_environment.loop.clock().now();
  m_passed = m_passed || progress.passed;
  later([this, progress] {
    const Callbacks callbacks = m_callbacks;
    const std::weak_ptr<bool> alive = m_alive;
    callbacks.progress(progress);
    if (alive.expired() || !m_passed) return;
    if (m_is_at_the_end || !m_tracker || !m_tracker->command_runs() || m_tracker->is_at_prompt()) return pass();
    m_pass_timer->start(m_environment.loop.clock().now() + status_wait, [this] { pass(); });
  });
}

void TaskRun::check_at_the_end(std::function<void()> done) {
  m_is_at_the_end = true;
  m_checks->look_at_the_end([this, alive = std::weak_ptr(m_alive), done = std::move(done)] {
    if (alive.expired()) return;
    if (!m_passed) return done();
    later([this] { pass(); });
    later(done);
  });
}

void TaskRun::on_found() {
  m_pass_timer->start(m_environment.loop.clock().now() + verdict_wait, [this] {
    const Progress progress = m_output_check->progress();
    if (progress.passed) on_judged(progress);
  });
}

void TaskRun::pass() {
  m_pass_timer->cancel();
  if (std::exchange(m_has_told_pass, true)) return;
  const auto passed = m_callbacks.passed;
  passed();
}

void TaskRun::resize(TerminalSize size) {
  if (size == m_size) return;
  m_size = size;
  m_redraw_timer->cancel();
  if (m_sandbox) m_sandbox->resize(size);
  event("resize", "{\"columns\":" + std::to_string(size.columns) + ",\"rows\":" + std::to_string(size.rows) + "}");
}

void TaskRun::redraw() {
  if (!m_sandbox) return;
  const int rows = m_size.rows > 1 ? m_size.rows - 1 : 2;
  m_sandbox->resize(TerminalSize(m_size.columns, static_cast<std::uint16_t>(rows)));
  m_redraw_timer->start(m_environment.loop.clock().now() + redraw_pause, [this] {
    if (m_sandbox) m_sandbox->resize(m_size);
  });
}

void TaskRun::resume() {
  if (m_terminal) m_terminal->resume();
}

bool TaskRun::may_read() {
  if (!m_environment.holds_leases() || !m_callbacks.may_send() || m_recorder.backlog() >= backlog_limit) return false;
  if (!m_recorder.keeps_bytes() || !m_throttle.applies()) return true;
  const MonotonicTime clock = m_environment.loop.clock().now();
  if (m_throttle.begins(clock)) {
    event("throttled", "{\"after_bytes\":" + std::to_string(OutputThrottle::after_bytes) + "}");
    m_environment.log.warning("a task session has printed 64 MiB; its output goes on at 256 KiB a second");
  }
  const auto pause = m_throttle.pause(clock);
  if (pause) m_throttle_timer->start(clock + *pause, [this] { resume(); });
  return !pause;
}

void TaskRun::event(std::string kind, std::string detail) {
  m_recorder.add(EventRecord(std::move(kind), std::move(detail), now()));
}

void TaskRun::later(std::function<void()> task) {
  m_environment.loop.post([alive = std::weak_ptr(m_alive), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

}  // namespace tellina
