#include <cstring>
#include <functional>

#include "fuzz/target.hpp"
#include "host/store/schema.hpp"
#include "host/store/transaction.hpp"
#include "host/study/state_json.hpp"
#include "host/study/study_progress.hpp"

namespace tellina::fuzz {
namespace {

constexpr const char* worker = "w";
constexpr const char* boot = "boot";

class FixedClock final : public Clock {
 public:
  MonotonicTime now() const override { return MonotonicTime(std::chrono::hours(1)); }
  WallTime wall_time() const override { return WallTime(std::chrono::seconds(1'700'000'000)); }
};

const FixedClock fixed_clock;

Study make_study() {
  Study study;
  study.tasks.resize(2);
  for (Task& task : study.tasks) task.definition_hash = task.description = "d";
  return study;
}

/// A store in memory with a participant whose first task has ended and whose second one runs.
void fill(Database& database) {
  migrate(database, fixed_clock);
  Transaction its_transaction(database, fixed_clock, boot);
  StoreTransaction& transaction = its_transaction;
  const Timestamp at(fixed_clock);
  transaction.sync_tasks(make_study(), "study.json", at);
  transaction.sync_access_codes({"bob", "alice"}, at);
  WorkerIdentity identity;
  identity.id = worker;
  identity.process_id = 1;
  identity.boot_id = boot;
  transaction.register_worker(identity, at);
  const ParticipantId bob = transaction.find_participant("bob").value();
  const Fence fence = transaction.acquire_lease(bob, worker, at).fence;
  TaskSettings settings;
  settings.duration = std::chrono::seconds(60);
  const TaskSessionRow first = transaction.begin_task_session(fence, 1, "stdout", "s1", "b1", at, settings);
  InputRecord input;
  input.bytes = "ls\n";
  transaction.append(fence, first.id, {input});
  transaction.end_task_session(fence, first.id, TaskSessionState::passed, std::chrono::seconds(5), at);
  transaction.begin_task_session(fence, 2, "stdout", "s2", "b2", at, settings);
  transaction.add_login(bob, std::string(64, 'a'), at);
}

class Column {
 public:
  std::string table;
  std::string name;
};

std::vector<Column> columns_of(Database& database) {
  std::vector<Column> columns;
  Query query = database.query(
      "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1, "
      "c.cid");
  while (query.next()) columns.push_back({query.text(0), query.text(1)});
  return columns;
}

/// Sets values of any type where no constraint of the index forbids it.
void damage(Database& database, const std::vector<Column>& columns, Pieces& pieces) {
  for (int changes = 0; changes < 8 && !pieces.empty(); ++changes) {
    const Column& column = columns[pieces.octet() % columns.size()];
    const std::string sql = "UPDATE OR IGNORE " + column.table + " SET " + column.name + " = ?";
    const std::uint8_t kind = pieces.octet();
    try {
      switch (kind % 5) {
        case 0:
          database.execute(sql, std::nullopt);
          break;
        case 1:
          database.execute(sql, static_cast<std::int64_t>(pieces.number()));
          break;
        case 2: {
          const std::uint64_t bits = pieces.number();
          double value = 0;
          std::memcpy(&value, &bits, sizeof value);
          database.execute(sql, value);
          break;
        }
        case 3:
          database.execute(sql, std::string(pieces.until('\xff')));
          break;
        default:
          database.execute(sql, Blob(pieces.until('\xff')));
      }
    } catch (const StoreError&) {
    }
  }
}

/// Does what a server does with an existing record.
void resume(Database& database) {
  static const Study study = make_study();
  Transaction its_transaction(database, fixed_clock, boot);
  StoreTransaction& transaction = its_transaction;
  const Timestamp at(fixed_clock);
  const auto attempt = [](const std::function<void()>& act) {
    try {
      act();
    } catch (const Error&) {
    }
  };
  attempt([&] { transaction.list_participants(2); });
  attempt([&] { transaction.count_study(2); });
  attempt([&] { transaction.find_login(std::string(64, 'a')); });
  attempt([&] { transaction.sync_tasks(study, "study.json", at); });
  attempt([&] { transaction.sync_access_codes({"bob"}, at); });
  attempt([&] { transaction.retire_dead_workers(at); });
  SandboxBackendChoice backend;
  backend.plugin = "chroot";
  attempt([&] {
    for (const std::string& dead : transaction.claim_sweeps(worker, backend)) transaction.record_sweep(dead, at);
  });
  attempt([&] { transaction.claim_sweeps_of_others("w2", backend); });
  attempt([&] { transaction.find_orphans(at); });
  attempt([&] { transaction.find_sandboxes_in_use(); });
  attempt([&] {
    const auto participant = transaction.find_participant("bob");
    if (!participant) return;
    const auto found = transaction.find_progress(*participant);
    if (found) state_json(study, *found, fixed_clock.now());
    LeaseResult lease = transaction.acquire_lease(*participant, "w2", at);
    if (!lease.acquired) lease = transaction.acquire_lease(*participant, worker, at);
    if (!lease.acquired) return;
    StudyProgress progress(lease.progress);
    progress.apply(study, StudyProgress::ClientArrived());
    state_json(study, progress.values(), fixed_clock.now());
    if (!progress.task_runs()) return;
    const TaskSessionRow& row = *progress.values().latest;
    InputRecord input;
    input.offset = row.input_end;
    input.bytes = "x";
    transaction.append(lease.fence, row.id, {input});
    transaction.set_clock(lease.fence, row.id, row.charged, at.monotonic);
    transaction.end_task_session(lease.fence, row.id, TaskSessionState::timed_out, row.charged, at);
  });
  attempt([&] { transaction.reset_participant("bob", at); });
}

}  // namespace

/// A record with arbitrary values in its rows: it is read, or refused with an error. The first octet 0x80 or above: a
/// record of an older version, which is migrated.
FUZZ_TARGET(database_row) {
  Pieces pieces(input);
  const std::uint8_t first = pieces.octet();
  if (first < 0x80) {
    static Database database(":memory:", "db.sqlite3", Opening::create);
    static const std::vector<Column> columns = [] {
      fill(database);
      database.run_script("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF");
      return columns_of(database);
    }();
    database.execute("BEGIN");
    damage(database, columns, pieces);
    resume(database);
    database.roll_back();
    return;
  }
  Database old(":memory:", "old.sqlite3", Opening::create);
  const int version = 1 + first % (newest_schema_version() - 1);
  for (int from = 0; from < version; ++from) old.run_script(migration_script(from));
  old.run_script("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF");
  old.run_script(
      "INSERT INTO participants (id, access_code, listed_in_config, added_at) VALUES (1, 'bob', 1, '2024');"
      "INSERT INTO workers (id, process_id, process_start_ticks, boot_id, registered_at, registered_at_ns)"
      " VALUES ('w', 1, 1, 'boot', '2024', 1);"
      "INSERT INTO leases (participant_id, worker_id, fence, boot_id, renewed_at, renewed_at_ns)"
      " VALUES (1, 'w', 1, 'boot', '2024', 1);"
      "INSERT INTO events (participant_id, kind, detail, at, at_ns) VALUES (1, 'attached', '{}', '2024', 1)");
  old.execute("PRAGMA user_version = " + std::to_string(version));
  damage(old, columns_of(old), pieces);
  try {
    migrate(old, fixed_clock);
    FUZZ_EXPECT(old.integer("PRAGMA user_version") == newest_schema_version());
  } catch (const StoreError&) {
    return;
  }
  old.execute("BEGIN");
  resume(old);
  old.roll_back();
}

}  // namespace tellina::fuzz
