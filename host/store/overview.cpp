/// Where everybody stands: for `tellina participants list` and /metrics.

#include "host/store/lease.hpp"

namespace tellina {
namespace {

/// Rows are participants with their current attempt's task sessions counted: ended, running, highest number begun.
constexpr std::string_view counted_participants =
    "SELECT p.id, p.access_code, p.attempt, p.listed_in_config OR p.added_by_command, "
    "count(s.id) FILTER (WHERE s.state != 'running'), count(s.id) FILTER (WHERE s.state = 'running'), "
    "coalesce(max(s.task_number), 0) "
    "FROM participants p LEFT JOIN task_sessions s ON s.participant_id = p.id AND s.attempt = p.attempt "
    "GROUP BY p.id ORDER BY p.id";

const char* state_of(const Query& row, int total_tasks) {
  if (row.integer(5) != 0) return "running";
  if (row.integer(6) >= total_tasks) return "finished";
  return row.integer(4) == 0 ? "new" : "ready";
}

/// When something was last typed in a task of the attempt; empty where nothing was, or no bytes are recorded.
std::string last_input_at(Database& database, ParticipantId participant, int attempt) {
  Query row = database.query(
      "SELECT (SELECT c.at FROM input_chunks c WHERE c.task_session_id = s.id ORDER BY c.stream_offset DESC LIMIT 1) "
      "FROM task_sessions s WHERE s.participant_id = ? AND s.attempt = ? ORDER BY s.id DESC",
      participant, attempt);
  while (row.next()) {
    if (!row.is_null(0)) return row.text(0);
  }
  return {};
}

}  // namespace

bool Transaction::is_connected(ParticipantId participant, MonotonicTime at) {
  const std::optional<Lease> lease = find_lease(participant, m_clock.wall_time());
  if (!lease || lease->worker.empty() || !is_live(*lease, at)) return false;
  // A page that was attached when an earlier worker died has not come to this one yet.
  Query row = m_database.query(
      "SELECT e.kind = 'attached' AND e.at_ns >= (SELECT registered_at_ns FROM workers WHERE id = ?) FROM events e "
      "WHERE e.participant_id = ? AND e.kind IN ('attached', 'detached') ORDER BY e.id DESC LIMIT 1",
      lease->worker, participant);
  return row.next() && row.integer(0) != 0;
}

std::vector<ParticipantSummary> Transaction::list_participants(int total_tasks) {
  std::vector<ParticipantSummary> participants;
  {
    Query row = m_database.query(counted_participants);
    while (row.next()) {
      ParticipantSummary summary;
      summary.id = row.integer(0);
      summary.access_code = row.text(1);
      summary.attempt = static_cast<int>(row.integer(2));
      summary.can_log_in = row.integer(3) != 0;
      summary.tasks_ended = static_cast<int>(row.integer(4));
      summary.state = state_of(row, total_tasks);
      participants.push_back(std::move(summary));
    }
  }
  const MonotonicTime at = m_clock.now();
  for (ParticipantSummary& summary : participants) {
    const std::optional<ParticipantProgress> progress = find_progress(summary.id, at);
    summary.task = summary.tasks_ended + 1;
    if (summary.state == "running") {
      summary.charged = progress->latest->charged;
      summary.duration = progress->latest->duration;
    }
    for (const auto& [task, state] : progress->outcomes) ++summary.outcomes[to_string(state)];
    summary.is_connected = is_connected(summary.id, at);
    summary.last_key_at = last_input_at(m_database, summary.id, summary.attempt);
  }
  return participants;
}

StudyCounts Transaction::count_study(int total_tasks) {
  StudyCounts counts;
  for (const char* state : {"new", "ready", "running", "finished"}) counts.participants[state] = 0;
  Query participant = m_database.query(counted_participants);
  while (participant.next()) {
    if (participant.integer(3) != 0) ++counts.participants[state_of(participant, total_tasks)];
  }
  Query ended = m_database.query(
      "SELECT task_number, state, count(*) FROM task_sessions WHERE state != 'running' GROUP BY task_number, state");
  while (ended.next()) {
    counts.ended[{static_cast<int>(ended.integer(0)), ended.text(1)}] = ended.integer(2);
  }
  Query worker = m_database.query("SELECT id FROM workers WHERE retired_at IS NULL ORDER BY id");
  while (worker.next()) counts.workers.push_back(worker.text(0));
  return counts;
}

}  // namespace tellina
