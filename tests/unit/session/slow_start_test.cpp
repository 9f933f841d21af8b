#include <poll.h>

#include <condition_variable>

#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

/// Runs starts on threads, because a start that waits must not hold the loop.
class StartPool final : public BlockingPool {
 public:
  explicit StartPool(Loop& loop) : m_loop(loop) {}
  void submit(Use use, Task task, std::size_t memory = 0) override {
    if (use == Use::start) return m_threads.submit(use, std::move(task), memory);
    m_loop.post(std::move(task));
  }

 private:
  Loop& m_loop;
  ThreadPool m_threads{4, 4};
};

/// A start under way: the test lets it do one thing after another.
class HeldStart {
 public:
  using Step = std::function<void(const SandboxSpec&)>;

  /// The plugin's side. Returns when the test allows it, or throws Error(gone) when the start is cancelled.
  void run(const SandboxSpec& spec) {
    std::unique_lock lock(m_mutex);
    ++m_entered;
    for (;;) {
      if (m_step) {
        std::exchange(m_step, nullptr)(spec);
        m_changed.notify_all();
      }
      if (m_is_released) return;
      pollfd cancelled{spec.cancelled, POLLIN, 0};
      if (heeds_cancellation && poll(&cancelled, 1, 0) > 0) {
        m_is_cancelled = true;
        throw Error(ErrorCode::gone, "cancelled");
      }
      m_changed.wait_for(lock, std::chrono::milliseconds(1));
    }
  }

  /// Runs `step` in the start, and returns when it has run.
  void take(Step step) {
    std::unique_lock lock(m_mutex);
    m_step = std::move(step);
    m_changed.notify_all();
    m_changed.wait(lock, [this] { return !m_step; });
  }
  void say(std::vector<std::string> sentences) {
    take([sentences = std::move(sentences)](const SandboxSpec& spec) {
      for (const std::string& sentence : sentences) spec.progress(sentence);
    });
  }
  void release() {
    std::lock_guard lock(m_mutex);
    m_is_released = true;
    m_changed.notify_all();
  }
  int entered() const {
    std::lock_guard lock(m_mutex);
    return m_entered;
  }
  bool is_cancelled() const {
    std::lock_guard lock(m_mutex);
    return m_is_cancelled;
  }

  std::atomic<bool> heeds_cancellation = true;

 private:
  mutable std::mutex m_mutex;
  std::condition_variable m_changed;
  Step m_step;
  int m_entered = 0;
  bool m_is_released = false;
  bool m_is_cancelled = false;
};

class SlowStartTest : public SessionTest {
 protected:
  SlowStartTest() : slow(loop, m_pool, *store, backend, random, log) {
    slow.study = environment.study;
    slow.worker = "w1";
    slow.sandbox_plugin = "scripted";
    backend.during_start = [this](const SandboxSpec& spec) { held.run(spec); };
  }
  ~SlowStartTest() override {
    held.release();
    session.reset();
    wait([&] { return slow.statistics->sandboxes_starting == 0; });
  }

  void open() {
    LeaseResult lease;
    store->run([&](StoreTransaction& t) { lease = t.acquire_lease(participant, "w1", now()); });
    ParticipantSession::Callbacks callbacks;
    callbacks.idle = [this] { ++idle_calls; };
    callbacks.lost = [this] { ++lost_calls; };
    session = std::make_unique<ParticipantSession>(slow, lease, std::move(callbacks));
    session->attach(port);
  }
  void greet() { say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})"); }
  /// A page whose task is being started.
  void begin_start() {
    open();
    greet();
    say(R"({"type":"start_task","id":7,"task":1})");
    ASSERT_TRUE(wait([&] { return held.entered() == 1; }));
  }
  std::string shown() {
    const boost::json::object frame = port.last("sandbox_starting");
    return frame.empty() ? "" : std::string(frame.at("text").as_string());
  }
  bool runs() { return port.count("state") > 0 && state() == "running"; }
  bool is_cancelled() {
    return wait([&] { return held.is_cancelled(); });
  }

  HeldStart held;
  StartPool m_pool{loop};
  SessionEnvironment slow;
};

TEST_F(SlowStartTest, TellsThePageWhatHappens) {
  begin_start();
  held.say({"Looking for a machine"});
  ASSERT_TRUE(wait_for("sandbox_starting"));
  EXPECT_EQ(shown(), "Looking for a machine");
  held.release();
  ASSERT_TRUE(wait_for("welcome", 2));
  EXPECT_TRUE(runs());
}

TEST_F(SlowStartTest, TellsThePageTheLatestAtMostEveryHalfSecond) {
  begin_start();
  held.say({"1", "2"});
  ASSERT_TRUE(wait_for("sandbox_starting"));
  EXPECT_EQ(shown(), "2") << "the first two came at the same time";
  for (int i = 3; i <= 1000; ++i) held.say({std::to_string(i)});
  loop.advance(limits::start_progress_interval - std::chrono::milliseconds(1));
  EXPECT_EQ(port.count("sandbox_starting"), 1);
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(port.count("sandbox_starting"), 2);
  EXPECT_EQ(shown(), "1000");
  loop.advance(10 * limits::start_progress_interval);
  EXPECT_EQ(port.count("sandbox_starting"), 2) << "there is nothing new";
  held.say({"1000"});
  loop.run_until_idle();
  EXPECT_EQ(port.count("sandbox_starting"), 2) << "that is known";
  held.say({"1001"});
  ASSERT_TRUE(wait_for("sandbox_starting", 3));
}

TEST_F(SlowStartTest, ShowsOnlyWhatIsFitToBeShown) {
  const std::pair<std::string, std::string> cases[] = {
      {"two\nlines\x1b[31m\t\x7f", "two lines [31m  "},
      {"<b>bold</b> \"quoted\" \\", "<b>bold</b> \"quoted\" \\"},
      {"\xff\xc3(", "\uFFFD\uFFFD("},
      {"\u202Eturned", " turned"},
      {std::string(5000, 'x'), std::string(limits::start_progress, 'x')},
      {"x" + std::string(5000, '\xff'), "x" +
                                            [] {
                                              std::string marks;
                                              while (marks.size() + 3 < limits::start_progress) marks += "\uFFFD";
                                              return marks;
                                            }()},
  };
  begin_start();
  for (const auto& [said, expected] : cases) {
    port.forget();
    held.say({"", said});
    ASSERT_TRUE(wait_for("sandbox_starting")) << said;
    EXPECT_EQ(shown(), expected);
    loop.advance(limits::start_progress_interval);
  }
}

TEST_F(SlowStartTest, TellsAPageThatComesBack) {
  begin_start();
  held.say({"Loading the image"});
  ASSERT_TRUE(wait_for("sandbox_starting"));
  session->detach(port, "reloaded");
  loop.advance(limits::abandoned_start - std::chrono::milliseconds(1));
  port.forget();
  session->attach(port);
  greet();
  EXPECT_EQ(shown(), "Loading the image");
  loop.advance(10 * limits::abandoned_start);
  EXPECT_FALSE(held.is_cancelled()) << "a page waits for it";
  held.release();
  ASSERT_TRUE(wait([&] { return runs(); }));
  port.forget();
  greet();
  EXPECT_EQ(shown(), "") << "nothing is being started";
}

TEST_F(SlowStartTest, IsCancelledWhenThePageHasLeftForGood) {
  begin_start();
  session->detach(port, "gone");
  loop.advance(limits::abandoned_start - std::chrono::milliseconds(1));
  EXPECT_FALSE(held.is_cancelled());
  EXPECT_FALSE(session->is_idle());
  loop.advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(is_cancelled());
  ASSERT_TRUE(wait([&] { return idle_calls == 1; }));
  EXPECT_EQ(slow.statistics->sandbox_failures, 0);
  EXPECT_EQ(stored("SELECT count(*) FROM task_sessions"), "0");
  expect_stored("SELECT detail FROM events WHERE kind = 'start_dropped'", R"({"task_number":1,"reason":"page_left"})");
  EXPECT_EQ(stored("SELECT count(*) FROM events WHERE kind = 'sandbox_failed'"), "0");
}

TEST_F(SlowStartTest, CanBeginAgainAfterItWasCancelled) {
  begin_start();
  session->detach(port, "gone");
  loop.advance(limits::abandoned_start);
  ASSERT_TRUE(is_cancelled());
  session->attach(port);
  greet();
  held.release();
  say(R"({"type":"start_task","id":8,"task":1})");
  ASSERT_TRUE(wait([&] { return runs(); }));
  EXPECT_EQ(stored("SELECT count(*) FROM task_sessions"), "1");
}

TEST_F(SlowStartTest, IsCancelledWhenTheServerStops) {
  begin_start();
  bool released = false;
  session->release([&] { released = true; });
  ASSERT_TRUE(is_cancelled());
  ASSERT_TRUE(wait([&] { return released; }));
}

TEST_F(SlowStartTest, IsCancelledWithoutAccess) {
  begin_start();
  session->lose_access();
  ASSERT_TRUE(is_cancelled());
  ASSERT_TRUE(wait_for("error"));
  EXPECT_EQ(port.last("error").at("code"), "sandbox_unavailable");
  expect_stored("SELECT detail FROM events WHERE kind = 'start_dropped'",
                R"({"task_number":1,"reason":"access_removed"})");
}

TEST_F(SlowStartTest, DoesNotEndARunningTaskWithoutAccess) {
  held.release();
  begin_start();
  ASSERT_TRUE(wait([&] { return runs(); }));
  session->lose_access();
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(stored("SELECT state FROM results"), "running");
  session->detach(port, "gone");
  loop.advance(2 * limits::abandoned_start - std::chrono::seconds(5));
  EXPECT_EQ(stored("SELECT state FROM results"), "running");
}

TEST_F(SlowStartTest, IsRemovedIfThePluginIgnoresTheCancellation) {
  held.heeds_cancellation = false;
  begin_start();
  session->abandon();
  held.release();
  ASSERT_TRUE(wait([&] { return !backend.shells.empty() && backend.shell().is_destroyed; }));
}

TEST_F(SlowStartTest, IsOverBeforeTheLeaseIsReturned) {
  held.heeds_cancellation = false;
  begin_start();
  bool released = false;
  session->release([&] { released = true; });
  loop.run_until_idle();
  EXPECT_FALSE(released);
  held.release();
  ASSERT_TRUE(wait([&] { return released; }));
  ASSERT_EQ(backend.shells.size(), 1U);
  EXPECT_TRUE(backend.shell().is_destroyed);
}

TEST_F(SlowStartTest, OfAPrewarmedSandboxIsShownToThePageThatWaitsForIt) {
  slow.prewarms_sandboxes = true;
  open();
  greet();
  ASSERT_TRUE(wait([&] { return held.entered() == 1; }));
  held.say({"Loading the image"});
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(shown(), "") << "the participant reads the task";
  say(R"({"type":"start_task","id":7,"task":1})");
  EXPECT_EQ(shown(), "Loading the image");
  held.say({"Filling the home"});
  ASSERT_TRUE(wait_for("sandbox_starting", 2));
  EXPECT_EQ(shown(), "Filling the home");
}

TEST_F(SlowStartTest, OfAPrewarmedSandboxIsCancelledWhenThePageHasLeft) {
  slow.prewarms_sandboxes = true;
  open();
  greet();
  ASSERT_TRUE(wait([&] { return held.entered() == 1; }));
  session->detach(port, "gone");
  loop.advance(limits::kept_sandbox);
  ASSERT_TRUE(is_cancelled());
}

TEST_F(SlowStartTest, IsNotEvenBegunIfItWasCancelledInTheQueue) {
  begin_start();
  say(R"({"type":"reset","id":8})");
  session->abandon();
  ASSERT_TRUE(is_cancelled());
  ASSERT_TRUE(wait([&] { return slow.statistics->sandboxes_starting == 0; }));
  EXPECT_EQ(held.entered(), 1);
}

TEST_F(SlowStartTest, OfAResetIsShownToo) {
  backend.during_start = nullptr;
  open();
  greet();
  say(R"({"type":"start_task","id":7,"task":1})");
  ASSERT_TRUE(wait([&] { return runs(); }));
  backend.during_start = [this](const SandboxSpec& spec) { held.run(spec); };
  say(R"({"type":"reset","id":8})");
  ASSERT_TRUE(wait([&] { return held.entered() == 1; }));
  held.say({"Filling the home"});
  ASSERT_TRUE(wait_for("sandbox_starting"));
  EXPECT_EQ(shown(), "Filling the home");
  held.release();
  ASSERT_TRUE(wait_for("done"));
}

TEST_F(SlowStartTest, HasTheDeadlineOfThePlugin) {
  const std::pair<std::chrono::milliseconds, std::chrono::milliseconds> cases[] = {
      {std::chrono::minutes(5), std::chrono::minutes(5)},
      {std::chrono::hours(10), limits::longest_start},
      {std::chrono::milliseconds(-1), limits::shortest_start},
      {std::chrono::milliseconds::max(), limits::longest_start},
  };
  for (const auto& [asked, given] : cases) {
    backend.start_deadline = asked;
    BackendFacts facts("scripted", backend);
    EXPECT_EQ(facts.start_deadline(), given);
  }
  backend.start_deadline = std::chrono::minutes(5);
  slow.backend_facts = std::make_shared<BackendFacts>("scripted", backend);
  begin_start();
  std::chrono::milliseconds deadline{0};
  held.take([&](const SandboxSpec& spec) { deadline = spec.deadline; });
  EXPECT_EQ(deadline, std::chrono::minutes(5));
}

TEST_F(SlowStartTest, AsksThePluginForItsDeadlineUntilThePluginCanBeUsed) {
  backend.start_deadline = std::chrono::minutes(5);
  backend.is_unavailable = true;
  BackendFacts facts("scripted", backend);
  EXPECT_EQ(facts.start_deadline(), limits::quick_start);
  backend.is_unavailable = false;
  EXPECT_EQ(facts.start_deadline(), std::chrono::minutes(5));
  EXPECT_EQ(facts.start_deadline(), std::chrono::minutes(5));
  EXPECT_EQ(backend.probes, 2);
}

TEST_F(SlowStartTest, GetsTheFilesOfTheShell) {
  const std::map<std::string, Bytes> files{{"bashrc", "PS1='$ '\n"}};
  slow.shell_files = std::make_shared<const std::map<std::string, Bytes>>(files);
  begin_start();
  std::map<std::string, Bytes> got;
  held.take([&](const SandboxSpec& spec) { got = spec.shell_files; });
  EXPECT_EQ(got, files);
}

// What a backend wants to know in order to adopt a sandbox.

class SandboxStateTest : public SessionTest {};

TEST_F(SandboxStateTest, IsStoredWithTheSessionAndGivenToTheAdoption) {
  const Bytes octets("\x00machine 7\xff", 11);
  backend.state = octets;
  begin_task();
  EXPECT_EQ(stored("SELECT hex(sandbox_state) FROM task_sessions"), "006D616368696E652037FF");
  store->run([](StoreTransaction&) {});
  session->abandon();
  session.reset();
  loop.run_until_idle();
  loop.advance(2 * limits::lease);
  store->run([&](StoreTransaction& t) { t.register_worker(identify_this_process("w2"), now()); });
  backend.can_adopt = true;
  port = KeepingPort();
  open("w2");
  loop.run_until_idle();
  EXPECT_EQ(backend.adopted_state, octets);
  EXPECT_EQ(backend.starts, 1);
}

TEST_F(SandboxStateTest, MayChangeWithTheShell) {
  backend.state = "first";
  begin_task();
  loop.advance(std::chrono::seconds(10));
  backend.shell().state = "second";
  backend.shell().exit();
  expect_stored("SELECT sandbox_state FROM task_sessions", "second");
}

TEST_F(SandboxStateTest, BelongsToTheSandboxInUse) {
  backend.state = "first";
  begin_task();
  backend.state = "second";
  say(R"({"type":"reset","id":8})");
  ASSERT_TRUE(wait_for("done"));
  expect_stored("SELECT sandbox_state FROM task_sessions", "second");
  backend.state.clear();
  say(R"({"type":"reset","id":9})");
  ASSERT_TRUE(wait_for("done", 2));
  expect_stored("SELECT length(sandbox_state) FROM task_sessions", "0");
}

TEST_F(SandboxStateTest, IsForgottenWhenTheTaskEnds) {
  backend.state = "machine 7";
  begin_task();
  say(R"({"type":"give_up","id":8})");
  expect_stored("SELECT state, sandbox_state IS NULL FROM task_sessions", "gave_up|1");
}

TEST_F(SandboxStateTest, IsBounded) {
  backend.state = std::string(limits::sandbox_state, 'x');
  begin_task();
  EXPECT_EQ(stored("SELECT length(sandbox_state) FROM task_sessions"), std::to_string(limits::sandbox_state));
  backend.state += 'x';
  say(R"({"type":"reset","id":8})");
  ASSERT_TRUE(wait_for("error"));
  EXPECT_THAT(stored("SELECT detail FROM events WHERE kind = 'sandbox_failed'"),
              HasSubstr("expected a state() of at most 4096 bytes, got one of 4097"));
  ASSERT_EQ(backend.shells.size(), 2U);
  EXPECT_TRUE(backend.shell().is_destroyed) << "it is not left behind";
  EXPECT_FALSE(backend.shells[0]->is_destroyed);
}

}  // namespace
}  // namespace tellina::testing
