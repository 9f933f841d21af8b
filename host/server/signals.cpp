#include "host/server/signals.hpp"

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

Signals::Signals() {
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
    signals.insert(static_cast<int>(signal.ssi_signo));
  }
  return {signals.begin(), signals.end()};
}

}  // namespace tellina
