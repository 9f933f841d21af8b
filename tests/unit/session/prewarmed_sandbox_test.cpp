#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class PrewarmedSandboxTest : public SessionTest {
 protected:
  PrewarmedSandboxTest() { environment.prewarms_sandboxes = true; }
  void greet(KeepingPort& page) { say(page, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})"); }
  /// A page that shows task 1, and its sandbox.
  void read_task() {
    open();
    greet(port);
    ASSERT_TRUE(wait([&] { return backend.shells.size() == 1; }));
    loop.run_until_idle();
  }
};

TEST_F(PrewarmedSandboxTest, IsTheOneInWhichTheTaskBegins) {
  read_task();
  say(R"({"type":"resize","columns":100,"rows":30})");
  loop.advance(std::chrono::seconds(30));
  start_task(1);
  ASSERT_TRUE(wait([&] { return port.output.find("$ ") != Bytes::npos; }));
  EXPECT_EQ(backend.starts, 1);
  EXPECT_EQ(backend.shell().size, TerminalSize(100, 30));
  EXPECT_EQ(stored("SELECT sandbox FROM task_sessions"), backend.shell().spec.id);
  EXPECT_EQ(stored("SELECT count(*) FROM output_bytes o JOIN results r USING (task_number) WHERE o.at >= r.started_at"),
            stored("SELECT count(*) FROM output_bytes"))
      << "the shell's earlier output belongs to the task that shows it";
  type(0, "x");
  EXPECT_EQ(backend.shell().typed(), "x");
}

TEST_F(PrewarmedSandboxTest, HasTheTimeZoneOfThePage) {
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"timezone":"Europe/Berlin"})");
  ASSERT_TRUE(wait([&] { return backend.shells.size() == 1; }));
  EXPECT_EQ(backend.shell().spec.environment.at("TZ"), "Europe/Berlin");
  start_task(1);
  ASSERT_TRUE(wait_for("welcome", 2));
  say(R"({"type":"reset","id":2})");
  ASSERT_TRUE(wait([&] { return backend.shells.size() == 2; }));
  EXPECT_EQ(backend.shell().spec.environment.at("TZ"), "Europe/Berlin") << "the replacement has it, too";
  EXPECT_THAT(stored("SELECT detail FROM events WHERE kind = 'attached'"), HasSubstr(R"("timezone":"Europe/Berlin")"));
}

TEST_F(PrewarmedSandboxTest, IsAwaitedIfTheTaskStartsFirst) {
  open();
  session->on_text(port, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  session->on_text(port, R"({"type":"start_task","id":1,"task":1})");
  ASSERT_TRUE(wait_for("welcome", 2));
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(backend.starts, 1);
}

TEST_F(PrewarmedSandboxTest, IsRemovedSomeSecondsAfterThePageHasLeft) {
  read_task();
  session->detach(port, "gone");
  loop.advance(limits::kept_sandbox - std::chrono::milliseconds(1));
  EXPECT_FALSE(backend.shell().is_destroyed);
  EXPECT_FALSE(session->is_idle());
  loop.advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(wait([&] { return backend.shell().is_destroyed; }));
  ASSERT_TRUE(wait([&] { return idle_calls == 1; }));
}

TEST_F(PrewarmedSandboxTest, IsTheSameForAPageThatIsReloadedAgainAndAgain) {
  read_task();
  for (int visit = 0; visit < 50; ++visit) {
    session->detach(port, "reloaded");
    loop.advance(limits::kept_sandbox / 2);
    session->attach(port);
    greet(port);
  }
  loop.advance(2 * limits::kept_sandbox);
  EXPECT_EQ(backend.starts, 1);
  EXPECT_FALSE(backend.shell().is_destroyed) << "a page shows the task";
  start_task(1);
  EXPECT_EQ(backend.starts, 1);
}

TEST_F(PrewarmedSandboxTest, ThatNobodyNeedsAnyMoreIsNotStarted) {
  pool.time_of_starts = std::chrono::milliseconds(100);
  open();
  greet(port);
  for (int change = 0; change < 10; ++change) {
    environment.study = std::make_shared<Study>(*environment.study);
    greet(port);
  }
  EXPECT_EQ(backend.starts, 0) << "they wait for the first one";
  loop.advance(std::chrono::seconds(2));
  EXPECT_EQ(backend.starts, 1) << "the one for the study in use";
  EXPECT_FALSE(backend.shell().is_destroyed);
}

TEST_F(PrewarmedSandboxTest, IsRemovedBeforeTheLeaseIsReturned) {
  open();
  bool released = false;
  backend.during_start = [&](const SandboxSpec&) { session->release([&] { released = true; }); };
  session->on_text(port, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  ASSERT_TRUE(wait([&] { return released; }));
  ASSERT_EQ(backend.shells.size(), 1U);
  EXPECT_TRUE(backend.shell().is_destroyed);
}

TEST_F(PrewarmedSandboxTest, IsRemovedBeforeTheLeaseIsReturnedEvenIfThePageHasLeft) {
  open();
  bool released = false;
  backend.during_start = [&](const SandboxSpec&) {
    EXPECT_FALSE(session->is_idle()) << "the session waits for a sandbox that is being started";
    session->release([&] { released = true; });
  };
  session->on_text(port, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  session->detach(port, "gone");
  ASSERT_TRUE(wait([&] { return released; }));
  ASSERT_EQ(backend.shells.size(), 1U);
  EXPECT_TRUE(backend.shell().is_destroyed);
}

TEST_F(PrewarmedSandboxTest, ThatHasEndedIsReplaced) {
  read_task();
  backend.shell().exit();
  start_task(1);
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(backend.starts, 2);
  EXPECT_TRUE(backend.shells[0]->is_destroyed);
  EXPECT_FALSE(backend.shell().is_destroyed);
}

TEST_F(PrewarmedSandboxTest, ThatHasEndedAndCannotBeReplacedBeginsNoTask) {
  read_task();
  backend.shell().exit();
  backend.is_unavailable = true;
  say(R"({"type":"start_task","id":1,"task":1})");
  ASSERT_TRUE(wait_for("error"));
  EXPECT_EQ(port.last("error")["code"], "sandbox_unavailable");
  EXPECT_EQ(stored("SELECT count(*) FROM task_sessions"), "0");
}

TEST_F(PrewarmedSandboxTest, IsRemovedWithALostSession) {
  read_task();
  session->abandon();
  ASSERT_TRUE(wait([&] { return backend.shell().is_destroyed; }));
}

TEST_F(PrewarmedSandboxTest, ThatCouldNotBeCreatedIsRetried) {
  backend.is_unavailable = true;
  open();
  greet(port);
  ASSERT_TRUE(wait([&] { return backend.starts == 1; }));
  loop.run_until_idle();
  EXPECT_EQ(port.count("error"), 0) << "nobody has asked for it yet";
  backend.is_unavailable = false;
  start_task(1);
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(backend.starts, 2);
}

TEST_F(PrewarmedSandboxTest, IsOneForEachTask) {
  read_task();
  start_task(1);
  say(R"({"type":"give_up","id":7})");
  ASSERT_TRUE(wait([&] { return backend.shells.size() == 2; }));
  loop.run_until_idle();
  EXPECT_TRUE(backend.shells[0]->is_destroyed);
  start_task(2);
  EXPECT_EQ(backend.starts, 2);
  EXPECT_FALSE(backend.shell().is_destroyed);
  say(R"({"type":"give_up","id":8})");
  ASSERT_TRUE(wait([&] { return port.count("done") == 2; }));
  loop.run_until_idle();
  EXPECT_EQ(backend.starts, 2) << "no task is left";
}

TEST_F(PrewarmedSandboxTest, OfATaskThatWasChangedIsReplaced) {
  read_task();
  auto changed = std::make_shared<Study>(*environment.study);
  changed->tasks[0].initial.root.children["new"] = FileNode::regular("");
  environment.study = changed;
  start_task(1);
  EXPECT_EQ(backend.starts, 2);
  ASSERT_TRUE(wait([&] { return backend.shells[0]->is_destroyed; }));
  EXPECT_TRUE(backend.shell().spec.initial.root.children.contains("new"));
}

TEST_F(PrewarmedSandboxTest, IsNotCreatedIfThePoolIsEmpty) {
  environment.prewarms_sandboxes = false;
  open();
  greet(port);
  loop.run_until_idle();
  EXPECT_EQ(backend.starts, 0);
}

}  // namespace
}  // namespace tellina::testing
