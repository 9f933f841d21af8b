#include "host/store/session_archive.hpp"

#include "host/store/blob_table.hpp"
#include "host/store/opening.hpp"

namespace tellina {
namespace {

MonotonicTime time_of(const Query& row, int column) {
  return MonotonicTime(std::chrono::nanoseconds(row.integer(column)));
}

Timestamp timestamp_of(const Query& row, int column) {
  Timestamp at;
  at.monotonic = time_of(row, column);
  return at;
}

}  // namespace

std::unique_ptr<SessionArchive> SessionArchive::open(const std::string& path) {
  auto database = open_current_database_to_read(path);
  if (!database) return nullptr;
  return std::make_unique<SessionArchive>(std::move(database));
}

std::vector<TaskSessionId> SessionArchive::find(const std::string& task) {
  std::vector<TaskSessionId> sessions;
  Query row = m_database->query(
      "SELECT s.id FROM task_sessions s JOIN tasks t ON t.id = s.task_id "
      "WHERE t.task = ? AND s.state <> 'running' AND s.reset_at IS NULL ORDER BY s.id",
      task);
  while (row.next()) sessions.push_back(row.integer(0));
  return sessions;
}

RecordedSession SessionArchive::read(TaskSessionId id) {
  RecordedSession session;
  session.id = id;
  {
    Query row = m_database->query(
        "SELECT p.label, t.task, s.state, s.sandbox, s.started_at_ns, s.ended_at_ns, coalesce(s.bytes_recorded, 1), "
        "unixepoch(s.started_at) FROM task_sessions s JOIN participants p ON p.id = s.participant_id "
        "LEFT JOIN tasks t ON t.id = s.task_id WHERE s.id = ?",
        id);
    if (!row.next()) {
      throw StoreError(ErrorCode::not_found, m_database->name() + ": there is no task session " + std::to_string(id));
    }
    session.participant = row.text(0);
    session.task = row.text(1);
    session.state = row.text(2);
    session.sandbox = row.text(3);
    session.started = timestamp_of(row, 4);
    session.ended = time_of(row, 5);
    session.has_bytes = row.integer(6) != 0;
    session.started.wall = WallTime(std::chrono::seconds(row.integer(7)));
  }
  if (session.has_bytes) read_streams(session);
  read_events(session);
  read_commands(session);
  read_states(session);
  return session;
}

std::optional<Bytes> SessionArchive::content(const std::string& sha256) { return BlobTable(*m_database).find(sha256); }

void SessionArchive::read_streams(RecordedSession& session) {
  Query input = m_database->query(
      "SELECT stream_offset, bytes, at_ns FROM input_chunks WHERE task_session_id = ? ORDER BY stream_offset",
      session.id);
  while (input.next()) {
    session.input.emplace_back(static_cast<std::uint64_t>(input.integer(0)), input.text(1), timestamp_of(input, 2));
  }
  Query output = m_database->query(
      "SELECT stream_offset, bytes, at_ns FROM output_chunks WHERE task_session_id = ? ORDER BY stream_offset",
      session.id);
  while (output.next()) {
    session.output.emplace_back(static_cast<std::uint64_t>(output.integer(0)), output.text(1), timestamp_of(output, 2));
  }
  Query gap = m_database->query(
      "SELECT stream, from_offset, to_offset, reason, at_ns FROM recorded_gaps WHERE task_session_id = ? "
      "ORDER BY stream, from_offset",
      session.id);
  while (gap.next()) {
    session.gaps.emplace_back(gap.text(0) == "input" ? StreamName::input : StreamName::output,
                              static_cast<std::uint64_t>(gap.integer(1)), static_cast<std::uint64_t>(gap.integer(2)),
                              gap.text(3), timestamp_of(gap, 4));
  }
}

void SessionArchive::read_events(RecordedSession& session) {
  Query event = m_database->query(
      "SELECT kind, detail, at_ns FROM events WHERE task_session_id = ? "
      "AND kind IN ('reset', 'sandbox_replaced', 'shell_ended', 'handed_in') ORDER BY id",
      session.id);
  while (event.next()) session.events.emplace_back(event.text(0), event.text(1), timestamp_of(event, 2));
}

void SessionArchive::read_commands(RecordedSession& session) {
  Query row = m_database->query(
      "SELECT command_number, text, cwd, exit_status, output, output_is_cut, typed, printed, ended_at_ns "
      "FROM recorded_commands WHERE task_session_id = ? ORDER BY id",
      session.id);
  while (row.next()) {
    CommandRecord command;
    command.number = row.integer(0);
    command.text = row.text(1);
    command.cwd = row.text(2);
    command.home = "/home/me";
    if (!row.is_null(3)) command.exit_status = static_cast<int>(row.integer(3));
    command.output = row.text(4);
    command.output_is_cut = row.integer(5) != 0;
    command.typed = row.text(6);
    command.printed = row.text(7);
    command.ended = timestamp_of(row, 8);
    session.commands.push_back(std::move(command));
  }
}

void SessionArchive::read_states(RecordedSession& session) {
  Query row = m_database->query(
      "SELECT command_number, at_ns, tree_sha256, changes, is_truncated, passed IS NOT NULL FROM recorded_states "
      "WHERE task_session_id = ? ORDER BY id",
      session.id);
  while (row.next()) {
    RecordedState state;
    state.command_number = row.integer(0);
    state.at = time_of(row, 1);
    state.tree_sha256 = row.text(2);
    if (!row.is_null(3)) state.changes = row.text(3);
    state.is_truncated = row.integer(4) != 0;
    state.has_verdict = row.integer(5) != 0;
    session.states.push_back(std::move(state));
  }
}

}  // namespace tellina
