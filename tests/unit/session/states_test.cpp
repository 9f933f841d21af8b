#include "host/text/sha256.hpp"
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

/// What the record has of checks, and of the files after each command.
class StatesTest : public SessionTest {
 protected:
  StatesTest() {
    environment.contents = std::make_shared<ContentQueue>(loop, *store, environment.fault_log);
    backend.during_start = [this](const SandboxSpec& spec) { m_initial = spec.initial; };
  }
  ~StatesTest() override {
    session.reset();
    environment.contents.reset();
  }

  /// A task that wants the file `a` with "1", and has `b` with "0" at the start.
  void begin_files() {
    Task task;
    task.type = TaskType::filesystem;
    task.initial.root.children["b"] = FileNode::regular("0");
    task.filesystem_answer.root.children["a"] = FileNode::regular("1");
    task.filesystem_answer.root.children["b"] = FileNode::regular("0");
    begin(task);
  }
  void begin(Task task) {
    task.description = "d";
    auto study = std::make_shared<Study>(*environment.study);
    study->tasks[0] = std::move(task);
    environment.study = study;
    open();
    say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
    start_task(1);
    loop.advance(seconds(11));
  }
  void run(const std::string& command, const std::string& output = "") {
    backend.shell().run(command, output);
    loop.advance(seconds(11));  // the rest after a check
  }
  void put(const Bytes& name, const Bytes& content) { children()[name] = file(content); }
  static FileNode file(const Bytes& content) {
    FileNode node = FileNode::regular(content);
    node.mode = 0644;
    node.owner = "me";
    node.modified_at = WallTime(seconds(1'500'000'000));
    return node;
  }
  std::map<Bytes, FileNode>& children() { return backend.shell().home.root.children; }
  std::string rows(const std::string& columns) {
    return stored("SELECT coalesce(group_concat(row, ' '), '') FROM (SELECT " + columns +
                  " AS row FROM recorded_states ORDER BY id)");
  }
  std::string content(const Bytes& bytes) {
    return stored("SELECT count(*) FROM blobs WHERE sha256 = '" + sha256(bytes) + "' AND hex(bytes) = '" +
                  hexadecimal_upper(bytes) + "'");
  }
  static std::string hexadecimal_upper(const Bytes& bytes) {
    std::string digits = hexadecimal(bytes);
    for (char& digit : digits) digit = static_cast<char>(std::toupper(static_cast<unsigned char>(digit)));
    return digits;
  }

 private:
  FileTree m_initial;
};

TEST_F(StatesTest, EachCommandOfAFileTaskHasTheFilesAfterIt) {
  begin_files();
  expect_stored("SELECT count(*) FROM recorded_states", "1");
  EXPECT_EQ(rows("command_number || ' ' || (changes IS NULL) || ' ' || distance"), "0 1 2.0")
      << "no home has files yet";
  put("a", "2");
  put("b", "0");
  run("echo 2 > a");
  run("true");
  put("a", "1");
  run("echo 1 > a");
  expect_stored("SELECT state FROM results", "passed");
  EXPECT_EQ(rows("command_number || ':' || changed_entries || ':' || passed || ':' || distance || ':' || raced"),
            "0:0:0:2.0:0 1:2:0:1.0:0 2:0:0:1.0:0 3:1:1:0.0:0");
  EXPECT_THAT(rows("coalesce(changes, '')"),
              HasSubstr("[[\"a\",\"file\",\"0644\",\"me\",1,\"2017-07-14T02:40:00Z\",\"" + sha256("1") + "\"]]"));
  EXPECT_EQ(stored("SELECT group_concat(command_number || ' ' || share_left, '; ') FROM progress"),
            "0 1.0; 1 0.5; 2 0.5; 3 0.0");
  for (const char* bytes : {"0", "1", "2"}) EXPECT_EQ(content(bytes), "1") << bytes;
  EXPECT_EQ(stored("SELECT count(*) FROM recorded_states s JOIN blobs b ON b.sha256 = s.tree_sha256"), "1")
      << "of the first state, the listing is kept";
  EXPECT_EQ(stored("SELECT count(DISTINCT tree_sha256) FROM recorded_states"), "3") << "command 2 changed nothing";
}

TEST_F(StatesTest, NoSnapshotIsTakenForThem) {
  begin_files();
  const int at_start = backend.shell().snapshots;
  for (int i = 0; i < 5; ++i) run("true");
  EXPECT_EQ(backend.shell().snapshots - at_start, 10) << "one when a command ends, one after the prompt, as ever";
  expect_stored("SELECT count(*) FROM recorded_states", "6");
}

TEST_F(StatesTest, AnUnchangedHomeIsTheLastOne) {
  begin_files();
  backend.shell().version = "one";
  put("a", "2");
  run("echo 2 > a");
  run("true");
  EXPECT_EQ(backend.shell().asked_for.unless, "one");
  expect_stored("SELECT count(*) FROM recorded_states", "3");
  EXPECT_EQ(rows("command_number || ':' || coalesce(changed_entries, '') || ':' || distance"),
            "0:0:2.0 1:1:2.0 2:0:2.0");
  // What a background job changes has a row of its own.
  backend.shell().version = "two";
  put("c", "from a job");
  type(0, "x");
  ++backend.shell().activity.stamp;
  loop.advance(seconds(20));
  expect_stored("SELECT count(*) FROM recorded_states", "4");
  run("true");
  expect_stored("SELECT changes FROM recorded_states WHERE command_number = 3", "[]");
  expect_stored("SELECT changes FROM recorded_states WHERE command_number = 2 ORDER BY id DESC LIMIT 1",
                "[[\"c\",\"file\",\"0644\",\"me\",10,\"2017-07-14T02:40:00Z\",\"" + sha256("from a job") + "\"]]");
  EXPECT_EQ(content("from a job"), "1");
}

TEST_F(StatesTest, ARunningProgramThatPassesTheTaskHasARow) {
  begin_files();
  backend.shell().begin("vim a");
  put("a", "1");
  put("b", "0");
  backend.shell().print("written\r\n");
  loop.advance(seconds(3));
  expect_stored("SELECT state FROM results", "passed");
  EXPECT_EQ(rows("command_number || ':' || passed || ':' || raced"), "0:0:0 1:1:1");
}

TEST_F(StatesTest, SaysThatSomethingRanMeanwhile) {
  begin_files();
  pool.time_of_calls = milliseconds(100);
  backend.shell().run("true", "");
  loop.advance(milliseconds(50));
  backend.shell().begin("sleep 1");
  loop.advance(seconds(30));
  expect_stored("SELECT count(*) FROM recorded_states", "2");
  EXPECT_EQ(rows("command_number || ':' || raced"), "0:0 1:1");
  pool.time_of_calls = milliseconds(0);
  backend.shell().home.raced = true;
  backend.shell().end(0);
  loop.run_until_idle();
  backend.shell().home.raced = false;
  loop.advance(seconds(30));
  expect_stored("SELECT count(*) FROM recorded_states", "4");
  EXPECT_EQ(rows("command_number || ':' || raced || ':' || coalesce(passed, '-')"), "0:0:0 1:1:0 2:1:- 2:0:0")
      << "the check is repeated, and so is its row";
}

TEST_F(StatesTest, ContentsAboveTheLimitLeaveOnlyTheirDigest) {
  environment.state_content = 10;
  begin_files();
  put("a", "1234567");
  run("true");
  put("a", "7654321");
  run("true");
  put("a", "123");
  run("true");
  expect_stored("SELECT count(*) FROM recorded_states", "4");
  EXPECT_EQ(content("1234567"), "1");
  EXPECT_EQ(content("7654321"), "0");
  EXPECT_EQ(content("123"), "1");
  EXPECT_THAT(rows("coalesce(changes, '')"), HasSubstr(sha256("7654321")));
}

TEST_F(StatesTest, ALargeFileHasOnlyItsDigest) {
  begin_files();
  const Bytes large(1024 * 1024 + 1, 'x');
  put("a", large);
  run("true");
  expect_stored("SELECT count(*) FROM recorded_states", "2");
  EXPECT_EQ(content(large), "0");
}

TEST_F(StatesTest, ANewSandboxContinuesTheRow) {
  begin_files();
  put("a", "2");
  run("echo 2 > a");
  say(R"({"type":"reset","id":7})");
  loop.advance(seconds(11));
  run("true");
  expect_stored("SELECT count(*) FROM recorded_states", "4");
  EXPECT_EQ(rows("command_number || ':' || coalesce(changes, '')").find("1:[[\"a\"]]") != std::string::npos, true)
      << rows("command_number || ':' || coalesce(changes, '')");
}

TEST_F(StatesTest, TasksOfLinesHaveNone) {
  Task task;
  task.output_answer = "hello\n";
  begin(task);
  run("true");
  expect_stored("SELECT count(*) FROM recorded_commands", "1");
  EXPECT_EQ(stored("SELECT count(*) FROM recorded_states"), "0");
}

TEST_F(StatesTest, CanBeSwitchedOff) {
  environment.contents.reset();
  begin_files();
  run("true");
  expect_stored("SELECT count(*) FROM recorded_commands", "1");
  EXPECT_EQ(stored("SELECT count(*) FROM recorded_states"), "0");
  EXPECT_TRUE(backend.shell().asked_for.content_of);
}

TEST_F(StatesTest, ASearchHasTheDistanceOfWhatTheCommandPrinted) {
  Task task;
  task.type = TaskType::file_search;
  task.initial.root.children = {{"a", file("")}, {"b", file("")}, {"c", file("")}};
  task.path_answer = {"a", "b"};
  begin(task);
  children() = {{"a", file("")}, {"b", file("")}, {"c", file("")}};
  run("ls a c", "a\r\nc\r\n");
  run("ls a b", "a\r\nb\r\n");
  expect_stored("SELECT state FROM results", "passed");
  EXPECT_EQ(rows("command_number || ':' || distance || ':' || passed"), "0:2.0:0 1:2.0:0 2:0.0:1");
}

TEST_F(StatesTest, TheRecordHasTheChecksThatDiffer) {
  begin_files();
  put("a", "2");
  put("b", "0");
  run("echo 2 > a");
  run("true");
  put("a", "1");
  type(0, "x");
  ++backend.shell().activity.stamp;
  loop.advance(seconds(5));
  expect_stored("SELECT state FROM results", "passed");
  EXPECT_EQ(stored("SELECT group_concat(trigger || ' ' || command_number || ' ' || passed || ' ' || missing || ' ' || "
                   "incorrect, '; ') FROM checks"),
            "output 0 0 2 0; command 1 0 0 1; timer 2 1 0 0");
  EXPECT_EQ(stored("SELECT detail FROM checks WHERE trigger = 'output'"),
            R"([{"path":"a","status":"missing"},{"path":"b","status":"missing"}])");
  EXPECT_EQ(stored("SELECT count(*) FROM events WHERE kind = 'check'"), "0") << "they are in one place only";
  EXPECT_EQ(stored("SELECT group_concat(detail, ' ') FROM event_log WHERE kind = 'check' AND participant_id = 'P001'"),
            R"({"passed":false,"matched":0,"missing":2,"extra":0,"incorrect":0} )"
            R"({"passed":false,"matched":1,"missing":0,"extra":0,"incorrect":1} )"
            R"({"passed":true,"matched":2,"missing":0,"extra":0,"incorrect":0})");
  EXPECT_EQ(stored("SELECT group_concat(kind) FROM event_log WHERE kind IN ('started', 'check', 'resize')"),
            "started,check,check,check")
      << "in the order of time";
}

TEST_F(StatesTest, AHandInAndTheLastCheckAreRecordedInAnyCase) {
  Task task;
  task.output_answer = "hello\n";
  task.hand_in = HandIn::button;
  task.tries = 3;
  begin(task);
  run("true", "bye\r\n");
  say(R"({"type":"submit","id":8,"task":1})");
  say(R"({"type":"submit","id":9,"task":1})");
  loop.advance(seconds(60));
  expect_stored("SELECT state FROM results", "timed_out");
  EXPECT_EQ(stored("SELECT group_concat(trigger) FROM checks"), "command,hand_in,hand_in,deadline");
}

}  // namespace
}  // namespace tellina::testing
