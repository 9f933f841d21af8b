#include "host/store/lease.hpp"

#include <algorithm>
#include <cstdio>

#include "host/store/process_identity.hpp"

namespace tellina {

std::optional<Transaction::Lease> Transaction::find_lease(ParticipantId participant, WallTime at) {
  Query row = m_database.query(
      "SELECT worker_id, previous_worker_id, fence, boot_id, renewed_at_ns, "
      "(julianday(?) - julianday(renewed_at)) * 86400.0, released_in_order FROM leases WHERE participant_id = ?",
      at, participant);
  if (!row.next()) return std::nullopt;
  Lease lease;
  lease.participant = participant;
  lease.worker = row.text(0);
  lease.previous_worker = row.text(1);
  lease.fence = row.integer(2);
  lease.boot_id = row.text(3);
  lease.renewed = MonotonicTime(std::chrono::nanoseconds(row.integer(4)));
  lease.age_in_seconds = row.real(5);
  lease.released_in_order = row.integer(6) != 0;
  return lease;
}

bool Transaction::is_live(const Lease& lease, MonotonicTime at) const {
  return !lease.worker.empty() && lease.boot_id == m_boot_id && at - lease.renewed < lease_duration;
}

void Transaction::check(const Fence& fence) {
  Query row = m_database.query("SELECT 1 FROM leases WHERE participant_id = ? AND worker_id = ? AND fence = ?",
                               fence.participant, fence.worker, fence.number);
  if (!row.next()) throw LeaseLost(fence);
}

void Transaction::settle(ParticipantId participant, MonotonicTime until) {
  m_database.execute(
      "UPDATE task_sessions SET charged_before_ns = charged_before_ns + max(0, ? - segment_started_ns), "
      "segment_started_ns = NULL "
      "WHERE participant_id = ? AND state = 'running' AND segment_started_ns IS NOT NULL",
      until, participant);
}

void Transaction::register_worker(const WorkerIdentity& worker, Timestamp at) {
  m_database.execute(
      "INSERT INTO workers (id, process_id, process_start_ticks, boot_id, registered_at, registered_at_ns) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET process_id = ?2, process_start_ticks = ?3, "
      "boot_id = ?4, registered_at = ?5, registered_at_ns = ?6, retired_at = NULL",
      worker.id, worker.process_id, worker.process_start_ticks, worker.boot_id, at.wall, at.monotonic);
}

std::vector<std::string> Transaction::retire_dead_workers(Timestamp at) {
  std::vector<std::string> dead;
  {
    Query row = m_database.query(
        "SELECT id, process_id, process_start_ticks, boot_id FROM workers WHERE retired_at IS NULL ORDER BY id");
    while (row.next()) {
      WorkerIdentity worker;
      worker.id = row.text(0);
      worker.process_id = row.integer(1);
      worker.process_start_ticks = static_cast<std::uint64_t>(row.integer(2));
      worker.boot_id = row.text(3);
      if (!is_alive(worker, m_boot_id)) dead.push_back(worker.id);
    }
  }
  for (const std::string& worker : dead) {
    m_database.execute("UPDATE workers SET retired_at = ? WHERE id = ?", at.wall, worker);
    m_database.execute(
        "UPDATE task_sessions SET charged_before_ns = charged_before_ns + max(0, "
        "(SELECT renewed_at_ns FROM leases l WHERE l.participant_id = task_sessions.participant_id) "
        "- segment_started_ns), segment_started_ns = NULL "
        "WHERE state = 'running' AND segment_started_ns IS NOT NULL "
        "AND participant_id IN (SELECT participant_id FROM leases WHERE worker_id = ?)",
        worker);
    m_database.execute("UPDATE leases SET previous_worker_id = worker_id, worker_id = NULL WHERE worker_id = ?",
                       worker);
  }
  return dead;
}

bool Transaction::take_over(const Lease& left, Timestamp at) {
  settle(left.participant, left.renewed);
  std::optional<TaskSessionId> running;
  {
    Query row = m_database.query("SELECT id FROM task_sessions WHERE participant_id = ? AND state = 'running'",
                                 left.participant);
    if (row.next()) running = row.integer(0);
  }
  if (!running) return false;
  m_database.execute("UPDATE task_sessions SET segment_started_ns = ? WHERE id = ?", at.monotonic, *running);
  const std::chrono::duration<double> by_boot_clock = at.monotonic - left.renewed;
  const double unowned = left.boot_id == m_boot_id ? by_boot_clock.count() : left.age_in_seconds;
  char detail[64];
  std::snprintf(detail, sizeof detail, "{\"unowned_in_seconds\": %.3f}", std::max(0.0, unowned));
  add_event(left.participant, running, EventRecord("interrupted", detail, at));
  return true;
}

LeaseResult Transaction::acquire_lease(ParticipantId participant, const std::string& worker, Timestamp at) {
  const std::optional<Lease> lease = find_lease(participant, at.wall);
  LeaseResult result;
  if (lease && lease->worker != worker && is_live(*lease, at.monotonic)) {
    result.owner = lease->worker;
    return result;
  }
  result.acquired = true;
  result.fence.participant = participant;
  result.fence.worker = worker;
  if (!lease) {
    result.fence.number = 1;
    m_database.execute(
        "INSERT INTO leases (participant_id, worker_id, fence, boot_id, renewed_at, renewed_at_ns) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        participant, worker, result.fence.number, m_boot_id, at.wall, at.monotonic);
  } else {
    const bool same_owner = lease->worker == worker && lease->boot_id == m_boot_id;
    result.fence.number = same_owner ? lease->fence : lease->fence + 1;
    const std::string previous = lease->worker.empty() ? lease->previous_worker : lease->worker;
    result.taken_over = !same_owner && take_over(*lease, at);
    if (result.taken_over) {
      result.previous_owner = previous;
      result.left_in_order = lease->released_in_order;
    }
    m_database.execute(
        "UPDATE leases SET worker_id = ?, previous_worker_id = ?, fence = ?, boot_id = ?, renewed_at = ?, "
        "renewed_at_ns = ?, released_in_order = 0 WHERE participant_id = ?",
        worker, same_owner ? lease->previous_worker : previous, result.fence.number, m_boot_id, at.wall, at.monotonic,
        participant);
  }
  result.progress = *find_progress(participant, at.monotonic);
  Query stream = m_database.query("SELECT stream FROM task_sessions WHERE participant_id = ?", participant);
  while (stream.next()) result.streams.insert(stream.text(0));
  return result;
}

std::vector<ParticipantId> Transaction::renew_leases(const std::string& worker, Timestamp at) {
  m_database.execute(
      "UPDATE leases SET renewed_at = ?, renewed_at_ns = max(renewed_at_ns, ?) WHERE worker_id = ? AND boot_id = ?",
      at.wall, at.monotonic, worker, m_boot_id);
  std::vector<ParticipantId> held;
  Query row =
      m_database.query("SELECT participant_id FROM leases WHERE worker_id = ? AND boot_id = ?", worker, m_boot_id);
  while (row.next()) held.push_back(row.integer(0));
  return held;
}

void Transaction::release_lease(const Fence& fence, Timestamp at, bool in_order) {
  check(fence);
  settle(fence.participant, at.monotonic);
  m_database.execute(
      "UPDATE leases SET previous_worker_id = worker_id, worker_id = NULL, renewed_at = ?, renewed_at_ns = ?, "
      "released_in_order = ? WHERE participant_id = ?",
      at.wall, at.monotonic, in_order ? 1 : 0, fence.participant);
}

std::vector<ParticipantId> Transaction::find_orphans(Timestamp at) {
  std::vector<ParticipantId> orphans;
  Query row = m_database.query(
      "SELECT s.participant_id FROM task_sessions s LEFT JOIN leases l ON l.participant_id = s.participant_id "
      "WHERE s.state = 'running' AND NOT "
      "(l.worker_id IS NOT NULL AND l.boot_id = ? AND l.renewed_at_ns > ?) ORDER BY s.participant_id",
      m_boot_id, at.monotonic - lease_duration);
  while (row.next()) orphans.push_back(row.integer(0));
  return orphans;
}

std::vector<std::string> Transaction::find_sandboxes_in_use() {
  std::vector<std::string> sandboxes;
  Query row = m_database.query("SELECT sandbox FROM task_sessions WHERE state = 'running' AND sandbox <> ''");
  while (row.next()) sandboxes.push_back(row.text(0));
  return sandboxes;
}

}  // namespace tellina
