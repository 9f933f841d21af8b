#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A connection in which an assertion fails, so that the session's own call is interrupted there.
class FailingPort final : public KeepingPort {
 public:
  void send_data(Bytes frame) override {
    TELLINA_ASSERT(!fails_data);
    KeepingPort::send_data(std::move(frame));
  }
  void send_text(std::string json) override {
    TELLINA_ASSERT(fails_text.empty() || json.find(fails_text) == std::string::npos);
    KeepingPort::send_text(std::move(json));
  }
  bool fails_data = false;
  std::string fails_text;  ///< part of the frames that fail
};

/// Can report a job's end twice.
class RepeatingStore final : public Store {
 public:
  explicit RepeatingStore(Store& store) : m_store(store) {}
  void submit(Job job, Done done) override { m_store.submit(std::move(job), repeated(std::move(done))); }
  void submit_deferred(Job job, Done done) override {
    m_store.submit_deferred(std::move(job), repeated(std::move(done)));
  }
  void commit_waiting() override { m_store.commit_waiting(); }
  bool repeats_next = false;

 private:
  Done repeated(Done done) {
    if (!std::exchange(repeats_next, false)) return done;
    return [done = std::move(done)](const std::exception_ptr& error) {
      done(error);
      done(error);
    };
  }
  Store& m_store;
};

/// Bob, whose session will fail, and Alice, whose session will not; both run task 1.
class SessionFailureTest : public SessionTest {
 protected:
  SessionFailureTest() : shared(loop, pool, repeating, backend, random, log) {
    shared.study = environment.study;
    shared.worker = environment.worker;
    shared.sandbox_plugin = environment.sandbox_plugin;
    expects_failures = true;
    store->run([&](StoreTransaction& t) {
      t.add_participant("alice", now());
      alice = *t.find_participant("alice");
    });
    alices = open_for(shared, alice, alices_port);
    alices_shell = backend.shells.back();
    session = open_for(shared, participant, bobs_port);
    bobs_shell = backend.shells.back();
  }
  ~SessionFailureTest() override {
    alices.reset();
    session.reset();
    loop.run_until_idle();
  }

  /// Bob's task has ended as interrupted, his client is disconnected, and a new session offers him the next task.
  void expect_interrupted() {
    ASSERT_TRUE(wait([&] { return lost_calls == 1; })) << "the owner was not notified";
    EXPECT_EQ(bobs_port.close_code, 1011);
    EXPECT_TRUE(bobs_shell->is_destroyed);
    EXPECT_EQ(stored("SELECT state FROM task_sessions WHERE participant_id = " + std::to_string(participant)),
              "interrupted");
    EXPECT_THAT(log.lines(),
                Contains(AllOf(StartsWith("event=session_failed participant=P001 task=task-1 session=s-"),
                               HasSubstr(" reason=\"assertion failed: "), ContainsRegex("[a-z_]+.cpp:[0-9]+"))));
    session->abandon();
    session.reset();
    loop.run_until_idle();
    KeepingPort again;
    LeaseResult lease;
    store->run([&](StoreTransaction& t) { lease = t.acquire_lease(participant, "w1", now()); });
    ASSERT_TRUE(lease.acquired);
    ParticipantSession::Callbacks callbacks;
    callbacks.idle = callbacks.lost = [] {};
    ParticipantSession next(shared, lease, callbacks);
    next.attach(again);
    next.on_text(again, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
    const boost::json::object state = again.last("welcome")["state"].as_object();
    EXPECT_EQ(state.at("state"), "ready");
    EXPECT_EQ(state.at("task").as_object().at("number").to_number<int>(), 2);
    EXPECT_EQ(state.at("previous").as_object().at("state"), "interrupted")
        << "the page could not show the task's outcome";
    next.detach(again, "gone");
    loop.run_until_idle();
  }
  void expect_alice_goes_on() {
    alices->on_data(alices_port, data_frame(0, "a"));
    loop.run_until_idle();
    EXPECT_EQ(alices_shell->typed(), "a");
    alices_shell->print("a");
    loop.run_until_idle();
    EXPECT_TRUE(alices_port.output.ends_with("a"));
    EXPECT_EQ(alices_port.close_code, 0);
    EXPECT_EQ(stored("SELECT state FROM task_sessions WHERE participant_id = " + std::to_string(alice)), "running");
    EXPECT_EQ(lost_calls, 1);
  }

  RepeatingStore repeating{*store};
  SessionEnvironment shared;
  ParticipantId alice = 0;
  FailingPort bobs_port;
  KeepingPort alices_port;
  std::shared_ptr<ScriptedShell> bobs_shell;
  std::shared_ptr<ScriptedShell> alices_shell;
  std::unique_ptr<ParticipantSession> alices;
};

TEST_F(SessionFailureTest, InAFrameFromAClient) {
  bobs_port.fails_text = "pong";
  session->on_text(bobs_port, R"({"type":"ping","t":1})");
  expect_interrupted();
  expect_alice_goes_on();
}

TEST_F(SessionFailureTest, InTheOutputOfAShell) {
  bobs_port.fails_data = true;
  bobs_shell->print("x");
  loop.run_until_idle();
  expect_interrupted();
  expect_alice_goes_on();
}

TEST_F(SessionFailureTest, InATimer) {
  session->on_data(bobs_port, data_frame(0, "a"));
  ASSERT_TRUE(wait([&] { return bobs_port.count("input_ack") == 1; }));
  // The next acknowledgement waits for 250 ms.
  bobs_port.fails_text = "input_ack";
  session->on_data(bobs_port, data_frame(1, "b"));
  loop.run_until_idle();
  store->run([](StoreTransaction&) {});
  loop.advance(std::chrono::milliseconds(250));
  expect_interrupted();
  expect_alice_goes_on();
}

TEST_F(SessionFailureTest, InAResultOfTheSandbox) {
  bobs_port.fails_text = "sandbox_unavailable";
  backend.is_unavailable = true;
  session->on_text(bobs_port, R"({"type":"reset","id":5})");
  loop.run_until_idle();
  backend.is_unavailable = false;
  expect_interrupted();
  expect_alice_goes_on();
}

TEST_F(SessionFailureTest, InTheTakeOverOfATask) {
  session->abandon();
  session.reset();
  loop.run_until_idle();
  LeaseResult lease;
  store->run([&](StoreTransaction& t) { lease = t.acquire_lease(participant, "w1", now()); });
  ASSERT_TRUE(lease.acquired);
  lease.progress.latest->commands = -1;  // no count that a terminal accepts
  ParticipantSession::Callbacks callbacks;
  callbacks.idle = [] {};
  callbacks.lost = [this] { ++lost_calls; };
  session = std::make_unique<ParticipantSession>(shared, lease, callbacks);
  session->attach(bobs_port);
  ASSERT_TRUE(wait([&] { return lost_calls == 1; })) << "the owner was not told";
  EXPECT_EQ(bobs_port.close_code, 1011);
  EXPECT_EQ(stored("SELECT state FROM task_sessions WHERE participant_id = " + std::to_string(participant)),
            "interrupted")
      << "each next session would fail in the same way";
  session->abandon();
  expect_alice_goes_on();
}

TEST_F(SessionFailureTest, EarlierInputIsInTheRecord) {
  session->on_data(bobs_port, data_frame(0, "abc"));
  bobs_port.fails_text = "pong";
  session->on_text(bobs_port, R"({"type":"ping","t":1})");
  expect_interrupted();
  EXPECT_EQ(stored("SELECT input_end FROM task_sessions WHERE participant_id = " + std::to_string(participant)), "3");
}

TEST_F(SessionFailureTest, ATaskClockThatDecreases) {
  const MonotonicTime time = loop.clock().now();
  loop.virtual_clock().set(time - seconds(1));
  session->on_text(bobs_port, R"({"type":"give_up","id":5})");
  session->on_text(bobs_port, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  loop.run_until_idle();
  loop.virtual_clock().set(time);
  expect_interrupted();
  expect_alice_goes_on();
}

TEST_F(SessionFailureTest, InTheRecordItself) {
  repeating.repeats_next = true;
  session->on_data(bobs_port, data_frame(0, "a"));
  expect_interrupted();
  expect_alice_goes_on();
}

TEST_F(SessionFailureTest, IsReleasedOnceTheEndIsRecorded) {
  bobs_port.fails_text = "pong";
  session->on_text(bobs_port, R"({"type":"ping","t":1})");
  bool is_released = false;
  session->release([&] { is_released = true; });
  ASSERT_TRUE(wait([&] { return is_released; }));
  EXPECT_EQ(stored("SELECT state FROM task_sessions WHERE participant_id = " + std::to_string(participant)),
            "interrupted");
}

TEST(SessionLoop, RunsNothingAfterTheBoundaryCloses) {
  VirtualLoop lane;
  std::string failures;
  auto loop = std::make_unique<SessionLoop>(lane, [&](const AssertionFailure& failure) { failures += failure.what(); });
  int runs = 0;
  const auto timer = loop->make_timer();
  timer->start(lane.clock().now() + seconds(1), [&] { ++runs; });
  loop->post([&] { ++runs; });
  lane.run_until_idle();
  EXPECT_EQ(runs, 1);
  loop->post([] { TELLINA_ASSERT(1 + 1 == 3); });
  loop->post([&] { ++runs; });
  lane.run_until_idle();
  EXPECT_THAT(failures, HasSubstr("1 + 1 == 3"));
  EXPECT_TRUE(loop->is_closed());
  lane.advance(seconds(2));
  loop->run([&] { ++runs; });
  EXPECT_EQ(runs, 1) << "a failed session continues";
}

TEST(SessionLoop, ASessionWithoutMemoryEndsAlone) {
  VirtualLoop lane;
  std::string failures;
  SessionLoop loop(lane, [&](const AssertionFailure& failure) { failures += failure.what(); });
  loop.post([] { throw std::bad_alloc(); });
  lane.run_until_idle();
  EXPECT_THAT(failures, HasSubstr("there is enough memory"));
  EXPECT_TRUE(loop.is_closed());
}

TEST(SessionLoop, LeavesAnInnerFailureToTheOutermostCall) {
  VirtualLoop lane;
  int failures = 0;
  SessionLoop loop(lane, [&](const AssertionFailure&) { ++failures; });
  bool has_continued = false;
  loop.run([&] {
    loop.run([] { TELLINA_ASSERT(1 + 1 == 3); });
    has_continued = true;
  });
  EXPECT_EQ(failures, 1);
  EXPECT_FALSE(has_continued) << "the caller of the failed code continued";
}

TEST(SessionLoop, ItsCallablesMayOutliveIt) {
  VirtualLoop lane;
  int runs = 0;
  auto loop = std::make_unique<SessionLoop>(lane, [](const AssertionFailure&) {});
  const auto posted = loop->posted([&](int) { ++runs; });
  posted(1);
  lane.run_until_idle();
  EXPECT_EQ(runs, 1);
  posted(2);
  loop.reset();
  posted(3);
  lane.run_until_idle();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace tellina::testing
