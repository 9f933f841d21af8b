/// Two sandboxes side by side on one machine: what one must not learn of the other and of the machine. A backend that
/// does not isolate reports that in a limit "isolation".

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "audit.hpp"
#include "sandbox_cases.hpp"

namespace tellina::conformance {
namespace {

namespace fs = std::filesystem;

void need_isolation(Probe& probe) {
  const Capabilities capabilities = make_usable_backend(probe)->probe();
  probe.log().expect_none_from_now();
  for (const LimitReport& limit : capabilities.limits) {
    if (limit.name == "isolation" && !limit.enforced) throw Skip("probe() reports no isolation: " + limit.how);
  }
}

/// A program of this machine that can be found by its name.
class HostProgram {
 public:
  explicit HostProgram(const std::string& name) {
    std::string first = name;
    std::string second = "1000";
    char* const words[] = {first.data(), second.data(), nullptr};
    char* const variables[] = {nullptr};
    if (posix_spawn(&m_process, "/bin/sleep", nullptr, nullptr, words, variables) != 0)
      throw Failure("expected a program /bin/sleep on this machine, found none");
  }
  HostProgram(const HostProgram&) = delete;
  HostProgram& operator=(const HostProgram&) = delete;
  ~HostProgram() {
    kill(m_process, SIGKILL);
    waitpid(m_process, nullptr, 0);
  }
  pid_t process() const { return m_process; }
  bool is_alive() const { return waitpid(m_process, nullptr, WNOHANG) == 0; }

 private:
  pid_t m_process = -1;
};

/// A file outside of all sandboxes, removed with this object.
class HostFile {
 public:
  HostFile(fs::path path, const std::string& content) : m_path(std::move(path)) { std::ofstream(m_path) << content; }
  HostFile(const HostFile&) = delete;
  HostFile& operator=(const HostFile&) = delete;
  ~HostFile() {
    std::error_code ignored;
    fs::remove(m_path, ignored);
  }
  std::string path() const { return m_path; }

 private:
  const fs::path m_path;
};

/// Starts a program with that name in the sandbox; returns its number on this machine, or nothing if it cannot be seen.
std::optional<int> start_named(RunningSandbox& running, const std::string& name) {
  running.driver().run("(exec -a " + name + " sleep 1000) & true");
  std::optional<int> found;
  eventually([&] { return (found = process_named(name)).has_value(); }, std::chrono::seconds(2));
  return found;
}

void other_processes_are_hidden(Probe& probe) {
  need_isolation(probe);
  const std::string here = probe.unique("host-program-");
  const std::string there = probe.unique("other-program-");
  const HostProgram program(here);
  RunningSandbox other(probe);
  start_named(other, there);
  RunningSandbox running(probe);
  const std::string all = running.driver().output_of("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'");
  expect(all.find(here) == std::string::npos, "that a sandbox does not show the machine's processes", "one of them");
  expect(all.find(there) == std::string::npos, "that a sandbox does not show the processes of another", "one of them");
}

void other_processes_get_no_signal(Probe& probe) {
  need_isolation(probe);
  const HostProgram program(probe.unique("host-program-"));
  RunningSandbox other(probe);
  const std::string name = probe.unique("other-program-");
  const std::optional<int> process = start_named(other, name);
  RunningSandbox running(probe);
  const auto is_killed = [&](int number, const std::function<bool()>& is_alive) {
    // A low number may be that of a process in the sandbox.
    if (number <= 1000) return false;
    const std::string sent =
        running.driver().output_of("kill -9 " + std::to_string(number) + " 2>/dev/null && echo sent");
    // A process that got the signal still takes a moment to end.
    return eventually([&] { return !is_alive(); }, std::chrono::seconds(sent.empty() ? 0 : 2));
  };
  expect(!is_killed(program.process(), [&] { return program.is_alive(); }),
         "that a sandbox cannot kill a process of the machine", "that it did");
  if (process) {
    expect(!is_killed(*process, [&] { return process_named(name).has_value(); }),
           "that a sandbox cannot kill a process of another", "that it did");
  }
}

void folders_are_not_shared(Probe& probe) {
  need_isolation(probe);
  const std::string name = "/" + probe.unique("check-" + probe.mark() + "-shared-");
  RunningSandbox other(probe);
  RunningSandbox running(probe);
  for (const char* folder : {"/tmp", "/var/tmp", "/dev/shm"}) {
    const std::string path = folder + name;
    other.driver().run("echo text > " + path + ".sandbox");
    std::error_code ignored;
    const bool is_on_machine = fs::remove(path + ".sandbox", ignored);
    other.driver().run("echo text > " + path + ".sandbox");
    const HostFile file(path + ".host", "text");
    const std::string seen = running.driver().output_of("cat " + path + ".* 2>/dev/null");
    fs::remove(path + ".sandbox", ignored);
    expect(seen.empty() && !is_on_machine,
           std::string("that ") + folder + " is shared neither with the machine nor with other sandboxes",
           is_on_machine ? "a sandbox's file in the machine's" : "a file from elsewhere in a sandbox's");
  }
}

void files_of_the_machine_are_hidden(Probe& probe) {
  need_isolation(probe);
  RunningSandbox running(probe);
  for (const char* path : {"/etc/shadow", "/etc/machine-id", "/proc/1/environ"}) {
    const std::string content = read_all(path).substr(0, 2000);
    if (content.empty()) continue;
    std::string quoted =
        running.driver().output_of("head -c 2000 " + std::string(path) + " 2>/dev/null | od -An -v -tx1");
    std::erase_if(quoted, [](char c) { return c == ' ' || c == '\n'; });
    std::string expected;
    for (const char octet : content) {
      constexpr char digits[] = "0123456789abcdef";
      expected += digits[static_cast<unsigned char>(octet) >> 4];
      expected += digits[static_cast<unsigned char>(octet) & 15];
    }
    expect(quoted != expected, std::string("that ") + path + " of the machine cannot be read", "its content");
  }
}

void participant_is_not_root_outside(Probe& probe) {
  need_isolation(probe);
  RunningSandbox running(probe);
  const std::optional<int> process = start_named(running, probe.unique("program-"));
  if (!process) throw Skip("this machine does not show the processes of the sandbox");
  const std::string folder = "/proc/" + std::to_string(*process);
  std::istringstream lines(read_all(folder + "/status"));
  std::error_code ignored;
  const bool has_namespace =
      fs::read_symlink(folder + "/ns/user", ignored) != fs::read_symlink("/proc/self/ns/user", ignored);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "Uid:") {
      for (int user = 0; words >> user;) {
        expect(user != 0 || geteuid() != 0, "that a participant's program is not of the machine's root", show(line));
      }
    }
    if (key == "CapEff:" && !has_namespace) {
      expect(line.find_first_not_of("0", line.find('\t') + 1) == std::string::npos,
             "that a participant's program has no capability on the machine", show(line));
    }
  }
}

}  // namespace

void add_isolation_cases(std::vector<Case>& cases) {
  cases.insert(cases.end(),
               {{"OtherProcessesAreHidden", "A sandbox shows no process of the machine and none of another sandbox.",
                 other_processes_are_hidden},
                {"OtherProcessesGetNoSignal", "A sandbox cannot kill a process of the machine or of another sandbox.",
                 other_processes_get_no_signal},
                {"FoldersAreNotShared",
                 "/tmp, /var/tmp and /dev/shm are shared neither with the machine nor with another sandbox.",
                 folders_are_not_shared},
                {"FilesOfTheMachineAreHidden", "A sandbox cannot read what the machine keeps from ordinary users.",
                 files_of_the_machine_are_hidden},
                {"ParticipantIsNotRootOutside", "For the machine, a participant is not root and has no capability.",
                 participant_is_not_root_outside}});
}

}  // namespace tellina::conformance
