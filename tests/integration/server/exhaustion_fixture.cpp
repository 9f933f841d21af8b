#include "exhaustion_fixture.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tellina::testing {

Taker::Taker(const std::function<void()>& take) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  m_process = ::fork();
  if (m_process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      take();
      if (::write(ends[1], "x", 1) != 1) std::_Exit(1);
      for (;; ::usleep(500)) take();
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      std::_Exit(1);
    }
  }
  ::close(ends[1]);
  char done = 0;
  const bool has_taken = m_process > 0 && ::read(ends[0], &done, 1) == 1;
  ::close(ends[0]);
  if (!has_taken) throw std::runtime_error("a process could not take the resource");
}

Taker::~Taker() {
  ::kill(m_process, SIGKILL);
  ::waitpid(m_process, nullptr, 0);
}

}  // namespace tellina::testing
