/// Databases of every older version with 50 task sessions: after the upgrade, the old columns of the old views have the
/// same rows.

#include <gmock/gmock.h>

#include "host/store/schema.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

constexpr int participants = 25;
constexpr int tasks = 2;

std::string moment(int second) {
  char text[48];
  std::snprintf(text, sizeof text, "'2026-01-31T12:%02d:%02d.000001Z'", second / 60 % 60, second % 60);
  return text;
}

/// Rows as a server of version 1 wrote them, with everything that a view reads: text, blobs, null, each state, chunks,
/// gaps, events with and without a task, resets, leases.
std::string rows_of_a_study() {
  const std::vector<std::string> states = {"passed", "timed_out", "gave_up", "reset"};
  std::string sql =
      "BEGIN;INSERT INTO workers (id, process_id, process_start_ticks, boot_id, registered_at, registered_at_ns) "
      "VALUES ('w', 1, 1, 'boot', 'then', 1);";
  for (int task = 1; task <= tasks; ++task) {
    const std::string number = std::to_string(task);
    sql += "INSERT INTO tasks VALUES (" + number + "," + number + ",'hash" + number +
           "','stdout','print it','it',60,1,'then');";
  }
  int session = 0;
  for (int person = 1; person <= participants; ++person) {
    const std::string who = std::to_string(person);
    sql += "INSERT INTO participants (id, access_code, added_at, attempt) VALUES (" + who + ",'code " + who +
           "','then'," + std::to_string(1 + person % 2) + ");";
    sql += "INSERT INTO leases (participant_id, worker_id, fence, boot_id, renewed_at, renewed_at_ns) VALUES (" + who +
           ",'w',1,'boot','then'," + std::to_string(9'000'000'000 + person) + ");";
    sql += "INSERT INTO events (participant_id, kind, detail, at, at_ns) VALUES (" + who +
           ",'visibility','{\"visible\":false}','then',5);";
    for (int task = 1; task <= tasks; ++task) {
      const std::string id = std::to_string(++session);
      const bool runs = person == participants && task == tasks;
      const std::string state = runs ? "running" : states[session % states.size()];
      sql +=
          "INSERT INTO task_sessions (id, participant_id, attempt, task_number, task_type, task_id, state, started_at, "
          "started_at_ns, ended_at, ended_at_ns, reset_at, charged_before_ns, segment_started_ns, stream, sandbox, "
          "input_end, output_end, command_count) VALUES (" +
          id + "," + who + ",1," + std::to_string(task) + ",'stdout'," + std::to_string(task) + ",'" + state + "'," +
          moment(session) + "," + std::to_string(session * 1'000'000'000LL) + "," +
          (runs ? "NULL,NULL" : moment(session + 9) + "," + std::to_string((session + 9) * 1'000'000'000LL)) + "," +
          (state == "reset" ? "'later'" : "NULL") + "," + std::to_string(session * 1'234'567LL) + "," +
          (runs ? "8000000000" : "NULL") + ",'s-" + id + "','box',6,9,2);";
      for (const char* stream : {"input", "output"}) {
        for (int chunk = 0; chunk < 2; ++chunk) {
          sql += "INSERT INTO " + std::string(stream) + "_chunks VALUES (" + id + "," + std::to_string(chunk * 3) +
                 "," + std::to_string(session * 1'000'000'000LL + chunk) + "," + moment(session) + ",x'6c000" +
                 std::to_string(chunk) + "');";
        }
        sql += "INSERT INTO recorded_gaps VALUES (" + id + ",'" + stream + "',6,9,'worker_lost','then',7);";
      }
      for (const char* value : {"'ls'", "x'ff00'"}) {
        sql +=
            "INSERT INTO recorded_commands (task_session_id, command_number, text, cwd, exit_status, started_at, "
            "started_at_ns, ended_at, ended_at_ns, output_from, output_to, output) SELECT " +
            id + ", count(*) + 1," + value + ",'/home/me'," + (runs ? "NULL" : std::to_string(session % 3)) +
            ",'then',5,'later',6,0,3," + value + " FROM recorded_commands WHERE task_session_id = " + id + ";";
      }
      const auto event = [&](const std::string& kind, const std::string& detail) {
        sql += "INSERT INTO events (participant_id, task_session_id, kind, detail, at, at_ns) VALUES (" + who + "," +
               id + ",'" + kind + "'," + detail + "," + moment(session) + "," +
               std::to_string(session * 1'000'000'003LL) + ");";
      };
      event("attached", "'{\"output_offset\":0}'");
      event("check", R"('{"passed":false,"matched":0,"missing":1,"extra":0,"incorrect":0}')");
      event("input_times", "'{\"stream\":\"s-" + id + "\",\"times\":[[0,1.5],[3,2.5]]}'");
      event("paste", "'{\"stream\":\"s-" + id + "\",\"input_offset\":3,\"bytes\":3}'");
      event("focus", R"('{"focused":false}')");
      event("round_trip", "'{\"milliseconds\":12}'");
      event("detached", "NULL");
      event("check", R"('{"passed":true,"matched":1,"missing":0,"extra":0,"incorrect":0}')");
    }
  }
  return sql + "COMMIT;";
}

class UpgradeTest : public ::testing::TestWithParam<int> {
 protected:
  std::string path_of_version(int version) const {
    std::string path = folder / "db.sqlite3";
    Database older(path, path, Opening::create);
    for (int step = 0; step < version; ++step) {
      if (step == 1) older.run_script(rows_of_a_study().c_str());
      older.run_script(migration_script(step));
    }
    if (version == 1) older.run_script(rows_of_a_study().c_str());
    for (int step = 1; step <= version; ++step) {
      older.execute("INSERT INTO schema_versions (version, migrated_at) VALUES (?, 'then')", std::int64_t{step});
    }
    older.run_script(("PRAGMA user_version = " + std::to_string(version)).c_str());
    older.run_script(("PRAGMA application_id = " + std::to_string(store_application_id)).c_str());
    return path;
  }

  /// A SELECT of each view's columns.
  static std::map<std::string, std::string> views_of(Reader& reader) {
    std::map<std::string, std::string> views;
    for (const std::string& view : reader.rows("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")) {
      std::string columns;
      for (const std::string& column : reader.rows("SELECT name FROM pragma_table_info('" + view + "') ORDER BY cid")) {
        columns += (columns.empty() ? "" : ", ") + column;
      }
      views[view] = "SELECT " + columns + " FROM " + view;
    }
    return views;
  }

  TemporaryFolder folder;
  VirtualClock clock;
  CollectingLog log;
};

TEST_P(UpgradeTest, OldViewsGiveTheSameRows) {
  const std::string path = path_of_version(GetParam());
  std::map<std::string, std::string> views;
  std::map<std::string, std::vector<std::string>> before;
  {
    Reader reader(path);
    views = views_of(reader);
    for (const auto& [view, select] : views) before[view] = reader.rows(select);
    ASSERT_EQ(before.at("results").size(), static_cast<std::size_t>(participants * tasks));
    ASSERT_EQ(before.at("commands").size(), static_cast<std::size_t>(2 * participants * tasks));
    ASSERT_EQ(before.at("gaps").size(), static_cast<std::size_t>(2 * participants * tasks));
  }
  Store::open(path, clock, log);
  Reader reader(path);
  ASSERT_EQ(reader.value("PRAGMA user_version"), std::to_string(newest_schema_version()));
  for (const auto& [view, select] : views) {
    EXPECT_EQ(reader.rows(select), before.at(view)) << view << " of version " << GetParam();
  }
  EXPECT_EQ(reader.value("PRAGMA integrity_check"), "ok");
  EXPECT_THAT(reader.rows("PRAGMA foreign_key_check"), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(FromEach, UpgradeTest, ::testing::Range(1, newest_schema_version()),
                         [](const auto& version) { return "Version" + std::to_string(version.param); });

}  // namespace
}  // namespace tellina::testing
