#include "host/study/snapshot_limits.hpp"
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HomeCheckTest : public SessionTest {
 protected:
  /// Starts a task that requires this tree.
  void begin_filesystem_task(std::map<Bytes, FileNode> answer) {
    auto study = std::make_shared<Study>(*environment.study);
    study->tasks[0] = study->tasks[1];
    study->tasks[0].filesystem_answer.root.children = std::move(answer);
    environment.study = study;
    begin_task();
    loop.advance(seconds(2));  // the check after the first prompt is done
    before = backend.shell().snapshots;
  }
  int snapshots() { return backend.shell().snapshots - before; }

  int before = 0;
};

TEST_F(HomeCheckTest, AFileOfMoreThanOneMebibytePassesTheTask) {
  const FileNode large = FileNode::regular(Bytes(1024 * 1024 + 1, 'x'));
  begin_filesystem_task({{"large", large}});
  backend.shell().home.root.children["large"] = large;
  backend.shell().run("make large", "");
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(port.last("state")["state"].as_object()["previous"].as_object()["state"], "passed");
}

TEST_F(HomeCheckTest, IsTakenOnceASecondWhileThereIsOutputAndNoCommandEnds) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  for (int i = 0; i < 100; ++i) {
    backend.shell().print("a line of a command that continues\r\n");
    loop.advance(milliseconds(100));
  }
  loop.advance(seconds(2));
  EXPECT_GE(snapshots(), 9);
  EXPECT_LE(snapshots(), 11);
  const int after_the_last_line = snapshots();
  loop.advance(seconds(10));
  EXPECT_EQ(snapshots(), after_the_last_line) << "nothing was printed";
}

TEST_F(HomeCheckTest, ACommandThatEndsDuringASnapshotIsFollowedByAnother) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  pool.time_of_calls = milliseconds(100);
  backend.shell().run("true", "");
  loop.advance(milliseconds(50));
  backend.shell().run("touch a", "");
  loop.advance(milliseconds(50));
  EXPECT_EQ(snapshots(), 1);
  backend.shell().home.root.children["a"] =
      FileNode::regular("");         // did not exist when the first snapshot read this folder
  loop.advance(milliseconds(1000));  // the rest after a check of 100 ms, and the next one
  EXPECT_EQ(snapshots(), 2);
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(port.last("state")["state"].as_object()["previous"].as_object()["state"], "passed");
}

TEST_F(HomeCheckTest, ASnapshotOfAChangingHomeIsRepeatedAfterASecond) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  loop.advance(seconds(8));  // the shell is idle
  before = backend.shell().snapshots;
  type(0, "x");
  ++backend.shell().activity.stamp;
  backend.shell().home.raced = true;
  loop.advance(seconds(2));
  EXPECT_EQ(snapshots(), 1);
  backend.shell().home.raced = false;
  backend.shell().home.root.children["a"] = FileNode::regular("");
  loop.advance(milliseconds(999));
  EXPECT_EQ(snapshots(), 1);
  loop.advance(milliseconds(1));
  EXPECT_EQ(snapshots(), 2);
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(port.last("state")["state"].as_object()["previous"].as_object()["state"], "passed");
}

TEST_F(HomeCheckTest, ACheckSaysHowMuchMemoryItMayNeed) {
  begin_filesystem_task({{"a", FileNode::regular(Bytes(1000, 'x'))}});
  backend.shell().print("made a\r\n");
  loop.advance(seconds(1));
  EXPECT_EQ(pool.most_memory, memory_for(snapshot_request_for(environment.study->tasks[0].filesystem_answer)));
}

TEST_F(HomeCheckTest, ARunningCommandPassesTheTaskWithinASecondOfItsOutput) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  backend.shell().home.root.children["a"] = FileNode::regular("");
  backend.shell().print("made a, and I continue\r\n");
  loop.advance(milliseconds(999));
  EXPECT_EQ(snapshots(), 0);
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(port.last("state")["state"].as_object()["previous"].as_object()["state"], "passed");
}

TEST_F(HomeCheckTest, WantsTheContentOfWhatTheAnswerCompares) {
  FileNode website = FileNode::directory();
  website.children["page"] = FileNode::regular("text");
  website.children["any"] = FileNode(FileKind::regular);
  website.children["sized"] = FileNode(FileKind::regular);
  website.children["sized"].size = 7;
  begin_filesystem_task({{"a", FileNode::regular("")}, {"web", website}, {"link", FileNode::symlink("a")}});
  EXPECT_EQ(backend.shell().asked_for.content_of, (std::set<Bytes>{"a", "web/page"}));
}

TEST_F(HomeCheckTest, ComparesNoHomeThatIsUnchanged) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  ScriptedShell& shell = backend.shell();
  EXPECT_EQ(shell.asked_for.unless, "");
  shell.version = "one";
  shell.run("true", "");
  loop.advance(seconds(5));
  port.texts.clear();
  shell.run("true", "");
  loop.advance(seconds(1));
  EXPECT_EQ(shell.asked_for.unless, "one");
  EXPECT_EQ(port.last("progress").at("missing"), 1) << "the result of the last comparison is still true";
  // If it were compared, it would pass.
  shell.home.root.children["a"] = FileNode::regular("");
  shell.run("true", "");
  loop.advance(seconds(5));
  EXPECT_EQ(stored("SELECT state FROM results"), "running");
  shell.version = "two";
  shell.run("true", "");
  expect_stored("SELECT state FROM results", "passed");
}

TEST_F(HomeCheckTest, UsesNoVersionOfAHomeThatRacedOrWasTruncated) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  for (const bool has_raced : {true, false}) {
    ScriptedShell& shell = backend.shell();
    (has_raced ? shell.home.raced : shell.home.truncated) = true;
    shell.version = has_raced ? "raced" : "truncated";
    shell.run("true", "");
    loop.advance(seconds(5));
    shell.run("true", "");
    loop.advance(seconds(5));
    EXPECT_EQ(shell.asked_for.unless, "") << has_raced;
    shell.home = FileTree();
    shell.version.clear();
    shell.run("true", "");
    loop.advance(seconds(5));
  }
}

TEST_F(HomeCheckTest, ANewSandboxHasNoVersionYet) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  backend.shell().version = "one";
  backend.shell().run("true", "");
  loop.advance(seconds(1));
  say(R"({"type":"reset","id":8})");
  ASSERT_TRUE(wait_for("done"));
  loop.advance(seconds(2));
  EXPECT_GT(backend.shell().snapshots, 0);
  EXPECT_EQ(backend.shell().asked_for.unless, "");
}

TEST_F(HomeCheckTest, ABackendThatBreaksItsPromisesAboutVersionsIsReported) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  backend.shell().says_unchanged = true;
  backend.shell().run("true", "");
  loop.advance(seconds(2));
  backend.shell().says_unchanged = false;
  EXPECT_THAT(log.lines(), ::testing::Contains(::testing::HasSubstr("got that nothing has changed since none")));
  loop.advance(seconds(30));
  EXPECT_EQ(stored("SELECT state FROM results"), "running");
  backend.shell().version = std::string(limits::snapshot_version, 'x');
  backend.shell().home.root.children["a"] = FileNode::regular("");
  backend.shell().run("true", "");
  expect_stored("SELECT state FROM results", "passed");
}

TEST_F(HomeCheckTest, AVersionIsBounded) {
  begin_filesystem_task({{"a", FileNode::regular("")}});
  backend.shell().version = std::string(limits::snapshot_version + 1, 'x');
  backend.shell().home.root.children["a"] = FileNode::regular("");
  backend.shell().run("true", "");
  loop.advance(seconds(2));
  EXPECT_THAT(log.lines(), ::testing::Contains(::testing::HasSubstr("of at most 64 bytes, got one of 65")));
  EXPECT_EQ(stored("SELECT state FROM results"), "running");
}

}  // namespace
}  // namespace tellina::testing
