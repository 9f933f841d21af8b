#include "host/session/participant_session.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "host/limits.hpp"
#include "host/study/state_json.hpp"
#include "host/text/json.hpp"
#include "host/wire/data_frame.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {
namespace {

/// `address`: of the client; empty if the study does not record it.
std::string attached_detail(const std::string& address, const HelloFrame& hello, std::uint64_t output_offset) {
  return "{" + (address.empty() ? "" : "\"address\":" + json_string(address) + ",") +
         "\"output_offset\":" + std::to_string(output_offset) + ",\"columns\":" + std::to_string(hello.size.columns) +
         ",\"rows\":" + std::to_string(hello.size.rows) +
         (hello.timezone.empty() ? "" : ",\"timezone\":" + json_string(hello.timezone)) + "}";
}

/// The running task of an earlier owner, if the session failed before it could continue the record of that task.
std::optional<TaskSessionId> task_not_taken_over(const StudyProgress& progress, const Recorder& recorder) {
  const bool is_taken_over = !progress.task_runs() || *recorder.task_session() != no_task_session;
  if (is_taken_over) return std::nullopt;
  return progress.values().latest->id;
}

/// What a frame takes from the participant's budget.
double units_of(const ClientFrame& frame) {
  const bool adds_to_the_record =
      std::holds_alternative<HelloFrame>(frame) || std::holds_alternative<ResizeFrame>(frame) ||
      std::holds_alternative<StartTaskFrame>(frame) || std::holds_alternative<ResetFrame>(frame) ||
      std::holds_alternative<GiveUpFrame>(frame) || std::holds_alternative<StepAnswerFrame>(frame) ||
      std::holds_alternative<StepDoneFrame>(frame) || std::holds_alternative<SubmitFrame>(frame);
  return adds_to_the_record ? limits::recorded_frame_units : 1;
}

}  // namespace

ParticipantSession::ParticipantSession(SessionEnvironment& environment, const LeaseResult& lease, Callbacks callbacks,
                                       std::shared_ptr<WorkBudget> budget)
    : m_environment(environment),
      m_callbacks(std::move(callbacks)),
      m_loop(environment.loop, [this](const AssertionFailure& failure) { fail(failure); }),
      m_record_loop(environment.loop, [this](const AssertionFailure& failure) { fail_record(failure); }),
      m_progress(lease.progress),
      m_recorder(m_record_loop, environment.store, *environment.fault_log, lease.fence, environment.keeps_bytes,
                 [this] { notify_owner(m_callbacks.lost); }),
      m_flow(environment, m_loop, m_recorder, *this),
      m_prewarmed_timer(m_loop.make_timer()),
      m_waiting_task_timer(m_loop.make_timer()),
      m_streams(lease.streams),
      m_budget(budget ? std::move(budget) : std::make_shared<WorkBudget>(environment.loop.clock().now())) {
  m_loop.run([&] {
    if (m_progress.task_runs()) take_over(lease.released_in_order);
  });
}

ParticipantSession::~ParticipantSession() = default;

// Clients.

void ParticipantSession::attach(ClientConnection& connection) { m_connections.insert(&connection); }

bool ParticipantSession::is_attached(const ClientConnection& connection) const {
  return m_client && &m_client->connection() == &connection;
}

void ParticipantSession::detach(ClientConnection& connection, const std::string& reason) {
  if (m_connections.erase(&connection) == 0) return;
  const bool was_attached = is_attached(connection);
  const std::unique_ptr<AttachedClient> gone = was_attached ? std::move(m_client) : nullptr;
  m_loop.run([&] {
    const InvariantScope invariant(*this);
    if (was_attached) {
      keep_starts_for_a_while();
      m_recorder.note(EventRecord("detached", "{\"reason\":" + json_string(reason) + "}", now()));
      log_departure(reason);
      if (m_task) m_task->terminal().detach();
    }
    check_idle();
  });
}

void ParticipantSession::on_data(ClientConnection& connection, BytesView frame) {
  m_loop.run([&] { handle_data(connection, frame); });
}

void ParticipantSession::handle_data(ClientConnection& connection, BytesView frame) {
  const InvariantScope invariant(*this);
  const std::size_t size = frame.size() - std::min(frame.size(), limits::frame_header);
  if (!is_attached(connection) || !has_frame_header(frame)) {
    connection.send_text(error_frame("bad_message", "expected hello before input", {}));
    connection.credit(size);
    return;
  }
  m_client->count_input(size);
  if (!task_runs()) return m_client->credit(size);
  const std::uint64_t offset = frame_offset(frame);
  const std::uint64_t drops = m_task->terminal().drops();
  const InputStream::Arrival arrival = m_task->terminal().receive(offset, frame_bytes(frame));
  if (m_task->terminal().drops() != drops) {
    m_budget->spend(limits::recorded_frame_units, m_environment.loop.clock().now());
  }
  if (arrival.beyond_window) {
    m_client->credit(size);
    send(error_frame("bad_message",
                     "input at offset " + std::to_string(offset) + " is more than 64 KiB ahead of " +
                         std::to_string(m_task->terminal().input().received_end()),
                     {}));
    return;
  }
  m_client->credit(arrival.dropped);
}

void ParticipantSession::on_text(ClientConnection& connection, BytesView json) {
  m_loop.run([&] { handle_text(connection, json); });
}

std::chrono::nanoseconds ParticipantSession::pause() {
  std::chrono::nanoseconds pause{0};
  const bool has_received_very_much = m_task && m_task->terminal().has_received_very_much();
  if (!m_budget->is_overdrawn() && !has_received_very_much) return pause;
  m_loop.run([&] {
    pause = m_budget->pause(m_environment.loop.clock().now());
    if (task_runs()) pause = std::max(pause, m_task->terminal().input_pause());
  });
  return pause;
}

void ParticipantSession::handle_text(ClientConnection& connection, BytesView json) {
  const InvariantScope invariant(*this);
  const ClientFrame frame = decode_client_frame(json);
  m_budget->spend(units_of(frame), m_environment.loop.clock().now());
  if (const auto* bad = std::get_if<BadFrame>(&frame)) {
    return connection.send_text(error_frame("bad_message", bad->message, bad->id));
  }
  if (const auto* greeting = std::get_if<HelloFrame>(&frame)) return hello(connection, *greeting);
  if (!is_attached(connection)) {
    return connection.send_text(error_frame("bad_message", "expected hello as the first frame", {}));
  }
  if (const auto* seen = std::get_if<SandboxSeenFrame>(&frame)) {
    if (m_task) m_task->see_sandbox(*seen);
    return;
  }
  if (const auto* rendered = std::get_if<AckFrame>(&frame)) {
    if (task_runs()) m_task->terminal().acknowledge_output(rendered->output_offset);
    return;
  }
  if (const auto* start = std::get_if<StartTaskFrame>(&frame)) return start_task(*start);
  if (const auto* again = std::get_if<ResetFrame>(&frame)) return reset(*again);
  if (const auto* end = std::get_if<GiveUpFrame>(&frame)) return give_up(*end);
  if (const auto* handed = std::get_if<SubmitFrame>(&frame)) return submit(*handed);
  if (const auto* changed = std::get_if<StepAnswerFrame>(&frame)) return m_flow.answer(*changed);
  if (const auto* done = std::get_if<StepDoneFrame>(&frame)) return m_flow.leave(*done);
  if (const auto* wish = std::get_if<WithdrawFrame>(&frame)) return withdraw(*wish);
  if (const auto* show = std::get_if<ShowSolutionFrame>(&frame)) return show_solution(*show);
  if (const auto* probe = std::get_if<PingFrame>(&frame)) return ping(connection, *probe);
  if (const auto* seen = std::get_if<ObservationFrame>(&frame)) return observe(*seen);
  resize(std::get<ResizeFrame>(frame).size);
}

bool ParticipantSession::refuses_hello(ClientConnection& connection, const HelloFrame& frame) {
  if (frame.participant && *frame.participant != participant_key(participant())) {
    m_environment.log.warning("refused a page of another participant that sent a cookie of " +
                              participant_label(participant()) + "; the page logs in again");
    connection.send_text(
        error_frame("wrong_participant", "This page belongs to another participant. Please open its link again.", {}));
    if (is_attached(connection)) release_client("it named another participant");
    m_connections.erase(&connection);
    connection.close(close_code::wrong_participant, "wrong participant");
    check_idle();
    return true;
  }
  if (!frame.stream || frame.stream->empty() || m_streams.contains(*frame.stream)) return false;
  m_environment.log.warning(participant_label(participant()) +
                            ": refused a page that named a stream of another participant");
  connection.send_text(
      error_frame("unknown_stream", "This page belongs to another participant. Please open its link again.", {}));
  return true;
}

void ParticipantSession::release_client(const std::string& reason) {
  TELLINA_ASSERT(m_client);
  if (m_task) m_task->terminal().detach();
  m_client.reset();
  keep_starts_for_a_while();
  m_recorder.note(EventRecord("detached", "{\"reason\":" + json_string(reason) + "}", now()));
  log_departure(reason);
}

void ParticipantSession::replace_client() {
  ClientConnection& older = m_client->connection();
  release_client("replaced by a newer page");
  m_connections.erase(&older);
  older.send_text(replaced_frame());
  older.close(close_code::replaced, "replaced");
}

void ParticipantSession::hello(ClientConnection& connection, const HelloFrame& frame) {
  if (!m_connections.contains(&connection) || refuses_hello(connection, frame)) return;
  if (m_client && !is_attached(connection)) replace_client();
  if (!m_client) {
    m_client = std::make_unique<AttachedClient>(connection);
    m_prewarmed_timer->cancel();
    m_waiting_task_timer->cancel();
    log_arrival(frame.stream.has_value());
  }
  m_client->confirms_sandboxes = frame.sandbox.has_value();
  if (!frame.stream) m_requests.forget_answers();
  resize(frame.size);
  if (!frame.timezone.empty()) m_timezone = frame.timezone;
  if (m_task) m_task->use_timezone(m_timezone);
  if (m_prewarmed_slot) m_prewarmed_slot->use_timezone(m_timezone);
  const std::uint64_t from = task_runs() ? m_task->attach(*m_client, frame) : 0;
  m_flow.see_participant();
  const std::string address = m_environment.study->design.records_addresses ? connection.address() : "";
  m_recorder.note(EventRecord("attached", attached_detail(address, frame, from), now()));
  m_client->start_output(from);
  send_welcome({});
  if (m_task && !m_task->start_progress().empty()) start_progressed(m_task->start_progress());
  if (task_runs()) return m_task->continue_for(*m_client);
  if (!m_flow.is_recording()) apply(StudyProgress::ClientArrived());
}

void ParticipantSession::resize(TerminalSize size) {
  m_size = size;
  if (m_task) m_task->resize(size);
  if (m_prewarmed_slot) m_prewarmed_slot->resize(size);
}

void ParticipantSession::observe(ObservationFrame frame) {
  const auto account = frame.is_input_times ? WorkBudget::Account::input_times : WorkBudget::Account::observations;
  m_budget->spend(1, m_environment.loop.clock().now(), account);
  EventRecord event(std::move(frame.kind), std::move(frame.detail), now());
  // Input to a task that has ended since does not belong to the next task; the row names its stream.
  const bool names_stream = frame.is_input_times || !frame.stream.empty();
  const bool is_of_another_task = names_stream && (!task_runs() || frame.stream != m_task->stream());
  if (is_of_another_task)
    m_recorder.note_of_participant(std::move(event));
  else
    m_recorder.note(std::move(event));
}

// Requests.

void ParticipantSession::start_task(const StartTaskFrame& frame) {
  const bool is_busy = m_is_released || (m_task && m_task->state() == TaskSession::State::ending);
  for (const StudyProgress::Effect& effect :
       m_progress.apply(*m_environment.study, StudyProgress::TaskRequested{frame.task})) {
    if (const auto* refusal = std::get_if<StudyProgress::RefuseRequest>(&effect)) {
      send(error_frame(refusal->code, refusal->message, frame.id));
    } else if (is_busy) {
      send(error_frame("busy", "the previous task is still ending", frame.id));
    } else if (std::holds_alternative<StudyProgress::RejoinTask>(effect)) {
      send_welcome(frame.id);
    } else if (const auto* start = std::get_if<StudyProgress::StartTask>(&effect)) {
      wait(RequestKind::start_task, frame.id);
      if (!m_task) begin_task(start->number);
    }
  }
}

bool ParticipantSession::refuses_task(std::optional<int> task, const RequestId& id) {
  const auto refusal = task ? m_progress.refuse_other_task(*m_environment.study, *task) : std::nullopt;
  if (!refusal) return false;
  send(error_frame(refusal->code, refusal->message, id));
  return true;
}

void ParticipantSession::refuse(const TaskRefusal& refusal, const RequestId& id) {
  JsonObject details;
  if (refusal.time_left) {
    char seconds[40];
    std::snprintf(seconds, sizeof seconds, "%.3f", std::chrono::duration<double>(*refusal.time_left).count());
    details.add_json("seconds_left", seconds);
  }
  send(error_frame(refusal.code, refusal.message, id, details));
}

void ParticipantSession::reset(const ResetFrame& frame) {
  if (m_requests.has_answered(RequestKind::reset, m_last_stream, frame.id)) {
    return send(done_frame(frame.id, task_runs() ? m_task->sandbox_id() : ""));
  }
  if (refuses_task(frame.task, frame.id)) return;
  if (!task_runs()) return send(error_frame("no_task", "no task is running", frame.id));
  if (const auto refusal = m_task->refuse_reset()) return refuse(*refusal, frame.id);
  wait(RequestKind::reset, frame.id);
  m_task->reset();
}

void ParticipantSession::reset_finished(const std::string& reference) {
  if (reference.empty()) return finish_requests(RequestKind::reset, m_task->sandbox_id());
  refuse_for_want_of_a_sandbox(RequestKind::reset, reference);
}

void ParticipantSession::refuse_for_want_of_a_sandbox(RequestKind kind, const std::string& reference) {
  for (const RequestId& id : m_requests.take(kind)) {
    send(error_frame(
        "sandbox_unavailable",
        "The terminal could not be started. Try again; if it keeps failing, tell the person who runs the study.", id,
        reference));
  }
}

void ParticipantSession::give_up(const GiveUpFrame& frame) {
  if (m_requests.has_answered(RequestKind::give_up, m_last_stream, frame.id)) return send(done_frame(frame.id));
  if (refuses_task(frame.task, frame.id)) return;
  const bool is_ending = m_task && m_task->state() == TaskSession::State::ending;
  if (!is_ending && !task_runs()) return send(error_frame("no_task", "no task is running", frame.id));
  const auto refusal = is_ending ? std::nullopt : m_task->refuse_give_up();
  if (refusal) return refuse(*refusal, frame.id);
  wait(RequestKind::give_up, frame.id);
  if (!is_ending) m_task->give_up();
}

void ParticipantSession::submit(const SubmitFrame& frame) {
  if (m_requests.has_answered(RequestKind::submit, m_last_stream, frame.id)) return send(done_frame(frame.id));
  if (refuses_task(frame.task, frame.id)) return;
  const bool is_ending = m_task && m_task->state() == TaskSession::State::ending;
  if (!is_ending && !task_runs()) return send(error_frame("no_task", "no task is running", frame.id));
  if (m_task->study().tasks[static_cast<std::size_t>(m_task->task_number()) - 1].hand_in == HandIn::automatic) {
    return send(error_frame("not_offered", "this task is not handed in", frame.id));
  }
  wait(RequestKind::submit, frame.id);
  if (!is_ending) m_task->hand_in();
}

void ParticipantSession::hand_in_finished(bool is_judged) {
  if (is_judged) return finish_requests(RequestKind::submit);
  for (const RequestId& id : m_requests.take(RequestKind::submit)) {
    send(error_frame("checker_failed",
                     "Your solution could not be checked. Try again; if it keeps failing, tell the person who runs the "
                     "study.",
                     id));
  }
}

void ParticipantSession::withdraw(const WithdrawFrame& frame) {
  if (m_environment.study->design.withdrawal != Withdrawal::off) drop_waiting_task("withdrawn");
  // The store is beginning the task session, which takes a moment.
  const bool is_beginning = m_task && m_task->state() == TaskSession::State::starting;
  if (is_beginning) return send(error_frame("busy", "the task is just starting", frame.id));
  m_flow.withdraw(frame);
}

void ParticipantSession::show_solution(const ShowSolutionFrame& frame) {
  if (refuses_task(frame.task, frame.id)) return;
  if (!task_runs()) return send(error_frame("no_task", "no task is running", frame.id));
  const auto wait = m_progress.position(m_task->study()).time_until_solution(m_task->row().charged);
  if (!wait) return send(error_frame("not_offered", "this task shows no solution", frame.id));
  if (*wait > std::chrono::nanoseconds::zero()) {
    JsonObject details;
    details.add("seconds_left", std::chrono::ceil<std::chrono::seconds>(*wait).count());
    return send(error_frame("too_early", "the solution is shown a little later", frame.id, details));
  }
  m_recorder.note(EventRecord("solution_shown", {}, now()));
  const auto index = static_cast<std::size_t>(m_task->task_number()) - 1;
  send(solution_frame(frame.id, m_task->study().tasks[index].solution));
}

void ParticipantSession::ping(ClientConnection& connection, const PingFrame& frame) {
  const bool runs = task_runs();
  connection.send_text(pong_frame(frame.t, runs ? m_task->terminal().input().received_end() : 0,
                                  runs ? m_task->terminal().output().end() : 0, m_progress.values().state_number));
}

void ParticipantSession::wait(RequestKind kind, const RequestId& id) {
  if (const auto displaced = m_requests.wait(kind, id)) {
    send(error_frame("busy", "too many requests of this kind wait for an answer", *displaced));
  }
}

void ParticipantSession::finish_requests(RequestKind kind, const std::string& sandbox) {
  for (const RequestId& id : m_requests.take(kind)) {
    m_requests.remember(kind, m_last_stream, id);
    send(done_frame(id, sandbox));
  }
}

// Tasks.

StudyProgress::Effects ParticipantSession::judge(const StudyProgress::Event& event) {
  return m_progress.apply(*m_environment.study, event);
}

void ParticipantSession::apply(const StudyProgress::Event& event) {
  for (const StudyProgress::Effect& effect : judge(event)) carry_out(effect);
}

void ParticipantSession::carry_out(const StudyProgress::Effect& effect) {
  if (const auto* next = std::get_if<StudyProgress::PrepareTask>(&effect)) return prepare(next->number);
  if (std::holds_alternative<StudyProgress::SendState>(effect)) return send_state();
  if (std::holds_alternative<StudyProgress::StopTask>(effect)) {
    if (m_task) m_task->withdraw();
    return;
  }
  m_flow.record(effect);
}

void ParticipantSession::prepare(int task_number) {
  if (!m_environment.prewarms_sandboxes || !m_client || m_task || m_is_released) return;
  if (m_prewarmed_slot && m_prewarmed_slot->is_for(m_environment.study, task_number)) return;
  drop_prewarmed_slot();
  m_prewarmed_slot = make_slot(m_environment.study, task_number);
  m_prewarmed_slot->prewarm();
}

std::unique_ptr<SandboxSlot> ParticipantSession::make_slot(std::shared_ptr<const Study> study, int task_number) {
  return std::make_unique<SandboxSlot>(m_environment, m_loop, m_recorder, m_starts, std::move(study), task_number,
                                       m_size, m_timezone);
}

std::unique_ptr<SandboxSlot> ParticipantSession::take_slot(int task_number) {
  if (m_prewarmed_slot && m_prewarmed_slot->is_for(m_environment.study, task_number))
    return std::move(m_prewarmed_slot);
  drop_prewarmed_slot();
  return make_slot(m_environment.study, task_number);
}

void ParticipantSession::keep_starts_for_a_while() {
  if (m_task && m_task->waits_for_sandbox()) {
    m_waiting_task_timer->start(m_environment.loop.clock().now() + limits::abandoned_start,
                                [this] { drop_waiting_task("page_left"); });
  }
  if (!m_prewarmed_slot) return;
  m_prewarmed_timer->start(m_environment.loop.clock().now() + limits::kept_sandbox, [this] { drop_prewarmed_slot(); });
}

void ParticipantSession::drop_prewarmed_slot() {
  m_prewarmed_timer->cancel();
  if (!m_prewarmed_slot) return;
  stop_slot(std::move(m_prewarmed_slot));
}

void ParticipantSession::stop_slot(std::unique_ptr<SandboxSlot> slot) {
  ++m_stopping_slots;
  slot->stop(m_lifeline.guarded([this] {
    if (--m_stopping_slots > 0) return;
    if (m_when_slots_stopped) return std::exchange(m_when_slots_stopped, nullptr)();
    check_idle();
  }));
}

void ParticipantSession::drop_waiting_task(const char* reason) {
  m_waiting_task_timer->cancel();
  if (!m_task || !m_task->waits_for_sandbox()) return;
  log_event("start_dropped").add("reason", reason).write(m_environment.log);
  m_recorder.note_of_participant(EventRecord(
      "start_dropped", "{\"task_number\":" + std::to_string(m_task->task_number()) + ",\"reason\":\"" + reason + "\"}",
      now()));
  std::unique_ptr<SandboxSlot> slot = m_task->drop();
  m_task.reset();
  refuse_for_want_of_a_sandbox(RequestKind::start_task, {});
  stop_slot(std::move(slot));
}

void ParticipantSession::lose_access() {
  m_loop.run([this] {
    const InvariantScope invariant(*this);
    drop_waiting_task("access_removed");
    drop_prewarmed_slot();
  });
}

void ParticipantSession::begin_task(int number) {
  TELLINA_ASSERT(!m_task);
  std::unique_ptr<SandboxSlot> slot = take_slot(number);
  TaskSession::Owner& owner = *this;
  m_task = std::make_unique<TaskSession>(m_environment, m_loop, m_recorder, owner, participant(), m_environment.study,
                                         m_progress.position(*m_environment.study).planned_task(), std::move(slot));
  m_last_stream = m_task->stream();
  m_streams.insert(m_last_stream);
  m_task->start();
}

void ParticipantSession::take_over(bool released_in_order) {
  const std::shared_ptr<const Study>& study = m_environment.study;
  const TaskSessionRow& row = *m_progress.values().latest;
  if (row.task_number < 1 || static_cast<std::size_t>(row.task_number) > study->tasks.size()) {
    m_environment.log.error("task " + std::to_string(row.task_number) + " was running and is no longer in the study");
    return;
  }
  TaskSession::Owner& owner = *this;
  m_task = std::make_unique<TaskSession>(m_environment, m_loop, m_recorder, owner, participant(), study, row,
                                         released_in_order, make_slot(study, row.task_number));
  m_last_stream = row.stream;
  m_streams.insert(m_last_stream);
  m_task->start();
}

void ParticipantSession::task_started() {
  const StudyProgress::Effects effects =
      m_progress.apply(*m_environment.study, StudyProgress::TaskStarted{m_task->row()});
  if (!m_client) return;
  m_client->start_output(0);
  m_task->terminal().attach(*m_client);
  const std::vector<RequestId> ids = m_requests.take(RequestKind::start_task);
  if (ids.empty()) send_welcome({});
  for (const RequestId& id : ids) send_welcome(id);
  for (const StudyProgress::Effect& effect : effects) carry_out(effect);
  m_task->continue_for(*m_client);
}

void ParticipantSession::start_progressed(const std::string& sentence) { send(sandbox_starting_frame(sentence)); }

void ParticipantSession::task_not_started(const std::string& reference) {
  refuse_for_want_of_a_sandbox(RequestKind::start_task, reference);
  m_task.reset();
  check_idle();
}

void ParticipantSession::task_end_recorded(TaskSessionState outcome, std::chrono::nanoseconds charged) {
  apply(StudyProgress::TaskEnded{outcome, charged});
}

void ParticipantSession::task_ended() {
  m_task.reset();
  for (const RequestId& id : m_requests.take(RequestKind::reset)) {
    send(error_frame("no_task", "the task has ended", id));
  }
  if (m_client) {
    m_client->start_output(0);
    m_client->credit_all();
  }
  for (const RequestKind kind : {RequestKind::give_up, RequestKind::submit}) finish_requests(kind);
  // Only a withdrawal is recorded while a task ends. What follows it sends the state.
  if (!m_flow.is_recording()) apply(StudyProgress::TaskCleanedUp());
  check_idle();
}

// Messages to clients.

void ParticipantSession::send(std::string json) {
  if (m_client) m_client->connection().send_text(std::move(json));
}

void ParticipantSession::send_welcome(const RequestId& id) {
  if (!task_runs()) return send(welcome_frame(id, "", "", 0, 0, 0, state()));
  send(welcome_frame(id, m_task->stream(), m_task->sandbox_id(), m_task->terminal().input().received_end(),
                     m_client ? m_client->sent() : 0, m_task->terminal().answered(), state()));
}

void ParticipantSession::send_state() { send(state_frame(state())); }

std::string ParticipantSession::state() {
  if (!m_task || m_task->state() == TaskSession::State::starting) {
    return state_json(*m_environment.study, m_progress.values(), m_environment.loop.clock().now());
  }
  ParticipantProgress values = m_progress.values();
  if (m_progress.task_runs()) values.latest = m_task->row();
  return state_json(m_task->study(), values, m_environment.loop.clock().now());
}

void ParticipantSession::close_all(int code, const std::string& reason) {
  m_client.reset();
  for (ClientConnection* connection : std::exchange(m_connections, {})) connection->close(code, reason);
}

// The end.

void ParticipantSession::resume() {
  m_loop.run([this] {
    if (m_task) m_task->terminal().resume();
  });
}

bool ParticipantSession::is_idle() const {
  return m_connections.empty() && !m_task && !m_prewarmed_slot && m_stopping_slots == 0 && !m_flow.is_recording() &&
         !m_has_failed;
}

void ParticipantSession::notify_owner(const std::function<void()>& callback) {
  m_environment.loop.post(m_lifeline.guarded([callback] { callback(); }));
}

void ParticipantSession::check_idle() {
  if (!is_idle() || m_is_released) return;
  m_environment.loop.post(m_lifeline.guarded([this] {
    if (!is_idle() || m_is_released) return;
    const auto idle = m_callbacks.idle;
    idle();
  }));
}

void ParticipantSession::release(std::function<void()> done) {
  if (std::exchange(m_is_released, true)) return;
  if (m_has_failed) {
    m_when_interrupted = std::move(done);
    return;
  }
  m_loop.run([&] { give_up_ownership(std::move(done)); });
}

void ParticipantSession::give_up_ownership(std::function<void()> done) {
  if (m_task) m_task->terminal().detach();
  close_all(close_code::service_restart, "the server is stopping");
  // A dead owner may have received more input than it recorded. If no client has reported its offset since, the next
  // owner must ask for it. The same holds for a task that could not be taken over.
  const bool has_unknown_task = !m_task && m_progress.task_runs();
  const bool in_order = !has_unknown_task && !(m_task && m_task->has_uncertain_input());
  auto return_lease = [this, in_order, done = std::move(done)] {
    m_recorder.write(
        [fence = m_recorder.fence(), at = now(), in_order](StoreTransaction& transaction, TaskSessionId) {
          transaction.release_lease(fence, at, in_order);
        },
        done);
  };
  drop_prewarmed_slot();
  auto when_gone = [this, return_lease = std::move(return_lease)] {
    if (m_stopping_slots == 0) return return_lease();
    m_when_slots_stopped = return_lease;
  };
  if (m_task) return m_task->release(m_lifeline.guarded(std::move(when_gone)));
  when_gone();
}

void ParticipantSession::abandon() {
  m_is_released = true;
  m_loop.close();
  m_record_loop.close();
  m_task.reset();
  m_prewarmed_slot.reset();
  close_all(close_code::service_restart, "another worker has the session");
}

void ParticipantSession::report_failure(const AssertionFailure& failure) {
  m_loop.run([&failure] { throw AssertionFailure(failure); });
}

void ParticipantSession::log_failure(const AssertionFailure& failure) {
  m_has_failed = true;
  log_event("session_failed").add("reason", failure.what()).write(m_environment.log, LogLevel::error);
}

void ParticipantSession::fail(const AssertionFailure& failure) {
  log_failure(failure);
  // Posted, because the session's own functions are still on the stack.
  m_environment.loop.post(m_lifeline.guarded([this] { m_record_loop.run([this] { interrupt(); }); }));
}

void ParticipantSession::fail_record(const AssertionFailure& failure) {
  log_failure(failure);
  m_loop.close();
  m_environment.loop.post(m_lifeline.guarded([this] { interrupt_without_recorder(); }));
}

std::chrono::nanoseconds ParticipantSession::charged_at_failure() const {
  try {
    if (m_task) return m_task->row().charged;
  } catch (const AssertionFailure&) {
  }
  const auto recorded = m_progress.task_runs() ? m_progress.values().latest->charged : std::chrono::nanoseconds::zero();
  return std::max(recorded, std::chrono::nanoseconds::zero());
}

void ParticipantSession::interrupt() {
  const std::chrono::nanoseconds charged = charged_at_failure();
  m_task.reset();
  m_prewarmed_slot.reset();
  auto done = [this] { end_failed(); };
  if (!m_recorder.has_task_session()) {
    return m_recorder.write(
        [untaken = task_not_taken_over(m_progress, m_recorder), fence = m_recorder.fence(), charged, at = now()](
            StoreTransaction& transaction, TaskSessionId) {
          if (untaken) transaction.end_task_session(fence, *untaken, TaskSessionState::interrupted, charged, at);
        },
        done);
  }
  m_recorder.end(TaskSessionState::interrupted, charged, now(), done);
}

void ParticipantSession::interrupt_without_recorder() {
  const std::chrono::nanoseconds charged = charged_at_failure();
  m_task.reset();
  m_prewarmed_slot.reset();
  const std::optional<TaskSessionId> untaken = task_not_taken_over(m_progress, m_recorder);
  if (!m_recorder.has_task_session() && !untaken) return end_failed();
  const auto session = untaken ? std::make_shared<const TaskSessionId>(*untaken) : m_recorder.task_session();
  m_environment.store.submit(
      [fence = m_recorder.fence(), session, charged, at = now()](StoreTransaction& transaction) {
        transaction.end_task_session(fence, *session, TaskSessionState::interrupted, charged, at);
      },
      m_lifeline.posted(m_environment.loop, [this](const std::exception_ptr& error) {
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& failure) {
          m_environment.fault_log->write(LogLevel::error, "failed session",
                                         std::string("cannot record the end of a failed session: ") + failure.what(),
                                         m_environment.loop.clock().now());
        }
        end_failed();
      }));
}

void ParticipantSession::end_failed() {
  close_all(close_code::internal_error, "the session failed");
  if (m_when_interrupted) return std::exchange(m_when_interrupted, nullptr)();
  notify_owner(m_callbacks.lost);
}

void ParticipantSession::check_invariant() const {
  TELLINA_ASSERT(!m_client || m_connections.contains(&m_client->connection()));
  TELLINA_ASSERT(!m_task || !m_prewarmed_slot);
  TELLINA_ASSERT(m_stopping_slots >= 0);
  TELLINA_ASSERT(m_task || (!m_requests.waits(RequestKind::reset) && !m_requests.waits(RequestKind::give_up) &&
                            !m_requests.waits(RequestKind::submit)));
  TELLINA_ASSERT(!task_runs() || m_progress.task_runs());
  TELLINA_ASSERT(!m_task || m_streams.contains(m_task->stream()));
}

// The log.

LogEvent ParticipantSession::log_event(std::string_view name) const {
  LogEvent event(name);
  event.add_participant(participant());
  if (m_task) event.add("task", m_task->task_id()).add("session", m_task->stream());
  return event;
}

void ParticipantSession::log_arrival(bool has_been_here) {
  LogEvent event = log_event(has_been_here || m_left ? "reconnected" : "connected");
  if (m_left) event.add("seconds_away", m_environment.loop.clock().now() - *m_left);
  event.write(m_environment.log);
}

void ParticipantSession::log_departure(std::string_view reason) {
  m_left = m_environment.loop.clock().now();
  log_event("disconnected").add("reason", reason).write(m_environment.log);
}

}  // namespace tellina
