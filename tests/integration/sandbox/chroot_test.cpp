/// What is so of this sandbox alone: what its probe says, and that nothing outlives its host.

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "host_process.hpp"
#include "place.hpp"

namespace tellina::test {
namespace {

using CoreProbe = SandboxTest;

TEST_F(CoreProbe, TellsLimitsAndLeavesNothing) {
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
  EXPECT_TRUE(memory.how.starts_with(memory.enforced ? "256 MiB per session (cgroup"
                                                     : "256 MiB per session, checked one to four times a second, and "
                                                       "per process at once (RLIMIT_AS)"))
      << memory.how;
  EXPECT_EQ(limits.at("cpu").enforced, limits.at("cpu").how.starts_with("0.5 cores per session (cgroup"));
  EXPECT_EQ(descendants(getpid()), before);
  // Servers of other tests probe too, for a moment.
  EXPECT_TRUE(eventually([] { return place::leftovers_of("probe").empty(); }, "nothing of a probe is left"));
  try {
    backend()->adopt("x");
    ADD_FAILURE() << "it adopted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

TEST(CoreHostDeath, LeavesNoProcessAndNoMount) {
  const std::vector<std::string> mounts = place::leftovers();
  HostProcess host;
  ASSERT_FALSE(host.owner().empty());
  const Processes processes = descendants(host.process());
  EXPECT_GE(processes.size(), 9U);
  host.kill();
  EXPECT_TRUE(eventually([&] { return still_there(processes).empty(); }, "every process of the dead host is gone"));
  EXPECT_EQ(place::leftovers(), mounts);

  Backend other;
  const std::size_t left = place::leftovers_of(host.owner()).empty() ? 0 : 1;
  EXPECT_EQ(other->sweep(host.owner(), {}), left);
  EXPECT_EQ(place::leftovers_of(host.owner()), std::vector<std::string>());
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

TEST(RootHostDeath, LeavesAGroupThatIsToBeKept) {
  ASSERT_EQ(geteuid(), 0U) << "control groups are made by root: run this test as root";
  HostProcess host;
  host.kill();
  const std::vector<std::string> left = place::leftovers_of(host.owner());
  ASSERT_FALSE(left.empty());
  SandboxId id;
  for (const auto& entry : std::filesystem::directory_iterator(left.front())) {
    if (entry.is_directory()) id = entry.path().filename();
  }
  Backend other;
  EXPECT_EQ(other->sweep(host.owner(), {id}), 0U);
  EXPECT_EQ(place::leftovers_of(host.owner()), left);
  EXPECT_EQ(other->sweep(host.owner(), {"another"}), 1U);
  EXPECT_EQ(place::leftovers_of(host.owner()), std::vector<std::string>());
}

TEST(RootHostDeath, BeforeItsFirstControlGroupLeavesNothingBehindItsSweep) {
  ASSERT_EQ(geteuid(), 0U) << "control groups are made by root: run this test as root";
  const OwnerId owner = "test-" + std::to_string(getpid());
  std::vector<std::filesystem::path> made;
  for (const char* hierarchy : {"", "cpu", "memory", "pids"}) {
    const std::filesystem::path root = std::filesystem::path("/sys/fs/cgroup") / hierarchy;
    if (!std::filesystem::exists(root / "cgroup.procs")) continue;
    made.push_back(root / "tellina" / owner);
    std::filesystem::create_directories(made.back());
  }
  ASSERT_FALSE(made.empty());
  EXPECT_EQ(Backend()->sweep(owner, {}), 0U);
  for (const auto& directory : made) EXPECT_FALSE(std::filesystem::exists(directory)) << directory;
}

TEST(CoreHostDeath, LeavesNothingAtWhateverMomentOfAStart) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0) << "so that what a dead host leaves becomes a child of this process";
  const std::vector<std::string> mounts = place::leftovers();
  Backend other;
  std::mt19937 generator(60);
  for (int i = 0; i < 40; ++i) {
    const std::chrono::microseconds moment(std::uniform_int_distribution<int>(0, 60'000)(generator));
    HostProcess host(be_starting_host_flag);
    ASSERT_FALSE(host.owner().empty());
    std::this_thread::sleep_for(moment);
    host.kill();
    const bool all_gone = eventually(
        [] {
          while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
          return descendants(getpid()).empty();
        },
        "every process of a host that died " + std::to_string(moment.count()) + " us after it began a start is gone");
    ASSERT_TRUE(all_gone);
    EXPECT_EQ(place::leftovers(), mounts);
    other->sweep(host.owner(), {});
    EXPECT_EQ(place::leftovers_of(host.owner()), std::vector<std::string>());
  }
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/// The same tests with the plugin run by an ordinary user, where the kernel allows and denies other things.
TEST(OrdinaryUser, PassesTheCoreTests) {
  const uid_t user = geteuid() == 0 ? 12345 : geteuid();
  const std::filesystem::path report =
      std::filesystem::temp_directory_path() / ("sandbox_user_" + std::to_string(getpid()));
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(report.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    dup2(file, 1);
    dup2(file, 2);
    if (user != geteuid() &&
        (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0)) {
      _exit(126);
    }
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

TEST(CoreConfiguration, IsCheckedAtConstruction) {
  EXPECT_THROW(Backend({{"network", true}}), ConfigError);
  Backend missing({{"root_file_system", std::string("/nonexistent")}});
  const Capabilities capabilities = missing->probe();
  EXPECT_FALSE(capabilities.usable);
  EXPECT_NE(capabilities.reason.find("/nonexistent"), std::string::npos);
  EXPECT_NE(capabilities.reason.find("tellina sandbox prepare"), std::string::npos) << capabilities.reason;
}

}  // namespace
}  // namespace tellina::test
