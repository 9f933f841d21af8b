/// The required consent, and that nothing is left after an orderly end and after the death of the host.

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_fixture.hpp"

namespace tellina::test {
namespace {

using ProcessLifetime = ProcessTest;
using ::testing::HasSubstr;

TEST(ProcessConsent, IsRequiredByName) {
  try {
    Backend refused({{"i_know_this_is_not_isolated", false}});
    ADD_FAILURE() << "the plugin was created";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("config: sandbox.i_know_this_is_not_isolated: "));
    EXPECT_THAT(error.what(), HasSubstr("expected \"i_know_this_is_not_isolated\": true, got false"));
  }
}

TEST_F(ProcessLifetime, DestroyEndsGrandchildrenAndDaemons) {
  shell().run(
      "for i in 1 2 3; do (setsid sleep 1000 & ) ; nohup sleep 1000 >/dev/null 2>&1 & done; sleep 1000 & "
      "bash -c 'kill -STOP $$' & setsid bash -c 'trap \"\" TERM HUP; setsid sleep 1000 & exec env -i sleep 1000' & "
      "true");
  EXPECT_TRUE(eventually([] { return descendants(getpid()).size() >= 12; }, "the daemons run"));
  const Processes processes = descendants(getpid());
  sandbox().destroy();
  EXPECT_EQ(still_there(processes), Processes());
  EXPECT_EQ(homes().list(), std::set<std::string>());
  sandbox().destroy();
  EXPECT_THROW(sandbox().snapshot(SnapshotRequest()), Error);
  EXPECT_THROW(sandbox().resize(TerminalSize()), Error);
  EXPECT_THROW(sandbox().ended(), Error);
}

TEST_F(ProcessLifetime, DestroyInterruptsOtherCalls) {
  shell().run("for i in {1..2000}; do : > $i; done");
  std::atomic<bool> gone = false;
  std::thread reader([&] {
    try {
      for (;;) sandbox().snapshot(SnapshotRequest());
    } catch (const Error& error) {
      gone = error.code() == ErrorCode::gone;
    }
  });
  sandbox().destroy();
  reader.join();
  EXPECT_TRUE(gone);
}

TEST_F(ProcessLifetime, AStoppedSupervisorEndsTooAndAKilledOneIsReported) {
  shell().run("sleep 1000 & kill -STOP $PPID");
  const Processes processes = descendants(getpid());
  start_with(make_spec());
  EXPECT_EQ(still_there(processes), Processes());
  const Processes supervised = descendants(getpid());
  shell().type("kill -KILL $PPID\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  ASSERT_TRUE(sandbox().ended());
  EXPECT_TRUE(sandbox().ended()->by_signal);
  EXPECT_TRUE(eventually([&] { return still_there(supervised).size() == 1; }, "the shell has gone with it"))
      << "destroy() has to reap the supervisor";
}

TEST_F(ProcessLifetime, ManyStartAndEndAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        SandboxSpec spec = make_spec();
        spec.initial.root.children["f"] = FileNode::regular("content");
        const std::unique_ptr<Sandbox> one = backend()->start(spec);
        Shell its(*one);
        if (its.prompt() && its.run("cat f").output == "content") ++good;
        one->destroy();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 20);
}

TEST_F(ProcessLifetime, SweepRemovesTheOwnersHomesExceptThoseToKeep) {
  std::vector<SandboxId> ids;
  for (const char* owner : {"dead", "dead", "dead-1"}) {
    SandboxSpec spec = make_spec();
    ids.push_back(spec.id);
    std::filesystem::create_directories(homes().path() / ("tellina." + std::string(owner) + "." + spec.id) / "home/d");
  }
  const std::set<std::string> all = homes().list();
  EXPECT_EQ(backend()->sweep("dead", {ids[0]}), 1U);
  EXPECT_EQ(homes().list().size(), all.size() - 1);
  EXPECT_EQ(backend()->sweep("dead", {}), 1U);
  EXPECT_EQ(backend()->sweep("dead", {}), 0U);
  EXPECT_EQ(backend()->sweep("dead-1", {}), 1U);
  EXPECT_THROW(backend()->sweep("../etc", {}), Error);
}

TEST_F(ProcessLifetime, ProbeSaysThatNothingIsIsolatedAndLeavesNothing) {
  const Processes before = descendants(getpid());
  const std::set<std::string> there = homes().list();
  Backend other({{"directory", homes().path().string()}});
  const Capabilities capabilities = other->probe();
  EXPECT_TRUE(capabilities.usable) << capabilities.reason;
  EXPECT_FALSE(capabilities.adopts);
  std::set<std::string> names;
  for (const LimitReport& limit : capabilities.limits) {
    EXPECT_FALSE(limit.enforced) << limit.name;
    EXPECT_EQ(limit.how, "not isolated");
    names.insert(limit.name);
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"cpu", "disk bytes", "disk inodes", "isolation", "memory", "network", "processes"}));
  EXPECT_EQ(other.log().warnings().size(), geteuid() == 0 ? 1U : 0U);
  EXPECT_EQ(descendants(getpid()), before);
  EXPECT_EQ(homes().list(), there);
  try {
    other->adopt("x");
    ADD_FAILURE() << "adopt() did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }

  Backend nowhere({{"directory", std::string("/proc/nowhere")}});
  const Capabilities none = nowhere->probe();
  EXPECT_FALSE(none.usable);
  EXPECT_THAT(none.reason, HasSubstr("/proc/nowhere"));
}

TEST(ProcessHostDeath, LeavesNoProcess) {
  const HomesFolder homes;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t host = fork();
  if (host == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    execl("/proc/self/exe", "test_sandbox_process", be_host_flag, homes.path().c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  OwnerId owner;
  for (char c; read(ends[0], &c, 1) == 1 && c != '\n';) owner += c;
  close(ends[0]);
  ASSERT_FALSE(owner.empty());
  const Processes processes = descendants(host);
  EXPECT_EQ(processes.size(), 4U);
  ::kill(host, SIGKILL);
  waitpid(host, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return still_there(processes).empty(); }, "every process of the dead host is gone"));

  Backend other({{"directory", homes.path().string()}});
  EXPECT_EQ(other->sweep(owner, {}), 1U);
  EXPECT_EQ(homes.list(), std::set<std::string>());
}

/// The same tests with the plugin run by an ordinary user, for whom files can be inaccessible.
TEST(OrdinaryUser, PassesTheSameTests) {
  if (geteuid() != 0) return;  // then an ordinary user has just run the tests above
  constexpr uid_t user = 12345;
  const std::filesystem::path report =
      std::filesystem::temp_directory_path() / ("sandbox_process_user_" + std::to_string(getpid()));
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(report.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    dup2(file, 1);
    dup2(file, 2);
    if (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0) _exit(126);
    execl("/proc/self/exe", "test_sandbox_process", "--gtest_filter=Process*", nullptr);
    _exit(127);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  std::ifstream file(report);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove(report);
  EXPECT_EQ(status, 0) << "run by an ordinary user, who must be able to read the build folder:\n" << text;
}

}  // namespace
}  // namespace tellina::test
