// How a task begins, runs out and ends; what pages say is in participant_session.cpp.
#include "host/session/participant_session.hpp"

#include <algorithm>
#include <utility>

#include "host/study/state_json.hpp"
#include "host/text/json.hpp"

namespace tellina {
namespace {

/// After a worker's death output goes on this far behind what was recorded: more than it can have sent unrecorded.
constexpr std::uint64_t take_over_gap = 1024 * 1024;
constexpr std::chrono::seconds sandbox_retry{2};
/// A task that can have no sandbox for so long is given up for the participant, who cannot wait for ever.
constexpr std::chrono::minutes longest_standstill{5};
/// A last check may take so long after the time has run out, or after the participant has given up.
constexpr std::chrono::milliseconds check_grace{300};
/// A sandbox that is slow to go holds up the next task no longer than this.
constexpr std::chrono::seconds removal_limit{1};

/// Four characters that can be read out and found in the log: "3F7A".
std::string make_reference(Random& random) {
  std::string reference = random_token(random, 2);
  for (char& digit : reference) {
    if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
  }
  return reference;
}

}  // namespace

void ParticipantSession::take_over(bool left_in_order) {
  const TaskSessionRow& row = *m_progress.latest;
  if (row.task_number < 1 || static_cast<std::size_t>(row.task_number) > m_study->tasks.size()) {
    m_environment.log.error("task " + std::to_string(row.task_number) + " was running and is no longer in the study");
    return;
  }
  m_recorder.resume(row.id, row.input_end);
  TaskRun::Position position;
  position.input = row.input_end;
  position.output = row.output_end;
  position.recorded_output = row.output_size;
  position.commands = row.commands;
  if (!left_in_order) {
    position.output += take_over_gap;
    m_recorder.add(GapRecord(StreamName::output, row.output_end, position.output, "worker_lost", now()));
    m_input_uncertain = true;
  }
  m_answered = row.answered_offset;
  m_charged_before = row.charged;
  m_begun = true;
  m_run = make_run(row.task_number, row.stream, position);
  if (row.sandbox.empty())
    m_run->start();
  else
    m_run->adopt(row.sandbox);
  const bool stood = row.clock_stands;
  start_clock();
  if (stood) write_clock(m_clock_started);
}

void ParticipantSession::work_ahead() {
  const std::shared_ptr<const Study>& study = m_environment.study;
  const int task_number = current_task_number(m_progress);
  if (!m_environment.works_ahead || !m_page || m_run || m_released) return;
  if (task_number > static_cast<int>(study->tasks.size())) return;
  if (m_ahead && m_ahead->is_for(study, task_number)) return;
  drop_ahead();
  const Task& task = study->tasks[static_cast<std::size_t>(task_number) - 1];
  m_ahead = std::make_unique<SandboxAhead>(m_environment, study, task_number,
                                           TaskRun::make_spec(m_environment, task, m_size, m_timezone));
}

std::unique_ptr<TaskRun> ParticipantSession::make_run(int task_number, std::string stream, TaskRun::Position position) {
  TaskRun::Callbacks callbacks;
  callbacks.started = [this](std::exception_ptr error) { on_started(std::move(error)); };
  callbacks.output = [this](Bytes& frame) {
    if (!m_page || !is_running()) return;
    const std::size_t size = frame.size() - frame_header;
    if (!m_page->offer(frame, m_run->output().end() - size, size)) m_page->catch_up(m_run->output());
  };
  callbacks.may_send = [this] { return !m_page || !is_running() || m_page->has_room(); };
  callbacks.acknowledge = [this](std::uint64_t end) {
    const std::uint64_t before = std::exchange(m_acknowledged_input, end);
    if (!m_page) return;
    m_page->port().send_text(input_ack_frame(end));
    m_page->credit(static_cast<std::size_t>(end - before));
  };
  callbacks.exchanged = [this] { on_exchanged(); };
  callbacks.replaced = [this](const std::exception_ptr& error) { on_replaced(error); };
  callbacks.restarted = [this] { on_restarted(); };
  callbacks.progress = [this](const Progress& progress) {
    if (!is_running()) return;
    m_last_check = progress;
    send_progress(progress);
  };
  callbacks.passed = [this] { end_task(TaskSessionState::passed); };
  m_study = m_environment.study;
  m_last_stream = stream;
  m_streams.insert(stream);
  m_exchange_is_unseen = false;
  m_acknowledged_input = position.input;
  auto run = std::make_unique<TaskRun>(m_environment, m_recorder, task_number, std::move(stream), position, m_size,
                                       std::move(callbacks));
  run->use_timezone(m_timezone);
  return run;
}

void ParticipantSession::on_started(std::exception_ptr error) {
  if (m_ending || m_released || !m_run) return;
  if (!error) return m_begun && !m_run->is_adopted() ? on_replaced(nullptr) : begin_recording();
  complain_of_sandbox(error, std::exchange(m_start_id, {}), m_begun ? "take_over" : "start");
  if (m_begun) {
    stop_clock();
    m_retry->start(m_environment.loop.clock().now() + sandbox_retry, [this] {
      if (is_running()) m_run->start();
    });
    return;
  }
  m_run.reset();
  m_recorder.discard_held();
  check_idle();
}

void ParticipantSession::begin_recording() {
  if (m_begun) {
    m_retry->cancel();
    if (m_clock_stands) {
      start_clock();
      send_state();
    }
    m_recorder.write(
        [fence = m_recorder.fence(), sandbox = m_run->sandbox_id()](
            StoreTransaction& transaction, TaskSessionId session) { transaction.set_sandbox(fence, session, sandbox); },
        {});
    return;
  }
  const Task& task = m_study->tasks[static_cast<std::size_t>(m_run->task_number()) - 1];
  const Timestamp started = now();
  TaskSettings settings;
  settings.duration = m_study->task_duration;
  settings.keeps_bytes = m_recorder.keeps_bytes();
  settings.feedback = to_string(task.feedback);
  m_recorder.begin(m_run->task_number(), to_string(task.type), m_run->stream(), m_run->sandbox_id(), started, settings,
                   [this, started](const TaskSessionRow& row) {
                     m_charged_before = {};
                     m_clock_started = started.monotonic;
                     on_begun(row);
                   });
}

void ParticipantSession::on_begun(const TaskSessionRow& row) {
  if (!m_run || m_released) return;
  m_progress.latest = row;
  ++m_progress.state_number;
  m_begun = true;
  log_event("task_started").write(m_environment.log);
  start_clock();
  if (!m_page) return;
  m_page->start_output(0);
  send_welcome(std::exchange(m_start_id, {}));
  send_state();
  m_page->catch_up(m_run->output());
}

void ParticipantSession::on_exchanged() {
  if (!is_running()) return;
  m_exchange_is_unseen = !m_page || !m_page->confirms_sandboxes;
  if (m_exchange_is_unseen) return;
  m_run->use_input_from(TaskRun::no_input);
  send(sandbox_replaced_frame(m_run->sandbox_id()));
}

void ParticipantSession::on_replaced(const std::exception_ptr& error) {
  if (!is_running() || m_released) return;
  if (error) {
    complain_of_sandbox(error, {}, "replace");
    return stop_clock();
  }
  m_recorder.add(EventRecord("sandbox_replaced", "{\"sandbox\":\"" + m_run->sandbox_id() + "\"}", now()));
  m_progress.latest->sandbox_replaced = true;
  log_event("sandbox_replaced").write(m_environment.log, LogLevel::warning);
  m_last_check.reset();
  begin_recording();
  send_state();
}

void ParticipantSession::on_restarted() {
  if (!is_running() || m_released || !m_clock_stands) return;
  start_clock();
  send_state();
}

void ParticipantSession::start_clock() {
  const bool stood = std::exchange(m_clock_stands, false);
  if (stood || m_clock_started == MonotonicTime{}) m_clock_started = m_environment.loop.clock().now();
  if (stood) write_clock(m_clock_started);
  if (m_ends_as) return;
  m_deadline->start(m_clock_started + (duration() - m_charged_before),
                    [this] { end_unless_solved(TaskSessionState::timed_out); });
}

void ParticipantSession::stop_clock() {
  if (m_clock_stands) return;
  m_charged_before = charged(m_environment.loop.clock().now());
  m_clock_stands = true;
  write_clock({});
  if (!m_ends_as) {
    m_deadline->start(m_environment.loop.clock().now() + longest_standstill,
                      [this] { end_task(TaskSessionState::interrupted); });
  }
  send_state();
}

void ParticipantSession::write_clock(std::optional<MonotonicTime> since) {
  m_progress.latest->clock_stands = !since;
  m_recorder.write([fence = m_recorder.fence(), charged = m_charged_before, since](
                       StoreTransaction& transaction,
                       TaskSessionId session) { transaction.set_clock(fence, session, charged, since); },
                   {});
}

void ParticipantSession::end_unless_solved(TaskSessionState state) {
  if (m_ends_as) return;
  m_ends_as = state;
  m_deadline->start(m_environment.loop.clock().now() + check_grace, [this, state] { end_task(state); });
  m_run->check_at_the_end([this, state] { end_task(state); });
}

std::chrono::nanoseconds ParticipantSession::duration() const { return duration_of(*m_study, *m_progress.latest); }

std::chrono::nanoseconds ParticipantSession::charged(MonotonicTime at) const {
  if (m_clock_stands) return m_charged_before;
  const auto spent = m_charged_before + (at - m_clock_started);
  return std::min<std::chrono::nanoseconds>(spent, duration());
}

void ParticipantSession::end_task(TaskSessionState new_state) {
  if (!is_running()) return;
  const bool is_passed = new_state == TaskSessionState::passed;
  const MonotonicTime end = is_passed ? m_run->passed_at() : m_environment.loop.clock().now();
  m_progress.latest->charged = new_state == TaskSessionState::timed_out ? duration() : charged(end);
  m_ending = true;
  m_deadline->cancel();
  m_retry->cancel();
  m_end_steps = 2;
  const auto step = [this, alive = std::weak_ptr(m_alive)] {
    if (!alive.expired() && --m_end_steps == 0) on_ended();
  };
  const auto removed = std::make_shared<bool>(false);
  const auto once = [step, removed] {
    if (!std::exchange(*removed, true)) step();
  };
  m_run->stop(once);
  m_retry->start(m_environment.loop.clock().now() + removal_limit, once);
  m_recorder.end(new_state, m_progress.latest->charged, now(), [this, new_state, step] {
    m_progress.latest->state = new_state;
    m_progress.outcomes.emplace_back(m_progress.latest->task_number, new_state);
    ++m_progress.state_number;
    const bool is_our_fault = new_state == TaskSessionState::interrupted;
    log_event("task_ended")
        .add("state", to_string(new_state))
        .add("seconds", m_progress.latest->charged)
        .write(m_environment.log, is_our_fault ? LogLevel::warning : LogLevel::info);
    step();
  });
}

void ParticipantSession::on_ended() {
  m_retry->cancel();
  m_run.reset();
  m_begun = m_ending = m_is_resetting = m_clock_stands = false;
  m_ends_as.reset();
  m_last_check.reset();
  m_clock_started = {};
  if (m_page) {
    m_page->start_output(0);
    m_page->credit_all();
  }
  if (!m_give_up_id.empty()) {
    const RequestId id = std::exchange(m_give_up_id, {});
    finish_request("give_up", id);
  }
  send_state();
  work_ahead();
  check_idle();
}

void ParticipantSession::complain_of_sandbox(const std::exception_ptr& error, const RequestId& id, const char* when) {
  std::string reason;
  try {
    std::rethrow_exception(error);
  } catch (const Error& failure) {
    reason = failure.what() + (failure.hint().empty() ? "" : " (" + failure.hint() + ")");
  }
  const std::string reference = make_reference(m_environment.random);
  log_event("sandbox_failed")
      .add("when", when)
      .add("reference", reference)
      .add("reason", reason)
      .write(m_environment.log, LogLevel::error);
  EventRecord failed("sandbox_failed",
                     "{\"task_number\":" + std::to_string(m_run->task_number()) + ",\"when\":\"" + when +
                         "\",\"reason\":" + json_string(reason) + ",\"reference\":\"" + reference + "\"}",
                     now());
  if (m_begun)
    m_recorder.note(std::move(failed));
  else
    m_recorder.note_of_participant(std::move(failed));
  // In a running task the state tells that the clock stands.
  if (id.empty()) return;
  send(error_frame(
      "sandbox_unavailable",
      "The terminal could not be started. Try again; if it keeps failing, tell the person who runs the study.", id,
      reference));
}

}  // namespace tellina
