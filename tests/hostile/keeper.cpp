#include "hostile/keeper.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/server_process.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A server ends within 5 s, and a Docker engine gives its containers 5 s.
constexpr auto end_limit = 20s;
constexpr auto kill_limit = 10s;
constexpr auto look_again = 20ms;

int status_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/// Waits until this process has no children. Orphans of its children are its own, because it is a subreaper.
bool are_all_gone(std::chrono::seconds limit) {
  for (const auto deadline = Clock::now() + limit; Clock::now() < deadline;) {
    const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == ECHILD) return true;
    if (ended == 0) std::this_thread::sleep_for(look_again);
  }
  return false;
}

void end_all() {
  if (are_all_gone(end_limit)) return;
  for (const auto& [process, started] : testing::descendants(::getpid())) ::kill(process, SIGKILL);
  if (!are_all_gone(kill_limit)) std::cerr << "some processes of this test cannot be ended\n";
}

}  // namespace

int keep(const std::function<int()>& body, const std::function<void()>& clean_up) {
  sigset_t handled;
  sigset_t before;
  ::sigemptyset(&handled);
  for (const int number : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&handled, number);
  ::sigprocmask(SIG_BLOCK, &handled, &before);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::cout.flush();
  const pid_t keeper = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();  // so that a signal to the keeper's group does not reach the child
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (::getppid() != keeper) ::_exit(1);
    std::exit(body());
  }
  std::optional<int> status;
  int stopped_by = 0;
  if (child < 0) status = 1;
  while (!status) {
    int number = 0;
    ::sigwait(&handled, &number);
    if (number != SIGCHLD) {
      stopped_by = number;
      ::kill(child, SIGTERM);
      continue;
    }
    int ended_with = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &ended_with, WNOHANG)) > 0;) {
      if (ended == child) status = status_of(ended_with);
    }
  }
  end_all();
  clean_up();
  return stopped_by != 0 ? 128 + stopped_by : *status;
}

}  // namespace tellina::hostile
