#include "host/store/lease.hpp"

namespace tellina {

namespace {

TaskSessionState parse_state(const std::string& text) {
  for (const TaskSessionState state : {TaskSessionState::running, TaskSessionState::passed, TaskSessionState::timed_out,
                                       TaskSessionState::gave_up, TaskSessionState::interrupted}) {
    if (text == to_string(state)) return state;
  }
  throw StoreError(ErrorCode::incompatible, "expected the state of a task session, found \"" + text + "\"");
}

/// What the participant asked for comes after what we did to them.
bool is_sandbox_replaced(Database& database, TaskSessionId session) {
  Query row = database.query(
      "SELECT kind FROM events WHERE task_session_id = ? AND kind IN ('sandbox_replaced', 'reset') "
      "ORDER BY id DESC LIMIT 1",
      session);
  return row.next() && row.text(0) == "sandbox_replaced";
}

}  // namespace

std::optional<ParticipantId> Transaction::find_participant(const std::string& access_code) {
  Query row = m_database.query(
      "SELECT id FROM participants WHERE access_code = ? AND (listed_in_config OR added_by_command)", access_code);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

std::optional<ParticipantProgress> Transaction::find_progress(ParticipantId participant) {
  return find_progress(participant, m_clock.now());
}

std::optional<ParticipantProgress> Transaction::find_progress(ParticipantId participant, MonotonicTime at) {
  ParticipantProgress progress;
  Query row = m_database.query(
      "SELECT p.access_code, p.state_number, s.id, s.task_number, s.state, s.stream, s.sandbox, s.input_end, "
      "s.output_end, s.answered_offset, s.command_count, s.charged_before_ns, s.segment_started_ns, "
      "s.output_end - (SELECT coalesce(sum(g.to_offset - g.from_offset), 0) FROM recorded_gaps g "
      "WHERE g.task_session_id = s.id AND g.stream = 'output'), s.duration_in_seconds "
      "FROM participants p LEFT JOIN task_sessions s ON s.participant_id = p.id AND s.attempt = p.attempt "
      "WHERE p.id = ? ORDER BY s.task_number DESC LIMIT 1",
      participant);
  if (!row.next()) return std::nullopt;
  progress.participant = participant;
  progress.access_code = row.text(0);
  progress.state_number = row.integer(1);
  if (row.is_null(2)) return progress;
  TaskSessionRow session;
  session.id = row.integer(2);
  session.task_number = static_cast<int>(row.integer(3));
  session.state = parse_state(row.text(4));
  session.stream = row.text(5);
  session.sandbox = row.text(6);
  session.input_end = static_cast<std::uint64_t>(row.integer(7));
  session.output_end = static_cast<std::uint64_t>(row.integer(8));
  session.output_size = static_cast<std::uint64_t>(row.integer(13));
  session.answered_offset = static_cast<std::uint64_t>(row.integer(9));
  session.commands = row.integer(10);
  session.charged = std::chrono::nanoseconds(row.integer(11));
  if (!row.is_null(14)) {
    session.duration = std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(row.real(14)));
  }
  const bool is_running = session.state == TaskSessionState::running;
  session.clock_stands = is_running;
  session.sandbox_replaced = is_running && is_sandbox_replaced(m_database, session.id);
  if (!row.is_null(12)) {
    const MonotonicTime started{std::chrono::nanoseconds(row.integer(12))};
    const std::optional<Lease> lease = find_lease(participant, m_clock.wall_time());
    session.clock_stands = !lease || !is_live(*lease, at);
    const MonotonicTime until = !lease ? started : session.clock_stands ? lease->renewed : at;
    session.charged += std::max(std::chrono::nanoseconds(0), until - started);
  }
  progress.latest = session;
  Query ended = m_database.query(
      "SELECT s.task_number, s.state FROM participants p JOIN task_sessions s ON s.participant_id = p.id AND "
      "s.attempt = p.attempt WHERE p.id = ? AND s.state != 'running' ORDER BY s.task_number",
      participant);
  while (ended.next()) {
    progress.outcomes.emplace_back(static_cast<int>(ended.integer(0)), parse_state(ended.text(1)));
  }
  return progress;
}

void Transaction::add_login(ParticipantId participant, const std::string& token_hash, Timestamp at) {
  m_database.execute(
      "INSERT INTO logins (token_hash, participant_id, logged_in_at, logged_in_at_ns) VALUES (?, ?, ?, ?)", token_hash,
      participant, at.wall, at.monotonic);
}

std::optional<ParticipantId> Transaction::find_login(const std::string& token_hash) {
  Query row = m_database.query(
      "SELECT p.id FROM logins l JOIN participants p ON p.id = l.participant_id "
      "WHERE l.token_hash = ? AND (p.listed_in_config OR p.added_by_command)",
      token_hash);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

void Transaction::sync_access_codes(const std::vector<std::string>& access_codes, Timestamp at) {
  m_database.execute("UPDATE participants SET listed_in_config = 0 WHERE listed_in_config = 1");
  for (const std::string& access_code : access_codes) {
    m_database.execute(
        "INSERT INTO participants (access_code, listed_in_config, added_at) VALUES (?, 1, ?) "
        "ON CONFLICT (access_code) DO UPDATE SET listed_in_config = 1",
        access_code, at.wall);
  }
}

void Transaction::add_participant(const std::string& access_code, Timestamp at) {
  if (access_code.empty()) throw StoreError(ErrorCode::bad_request, "an access code must not be empty");
  if (find_participant(access_code)) {
    throw StoreError(ErrorCode::bad_request, m_database.name() + ": there is a participant \"" + access_code + "\"");
  }
  m_database.execute(
      "INSERT INTO participants (access_code, added_by_command, added_at) VALUES (?, 1, ?) "
      "ON CONFLICT (access_code) DO UPDATE SET added_by_command = 1",
      access_code, at.wall);
}

void Transaction::reset_participant(const std::string& access_code, Timestamp at) {
  std::optional<ParticipantId> participant;
  {
    Query row = m_database.query("SELECT id FROM participants WHERE access_code = ?", access_code);
    if (row.next()) participant = row.integer(0);
  }
  if (!participant) {
    throw StoreError(ErrorCode::not_found, m_database.name() + ": there is no participant \"" + access_code + "\"");
  }
  if (const std::optional<Lease> lease = find_lease(*participant, at.wall)) {
    settle(*participant, is_live(*lease, at.monotonic) ? at.monotonic : lease->renewed);
    m_database.execute(
        "UPDATE leases SET fence = fence + 1, previous_worker_id = worker_id, worker_id = NULL "
        "WHERE participant_id = ?",
        *participant);
  }
  m_database.execute(
      "UPDATE task_sessions SET state = 'reset', ended_at = ?, ended_at_ns = ? "
      "WHERE participant_id = ? AND state = 'running'",
      at.wall, at.monotonic, *participant);
  m_database.execute("UPDATE task_sessions SET reset_at = ? WHERE participant_id = ? AND reset_at IS NULL", at.wall,
                     *participant);
  m_database.execute("UPDATE participants SET attempt = attempt + 1 WHERE id = ?", *participant);
  count_state_up(*participant);
  add_event(*participant, std::nullopt, EventRecord("participant_reset", {}, at));
}

}  // namespace tellina
