#include "host/server/signals.hpp"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>
#include <string>

#include "tellina/error.hpp"

namespace tellina {
namespace {

bool ignores(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
         action.sa_handler == SIG_IGN;
}

/// After a terminal was closed, the processes of its session have none.
bool has_terminal() {
  const int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return errno != ENXIO;
  close(terminal);
  return true;
}

/// Whether a SIGHUP says that the terminal was closed. The kernel tells the foreground processes, and the session's
/// shell its jobs; anybody else's signal is a request, also once the terminal is gone.
bool is_from_closed_terminal(const signalfd_siginfo& hangup, bool had_terminal) {
  if (hangup.ssi_code == SI_KERNEL) return true;
  const pid_t session_leader = getsid(0);
  return had_terminal && static_cast<pid_t>(hangup.ssi_pid) == session_leader && session_leader != getpid() &&
         !has_terminal();
}

}  // namespace

Signals::Signals() : m_had_terminal(has_terminal()), m_outlives_terminal(ignores(SIGHUP)) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  m_descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (m_descriptor < 0) {
    throw Error(ErrorCode::internal, std::string("cannot create a descriptor for signals: ") + std::strerror(errno));
  }
}

Signals::~Signals() { close(m_descriptor); }

std::vector<int> Signals::wait(std::span<pollfd> descriptors, std::chrono::milliseconds limit) const {
  std::vector<pollfd> watched{{m_descriptor, POLLIN, 0}};
  watched.insert(watched.end(), descriptors.begin(), descriptors.end());
  // An interrupted or failed poll() counts as a wait that ended early.
  if (poll(watched.data(), watched.size(), static_cast<int>(limit.count())) < 0) return {};
  std::copy(watched.begin() + 1, watched.end(), descriptors.begin());
  std::set<int> signals;
  signalfd_siginfo signal;
  while (read(m_descriptor, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    if (signal.ssi_signo != SIGHUP || !is_from_closed_terminal(signal, m_had_terminal)) {
      signals.insert(static_cast<int>(signal.ssi_signo));
    } else if (!m_outlives_terminal) {
      signals.insert(SIGTERM);
    }
  }
  return {signals.begin(), signals.end()};
}

}  // namespace tellina
