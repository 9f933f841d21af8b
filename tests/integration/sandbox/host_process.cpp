#include "host_process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace tellina::test {

int be_host() {
  Backend backend({{"pool", std::int64_t{2}}});
  const SandboxSpec spec = make_spec();
  const std::unique_ptr<Sandbox> sandbox = backend->start(spec);
  Shell shell(*sandbox);
  if (!shell.prompt()) return 1;
  shell.run("setsid sleep 1000 & nohup sleep 1000 >/dev/null 2>&1 & true");
  const auto count = [](const std::string& name) {
    std::size_t found = 0;
    for (const auto& process : descendants(getpid())) {
      std::ifstream file("/proc/" + std::to_string(process.first) + "/comm");
      std::string its_name;
      std::getline(file, its_name);
      if (its_name == name) ++found;
    }
    return found;
  };
  eventually([&] { return count("sandbox_init") == 3 && count("sleep") == 2; }, "the pool is full and the daemons run");
  std::printf("%s\n", spec.owner.c_str());
  std::fflush(stdout);
  for (;;) pause();
}

int be_starting_host() {
  Backend backend({{"pool", std::int64_t{2}}});
  const SandboxSpec spec = make_spec();
  std::printf("%s\n", spec.owner.c_str());
  std::fflush(stdout);
  const std::unique_ptr<Sandbox> sandbox = backend->start(spec);
  for (;;) pause();
}

HostProcess::HostProcess(const char* flag) {
  int ends[2];
  if (pipe(ends) != 0) return;
  m_process = fork();
  if (m_process == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    execl("/proc/self/exe", "test_sandbox", flag, nullptr);
    _exit(127);
  }
  close(ends[1]);
  for (char c; ::read(ends[0], &c, 1) == 1 && c != '\n';) m_owner += c;
  close(ends[0]);
}

HostProcess::~HostProcess() { kill(); }

void HostProcess::kill() {
  if (m_process <= 0) return;
  ::kill(m_process, SIGKILL);
  waitpid(m_process, nullptr, 0);
  m_process = -1;
}

}  // namespace tellina::test
