#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <fstream>

#include "exhaustion_fixture.hpp"
#include "support/no_descriptors.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

/// Clients without an access code: connections that each have sent a part of a request.
class HalfRequests {
 public:
  explicit HalfRequests(std::uint16_t port) : m_port(port) {}
  HalfRequests(const HalfRequests&) = delete;
  HalfRequests& operator=(const HalfRequests&) = delete;
  ~HalfRequests() {
    for (const int socket : m_sockets) ::close(socket);
  }

  /// Each connection uses its own address, so that no limit of an address stops them.
  void add(int count) {
    for (int i = 0; i < count; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + m_sockets.size() % 200);
      const bool is_bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(m_port);
      if (!is_bound || ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ADD_FAILURE() << "a half-sent request: " << strerror(errno);
      }
      constexpr std::string_view half = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
      ::send(socket, half.data(), half.size(), MSG_NOSIGNAL);
      m_sockets.push_back(socket);
    }
  }

 private:
  const std::uint16_t m_port;
  std::vector<int> m_sockets;
};

/// While it exists, the system gives a process no more memory than it has.
class NoMemory {
 public:
  explicit NoMemory(pid_t process) : m_process(process) {
    rlim_t pages = 0;
    std::ifstream("/proc/" + std::to_string(process) + "/statm") >> pages;
    const rlimit now{pages * static_cast<rlim_t>(::getpagesize()), RLIM_INFINITY};
    if (pages == 0 || ::prlimit(process, RLIMIT_AS, &now, &m_before) != 0) throw std::runtime_error("prlimit");
  }
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;
  ~NoMemory() { ::prlimit(m_process, RLIMIT_AS, &m_before, nullptr); }

 private:
  const pid_t m_process;
  rlimit m_before{};
};

/// A control group in which running processes can start no process and no thread.
class NoProcesses {
 public:
  /// Allows the processes that enter it later to start this many.
  explicit NoProcesses(int most) {
    std::filesystem::create_directory(m_folder);
    write_line("pids.max", std::to_string(most));
  }
  explicit NoProcesses(const std::vector<pid_t>& processes) {
    std::filesystem::create_directory(m_folder);
    for (const pid_t process : processes) write_line("cgroup.procs", std::to_string(process));
    std::string running;
    std::ifstream(m_folder / "pids.current") >> running;
    if (running.empty() || running == "0") throw std::runtime_error("no group for pids: run this test as root");
    write_line("pids.max", running);
  }
  NoProcesses(const NoProcesses&) = delete;
  NoProcesses& operator=(const NoProcesses&) = delete;
  ~NoProcesses() {
    // The kernel removes a process from the group a moment after it has reported the end of the process.
    for (int tries = 0; ::rmdir(m_folder.c_str()) != 0 && tries < 1000; ++tries) ::usleep(1000);
  }

  /// The command with which a shell enters the group.
  std::string entry() const { return "echo $$ > " + (m_folder / "cgroup.procs").string(); }
  void allow_more() const { write_line("pids.max", "max"); }

 private:
  static std::filesystem::path hierarchy() {
    const std::filesystem::path version_1 = "/sys/fs/cgroup/pids";
    return std::filesystem::exists(version_1) ? version_1 : "/sys/fs/cgroup";
  }
  void write_line(const char* file, const std::string& text) const { std::ofstream(m_folder / file) << text << '\n'; }

  const std::filesystem::path m_folder = hierarchy() / ("tellina-test-" + std::to_string(::getpid()));
};

INSTANTIATE_TEST_SUITE_P(Layers, Exhaustion, ::testing::Values("memory", "ipc"),
                         [](const auto& layer) { return std::string(layer.param); });

TEST_P(Exhaustion, OfDescriptorsByClientsWithoutACode) {
  start_limited("ulimit -n 160", study(at_work + 1));
  begin_work();
  HalfRequests attack(server().port());
  for (int round = 0; round < 4; ++round) {
    attack.add(100);
    work(2);
  }
  // Longer than the leases last.
  const auto end = std::chrono::steady_clock::now() + seconds(4);
  while (std::chrono::steady_clock::now() < end) {
    attack.add(5);
    work(1);
  }
  join_task(code(at_work)).run("echo I came during the attack");
  expect_nothing_lost();
  EXPECT_THAT(server().errors(), Not(HasSubstr("Too many open files")));
}

TEST_P(Exhaustion, OfDescriptorsByAnythingElse) {
  start(study(at_work + 1));
  begin_work();
  {
    std::deque<NoDescriptors> none;
    for (const pid_t process : processes()) none.emplace_back(process);
    const auto end = std::chrono::steady_clock::now() + seconds(5);  // longer than the leases last
    while (std::chrono::steady_clock::now() < end) work(1);
  }
  TestClient late = join(code(at_work));
  late.start_task(1);
  late.expect_prompt();
  late.run("echo I came when there were descriptors again");
  expect_nothing_lost();
}

TEST_P(Exhaustion, OfProcesses) {
  StudyConfig config = study(at_work + 1);
  config.more += R"("sandbox": {"plugin": "chroot", "pool": 0}, )";  // no sandbox exists before it is requested
  start(config);
  begin_work();
  TestClient late = join(code(at_work));
  const auto start_late = [&](const std::string& id) {
    late.send_json(R"({"type": "start_task", "task": 1, "id": ")" + id + "\"}");
  };
  {
    const NoProcesses group(processes());
    start_late("refused");
    EXPECT_EQ(text_of(late.wait_for_answer("error", "refused"), "code"), "sandbox_unavailable");
    work(4);
    group.allow_more();
    start_late("again");
    late.wait_for_answer("welcome", "again");
    late.expect_prompt();
    late.run("echo I came when there were processes again");
    expect_nothing_lost();
    stop();
  }
}

TEST_P(Exhaustion, OfMemory) {
  StudyConfig config = study(at_work + 1);
  config.more += R"("sandbox": {"plugin": "chroot", "pool": 0}, )";
  start(config);
  begin_work();
  TestClient late = join(code(at_work));
  {
    std::deque<NoMemory> none;
    for (const pid_t process : processes()) none.emplace_back(process);
    for (Typist& typist : typists) typist.client().type("echo typed dur'ing'\r");
    late.send_json(R"({"type": "start_task", "task": 1, "id": "waits"})");
    EXPECT_TRUE(server_says("there is no memory left; waiting for some"));
  }
  for (Typist& typist : typists) {
    typist.client().reconnect(default_limit);
    typist.client().expect("typed during\r\n");
    typist.client().expect_prompt();
  }
  work(3);
  late.reconnect(default_limit);
  if (late.state() != "running") late.start_task(1);
  late.expect_prompt();
  late.run("echo I came when there was memory again");
  expect_nothing_lost();
}

TEST_P(Exhaustion, OfThreadsAtTheStart) {
  for (const int most : {3, 7, 9, 12}) {
    SCOPED_TRACE(most);
    const NoProcesses group(most);
    try {
      start_limited(group.entry(), study(1));
      FAIL() << "the server started";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("exit status 1:"));
      EXPECT_THAT(error.what(), HasSubstr("Resource temporarily unavailable"));
      EXPECT_THAT(error.what(), Not(HasSubstr("terminate called")));
    }
  }
}

}  // namespace
}  // namespace tellina::testing
