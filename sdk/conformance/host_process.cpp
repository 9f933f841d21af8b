#include "host_process.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "tellina/conformance/case.hpp"

namespace tellina::conformance {

void resemble_a_host() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&blocked, number);
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
  setenv(host_variable, "seen", 1);
  // It stays open until the process ends, as a descriptor of a library in the host would.
  if (memfd_create(host_file, 0) < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
}

void need_a_process_like_the_host() {
  if (!getenv(host_variable)) throw Skip("--in-process: this process does not resemble the host's");
}

}  // namespace tellina::conformance
