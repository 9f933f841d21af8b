#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

class CommandCheckTest : public SessionTest {
 protected:
  void begin(Task task) {
    task.description = "find them";
    task.initial.root.children = home();
    auto study = std::make_shared<Study>(*environment.study);
    study->tasks[0] = std::move(task);
    environment.study = study;
    begin_task();
    backend.shell().home.root.children = home();
    loop.advance(seconds(2));
  }
  void begin_search(bool files_may_change = false) {
    Task task;
    task.type = TaskType::file_search;
    task.path_answer = {"a/x", "b"};
    task.files_may_change = files_may_change;
    task.feedback = Feedback::own;
    begin(std::move(task));
  }
  static std::map<Bytes, FileNode> home() {
    FileNode folder = FileNode::directory();
    folder.children["x"] = FileNode::regular("");
    return {{"a", folder}, {"b", FileNode::regular("")}};
  }
  /// Waits until the task is passed.
  bool passes() {
    loop.advance(seconds(1));
    if (!wait_for("state", 2)) return false;
    return port.last("state")["state"].as_object()["previous"].as_object()["state"] == "passed";
  }
  /// After all checks of what has happened.
  bool runs_on() {
    loop.advance(seconds(3));
    return port.count("state") == 1;
  }
  json::object progress() { return port.last("progress"); }
};

TEST_F(CommandCheckTest, ACommandThatPrintsThePathsPassesTheTask) {
  begin_search();
  backend.shell().run("find", "a/x\r\nb\r\n");
  EXPECT_TRUE(passes());
}

TEST_F(CommandCheckTest, ThePageSeesWhatACommandFound) {
  begin_search();
  backend.shell().run("find", "b\r\na\r\n");
  loop.advance(seconds(1));
  EXPECT_EQ(progress()["matched"], 1);
  EXPECT_EQ(progress()["missing"], 1);
  EXPECT_EQ(progress()["extra"], 1);
  EXPECT_EQ(json::serialize(progress()["detail"]),
            R"([{"path":"b","status":"matched"},{"path":"a","status":"extra"}])");
  EXPECT_FALSE(progress().contains("changed_names"));
}

TEST_F(CommandCheckTest, OnlyAWholeCommandCounts) {
  begin_search();
  backend.shell().begin("find");
  backend.shell().print("a/x\r\nb\r\n");
  loop.advance(seconds(10));
  EXPECT_EQ(port.count("progress"), 0) << "the command may print more";
  backend.shell().print("a\r\n");
  backend.shell().end(0);
  EXPECT_TRUE(runs_on());
  backend.shell().run("find a", "a/x\r\n");
  backend.shell().run("find b", "b\r\n");
  EXPECT_TRUE(runs_on()) << "two commands found them";
}

TEST_F(CommandCheckTest, EachOfSeveralFastCommandsIsJudged) {
  begin_search();
  pool.time_of_calls = milliseconds(100);
  backend.shell().run("true", "");
  loop.advance(milliseconds(50));
  backend.shell().run("find", "a/x\r\nb\r\n");
  backend.shell().run("true", "");
  loop.advance(seconds(3));
  EXPECT_TRUE(passes());
}

TEST_F(CommandCheckTest, ACommandMayNameWhatItRemoves) {
  begin_search(true);
  backend.shell().home.root.children.erase("b");
  backend.shell().run("rm -v", "a/x\r\nb\r\n");
  EXPECT_TRUE(passes());
}

TEST_F(CommandCheckTest, NamesThatHaveChangedPreventAPass) {
  begin_search();
  backend.shell().home.root.children["new"] = FileNode::regular("");
  backend.shell().run("find", "a/x\r\nb\r\n");
  loop.advance(seconds(1));
  EXPECT_EQ(progress()["changed_names"], true);
  EXPECT_EQ(progress()["missing"], 0);
  backend.shell().home.root.children.erase("new");
  backend.shell().home.root.children[".cache"] = FileNode::directory();
  backend.shell().run("find", "a/x\r\nb\r\n");
  EXPECT_TRUE(passes()) << "settings of programs do not count";
}

TEST_F(CommandCheckTest, WhatWasTypedWhileACommandRanDoesNotCount) {
  begin_search();
  backend.shell().begin("cat");
  type(0, "a/x\r");
  backend.shell().print("a/x\r\na/x\r\n");
  type(4, "b\r");
  backend.shell().print("b\r\nb\r\n");
  loop.run_until_idle();
  backend.shell().end(0);
  EXPECT_TRUE(runs_on());
}

TEST_F(CommandCheckTest, LinesAreJudgedWithoutTheHome) {
  Task task;
  task.output_match = OutputMatch::set;
  task.output_answer = "1\n2\n";
  begin(std::move(task));
  const int before = backend.shell().snapshots;
  backend.shell().run("seq", "2\r\n1\r\n2\r\n");
  EXPECT_TRUE(passes());
  EXPECT_EQ(backend.shell().snapshots, before);
}

TEST_F(CommandCheckTest, ASnapshotThatFailsIsTriedAgain) {
  begin_search();
  backend.shell().fails_to_snapshot = true;
  backend.shell().run("find", "a/x\r\nb\r\n");
  loop.advance(seconds(2));
  EXPECT_EQ(port.count("progress"), 0);
  backend.shell().fails_to_snapshot = false;
  loop.advance(seconds(2));
  EXPECT_TRUE(passes());
}

TEST_F(CommandCheckTest, ACommandBeforeAResetDoesNotCount) {
  begin_search();
  pool.time_of_calls = seconds(1);
  backend.shell().run("find", "a/x\r\nb\r\n");
  say(R"({"type":"reset","id":7})");
  loop.advance(seconds(10));
  EXPECT_EQ(port.count("state"), 1);
}

TEST_F(CommandCheckTest, ACommandThatEndsJustBeforeTheDeadlineIsJudged) {
  begin_search();
  loop.advance(milliseconds(57'500));
  pool.time_of_calls = milliseconds(100);
  backend.shell().run("true", "");
  loop.advance(milliseconds(50));
  backend.shell().run("find", "a/x\r\nb\r\n");
  loop.advance(milliseconds(100));
  EXPECT_EQ(port.count("progress"), 1) << "the second command waits for its check";
  EXPECT_TRUE(passes());
}

}  // namespace
}  // namespace tellina::testing
