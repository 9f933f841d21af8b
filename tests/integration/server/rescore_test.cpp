/// The files after each command in real sandboxes, and `tellina rescore`.

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class Rescoring : public ServerTest {
 protected:
  void serve(const std::string& tasks, const std::string& more = "") {
    std::filesystem::create_directory(folder() / "check");
    write_text(folder() / "check/check.sh",
               "n=$(tail -n 1 /check/session.jsonl | grep -c 'tar -')\n"
               "tar -tf ~/html.tar 2>/dev/null | grep -qx a.html && exit 0\n"
               "echo '{\"missing\": 1, \"score\": 0.25}'; exit 1\n");
    start(configuration(tasks, more));
  }
  static StudyConfig configuration(const std::string& tasks, const std::string& more = "") {
    StudyConfig config;
    config.tasks = tasks;
    config.more = more;
    return config;
  }
  /// Returns the exit status; `output` and `errors` have what the program has printed.
  int rescore(const std::string& config, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"rescore", "--config", config};
    words.insert(words.end(), more.begin(), more.end());
    ChildProcess child(program_file(), words, folder(), "rescore");
    const std::optional<int> status = child.wait(std::chrono::seconds(120));
    output = child.output();
    errors = child.errors();
    return status.value_or(-1);
  }
  void wait_for_state(TestClient& client, int task, const std::string& state) {
    EXPECT_TRUE(client.wait_until([&] {
      return database().value("SELECT state FROM results WHERE task_number = " + std::to_string(task)) == state;
    })) << task;
  }
  void next_task(TestClient& client, int task) {
    EXPECT_TRUE(client.wait_until([&] { return client.state() == "ready"; }));
    client.start_task(task);
    client.expect_prompt();
  }
  void give_up(TestClient& client, int task) {
    client.send_json(R"({"type": "give_up", "id": 90, "task": )" + std::to_string(task) + "}");
    wait_for_state(client, task, "gave_up");
  }
  /// Waits until the record has the files after this command of the running task.
  void wait_for_row(TestClient& client, int task, int command) {
    EXPECT_TRUE(client.wait_until([&] {
      return database().value(
                 "SELECT count(*) FROM progress p JOIN results r USING (task_session_id) "
                 "WHERE r.task_number = " +
                 std::to_string(task) + " AND p.command_number = " + std::to_string(command)) != "0";
    })) << "task "
        << task << ", command " << command;
  }

  /// The rows, with "|" between their cells.
  std::vector<std::string> table(const std::string& sql) const {
    std::vector<std::string> lines;
    for (const std::vector<std::string>& row : database().rows(sql)) {
      lines.emplace_back();
      for (const std::string& cell : row) lines.back() += (lines.back().empty() ? "" : "|") + cell;
    }
    return lines;
  }

  std::string output;
  std::string errors;
};

constexpr const char* four_tasks = R"([
  {"id": "tidy", "type": "filesystem", "description": "d",
   "initial_filesystem": {"old": {"a.txt": "1", "b.txt": "2"}, "keep.txt": "k"},
   "answer": {"new": {"a.txt": "1", "b.txt": "2"}, "keep.txt": "k"}},
  {"id": "find", "type": "file_search", "description": "d",
   "initial_filesystem": {"x": {"big.txt": "12345", "small.txt": "1"}, "y": {}}, "answer": ["x/big.txt"]},
  {"id": "tar", "type": "command", "description": "d", "initial_filesystem": {"a.html": "a", "b.css": "b"},
   "check": {"run": ["bash", "/check/check.sh"], "folder": "check"}},
  {"id": "hello", "type": "stdout", "description": "d", "answer": "hello", "max_extra_lines": 0}])";

TEST_F(Rescoring, TheRecordHasTheCurveOfATask) {
  serve(four_tasks);
  TestClient bob = join_task();
  bob.run("mkdir new");
  wait_for_row(bob, 1, 1);
  bob.run("mv old/a.txt new; chmod 600 keep.txt");
  wait_for_row(bob, 1, 2);
  bob.run("echo wrong > new/b.txt; rm -r old");
  wait_for_row(bob, 1, 3);
  bob.type("echo -n 2 > new/b.txt\r");
  wait_for_state(bob, 1, "passed");
  const StudyDatabase record = database();
  EXPECT_EQ(table("SELECT command_number, distance, round(share_left, 2), passed, missing, extra, incorrect "
                  "FROM progress WHERE participant_id = 'P001' AND task = 'tidy'"),
            (std::vector<std::string>{"0|6.0|1.0|0|3|3|0", "1|5.0|0.83|0|2|3|0", "2|3.0|0.5|0|1|2|0",
                                      "3|1.0|0.17|0|0|0|1", "4|0.0|0.0|1|0|0|0"}));
  EXPECT_EQ(record.value("SELECT group_concat(value ->> 0) FROM progress p JOIN recorded_states s USING "
                         "(task_session_id, command_number), json_each(s.changes) WHERE command_number = 2"),
            "keep.txt,new,new/a.txt,old,old/a.txt")
      << "the folders have other times";
  EXPECT_EQ(record.value("SELECT value ->> 2 FROM recorded_states, json_each(changes) "
                         "WHERE command_number = 2 AND value ->> 0 = 'keep.txt'"),
            "0600");
  EXPECT_EQ(record.value("SELECT CAST(b.bytes AS TEXT) FROM recorded_states, json_each(changes) v JOIN blobs b ON "
                         "b.sha256 = v.value ->> 6 WHERE command_number = 3 AND v.value ->> 0 = 'new/b.txt'"),
            "wrong\n");
  EXPECT_EQ(record.value("SELECT count(*) FROM recorded_states WHERE raced AND command_number > 0"), "0");
  EXPECT_EQ(record.value("SELECT count(*) FROM events WHERE kind = 'check'"), "0");
  EXPECT_EQ(record.value("SELECT group_concat(passed) FROM checks WHERE trigger = 'command'"), "0,0,0,1");
  EXPECT_EQ(record.value("SELECT count(*) FROM event_log WHERE kind = 'check'"),
            record.value("SELECT count(*) FROM checks"));
}

TEST_F(Rescoring, TheSameCheckAgreesAndAChangedOneJudgesAsIfItHadRun) {
  serve(four_tasks);
  TestClient bob = join_task();
  bob.run("mkdir new; cp old/* new");
  wait_for_row(bob, 1, 1);
  bob.run("true");
  give_up(bob, 1);
  next_task(bob, 2);
  bob.run("find x -type f");
  wait_for_row(bob, 2, 1);
  give_up(bob, 2);
  next_task(bob, 3);
  bob.run("tar -cf html.tar b.css");
  wait_for_row(bob, 3, 1);
  bob.type("tar -rf html.tar a.html\r");
  wait_for_state(bob, 3, "passed");
  next_task(bob, 4);
  bob.run("printf '%s\\n' hello x");
  give_up(bob, 4);

  EXPECT_EQ(rescore("config.json", {"--save", "same"}), 0) << errors;
  EXPECT_EQ(output,
            "tidy: 1 session, 0 passed before, 0 now\n"
            "find: 1 session, 0 passed before, 0 now\n"
            "tar: 1 session, 1 passed before, 1 now\n"
            "hello: 1 session, 0 passed before, 0 now\n");
  // The server is still running.
  EXPECT_EQ(table("SELECT state, command_number, is_approximate FROM rescores ORDER BY id"),
            (std::vector<std::string>{"not_passed|NULL|0", "not_passed|NULL|0", "passed|2|0", "not_passed|NULL|0"}));
  EXPECT_EQ(rescore("config.json", {"--save", "same"}), 2);
  EXPECT_THAT(errors, HasSubstr("--save: expected a new name, got \"same\", which has verdicts"));

  write_text(folder() / "changed.json", configuration(R"([
    {"id": "tidy", "type": "filesystem", "description": "d",
     "initial_filesystem": {"old": {"a.txt": "1", "b.txt": "2"}, "keep.txt": "k"},
     "answer": {"new": {"a.txt": "1", "b.txt": "2"}, "old": {"a.txt": "1", "b.txt": "2"}, "keep.txt": "k"}},
    {"id": "find", "type": "file_search", "description": "d",
     "initial_filesystem": {"x": {"big.txt": "12345", "small.txt": "1"}, "y": {}}, "answer": ["x/big.txt", "x/small.txt"]},
    {"id": "tar", "type": "command", "description": "d", "initial_filesystem": {"a.html": "a", "b.css": "b"},
     "check": {"run": ["bash", "-c", "tar -tf ~/html.tar | grep -q html && ! tar -tf ~/html.tar | grep -q css"]}},
    {"id": "hello", "type": "stdout", "description": "d", "answer": "hello", "max_extra_lines": 1}])")
                                            .text());
  EXPECT_EQ(rescore("changed.json"), 0) << errors;
  EXPECT_THAT(output, ::testing::MatchesRegex(
                          "tidy: 1 session, 0 passed before, 1 now\n"
                          "changed: P001 tidy: gave_up -> passed at command 1 \\([0-9][0-9]:[0-9][0-9]\\)\n"
                          "find: 1 session, 0 passed before, 1 now\n"
                          "changed: P001 find: gave_up -> passed at command 1 \\([0-9][0-9]:[0-9][0-9]\\)\n"
                          "tar: 1 session, 1 passed before, 0 now\n"
                          "changed: P001 tar: passed -> not passed\n"
                          "hello: 1 session, 0 passed before, 1 now\n"
                          "changed: P001 hello: gave_up -> passed at command 1 \\([0-9][0-9]:[0-9][0-9]\\)\n"));
  EXPECT_EQ(database().value("SELECT group_concat(state) FROM results"), "gave_up,gave_up,passed,gave_up")
      << "the verdicts of the study stay";
  EXPECT_EQ(rescore("changed.json", {"--task", "find", "--csv"}), 0);
  EXPECT_THAT(output, HasSubstr("P001,find,2,gave_up,passed,1,"));
  EXPECT_EQ(rescore("changed.json", {"--task", "tidy", "--json"}), 0);
  EXPECT_THAT(output, HasSubstr(R"("before":"gave_up","now":"passed","command_number":1,"in_seconds":)"));
  EXPECT_EQ(rescore("changed.json", {"--task", "tody"}), 2);
  EXPECT_THAT(errors, HasSubstr("--task: expected the id of a task, got \"tody\"; did you mean \"tidy\"?"));
  EXPECT_EQ(rescore("changed.json", {"--database", "none.sqlite3"}), 2);
  EXPECT_THAT(errors, HasSubstr("expected the database of a study, found none: none.sqlite3"));
}

TEST_F(Rescoring, SaysWhatItCannotJudgeAndWhatIsApproximate) {
  serve(four_tasks, R"("recording": {"states": "none", "bytes": false}, )");
  TestClient bob = join_task();
  bob.run("mkdir new");
  give_up(bob, 1);
  for (int task = 2; task <= 3; ++task) {
    next_task(bob, task);
    give_up(bob, task);
  }
  next_task(bob, 4);
  bob.run("printf '%s\\n' hello x");
  give_up(bob, 4);
  EXPECT_EQ(database().value("SELECT count(*) FROM recorded_states"), "0");
  EXPECT_EQ(database().value("SELECT count(*) FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM config_files)"), "0");
  std::string lenient = four_tasks;
  lenient.replace(lenient.find("\"max_extra_lines\": 0"), 20, "\"max_extra_lines\": 9");
  write_text(folder() / "changed.json", configuration(lenient).text());
  EXPECT_EQ(rescore("changed.json"), 0) << errors;
  EXPECT_THAT(output, HasSubstr("cannot be judged: P001 tidy: the files after its commands are not recorded\n"));
  EXPECT_THAT(output, HasSubstr("changed: P001 hello: gave_up -> passed at command 1 ("));
  EXPECT_THAT(output, HasSubstr("), approximate\n"));
}

}  // namespace
}  // namespace tellina::testing
