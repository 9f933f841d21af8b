/// That nothing is left: after an end in order, and after the death of the host.

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "host_process.hpp"

namespace tellina::test {
namespace {

using CoreLifetime = SandboxTest;

TEST_F(CoreLifetime, DestroyEndsGrandchildrenAndDaemons) {
  shell().run(
      "for i in 1 2 3; do (setsid sleep 1000 & ) ; nohup sleep 1000 >/dev/null 2>&1 & done; sleep 1000 & "
      "bash -c 'kill -STOP $$' & true");
  EXPECT_TRUE(eventually([] { return descendants(getpid()).size() >= 10; }, "the daemons run"));
  const Processes processes = descendants(getpid());
  sandbox().destroy();
  EXPECT_EQ(still_there(processes), Processes());
  sandbox().destroy();
  EXPECT_THROW(sandbox().snapshot(SnapshotRequest()), Error);
  EXPECT_THROW(sandbox().resize(TerminalSize()), Error);
  EXPECT_THROW(sandbox().ended(), Error);
}

TEST_F(CoreLifetime, DestroyInterruptsOtherCalls) {
  shell().run("for i in {1..2000}; do : > $i; done");
  std::atomic<bool> gone = false;
  std::thread reader([&] {
    try {
      for (;;) sandbox().snapshot(SnapshotRequest());
    } catch (const Error& error) {
      gone = error.code() == ErrorCode::gone;
    }
  });
  const Processes processes = descendants(getpid());
  sandbox().destroy();
  EXPECT_EQ(still_there(processes), Processes());
  reader.join();
  EXPECT_TRUE(gone);
}

TEST_F(CoreLifetime, ManyStartAndEndAtOnce) {
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

TEST_F(CoreLifetime, PoolHandsOutFreshOnesAndEndsTheRest) {
  const Processes before = descendants(getpid());
  {
    Backend pooled({{"pool", std::int64_t{2}}});
    for (int i = 0; i < 5; ++i) {
      SandboxSpec spec = make_spec();
      spec.initial.root.children[std::to_string(i)] = FileNode::regular("");
      spec.size = TerminalSize(70, 20);
      const std::unique_ptr<Sandbox> one = pooled->start(spec);
      Shell its(*one);
      ASSERT_TRUE(its.prompt());
      EXPECT_EQ(its.run("ls; stty size").output, std::to_string(i) + "\n20 70\n");
      one->destroy();
      EXPECT_TRUE(eventually([&] { return descendants(getpid()).size() == before.size() + 4; }, "two wait ready"));
    }
    EXPECT_EQ(pooled.log().warnings(), std::vector<std::string>());
  }
  EXPECT_EQ(descendants(getpid()), before);
}

TEST_F(CoreLifetime, ProbeTellsLimitsAndLeavesNothing) {
  const Processes before = descendants(getpid());
  const Capabilities capabilities = backend()->probe();
  EXPECT_TRUE(capabilities.usable) << capabilities.reason;
  EXPECT_FALSE(capabilities.adopts);
  std::map<std::string, LimitReport> limits;
  for (const LimitReport& limit : capabilities.limits) limits.emplace(limit.name, limit);
  for (const char* name : {"processes", "disk bytes", "disk inodes", "network"}) {
    EXPECT_TRUE(limits.at(name).enforced) << name;
  }
  const LimitReport& memory = limits.at("memory");
  EXPECT_NE(memory.how.find(memory.enforced ? "256 MiB per session (cgroup" : "256 MiB per process only (RLIMIT_AS)"),
            std::string::npos)
      << memory.how;
  EXPECT_EQ(limits.at("cpu").enforced, limits.at("cpu").how.starts_with("0.5 cores per session (cgroup"));
  EXPECT_EQ(descendants(getpid()), before);
  EXPECT_EQ(cgroups_of("probe"), std::vector<std::string>());
  try {
    backend()->adopt("x");
    ADD_FAILURE() << "it adopted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

TEST(CoreHostDeath, LeavesNoProcessAndNoMount) {
  const std::string mounts = read_mounts();
  HostProcess host;
  ASSERT_FALSE(host.owner().empty());
  const Processes processes = descendants(host.process());
  EXPECT_GE(processes.size(), 9U);
  host.kill();
  EXPECT_TRUE(eventually([&] { return still_there(processes).empty(); }, "every process of the dead host is gone"));
  EXPECT_EQ(read_mounts(), mounts);

  Backend other;
  const std::size_t left = cgroups_of(host.owner()).empty() ? 0 : 1;
  EXPECT_EQ(other->sweep(host.owner(), {}), left);
  EXPECT_EQ(cgroups_of(host.owner()), std::vector<std::string>());
  EXPECT_EQ(other->sweep(host.owner(), {}), 0U);
}

TEST(CoreHostDeath, EndsAStoppedLauncherToo) {
  HostProcess host;
  const Processes processes = descendants(host.process());
  for (const auto& process : processes) ::kill(process.first, SIGSTOP);
  host.kill();
  EXPECT_TRUE(eventually([&] { return still_there(processes).empty(); }, "every process of the dead host is gone"));
  Backend()->sweep(host.owner(), {});
}

/// The same tests with the plugin run by an ordinary user, where the kernel allows and denies other things.
TEST(OrdinaryUser, PassesTheCoreTests) {
  if (geteuid() != 0) return;  // then the tests above have just been run by one
  constexpr uid_t user = 12345;
  const std::filesystem::path report =
      std::filesystem::temp_directory_path() / ("sandbox_user_" + std::to_string(getpid()));
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(report.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    dup2(file, 1);
    dup2(file, 2);
    if (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0) _exit(126);
    execl("/proc/self/exe", "test_sandbox", "--gtest_filter=Core*:Marks*:OrdinaryHostile*", nullptr);
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
