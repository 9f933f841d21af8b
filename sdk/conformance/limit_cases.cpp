/// The limits that probe() reports as enforced.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <thread>

#include "sandbox_cases.hpp"

namespace tellina::conformance {
namespace {

/// Throws Skip if probe() reports that the limit is not enforced.
void need(RunningSandbox& running, const std::string& name) {
  for (const LimitReport& limit : running.backend().probe().limits) {
    if (limit.name != name) continue;
    if (!limit.enforced) throw Skip("probe() reports that the limit of " + name + " is not enforced: " + limit.how);
    return;
  }
  throw Skip("probe() does not report on a limit of " + name);
}

/// The setting, which the sandbox `exec` has one level deeper; null if there is none.
const Config* find_setting(Probe& probe, const std::string& key) {
  const Config& section = probe.subject().section;
  if (const Config* value = section.find(key)) return value;
  const Config* inner = section.find("settings");
  return inner && inner->is_object() ? inner->find(key) : nullptr;
}

/// The number in the settings, or the schema's default. Throws Skip if there is neither, or if it exceeds `most`.
std::uint64_t setting(Probe& probe, const std::string& key, std::uint64_t most) {
  const Config* value = find_setting(probe, key);
  if (!value) {
    const Config* properties = probe.subject().schema.find("properties");
    const Config* property = properties ? properties->find(key) : nullptr;
    value = property ? property->find("default") : nullptr;
  }
  if (!value || value->kind() != Config::Kind::integer) throw Skip("the plugin has no setting \"" + key + "\"");
  const auto number = static_cast<std::uint64_t>(value->as_integer());
  if (number > most) throw Skip("\"" + key + "\" is above " + show(most) + ": try it with a smaller limit");
  return number;
}

void expect_alive(RunningSandbox& running) {
  expect_equal("the shell's output afterwards", "alive\n", running.driver().output_of("echo alive"));
}

void memory_is_limited(Probe& probe) {
  RunningSandbox running(probe);
  need(running, "memory");
  const std::uint64_t bytes = 2 * setting(probe, "memory_in_mib", 1024) * 1024 * 1024;
  const CommandResult result = running.driver().run(
      "dd if=/dev/zero of=/dev/null count=1 bs=" + show(bytes) + " 2>/dev/null", std::chrono::seconds(30));
  expect(result.status != 0, "that a program cannot fill a buffer of twice the memory of a session",
         "that it fills " + show(bytes) + " bytes");
  expect_alive(running);
}

void memory_of_all_processes_is_limited(Probe& probe) {
  RunningSandbox running(probe);
  need(running, "memory");
  const std::uint64_t limit = setting(probe, "memory_in_mib", 1024) * 1024 * 1024;
  // Each `tail` keeps a third of the limit until its reader reads, and all six do so at the same time.
  const std::string third = show(limit / 3);
  const std::string output = running.driver()
                                 .run("for i in 1 2 3 4 5 6; do (head -c " + third + " /dev/zero | tail -c " + third +
                                          " | (sleep 3; wc -c)) & done 2>/dev/null; wait",
                                      std::chrono::seconds(40))
                                 .output;
  std::size_t complete = 0;
  std::istringstream lines(output);  // a job that was killed is described with its whole command
  for (std::string line; std::getline(lines, line);) complete += line == third;
  expect(complete < 6, "that six programs cannot fill a third of the memory of a session each", "that they can");
  expect_alive(running);
}

void cpu_is_limited(Probe& probe) {
  RunningSandbox running(probe);
  need(running, "cpu");
  const Config* wanted = find_setting(probe, "cpu");
  if (!wanted) {
    const Config* properties = probe.subject().schema.find("properties");
    const Config* property = properties ? properties->find("cpu") : nullptr;
    wanted = property ? property->find("default") : nullptr;
  }
  const bool is_number = wanted && (wanted->kind() == Config::Kind::number || wanted->kind() == Config::Kind::integer);
  if (!is_number) throw Skip("the plugin has no setting \"cpu\"");
  const double cores = wanted->as_number();
  const double machine = std::thread::hardware_concurrency();
  if (cores > machine * 0.6) throw Skip("\"cpu\" is above 60 % of this machine: try it with a smaller limit");
  // Two programs per core, each of which says how many milliseconds of the processor it got.
  const int programs = 2 * static_cast<int>(machine);
  const auto began = std::chrono::steady_clock::now();
  const std::string output =
      running.driver()
          .run("for i in {1.." + std::to_string(programs) +
                   "}; do (end=$((SECONDS+3)); while [ $SECONDS -lt $end ]; do :; done; read -r -a stat < "
                   "/proc/$BASHPID/stat; echo $(((${stat[13]}+${stat[14]})*10)) ms) & done 2>/dev/null; wait",
               std::chrono::seconds(40))
          .output;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  double used = 0;
  std::istringstream words(output);
  double last = 0;
  for (std::string word; words >> word;) {
    if (word == "ms") used += last / 1000;
    last = std::strtod(word.c_str(), nullptr);
  }
  expect(used > 0, "programs that say how long they ran", show(output));
  const std::string text = std::to_string(used) + " s in " + std::to_string(took.count()) + " s";
  expect(used <= cores * took.count() * 1.3 + 0.15,
         "that a session uses at most " + std::to_string(cores) + " of the processor cores", text);
}

void processes_are_limited(Probe& probe) {
  RunningSandbox running(probe);
  need(running, "processes");
  const std::uint64_t most = setting(probe, "processes", 400);
  running.driver().run("true");
  const std::string in_background = running.sees_processes() ? "" : " &";
  running.driver().type("seq " + show(most + 50) + " | xargs -P 1000 -n 1 sleep 30" + in_background + "\n");
  const auto sleeping = [&] {
    if (!running.sees_processes()) return running.count_inside("sleep");
    std::size_t count = 0;
    for (const ProcessKey& process : running.processes())
      count += describe({process}).find("(sleep)") != std::string::npos;
    return count;
  };
  std::size_t before = 0;
  int still = 0;
  // The limit is reached when the number stops growing.
  eventually(
      [&] {
        const std::size_t now = sleeping();
        still = now == before ? still + 1 : 0;
        before = now;
        return now > most || (now > 0 && still > 20);
      },
      std::chrono::seconds(15));
  expect(before > 0, "to find the processes that were started", "none");
  expect(before <= most, "at most " + show(most) + " processes at a time", show(before));
  running.sandbox().snapshot(SnapshotRequest());
}

void fork_bomb_is_contained(Probe& probe) {
  RunningSandbox running(probe);
  need(running, "processes");
  setting(probe, "processes", 400);
  running.driver().type("b() { b | b & }; b 2>/dev/null\n");
  if (!running.sees_processes()) {
    running.sandbox().destroy();
    running.need_visible_processes();
  }
  eventually([&] { return running.processes().size() > 20; }, std::chrono::seconds(10));
  const Processes processes = running.processes();
  running.sandbox().destroy();
  Processes left = still_running(processes);
  left.merge(processes_with_mark(probe.mark()));
  expect(left.empty(), "that destroy() ends a fork bomb", describe(left));
}

void disk_is_limited(Probe& probe) {
  RunningSandbox running(probe);
  need(running, "disk bytes");
  const std::uint64_t limit = setting(probe, "disk_in_mib", 4096) * 1024 * 1024;
  const CommandResult result = running.driver().run(
      "head -c " + show(limit + 1024 * 1024) + " /dev/zero > ~/big 2>/dev/null", std::chrono::seconds(30));
  expect(result.status != 0, "that a file of 1 MiB more than the limit cannot be written", "that it was");
  running.driver().run("rm ~/big");
  expect_equal("the output of a write after space is free again", "yes\n",
               running.driver().output_of("echo yes > f; cat f"));
}

void inodes_are_limited(Probe& probe) {
  RunningSandbox running(probe);
  need(running, "disk inodes");
  const std::string output =
      running.driver()
          .run("i=0; while [ $i -lt 100000 ] && : > ~/f$i; do i=$((i+1)); done 2>/dev/null; echo $i",
               std::chrono::seconds(40))
          .output;
  expect(output.find("100000") == std::string::npos, "that 100000 files cannot be created", "that they can");
  expect_alive(running);
}

class Listener {
 public:
  Listener() : m_socket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (bind(m_socket, plain, size) != 0 || listen(m_socket, 4) != 0 || getsockname(m_socket, plain, &size) != 0) {
      throw Failure("expected a port to listen on, found none");
    }
    m_port = ntohs(address.sin_port);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { close(m_socket); }
  std::string port() const { return std::to_string(m_port); }

 private:
  int m_socket;
  int m_port = 0;
};

void network_is_cut_off(Probe& probe) {
  const Config* wanted = find_setting(probe, "network");
  if (wanted && wanted->kind() == Config::Kind::boolean && wanted->as_bool()) throw Skip("\"network\" is true");
  const Listener listener;
  RunningSandbox running(probe);
  need(running, "network");
  expect_equal("the result of a connection to a port of the host", "refused\n",
               running.driver().output_of("(: > /dev/tcp/127.0.0.1/" + listener.port() +
                                          ") 2>/dev/null && echo connected || echo refused"));
}

}  // namespace

void add_limit_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{60};
  cases.insert(
      cases.end(),
      {{"MemoryIsLimited", "A program cannot get twice the memory of a session.", memory_is_limited, deadline},
       {"MemoryOfAllProcessesIsLimited", "The limit of memory is for all processes of a session together.",
        memory_of_all_processes_is_limited, deadline},
       Case("CpuIsLimited",
            "All processes of a session together use at most as many processor cores as the settings allow.",
            cpu_is_limited, deadline)
           .alone(),
       {"ProcessesAreLimited", "A session has at most as many processes as the settings allow.", processes_are_limited,
        deadline},
       {"ForkBombIsContained", "destroy() ends a fork bomb.", fork_bomb_is_contained, deadline},
       {"DiskIsLimited", "A home holds at most as many bytes as the settings allow, and is writable again after `rm`.",
        disk_is_limited, deadline},
       {"InodesAreLimited", "A home cannot hold 100,000 files.", inodes_are_limited, deadline},
       {"NetworkIsCutOff", "No program reaches a port of the host, unless the settings allow it.", network_is_cut_off,
        deadline}});
}

}  // namespace tellina::conformance
