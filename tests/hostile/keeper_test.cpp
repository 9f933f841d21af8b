/// Kills the driver of the attacks in each way while an attack runs: nothing may be left of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <thread>

#include "support/places.hpp"
#include "support/server_process.hpp"

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr auto start_limit = 60s;
constexpr auto end_limit = 45s;

template <typename Condition>
bool becomes_true(Condition condition, std::chrono::seconds limit) {
  for (const auto deadline = Clock::now() + limit; !condition();) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

/// The processes of `driver`, as soon as the attack's program is among them; empty if it does not come.
std::set<ProcessMark> processes_during_attack(const ChildProcess& driver) {
  std::set<ProcessMark> found;
  const auto has_begun = [&] {
    found = descendants(driver.process());
    return std::any_of(found.begin(), found.end(), [](const ProcessMark& mark) {
      const std::string words = read_text("/proc/" + std::to_string(mark.first) + "/cmdline");
      return words.starts_with(std::string("sleep\0", 6));
    });
  };
  return becomes_true(has_begun, start_limit) ? found : std::set<ProcessMark>();
}

std::set<std::string> entries(const fs::path& folder, const std::string& start) {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (const std::string name = entry.path().filename(); name.starts_with(start)) names.insert(name);
  }
  return names;
}

/// The process `generations` below the driver, on the line from keeper to keeper to the one that attacks.
pid_t descendant(pid_t process, int generations) {
  for (; generations > 0; --generations) {
    const std::string children =
        read_text("/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children");
    process = std::atoi(children.c_str());
    if (process == 0) throw std::runtime_error("the driver has no such child");
  }
  return process;
}

class KeeperTest : public ::testing::TestWithParam<std::tuple<const char*, int, int>> {};

TEST_P(KeeperTest, NothingIsLeftOfADriverThatIsKilled) {
  const auto [place, generations, signal] = GetParam();
  TemporaryFolder folder("keeper");
  fs::permissions(folder.path(), fs::perms::others_exec, fs::perm_options::add);
  ChildProcess driver("/usr/bin/env",
                      {"TMPDIR=" + folder.path().string(), build_folder() + "/bin/test_hostile", "--place", place,
                       "--only", "daemons and orphans"},
                      folder.path(), "driver");
  const std::set<ProcessMark> processes = processes_during_attack(driver);
  ASSERT_FALSE(processes.empty()) << driver.output() << driver.errors();
  ::kill(descendant(driver.process(), generations), signal);
  EXPECT_TRUE(becomes_true([&] { return still_running(processes).empty(); }, end_limit))
      << still_running(processes).size() << " of " << processes.size() << " processes still run";
  if (generations > 0) {
    EXPECT_NE(driver.wait(end_limit), 0);
  }
  const auto is_clean = [&] {
    return entries("/sys/fs/cgroup/memory", "tellina-machine-").empty() &&
           entries("/sys/fs/cgroup", "tellina-machine-").empty();
  };
  EXPECT_TRUE(becomes_true(is_clean, end_limit)) << "a control group is left";
  // A keeper that is killed itself cannot remove its own folder.
  if (generations > 0 || signal != SIGKILL) {
    EXPECT_TRUE(becomes_true([&] { return entries(folder.path(), "tellina-h-").empty(); }, end_limit));
  }
}

INSTANTIATE_TEST_SUITE_P(Driver, KeeperTest,
                         ::testing::Values(std::tuple("U", 0, SIGKILL), std::tuple("U", 0, SIGTERM),
                                           std::tuple("U", 0, SIGINT), std::tuple("U", 1, SIGKILL),
                                           std::tuple("U", 2, SIGKILL), std::tuple("C", 2, SIGKILL),
                                           std::tuple("D", 2, SIGKILL)));

}  // namespace
}  // namespace tellina::testing
