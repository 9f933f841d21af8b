#include <algorithm>

#include "host/store/transaction.hpp"

namespace tellina {

namespace {

void insert_event(Database& database, ParticipantId participant, std::optional<TaskSessionId> session,
                  const EventRecord& event) {
  std::optional<std::string_view> detail;
  if (!event.detail.empty()) detail = event.detail;
  database.execute(
      "INSERT INTO events (participant_id, task_session_id, kind, detail, at, at_ns) VALUES (?, ?, ?, ?, ?, ?)",
      participant, session, event.kind, detail, event.at.wall, event.at.monotonic);
}

/// Writes each kind of record into its table.
class Appender {
 public:
  Appender(Database& database, ParticipantId participant, TaskSessionId session, StreamEnds ends)
      : m_database(database), m_participant(participant), m_session(session), m_ends(ends) {}
  const StreamEnds& ends() const { return m_ends; }

  void operator()(const InputRecord& record) {
    if (record.bytes.empty()) return;
    check_continues("input", m_ends.input, record.offset);
    m_database.execute(
        "INSERT INTO input_chunks (task_session_id, stream_offset, at_ns, at, bytes) VALUES (?, ?, ?, ?, ?)", m_session,
        record.offset, record.at.monotonic, record.at.wall, Blob(record.bytes));
    m_ends.input += record.bytes.size();
  }

  void operator()(const OutputRecord& record) {
    if (record.bytes.empty()) return;
    check_continues("output", m_ends.output, record.offset);
    m_database.execute(
        "INSERT INTO output_chunks (task_session_id, stream_offset, at_ns, at, bytes) VALUES (?, ?, ?, ?, ?)",
        m_session, record.offset, record.at.monotonic, record.at.wall, Blob(record.bytes));
    m_ends.output += record.bytes.size();
  }

  void operator()(const GapRecord& record) {
    const char* stream = record.stream == StreamName::input ? "input" : "output";
    std::uint64_t& end = record.stream == StreamName::input ? m_ends.input : m_ends.output;
    check_continues(stream, end, record.from);
    if (record.to == record.from) return;
    if (record.to < record.from) {
      throw StoreError(ErrorCode::internal, m_database.name() + ": gap in " + stream + " of task session " +
                                                std::to_string(m_session) + " ends at " + std::to_string(record.to) +
                                                ", before its start at " + std::to_string(record.from));
    }
    m_database.execute(
        "INSERT INTO recorded_gaps (task_session_id, stream, from_offset, to_offset, reason, at, at_ns) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        m_session, stream, record.from, record.to, record.reason, record.at.wall, record.at.monotonic);
    end = record.to;
  }

  void operator()(const EventRecord& record) { insert_event(m_database, m_participant, m_session, record); }

  void operator()(const CommandRecord& record) {
    // Most programs are typed nothing at: then what they printed is all of the output.
    std::optional<ShellText> printed;
    if (!record.typed.empty()) printed.emplace(record.printed);
    m_database.execute(
        "INSERT INTO recorded_commands (task_session_id, command_number, text, cwd, exit_status, started_at, "
        "started_at_ns, ended_at, ended_at_ns, output_from, output_to, output, ended_by, shell_level, text_is_cut, "
        "output_is_cut, is_full_screen, typed, printed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        m_session, record.number, ShellText(record.text), ShellText(record.cwd), record.exit_status,
        record.started.wall, record.started.monotonic, record.ended.wall, record.ended.monotonic, record.output_from,
        record.output_to, ShellText(record.output), to_string(record.ended_by), record.shell_level, record.text_is_cut,
        record.output_is_cut, record.is_full_screen, ShellText(record.typed), printed);
    // The row of a shell comes after those of the commands inside it.
    m_ends.commands = std::max(m_ends.commands, record.number);
  }

  void operator()(const AnsweredRecord& record) { m_ends.answered = std::max(m_ends.answered, record.offset); }

 private:
  void check_continues(const char* stream, std::uint64_t end, std::uint64_t offset) const {
    if (offset == end) return;
    throw StoreError(ErrorCode::internal, m_database.name() + ": " + stream + " of task session " +
                                              std::to_string(m_session) + " is recorded up to offset " +
                                              std::to_string(end) + ", got a record at offset " +
                                              std::to_string(offset));
  }

  Database& m_database;
  const ParticipantId m_participant;
  const TaskSessionId m_session;
  StreamEnds m_ends;
};

}  // namespace

void Transaction::count_state_up(ParticipantId participant) {
  m_database.execute("UPDATE participants SET state_number = state_number + 1 WHERE id = ?", participant);
}

void Transaction::add_event(ParticipantId participant, std::optional<TaskSessionId> session, const EventRecord& event) {
  insert_event(m_database, participant, session, event);
}

StreamEnds Transaction::check_running(const Fence& fence, TaskSessionId session) {
  Query row = m_database.query(
      "SELECT l.fence IS NOT NULL, s.input_end, s.output_end, s.answered_offset, s.command_count FROM (SELECT 1) "
      "LEFT JOIN leases l ON l.participant_id = ?1 AND l.worker_id = ?2 AND l.fence = ?3 "
      "LEFT JOIN task_sessions s ON s.id = ?4 AND s.participant_id = ?1 AND s.state = 'running'",
      fence.participant, fence.worker, fence.number, session);
  if (!row.next() || row.integer(0) == 0) throw LeaseLost(fence);
  if (row.is_null(1)) {
    throw StoreError(ErrorCode::bad_request, m_database.name() + ": participant " + std::to_string(fence.participant) +
                                                 " has no running task session " + std::to_string(session));
  }
  StreamEnds ends;
  ends.input = static_cast<std::uint64_t>(row.integer(1));
  ends.output = static_cast<std::uint64_t>(row.integer(2));
  ends.answered = static_cast<std::uint64_t>(row.integer(3));
  ends.commands = row.integer(4);
  return ends;
}

TaskSessionRow Transaction::begin_task_session(const Fence& fence, int task_number, const std::string& task_type,
                                               const std::string& stream, const std::string& sandbox, Timestamp at,
                                               const TaskSettings& settings) {
  check(fence);
  m_database.execute(
      "INSERT INTO task_sessions (participant_id, attempt, task_number, task_type, task_id, state, started_at, "
      "started_at_ns, segment_started_ns, stream, sandbox, duration_in_seconds, bytes_recorded, feedback) "
      "SELECT id, attempt, ?1, ?2, (SELECT id FROM tasks WHERE task_number = ?1 AND is_current = 1), 'running', ?3, "
      "?4, ?4, ?5, ?6, ?8, ?9, nullif(?10, '') FROM participants WHERE id = ?7",
      task_number, task_type, at.wall, at.monotonic, stream, sandbox, fence.participant,
      std::chrono::duration<double>(settings.duration).count(), settings.keeps_bytes, settings.feedback);
  TaskSessionRow session;
  session.id = m_database.last_inserted_id();
  session.task_number = task_number;
  session.stream = stream;
  session.sandbox = sandbox;
  session.duration = settings.duration;
  count_state_up(fence.participant);
  return session;
}

void Transaction::set_sandbox(const Fence& fence, TaskSessionId session, const std::string& sandbox) {
  check_running(fence, session);
  m_database.execute("UPDATE task_sessions SET sandbox = ? WHERE id = ?", sandbox, session);
}

void Transaction::set_clock(const Fence& fence, TaskSessionId session, std::chrono::nanoseconds charged,
                            std::optional<MonotonicTime> since) {
  check_running(fence, session);
  m_database.execute("UPDATE task_sessions SET charged_before_ns = ?, segment_started_ns = ? WHERE id = ?", charged,
                     since, session);
}

void Transaction::end_task_session(const Fence& fence, TaskSessionId session, TaskSessionState state,
                                   std::chrono::nanoseconds charged, Timestamp at) {
  check_running(fence, session);
  if (state == TaskSessionState::running) {
    throw StoreError(ErrorCode::bad_request, m_database.name() + ": a task session cannot end as running");
  }
  m_database.execute(
      "UPDATE task_sessions SET state = ?, ended_at = ?, ended_at_ns = ?, charged_before_ns = ?, "
      "segment_started_ns = NULL WHERE id = ?",
      to_string(state), at.wall, at.monotonic, charged, session);
  count_state_up(fence.participant);
}

void Transaction::append_to_participant(const Fence& fence, const std::vector<Record>& records) {
  check(fence);
  for (const Record& record : records) {
    const auto* event = std::get_if<EventRecord>(&record);
    if (!event) {
      throw StoreError(ErrorCode::bad_request,
                       m_database.name() + ": expected only events where no task runs, got another record");
    }
    add_event(fence.participant, std::nullopt, *event);
  }
}

void Transaction::append(const Fence& fence, TaskSessionId session, const std::vector<Record>& records) {
  if (session == no_task_session) return append_to_participant(fence, records);
  const StreamEnds before = check_running(fence, session);
  Appender appender(m_database, fence.participant, session, before);
  for (const Record& record : records) std::visit(appender, record);
  const StreamEnds& ends = appender.ends();
  if (ends == before) return;
  m_database.execute(
      "UPDATE task_sessions SET input_end = ?, output_end = ?, answered_offset = ?, command_count = ? WHERE id = ?",
      ends.input, ends.output, ends.answered, ends.commands, session);
}

}  // namespace tellina
