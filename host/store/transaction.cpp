#include "host/store/transaction.hpp"

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <limits>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/store/blob_table.hpp"
#include "host/store/flow_tables.hpp"
#include "host/store/process_identity.hpp"
#include "host/store/task_definitions.hpp"

namespace tellina {
namespace {

// A damaged record can hold any value. Times and durations are clamped to 73 years when they are read, so that sums and
// differences of them fit.

constexpr std::chrono::nanoseconds longest_time = untimed;

std::chrono::nanoseconds nanoseconds_of(const Query& row, int column) {
  return std::clamp(std::chrono::nanoseconds(row.integer(column)), std::chrono::nanoseconds(0), longest_time);
}

std::chrono::nanoseconds seconds_of(const Query& row, int column) {
  const std::chrono::duration<double> seconds(row.real(column));
  if (!(seconds > std::chrono::nanoseconds(0))) return std::chrono::nanoseconds(0);
  return seconds < longest_time ? std::chrono::round<std::chrono::nanoseconds>(seconds) : longest_time;
}

/// Half of the type's range, so that a count can still be incremented.
constexpr std::int64_t largest_count = std::int64_t{1} << 62;

/// Reads a number or an offset. Throws StoreError if no store can have written it.
std::int64_t count_of(const Query& row, int column, const char* what, std::int64_t most = largest_count) {
  const std::int64_t count = row.integer(column);
  if (count >= 0 && count <= most) return count;
  throw StoreError(ErrorCode::incompatible, std::string("expected ") + what + " from 0 to " + std::to_string(most) +
                                                ", found " + std::to_string(count));
}

/// The same for a number that may be incremented and is an int.
int number_of(const Query& row, int column, const char* what) {
  return static_cast<int>(count_of(row, column, what, std::numeric_limits<int>::max() - 1));
}

std::uint64_t offset_of(const Query& row, int column, const char* what) {
  return static_cast<std::uint64_t>(count_of(row, column, what));
}

Bytes sandbox_state_of(const Query& row, int column) {
  Bytes state = row.text(column);
  if (state.size() <= limits::sandbox_state) return state;
  throw StoreError(ErrorCode::incompatible, "expected a state of a sandbox of at most " +
                                                std::to_string(limits::sandbox_state) + " bytes, found one of " +
                                                std::to_string(state.size()));
}

TaskSessionState parse_state(const std::string& text) {
  for (const TaskSessionState state :
       {TaskSessionState::running, TaskSessionState::passed, TaskSessionState::timed_out, TaskSessionState::gave_up,
        TaskSessionState::interrupted, TaskSessionState::failed, TaskSessionState::handed_in}) {
    if (text == to_string(state)) return state;
  }
  throw StoreError(ErrorCode::incompatible, "expected the state of a task session, found \"" + text + "\"");
}

/// Only the last event counts: a reset that the participant asked for follows an earlier replacement.
bool is_sandbox_replaced(Database& database, TaskSessionId session) {
  Query row = database.query(
      "SELECT kind FROM events WHERE task_session_id = ? AND kind IN ('sandbox_replaced', 'reset') "
      "ORDER BY id DESC LIMIT 1",
      session);
  return row.next() && row.text(0) == "sandbox_replaced";
}

/// One row for each participant, with the numbers of ended and running task sessions of the current attempt, the
/// highest task number begun, whether the participant's steps are more than the tasks, the outcome, and whether a step
/// was shown.
constexpr std::string_view counted_participants =
    "SELECT p.id, p.access_code, p.attempt, p.listed_in_config OR p.added_by_command, "
    "count(s.id) FILTER (WHERE s.state != 'running'), count(s.id) FILTER (WHERE s.state = 'running'), "
    "coalesce(max(s.task_number), 0), p.design_hash IS NOT NULL, p.outcome, EXISTS (SELECT 1 FROM recorded_steps r "
    "WHERE r.participant_id = p.id AND r.attempt = p.attempt) "
    "FROM participants p LEFT JOIN task_sessions s ON s.participant_id = p.id AND s.attempt = p.attempt "
    "GROUP BY p.id ORDER BY p.id";

const char* state_of(const Query& row, int total_tasks) {
  if (row.integer(5) != 0) return "running";
  const bool has_steps = row.integer(7) != 0;
  const bool has_ended = !row.is_null(8) && row.text(8) != to_string(Outcome::completed);
  const bool has_completed = has_steps ? !row.is_null(8) : row.integer(6) >= total_tasks;
  if (has_ended || has_completed) return "finished";
  return row.integer(4) == 0 && row.integer(9) == 0 ? "new" : "ready";
}

/// Reads a row with the columns id, process_id, process_start_ticks and boot_id of the table workers.
WorkerIdentity identity_of(const Query& row) {
  WorkerIdentity worker;
  worker.id = row.text(0);
  worker.process_id = row.integer(1);
  worker.process_start_ticks = static_cast<std::uint64_t>(row.integer(2));
  worker.boot_id = row.text(3);
  return worker;
}

/// Of the table workers: those whose sandboxes may not be removed yet, and for which no worker is responsible that may
/// still remove them.
constexpr const char* unswept_without_sweeper =
    "retired_at IS NOT NULL AND sandboxes_removed_at IS NULL "
    "AND coalesce(sweeper_id, '') NOT IN (SELECT id FROM workers WHERE retired_at IS NULL)";

/// Of the table workers: those for whose sandboxes ?1 is responsible.
constexpr const char* unswept_by_sweeper =
    "sweeper_id = ?1 AND retired_at IS NOT NULL AND sandboxes_removed_at IS NULL";

/// Of the table workers: those whose sandboxes the plugin ?2 with the settings ?3 runs, as far as is known.
constexpr const char* with_backend =
    "(sandbox_plugin IS NULL OR (sandbox_plugin = ?2 AND coalesce(sandbox_settings, '') = ?3))";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

/// The time of the last input in the attempt's tasks; empty if there is none, or if bytes are not recorded.
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
      "WHERE g.task_session_id = s.id AND g.stream = 'output'), s.duration_in_seconds, s.sandbox_state, "
      "s.position, s.try_number, "
      "(SELECT count(*) FROM events e WHERE e.task_session_id = s.id AND e.kind = 'handed_in'), "
      "EXISTS (SELECT 1 FROM recorded_masks m WHERE m.task_session_id = s.id AND m.to_offset = s.input_end), "
      "EXISTS (SELECT 1 FROM events e WHERE e.task_session_id = s.id AND e.kind = 'masking_unavailable') "
      "FROM participants p LEFT JOIN task_sessions s ON s.participant_id = p.id AND s.attempt = p.attempt "
      "WHERE p.id = ? ORDER BY s.position DESC, s.try_number DESC LIMIT 1",
      participant);
  if (!row.next()) return std::nullopt;
  progress.participant = participant;
  progress.access_code = row.text(0);
  progress.state_number = count_of(row, 1, "a state number");
  Timestamp now(m_clock);
  now.monotonic = at;
  progress.flow = FlowTables(m_database, m_boot_id, participant).read(now);
  if (row.is_null(2)) return progress;
  TaskSessionRow session;
  session.id = row.integer(2);
  session.task_number = number_of(row, 3, "a task number");
  session.position = number_of(row, 16, "a position in the schedule");
  session.try_number = number_of(row, 17, "a number of a try");
  session.hand_ins = static_cast<int>(row.integer(18));
  session.ends_in_secret = row.integer(19) != 0;
  session.masking_is_unavailable = row.integer(20) != 0;
  session.state = parse_state(row.text(4));
  session.stream = row.text(5);
  session.sandbox = row.text(6);
  session.input_end = offset_of(row, 7, "an end of the input");
  session.output_end = offset_of(row, 8, "an end of the output");
  session.output_size = offset_of(row, 13, "a size of the output");
  session.answered_offset = offset_of(row, 9, "an acknowledged offset");
  session.commands = count_of(row, 10, "a number of commands");
  session.charged = nanoseconds_of(row, 11);
  if (!row.is_null(14)) session.duration = seconds_of(row, 14);
  if (!row.is_null(15)) session.sandbox_state = sandbox_state_of(row, 15);
  const bool is_running = session.state == TaskSessionState::running;
  session.clock_stands = is_running;
  session.sandbox_replaced = is_running && is_sandbox_replaced(m_database, session.id);
  if (!row.is_null(12)) {
    const MonotonicTime started(nanoseconds_of(row, 12));
    const std::optional<Lease> lease = find_lease(participant, m_clock.wall_time());
    session.clock_stands = !lease || !is_live(*lease, at);
    const MonotonicTime until = !lease ? started : session.clock_stands ? lease->renewed : at;
    session.charged += std::max(std::chrono::nanoseconds(0), until - started);
  }
  progress.latest = session;
  Query ended = m_database.query(
      "SELECT s.task_number, s.state, s.position, s.try_number, s.charged_before_ns FROM participants p "
      "JOIN task_sessions s ON s.participant_id = p.id AND s.attempt = p.attempt "
      "WHERE p.id = ? AND s.state != 'running' ORDER BY s.position, s.try_number",
      participant);
  while (ended.next()) {
    TaskOutcome outcome;
    outcome.task_number = number_of(ended, 0, "a task number");
    outcome.state = parse_state(ended.text(1));
    outcome.position = number_of(ended, 2, "a position in the schedule");
    outcome.try_number = number_of(ended, 3, "a number of a try");
    outcome.charged = nanoseconds_of(ended, 4);
    progress.outcomes.push_back(outcome);
  }
  return progress;
}

void Transaction::add_login(ParticipantId participant, const std::string& token_hash, Timestamp at) {
  m_database.execute("DELETE FROM logins WHERE logged_in_at <= ?", at.wall - limits::login_lifetime);
  m_database.execute(
      "INSERT INTO logins (token_hash, participant_id, logged_in_at, logged_in_at_ns) VALUES (?, ?, ?, ?)", token_hash,
      participant, at.wall, at.monotonic);
  m_database.execute(
      "DELETE FROM logins WHERE participant_id = ? AND token_hash NOT IN (SELECT token_hash FROM logins "
      "WHERE participant_id = ? ORDER BY logged_in_at DESC, logged_in_at_ns DESC LIMIT ?)",
      participant, participant, limits::kept_logins);
}

std::optional<ParticipantId> Transaction::find_login(const std::string& token_hash) {
  Query row = m_database.query(
      "SELECT p.id FROM logins l JOIN participants p ON p.id = l.participant_id "
      "WHERE l.token_hash = ? AND l.logged_in_at > ? AND (p.listed_in_config OR p.added_by_command)",
      token_hash, m_clock.wall_time() - limits::login_lifetime);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

JoinResult Transaction::join(const JoinRequest& request, Timestamp at) {
  const JoinResult result = join_study(m_database, request, at);
  name_new_participants();
  return result;
}

void Transaction::sync_access_codes(const std::vector<std::string>& access_codes, Timestamp at) {
  m_database.execute("UPDATE participants SET listed_in_config = 0 WHERE listed_in_config = 1");
  for (const std::string& access_code : access_codes) {
    m_database.execute(
        "INSERT INTO participants (access_code, listed_in_config, added_at) VALUES (?, 1, ?) "
        "ON CONFLICT (access_code) DO UPDATE SET listed_in_config = 1",
        access_code, at.wall);
  }
  name_new_participants();
}

void Transaction::name_new_participants() {
  m_database.execute("UPDATE participants SET label = printf('P%03d', id) WHERE label IS NULL");
}

void Transaction::add_participant(const std::string& access_code, Timestamp at) {
  if (access_code.empty()) throw StoreError(ErrorCode::bad_request, "an access code must not be empty");
  if (find_participant(access_code)) {
    throw StoreError(ErrorCode::bad_request,
                     m_database.name() + ": there already is a participant \"" + access_code + "\"");
  }
  m_database.execute(
      "INSERT INTO participants (access_code, added_by_command, added_at) VALUES (?, 1, ?) "
      "ON CONFLICT (access_code) DO UPDATE SET added_by_command = 1",
      access_code, at.wall);
  name_new_participants();
}

void Transaction::add_bot(const std::string& access_code, Timestamp at) {
  add_participant(access_code, at);
  m_database.execute("UPDATE participants SET is_bot = 1 WHERE access_code = ?", access_code);
}

std::vector<BotSummary> Transaction::list_bots() {
  std::vector<BotSummary> bots;
  Query row =
      m_database.query("SELECT access_code, label, group_name, outcome FROM participants WHERE is_bot = 1 ORDER BY id");
  while (row.next()) {
    BotSummary& bot = bots.emplace_back();
    bot.access_code = row.text(0);
    bot.label = row.text(1);
    bot.group = row.text(2);
    bot.outcome = outcome_named(row.text(3));
  }
  return bots;
}

std::vector<AssignedParticipant> Transaction::list_assigned(const std::string& stage, Timestamp at) {
  return read_assigned(m_database, stage, IsBot::no, at);
}

void Transaction::reset_participant(const std::string& name, Timestamp at) {
  std::optional<ParticipantId> participant;
  {
    Query row = m_database.query(
        "SELECT id FROM participants WHERE access_code = ?1 OR label = ?1 ORDER BY access_code = ?1 DESC", name);
    if (row.next()) participant = row.integer(0);
  }
  if (!participant) {
    throw StoreError(ErrorCode::not_found, m_database.name() + ": there is no participant \"" + name + "\"");
  }
  if (const std::optional<Lease> lease = find_lease(*participant, at.wall)) {
    stop_clock(*participant, is_live(*lease, at.monotonic) ? at.monotonic : lease->renewed);
    m_database.execute(
        "UPDATE leases SET fence = fence + 1, previous_worker_id = worker_id, worker_id = NULL "
        "WHERE participant_id = ?",
        *participant);
  }
  m_database.execute(
      "UPDATE task_sessions SET state = 'reset', ended_at = ?, ended_at_ns = ?, ended_by = 'reset' "
      "WHERE participant_id = ? AND state = 'running'",
      at.wall, at.monotonic, *participant);
  m_database.execute("UPDATE task_sessions SET reset_at = ? WHERE participant_id = ? AND reset_at IS NULL", at.wall,
                     *participant);
  m_database.execute("DELETE FROM logins WHERE participant_id = ?", *participant);
  m_database.execute(
      "UPDATE participants SET attempt = attempt + 1, assigned_at = NULL, outcome = NULL, outcome_at = NULL, "
      "completion_code = NULL, design_hash = NULL, consent_version = NULL, consented_at = NULL WHERE id = ?",
      *participant);
  increment_state_number(*participant);
  add_event(*participant, std::nullopt, EventRecord("participant_reset", {}, at));
}

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
  lease.fence = count_of(row, 2, "a number of a lease");
  lease.boot_id = row.text(3);
  lease.renewed = MonotonicTime(nanoseconds_of(row, 4));
  lease.age_in_seconds = row.real(5);
  lease.released_in_order = row.integer(6) != 0;
  return lease;
}

bool Transaction::is_live(const Lease& lease, MonotonicTime at) const {
  return !lease.worker.empty() && lease.boot_id == m_boot_id && at - lease.renewed < limits::lease;
}

bool Transaction::has_living_owner(const Lease& lease) {
  if (lease.worker.empty() || lease.boot_id != m_boot_id) return false;
  Query row = m_database.query(
      "SELECT id, process_id, process_start_ticks, boot_id FROM workers WHERE id = ? AND retired_at IS NULL",
      lease.worker);
  return row.next() && is_alive(identity_of(row), m_boot_id);
}

void Transaction::check(const Fence& fence) {
  Query row = m_database.query("SELECT 1 FROM leases WHERE participant_id = ? AND worker_id = ? AND fence = ?",
                               fence.participant, fence.worker, fence.number);
  if (!row.next()) throw LeaseLost(fence);
}

void Transaction::stop_clock(ParticipantId participant, MonotonicTime until) {
  m_database.execute(
      "UPDATE task_sessions SET charged_before_ns = charged_before_ns + max(0, ? - segment_started_ns), "
      "segment_started_ns = NULL "
      "WHERE participant_id = ? AND state = 'running' AND segment_started_ns IS NOT NULL",
      until, participant);
}

void Transaction::register_worker(const WorkerIdentity& worker, Timestamp at, const SandboxBackendChoice& backend) {
  m_database.execute(
      "INSERT INTO workers (id, process_id, process_start_ticks, boot_id, registered_at, registered_at_ns, "
      "sandbox_plugin, sandbox_settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, ''), nullif(?8, '')) "
      "ON CONFLICT (id) DO UPDATE SET process_id = ?2, process_start_ticks = ?3, boot_id = ?4, registered_at = ?5, "
      "registered_at_ns = ?6, sandbox_plugin = nullif(?7, ''), sandbox_settings = nullif(?8, ''), retired_at = NULL, "
      "sweeper_id = NULL, sandboxes_removed_at = NULL",
      worker.id, worker.process_id, worker.process_start_ticks, worker.boot_id, at.wall, at.monotonic, backend.plugin,
      backend.settings);
}

std::vector<std::string> Transaction::retire_dead_workers(Timestamp at) {
  std::vector<std::string> dead;
  {
    Query row = m_database.query(
        "SELECT id, process_id, process_start_ticks, boot_id FROM workers WHERE retired_at IS NULL ORDER BY id");
    while (row.next()) {
      const WorkerIdentity worker = identity_of(row);
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

std::vector<std::string> Transaction::claim_sweeps(const std::string& worker, const SandboxBackendChoice& backend) {
  m_database.execute(
      joined({"UPDATE workers SET sweeper_id = ?1 WHERE ", unswept_without_sweeper, " AND ", with_backend}), worker,
      backend.plugin, backend.settings);
  std::vector<std::string> claimed;
  Query row = m_database.query(
      joined({"SELECT id FROM workers WHERE ", unswept_by_sweeper, " AND ", with_backend, " ORDER BY id"}), worker,
      backend.plugin, backend.settings);
  while (row.next()) claimed.push_back(row.text(0));
  return claimed;
}

std::vector<UnsweptWorker> Transaction::claim_sweeps_of_others(const std::string& worker,
                                                               const SandboxBackendChoice& backend) {
  m_database.execute(
      joined({"UPDATE workers SET sweeper_id = ?1 WHERE ", unswept_without_sweeper, " AND NOT ", with_backend}), worker,
      backend.plugin, backend.settings);
  std::vector<UnsweptWorker> claimed;
  Query row =
      m_database.query(joined({"SELECT id, sandbox_plugin, coalesce(sandbox_settings, '{}') FROM workers WHERE ",
                               unswept_by_sweeper, " AND NOT ", with_backend, " ORDER BY id"}),
                       worker, backend.plugin, backend.settings);
  while (row.next()) {
    UnsweptWorker unswept;
    unswept.id = row.text(0);
    unswept.backend.plugin = row.text(1);
    unswept.backend.settings = row.text(2);
    claimed.push_back(std::move(unswept));
  }
  return claimed;
}

void Transaction::record_sweep(const std::string& retired, Timestamp at) {
  m_database.execute(
      "UPDATE workers SET sandboxes_removed_at = ? WHERE id = ? AND retired_at IS NOT NULL "
      "AND sandboxes_removed_at IS NULL",
      at.wall, retired);
}

bool Transaction::take_over(const Lease& left, Timestamp at) {
  stop_clock(left.participant, left.renewed);
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
  if (!left.released_in_order) record_unconfirmed_output(*running, at);
  char detail[64];
  std::snprintf(detail, sizeof detail, "{\"unowned_in_seconds\": %.3f}", std::max(0.0, unowned));
  add_event(left.participant, running, EventRecord("interrupted", detail, at));
  return true;
}

void Transaction::record_unconfirmed_output(TaskSessionId session, Timestamp at) {
  // Part of the transaction that takes the session over: if the new owner also dies before its first commit, the next
  // owner must continue after what that one sent.
  const auto jump = static_cast<std::int64_t>(limits::take_over_jump);
  m_database.execute(
      "INSERT INTO recorded_gaps (task_session_id, stream, from_offset, to_offset, reason, at, at_ns) "
      "SELECT id, 'output', output_end, output_end + ?, 'worker_lost', ?, ? FROM task_sessions WHERE id = ?",
      jump, at.wall, at.monotonic, session);
  m_database.execute("UPDATE task_sessions SET output_end = output_end + ? WHERE id = ?", jump, session);
}

void Transaction::record_unconfirmed_input(ParticipantId participant, Timestamp at) {
  // If bytes are not recorded, other gaps already cover all of the input.
  m_database.execute(
      "INSERT OR IGNORE INTO recorded_gaps (task_session_id, stream, from_offset, to_offset, reason, at, at_ns) "
      "SELECT id, 'input', input_handed_over, input_end, 'not_handed_over', ?, ? FROM task_sessions "
      "WHERE participant_id = ? AND state = 'running' AND input_handed_over < input_end "
      "AND coalesce(bytes_recorded, 1) = 1",
      at.wall, at.monotonic, participant);
}

LeaseResult Transaction::acquire_lease(ParticipantId participant, const std::string& worker, Timestamp at,
                                       LapsedLease lapsed) {
  const std::optional<Lease> lease = find_lease(participant, at.wall);
  LeaseResult result;
  const bool is_another = lease && lease->worker != worker;
  if (is_another && (is_live(*lease, at.monotonic) || (lapsed == LapsedLease::stays && has_living_owner(*lease)))) {
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
    if (!lease->released_in_order) record_unconfirmed_input(participant, at);
    m_database.execute(
        "UPDATE task_sessions SET input_handed_over = input_end WHERE participant_id = ? AND state = 'running'",
        participant);
    const std::string previous = lease->worker.empty() ? lease->previous_worker : lease->worker;
    result.taken_over = !same_owner && take_over(*lease, at);
    if (result.taken_over) {
      result.previous_owner = previous;
      result.released_in_order = lease->released_in_order;
    }
    m_database.execute(
        "UPDATE leases SET worker_id = ?, previous_worker_id = ?, fence = ?, boot_id = ?, renewed_at = ?, "
        "renewed_at_ns = ?, released_in_order = 0 WHERE participant_id = ?",
        worker, same_owner ? lease->previous_worker : previous, result.fence.number, m_boot_id, at.wall, at.monotonic,
        participant);
  }
  check_acquired(result.fence, lease);
  result.progress = *find_progress(participant, at.monotonic);
  Query stream = m_database.query("SELECT stream FROM task_sessions WHERE participant_id = ?", participant);
  while (stream.next()) result.streams.insert(stream.text(0));
  return result;
}

void Transaction::check_acquired(const Fence& fence, const std::optional<Lease>& before) {
  const std::optional<Lease> lease = find_lease(fence.participant, m_clock.wall_time());
  TELLINA_ASSERT_PROCESS(lease);
  TELLINA_ASSERT_PROCESS(lease->worker == fence.worker);
  TELLINA_ASSERT_PROCESS(lease->fence == fence.number);
  TELLINA_ASSERT_PROCESS(lease->boot_id == m_boot_id);
  TELLINA_ASSERT_PROCESS(!lease->released_in_order);
  // Each owner gets its own fencing number. The number stays the same while the owner does, and grows with each new
  // owner.
  const bool is_same_owner = before && before->worker == fence.worker && before->boot_id == m_boot_id;
  TELLINA_ASSERT_PROCESS(fence.number == (before ? before->fence : 0) + (is_same_owner ? 0 : 1));
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
  stop_clock(fence.participant, at.monotonic);
  const int changed = m_database.execute(
      "UPDATE leases SET previous_worker_id = worker_id, worker_id = NULL, renewed_at = ?, renewed_at_ns = ?, "
      "released_in_order = ? WHERE participant_id = ?",
      at.wall, at.monotonic, in_order ? 1 : 0, fence.participant);
  TELLINA_ASSERT_PROCESS(changed == 1);
}

std::vector<ParticipantId> Transaction::find_orphans(Timestamp at, LapsedLease lapsed) {
  std::vector<ParticipantId> orphans;
  Query row = m_database.query(
      "SELECT s.participant_id FROM task_sessions s LEFT JOIN leases l ON l.participant_id = s.participant_id "
      "WHERE s.state = 'running' AND NOT "
      "(l.worker_id IS NOT NULL AND l.boot_id = ? AND (? OR l.renewed_at_ns > ?)) ORDER BY s.participant_id",
      m_boot_id, lapsed == LapsedLease::stays, at.monotonic - limits::lease);
  while (row.next()) orphans.push_back(row.integer(0));
  return orphans;
}

std::vector<std::string> Transaction::find_sandboxes_in_use() {
  std::vector<std::string> sandboxes;
  Query row = m_database.query("SELECT sandbox FROM task_sessions WHERE state = 'running' AND sandbox <> ''");
  while (row.next()) sandboxes.push_back(row.text(0));
  return sandboxes;
}

void Transaction::increment_state_number(ParticipantId participant) {
  const int changed =
      m_database.execute("UPDATE participants SET state_number = state_number + 1 WHERE id = ?", participant);
  TELLINA_ASSERT_PROCESS(changed == 1);
}

void Transaction::add_event(ParticipantId participant, std::optional<TaskSessionId> session, const EventRecord& event) {
  insert_event(m_database, participant, session, event);
}

StreamEnds Transaction::check_running(const Fence& fence, TaskSessionId session) {
  Query row = m_database.query(
      "SELECT l.fence IS NOT NULL, s.input_end, s.output_end, s.answered_offset, s.command_count, "
      "coalesce(s.input_handed_over, s.input_end) FROM (SELECT 1) "
      "LEFT JOIN leases l ON l.participant_id = ?1 AND l.worker_id = ?2 AND l.fence = ?3 "
      "LEFT JOIN task_sessions s ON s.id = ?4 AND s.participant_id = ?1 AND s.state = 'running'",
      fence.participant, fence.worker, fence.number, session);
  if (!row.next() || row.integer(0) == 0) throw LeaseLost(fence);
  if (row.is_null(1)) {
    throw StoreError(ErrorCode::bad_request, m_database.name() + ": participant " + std::to_string(fence.participant) +
                                                 " has no running task session " + std::to_string(session));
  }
  StreamEnds ends;
  ends.input = offset_of(row, 1, "an end of the input");
  ends.output = offset_of(row, 2, "an end of the output");
  ends.answered = offset_of(row, 3, "an acknowledged offset");
  ends.commands = count_of(row, 4, "a number of commands");
  ends.handed_over = static_cast<std::uint64_t>(
      count_of(row, 5, "an end of the input that a shell got", static_cast<std::int64_t>(ends.input)));
  return ends;
}

TaskSessionRow Transaction::begin_task_session(const Fence& fence, int task_number, const std::string& task_type,
                                               const std::string& stream, const std::string& sandbox, Timestamp at,
                                               const TaskSettings& settings, const TaskPlace& place) {
  check(fence);
  const int position = place.position == 0 ? task_number : place.position;
  m_database.execute(
      "INSERT INTO task_sessions (participant_id, attempt, task_number, task_type, task_id, state, started_at, "
      "started_at_ns, segment_started_ns, stream, sandbox, duration_in_seconds, bytes_recorded, feedback, "
      "input_handed_over, position, try_number, period, block, treatment, is_practice, reveal, hand_in, boot_id, "
      "environment_id) "
      "SELECT id, attempt, ?1, ?2, (SELECT id FROM tasks WHERE task_number = ?1 AND is_current = 1), 'running', ?3, "
      "?4, ?4, ?5, ?6, ?8, ?9, nullif(?10, ''), 0, ?11, ?12, nullif(?13, 0), nullif(?14, ''), nullif(?15, ''), ?16, "
      "nullif(?17, ''), nullif(?18, ''), ?19, nullif(?20, 0) "
      "FROM participants WHERE id = ?7",
      task_number, task_type, at.wall, at.monotonic, stream, sandbox, fence.participant,
      recorded_seconds(settings.duration), settings.keeps_bytes, settings.feedback, position, place.try_number,
      place.period, place.block, place.treatment, place.is_practice, settings.reveal, settings.hand_in, m_boot_id,
      settings.environment);
  TaskSessionRow session;
  session.id = m_database.last_inserted_id();
  TELLINA_ASSERT_PROCESS(session.id != no_task_session);
  session.task_number = task_number;
  session.position = position;
  session.try_number = place.try_number;
  session.stream = stream;
  session.sandbox = sandbox;
  session.duration = settings.duration;
  increment_state_number(fence.participant);
  return session;
}

void Transaction::set_sandbox(const Fence& fence, TaskSessionId session, const std::string& sandbox,
                              const Bytes& state) {
  check_running(fence, session);
  TELLINA_ASSERT_PROCESS(state.size() <= limits::sandbox_state);
  const int changed = m_database.execute("UPDATE task_sessions SET sandbox = ?, sandbox_state = ? WHERE id = ?",
                                         sandbox, Blob(state), session);
  TELLINA_ASSERT_PROCESS(changed == 1);
}

void Transaction::set_clock(const Fence& fence, TaskSessionId session, std::chrono::nanoseconds charged,
                            std::optional<MonotonicTime> since) {
  check_running(fence, session);
  TELLINA_ASSERT_PROCESS(charged >= std::chrono::nanoseconds(0));
  const int changed = m_database.execute(
      "UPDATE task_sessions SET charged_before_ns = ?, segment_started_ns = ? WHERE id = ?", charged, since, session);
  TELLINA_ASSERT_PROCESS(changed == 1);
}

void Transaction::end_task_session(const Fence& fence, TaskSessionId session, TaskSessionState state,
                                   std::chrono::nanoseconds charged, Timestamp at, std::optional<EndCause> cause) {
  check_running(fence, session);
  if (state == TaskSessionState::running) {
    throw StoreError(ErrorCode::bad_request, m_database.name() + ": a task session cannot end as running");
  }
  TELLINA_ASSERT_PROCESS(charged >= std::chrono::nanoseconds(0));
  const int changed = m_database.execute(
      "UPDATE task_sessions SET state = ?, ended_at = ?, ended_at_ns = ?, charged_before_ns = ?, "
      "segment_started_ns = NULL, sandbox_state = NULL, ended_by = ? WHERE id = ?",
      to_string(state), at.wall, at.monotonic, charged, to_string(cause.value_or(usual_cause(state))), session);
  TELLINA_ASSERT_PROCESS(changed == 1);
  increment_state_number(fence.participant);
}

void Transaction::append_to_participant(const Fence& fence, const std::vector<Record>& records) {
  check(fence);
  for (const Record& record : records) {
    const auto* event = std::get_if<EventRecord>(&record);
    if (!event) {
      throw StoreError(ErrorCode::bad_request,
                       m_database.name() + ": no task runs, so expected only events, got another record");
    }
    add_event(fence.participant, std::nullopt, *event);
  }
}

std::uint64_t Transaction::append(const Fence& fence, TaskSessionId session, const std::vector<Record>& records,
                                  std::uint64_t handed_over) {
  if (session == no_task_session) {
    append_to_participant(fence, records);
    return 0;
  }
  const StreamEnds before = check_running(fence, session);
  RecordAppender appender(m_database, fence.participant, session, before);
  for (const Record& record : records) appender.append(record);
  StreamEnds ends = appender.ends();
  ends.handed_over = std::max(ends.handed_over, std::min(handed_over, ends.input));
  if (ends == before) return ends.handed_over;
  const int changed = m_database.execute(
      "UPDATE task_sessions SET input_end = ?, output_end = ?, answered_offset = ?, command_count = ?, "
      "input_handed_over = ? WHERE id = ?",
      ends.input, ends.output, ends.answered, ends.commands, ends.handed_over, session);
  TELLINA_ASSERT_PROCESS(changed == 1);
  return ends.handed_over;
}

void Transaction::keep_content(const std::string& sha256, BytesView bytes) {
  BlobTable(m_database).keep(sha256, bytes);
}

std::unique_ptr<ParticipantSteps> Transaction::steps(const Fence& fence) {
  check(fence);
  return std::make_unique<FlowTables>(m_database, m_boot_id, fence.participant);
}

bool Transaction::is_connected(ParticipantId participant, MonotonicTime at) {
  const std::optional<Lease> lease = find_lease(participant, m_clock.wall_time());
  if (!lease || lease->worker.empty() || !is_live(*lease, at)) return false;
  // A page that was attached when an earlier worker died has not yet connected to this one.
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
    for (const TaskOutcome& outcome : progress->outcomes) ++summary.outcomes[to_string(outcome.state)];
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

std::vector<ParticipantIdentity> Transaction::list_identities() {
  std::vector<ParticipantIdentity> identities;
  Query row = m_database.query(
      "SELECT label, access_code, listed_in_config OR added_by_command, outcome, coalesce(completion_code, '') "
      "FROM participants ORDER BY id");
  while (row.next()) {
    ParticipantIdentity& identity = identities.emplace_back();
    identity.label = row.text(0);
    identity.access_code = row.text(1);
    identity.can_log_in = row.integer(2) != 0;
    if (!row.is_null(3)) identity.outcome = outcome_named(row.text(3));
    identity.completion_code = row.text(4);
  }
  return identities;
}

std::optional<Bytes> Transaction::read_key(const std::string& name) {
  Query row = m_database.query("SELECT key FROM store_keys WHERE name = ?", name);
  if (!row.next()) return std::nullopt;
  return row.text(0);
}

void Transaction::sync_tasks(const Study& study, const std::string& file, Timestamp at) {
  sync_task_definitions(m_database, study, file, at);
}

}  // namespace tellina
