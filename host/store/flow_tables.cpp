#include "host/store/flow_tables.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "host/runtime/assertion.hpp"
#include "host/store/blob_table.hpp"
#include "host/store/record_appender.hpp"

namespace tellina {
namespace {

[[noreturn]] void refuse(const char* expected, const std::string& found) {
  throw StoreError(ErrorCode::incompatible, std::string("expected ") + expected + ", found \"" + found + "\"");
}

int small_number(const Query& row, int column, const char* what) {
  const std::int64_t number = row.integer(column);
  if (number < 0 || number >= std::numeric_limits<int>::max()) refuse(what, std::to_string(number));
  return static_cast<int>(number);
}

std::optional<Outcome> outcome_of(const Query& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  const std::string name = row.text(column);
  const auto outcome = outcome_named(name);
  if (!outcome) refuse("an outcome", name);
  return outcome;
}

ScheduleEntry entry_of(const Query& row) {
  ScheduleEntry entry;
  entry.position = small_number(row, 0, "a position in the schedule");
  entry.step_id = row.text(1);
  const std::string kind = row.text(2);
  const auto known = entry_kind_named(kind);
  if (!known) refuse("a kind of step", kind);
  entry.kind = *known;
  entry.task = small_number(row, 3, "a task number");
  entry.period = small_number(row, 4, "a period");
  entry.block = row.text(5);
  entry.treatment = row.text(6);
  entry.is_practice = row.integer(7) != 0;
  return entry;
}

/// A damaged time counts as now.
std::chrono::nanoseconds seconds_ago(const Query& row, int column) {
  const double seconds = row.real(column);
  constexpr double longest = 1e9;
  if (!std::isfinite(seconds) || seconds < 0 || seconds > longest) return std::chrono::nanoseconds::zero();
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace

std::vector<AssignedParticipant> read_assigned(Database& database, const std::string& stage, IsBot is_bot,
                                               Timestamp at) {
  std::vector<AssignedParticipant> participants;
  Query row = database.query(
      "SELECT group_name, order_row, outcome, (julianday(?) - julianday(last_seen_at)) * 86400.0 FROM participants "
      "WHERE stage = ? AND is_bot = ? AND group_name IS NOT NULL AND excluded_at IS NULL ORDER BY id",
      at.wall, stage, is_bot == IsBot::yes);
  while (row.next()) {
    AssignedParticipant& one = participants.emplace_back();
    one.group = row.text(0);
    one.order_row = small_number(row, 1, "a row of the orders");
    one.outcome = outcome_of(row, 2);
    one.last_seen = at.wall.time_since_epoch() - seconds_ago(row, 3);
  }
  return participants;
}

FlowRecord FlowTables::read(Timestamp at) {
  FlowRecord record;
  {
    Query row = m_database.query(
        "SELECT assigned_at IS NOT NULL, outcome, completion_code, last_seen_at IS NOT NULL, "
        "(julianday(?) - julianday(last_seen_at)) * 86400.0 FROM participants WHERE id = ?",
        at.wall, m_participant);
    if (!row.next()) return record;
    record.has_group = row.integer(0) != 0;
    record.outcome = outcome_of(row, 1);
    record.completion_code = row.text(2);
    if (row.integer(3) != 0) record.unseen_for = seconds_ago(row, 4);
  }
  {
    Query row = m_database.query(
        "SELECT e.position, e.step_id, e.kind, e.task_number, e.period, e.block, e.treatment, e.is_practice "
        "FROM participants p JOIN recorded_schedule e ON e.participant_id = p.id AND e.attempt = p.attempt "
        "WHERE p.id = ? ORDER BY e.position",
        m_participant);
    while (row.next()) record.schedule.push_back(entry_of(row));
  }
  Query row = m_database.query(
      "SELECT r.position, r.try_number, r.boot_id, r.shown_at_ns, r.result "
      "FROM participants p JOIN recorded_steps r ON r.participant_id = p.id AND r.attempt = p.attempt "
      "WHERE p.id = ? ORDER BY r.shown_at, r.position, r.try_number",
      m_participant);
  while (row.next()) {
    ShownStep& step = record.steps.emplace_back();
    step.position = small_number(row, 0, "a position in the schedule");
    step.try_number = small_number(row, 1, "a number of a try");
    const MonotonicTime shown{std::chrono::nanoseconds(row.integer(3))};
    const bool is_of_this_start = row.text(2) == m_boot_id && shown <= at.monotonic && shown >= MonotonicTime();
    step.shown_at = is_of_this_start ? shown : at.monotonic;
    if (!row.is_null(4)) step.result = row.text(4);
  }
  if (record.steps.empty()) return record;
  Query answer = m_database.query(
      "SELECT a.field, a.value FROM participants p JOIN recorded_answers a ON a.participant_id = p.id "
      "AND a.attempt = p.attempt WHERE p.id = ? AND a.position = ? AND a.try_number = ? ORDER BY a.id",
      m_participant, record.steps.back().position, record.steps.back().try_number);
  while (answer.next()) {
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(answer.text(1), error);
    if (error) refuse("an answer as JSON", answer.text(1));
    record.answers[answer.text(0)] = std::move(value);
  }
  return record;
}

void FlowTables::store_schedule(const std::vector<StoredEntry>& entries, const std::string& design_hash, Timestamp at) {
  m_database.execute("UPDATE participants SET design_hash = nullif(?, '') WHERE id = ?", design_hash, m_participant);
  for (const StoredEntry& stored : entries) {
    const ScheduleEntry& entry = stored.entry;
    m_database.execute(
        "INSERT OR IGNORE INTO recorded_schedule (participant_id, attempt, position, step_id, kind, form, task_number, "
        "task, period, block, treatment, is_practice, at, at_ns) "
        "SELECT id, attempt, ?1, ?2, ?3, nullif(?4, ''), nullif(?5, 0), nullif(?6, ''), nullif(?7, 0), nullif(?8, ''), "
        "nullif(?9, ''), ?10, ?11, ?12 FROM participants WHERE id = ?13",
        entry.position, entry.step_id, to_string(entry.kind), stored.form, entry.task, stored.task_id, entry.period,
        entry.block, entry.treatment, entry.is_practice, at.wall, at.monotonic, m_participant);
  }
}

std::optional<GroupChoice> FlowTables::choose_group(const GroupChooser& choose, Timestamp at) {
  GroupChoice earlier;
  Arrival arrival;
  bool has_group = false;
  IsBot is_bot{};
  {
    Query row = m_database.query(
        "SELECT stage, access_code, group_name, order_row, arrival_number, is_bot FROM participants WHERE id = ?",
        m_participant);
    const bool exists = row.next();
    TELLINA_ASSERT_PROCESS(exists);
    arrival.stage = row.text(0);
    arrival.access_code = row.text(1);
    // A participant whom the researcher has reset keeps their group.
    has_group = !row.is_null(2);
    earlier.group = row.text(2);
    earlier.order_row = small_number(row, 3, "a row of the orders");
    earlier.stage = arrival.stage;
    earlier.arrival_number = row.integer(4);
    is_bot = IsBot{row.integer(5) != 0};
  }
  std::optional<GroupChoice> choice = earlier;
  if (!has_group) {
    {
      Query row = m_database.query(
          "SELECT coalesce(max(arrival_number), 0) + 1 FROM participants WHERE stage = ? AND is_bot = ?", arrival.stage,
          is_bot == IsBot::yes);
      if (row.next()) arrival.number = row.integer(0);
    }
    choice = choose(read_assigned(m_database, arrival.stage, is_bot, at), arrival, at.wall.time_since_epoch());
  }
  if (!choice) return std::nullopt;
  const int changed = m_database.execute(
      "UPDATE participants SET group_name = ?, order_row = ?, arrival_number = ?, assigned_at = ?, last_seen_at = ? "
      "WHERE id = ?",
      choice->group, choice->order_row, choice->arrival_number, at.wall, at.wall, m_participant);
  TELLINA_ASSERT_PROCESS(changed == 1);
  return choice;
}

void FlowTables::show(int position, int try_number, Timestamp at) {
  m_database.execute(
      "INSERT INTO recorded_steps (participant_id, attempt, position, try_number, shown_at, shown_at_ns, boot_id) "
      "SELECT id, attempt, ?, ?, ?, ?, ? FROM participants WHERE id = ?",
      position, try_number, at.wall, at.monotonic, m_boot_id, m_participant);
  increment_state_number();
}

void FlowTables::keep_answer(const StoredAnswer& answer, Timestamp at) {
  m_database.execute(
      "INSERT INTO recorded_answers (participant_id, attempt, position, try_number, field, value, is_final, at, at_ns) "
      "SELECT id, attempt, ?, ?, ?, ?, ?, ?, ? FROM participants WHERE id = ?",
      answer.position, answer.try_number, answer.field, answer.value, answer.is_final, at.wall, at.monotonic,
      m_participant);
}

void FlowTables::leave(const StoredStepEnd& end, Timestamp at) {
  const int changed = m_database.execute(
      "UPDATE recorded_steps SET done_at = ?1, done_at_ns = ?2, result = ?3 WHERE participant_id = ?4 "
      "AND attempt = (SELECT attempt FROM participants WHERE id = ?4) AND position = ?5 AND try_number = ?6 "
      "AND result IS NULL",
      at.wall, at.monotonic, end.result, m_participant, end.position, end.try_number);
  if (changed != 1) {
    throw StoreError(ErrorCode::bad_request, m_database.name() + ": participant " + std::to_string(m_participant) +
                                                 " has left step " + std::to_string(end.position) + " before");
  }
  increment_state_number();
  for (const StoredAnswer& answer : end.answers) keep_answer(answer, at);
  if (end.consent_version.empty()) return;
  m_database.execute("UPDATE participants SET consent_version = ?, consented_at = ? WHERE id = ?", end.consent_version,
                     at.wall, m_participant);
}

void FlowTables::record_outcome(Outcome outcome, const std::string& completion_code, Timestamp at) {
  m_database.execute(
      "UPDATE participants SET outcome = ?, outcome_at = ?, completion_code = nullif(?, '') WHERE id = ?",
      to_string(outcome), at.wall, completion_code, m_participant);
  increment_state_number();
}

void FlowTables::erase(Timestamp at) {
  BlobTable blobs(m_database);
  const std::set<std::string> contents = blobs.of_participant(m_participant);
  for (const char* const table : {"input_chunks", "output_chunks", "recorded_gaps", "recorded_commands",
                                  "recorded_checks", "recorded_states", "recorded_masks", "rescores"}) {
    m_database.execute(std::string("DELETE FROM ") + table +
                           " WHERE task_session_id IN (SELECT id FROM task_sessions WHERE participant_id = ?)",
                       m_participant);
  }
  for (const char* const table :
       {"events", "recorded_answers", "recorded_steps", "recorded_schedule", "task_sessions"}) {
    m_database.execute(std::string("DELETE FROM ") + table + " WHERE participant_id = ?", m_participant);
  }
  blobs.remove_unnamed(contents);
  m_database.execute(
      "UPDATE participants SET external_id = NULL, entry_parameters = NULL, browser_hash = NULL, "
      "consent_version = NULL, consented_at = NULL WHERE id = ?",
      m_participant);
  insert_event(m_database, m_participant, std::nullopt, EventRecord("erased", {}, at));
}

void FlowTables::set_last_seen(const std::string& stage, Timestamp at) {
  m_database.execute(
      "UPDATE participants SET stage = iif(first_seen_at IS NULL, ?1, stage), "
      "first_seen_at = coalesce(first_seen_at, ?2), last_seen_at = ?2 WHERE id = ?3",
      stage, at.wall, m_participant);
}

void FlowTables::increment_state_number() {
  m_database.execute("UPDATE participants SET state_number = state_number + 1 WHERE id = ?", m_participant);
}

std::string FlowTables::label() {
  Query row = m_database.query("SELECT label FROM participants WHERE id = ?", m_participant);
  return row.next() ? row.text(0) : std::string();
}

Bytes FlowTables::find_key(const std::string& name, const Bytes& candidate) {
  m_database.execute("INSERT OR IGNORE INTO store_keys (name, key) VALUES (?, ?)", name, Blob(candidate));
  Query row = m_database.query("SELECT key FROM store_keys WHERE name = ?", name);
  const bool exists = row.next();
  TELLINA_ASSERT_PROCESS(exists);
  return row.text(0);
}

}  // namespace tellina
