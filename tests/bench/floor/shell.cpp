#include "bench/floor/shell.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tellina::floor {

Shell::Shell(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  const winsize size{24, 80, 0, 0};
  m_process = ::forkpty(&m_pty, nullptr, nullptr, &size);
  if (m_process < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
  if (m_process > 0) return;
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int descriptor = 3; descriptor < 4096; ++descriptor) ::close(descriptor);
  ::setenv("PS1", "$ ", 1);
  ::setenv("TERM", "xterm-256color", 1);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

Shell::~Shell() {
  if (m_pty >= 0) ::close(m_pty);
  ::kill(m_process, SIGKILL);
  ::waitpid(m_process, nullptr, 0);
}

int Shell::take_pty() { return std::exchange(m_pty, -1); }

std::vector<std::string> bare_bash() { return {"bash", "--norc", "--noprofile"}; }

}  // namespace tellina::floor
