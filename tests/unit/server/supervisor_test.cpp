/// The supervisor's deadlines, in virtual time. The processes that it starts are this program; main() plays them.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/limits.hpp"
#include "host/runtime/files.hpp"
#include "host/server/supervisor.hpp"
#include "host/server/supervisor_link.hpp"
#include "support/collecting_log.hpp"
#include "support/virtual_loop.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint16_t port_of_gateway = 4711;

/// In the folder that stands for the configuration: while this exists, started processes of the role do nothing.
fs::path hang_file(const fs::path& folder, std::string_view role) { return folder / ("hang-" + std::string(role)); }
/// One byte for each heartbeat of any process.
fs::path beats_file(const fs::path& folder) { return folder / "beats"; }

/// A process of the supervisor. Ends with it.
int play(std::string_view role, const fs::path& folder) {
  ::signal(SIGHUP, SIG_IGN);
  const SupervisorLink link;
  const bool hangs = fs::exists(hang_file(folder, role));
  if (!hangs) link.report_ready(role == "gateway" ? port_of_gateway : 0);
  const Descriptor beats(::open(beats_file(folder).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  pollfd supervisor{link.descriptor(), POLLIN, 0};
  while (::poll(&supervisor, 1, hangs ? -1 : 1) == 0) {
    link.report_alive();
    if (::write(beats.get(), "b", 1) != 1) return 1;
  }
  return 0;
}

/// Advances by the same step whenever it is asked.
class SteppingClock final : public Clock {
 public:
  explicit SteppingClock(milliseconds step) : m_step(step) {}
  MonotonicTime now() const override { return m_now += m_step; }
  WallTime wall_time() const override { return {}; }

 private:
  const milliseconds m_step;
  mutable MonotonicTime m_now{std::chrono::hours(1)};
};

class SupervisorTime : public ::testing::Test {
 protected:
  SupervisorTime() { options.config = folder.path().string(); }
  void set_hanging(std::string_view role, bool hangs) const {
    if (hangs)
      std::ofstream(hang_file(folder.path(), role)) << '\n';
    else
      fs::remove(hang_file(folder.path(), role));
  }
  /// Waits until a process that runs has sent a heartbeat.
  void expect_heartbeat() const {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    const auto size = [this] {
      std::error_code not_yet;  // the process creates the file
      const std::uintmax_t found = fs::file_size(beats_file(folder.path()), not_yet);
      return not_yet ? 0 : found;
    };
    // Several, because another process may have been between its heartbeat and its byte.
    const auto before = size();
    while (size() < before + 4) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "no process sends heartbeats";
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  const TemporaryFolder folder{"tellina-supervisor"};
  RunOptions options;
  const Signals signals;
  CollectingLog log;
};

TEST_F(SupervisorTime, AWorkerThatHangsAtItsRestartIsKilledAfterThirtySeconds) {
  VirtualClock clock;
  Supervisor supervisor(options, 1, signals, clock, log);
  ASSERT_EQ(supervisor.start(), port_of_gateway);
  set_hanging("worker", true);
  const auto says = [this](const char* text) { return log.text().find(text) != std::string::npos; };

  // Each SIGHUP ends a wait of the supervisor, so no real second passes.
  constexpr milliseconds step = limits::heartbeat * 9 / 10;
  std::optional<MonotonicTime> seen, killed;
  int steps = 0;
  const auto live = [&] {
    expect_heartbeat();
    // When the supervisor sees the death is a matter of real time; what follows is not.
    if (!seen && says("it will be restarted")) seen = clock.now();
    if (!killed && says("did not start within 30 s and is killed")) {
      killed = clock.now();
      set_hanging("worker", false);
    }
    const bool is_over = says("worker 0 (process ") && says("runs again");
    clock.set(clock.now() + step);
    ::raise(is_over || ++steps > 200 || HasFatalFailure() ? SIGTERM : SIGHUP);
    return false;
  };
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  pid_t worker = 0;
  children >> worker;
  ASSERT_GT(worker, 0);
  ::kill(worker, SIGKILL);
  const MonotonicTime begin = clock.now();
  ::raise(SIGHUP);
  EXPECT_TRUE(supervisor.supervise(live));
  ASSERT_TRUE(seen && killed) << log.text();
  EXPECT_GE(*killed - begin, limits::process_start);
  EXPECT_LE(*killed - *seen, limits::process_start + limits::first_restart_delay + 4 * limits::heartbeat);
  EXPECT_THAT(log.text(), HasSubstr("was killed by signal 9 (Killed); it will be restarted"));
  EXPECT_THAT(log.text(), HasSubstr("runs again")) << "the next one starts";
  EXPECT_THAT(log.text(), Not(HasSubstr("gateway"))) << "the gateway is not affected";
}

TEST_F(SupervisorTime, AServerWhoseWorkerHangsAtTheStartEndsAfterThirtySeconds) {
  const SteppingClock clock(seconds(1));
  set_hanging("worker", true);
  Supervisor supervisor(options, 1, signals, clock, log);
  try {
    supervisor.start();
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "worker 0 did not start within 30 s");
  }
}

}  // namespace
}  // namespace tellina::testing

int main(int count, char** words) {
  const std::string_view first = count > 1 ? words[1] : "";
  if (count > 3 && (first == "worker" || first == "gateway")) return tellina::testing::play(first, words[3]);
  ::testing::InitGoogleMock(&count, words);
  return RUN_ALL_TESTS();
}
