#pragma once

/// What a supervisor does: a program without threads that starts another one and is responsible for all its
/// descendants.

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "supervisor.hpp"

namespace local_sandbox {

inline constexpr const char* list_of_children = "/proc/thread-self/children";

/// What has failed, with errno.
inline Started failure(const char* step) {
  Started report;
  report.error_number = errno;
  std::strncpy(report.step, step, sizeof report.step - 1);
  return report;
}

/// Makes orphans this process's children, and blocks all signals, so that only SIGKILL can end it. Returns a descriptor
/// that is readable when a child has ended; -1 on failure.
inline int watch_children() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t signals;
  sigfillset(&signals);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// Calls `exec` in a child. It executes a program, or returns the reason why it cannot. `child_signals` is from
/// watch_children(). Returns the program's process, or -1 with the reason in `report`.
template <typename Exec>
pid_t start_child(int child_signals, Exec exec, Started& report) {
  if (child_signals < 0 || access(list_of_children, R_OK) != 0) {
    report = failure("read /proc/thread-self/children");
    return -1;
  }
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    report = failure("make a pipe");
    return -1;
  }
  const pid_t child = fork();
  if (child == 0) {
    report = exec();
    [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &report, sizeof report);
    _exit(127);
  }
  if (child < 0) report = failure("start a process");
  close(pipe_ends[1]);
  // exec closes the pipe, so reading nothing means that the program runs.
  const bool failed = child < 0 || read(pipe_ends[0], &report, sizeof report) > 0;
  close(pipe_ends[0]);
  return failed ? -1 : child;
}

/// Kills all descendants. Children of a killed process become this process's, so the list is read again until it is
/// empty.
inline void end_everything() {
  for (;;) {
    bool is_any_listed = false;
    std::ifstream children(list_of_children);
    for (pid_t child; children >> child;) {
      is_any_listed = true;
      kill(child, SIGKILL);
    }
    // The kernel may omit some children while others end, so the list is read again.
    pid_t ended = waitpid(-1, nullptr, is_any_listed ? 0 : WNOHANG);
    while (ended > 0) ended = waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == ECHILD) return;
  }
}

}  // namespace local_sandbox
