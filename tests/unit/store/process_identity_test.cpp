#include "host/store/process_identity.hpp"

#include <csignal>
#include <fstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/no_descriptors.hpp"

namespace tellina::testing {
namespace {

/// A process that waits to be killed, and is reaped when it is.
class WaitingProcess {
 public:
  WaitingProcess() : m_process(fork()) {
    if (m_process == 0) {
      for (;;) pause();
    }
  }
  WaitingProcess(const WaitingProcess&) = delete;
  WaitingProcess& operator=(const WaitingProcess&) = delete;
  ~WaitingProcess() { end(); }

  WorkerIdentity identity() const {
    WorkerIdentity worker = identify_this_process("worker.child");
    worker.process_id = m_process;
    std::ifstream stat("/proc/" + std::to_string(m_process) + "/stat");
    std::string field;
    for (int count = 1; count <= 22; ++count) stat >> field;
    worker.process_start_ticks = std::stoull(field);
    return worker;
  }

  void kill_only() const {
    ::kill(m_process, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(m_process), &info, WEXITED | WNOWAIT);
  }
  void end() {
    if (m_process <= 0) return;
    ::kill(m_process, SIGKILL);
    ::waitpid(m_process, nullptr, 0);
    m_process = -1;
  }

 private:
  pid_t m_process;
};

bool is_alive_here(const WorkerIdentity& worker) { return is_alive(worker, worker.boot_id); }

TEST(ProcessIdentity, WithoutDescriptorsTheLivingAreAlive) {
  const WorkerIdentity self = identify_this_process("worker.self");
  WaitingProcess process;
  const WorkerIdentity child = process.identity();
  const NoDescriptors none;
  EXPECT_TRUE(is_alive_here(self));
  EXPECT_TRUE(is_alive_here(child));
}

TEST(ProcessIdentity, WithoutDescriptorsAReapedProcessIsDead) {
  WaitingProcess process;
  const WorkerIdentity child = process.identity();
  process.end();
  const NoDescriptors none;
  EXPECT_FALSE(is_alive_here(child));
}

TEST(ProcessIdentity, AZombieIsDeadOnceItCanBeLookedAt) {
  WaitingProcess process;
  const WorkerIdentity child = process.identity();
  process.kill_only();
  {
    const NoDescriptors none;
    EXPECT_TRUE(is_alive_here(child)) << "whether the child is alive is unknown";
  }
  EXPECT_FALSE(is_alive_here(child));
}

TEST(ProcessIdentity, NumbersThatNoProcessCanHaveAreDead) {
  WorkerIdentity worker = identify_this_process("worker");
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    worker.process_id = number;
    EXPECT_FALSE(is_alive_here(worker)) << number;
  }
}

TEST(ProcessIdentity, AnotherBootOrAnotherStartIsDead) {
  WorkerIdentity worker = identify_this_process("worker");
  EXPECT_TRUE(is_alive_here(worker));
  EXPECT_FALSE(is_alive(worker, "another boot"));
  worker.process_start_ticks += 1;
  EXPECT_FALSE(is_alive_here(worker));
}

}  // namespace
}  // namespace tellina::testing
