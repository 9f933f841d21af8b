#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

#include "host/limits.hpp"
#include "host/server/descriptor_budget.hpp"
#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A gateway and workers as separate processes.
class Supervisor : public ServerTest {
 protected:
  StudyConfig study(int workers) {
    StudyConfig config;
    config.more = "\"workers\": " + std::to_string(workers) + R"(, "channel_layer": {"plugin": "ipc", "directory": ")" +
                  (folder() / "meet").string() + "\"}, ";
    return config;
  }
  pid_t owner_of_bob() const {
    return std::stoi(database().value(
        "SELECT w.process_id FROM leases l JOIN workers w ON w.id = l.worker_id WHERE l.participant_id = "
        "(SELECT id FROM participants WHERE access_code = 'bob')"));
  }
};

TEST_F(Supervisor, GivesUpWhenAProcessEndsSixTimesSoonAfterItsStart) {
  start(study(1));
  std::vector<pid_t> killed;
  std::optional<int> status;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  while (!(status = server().wait(Milliseconds(5))) && std::chrono::steady_clock::now() < deadline) {
    for (const pid_t worker : server().role_processes("worker")) {
      if (std::find(killed.begin(), killed.end(), worker) != killed.end()) continue;
      ::kill(worker, SIGKILL);
      killed.push_back(worker);
    }
  }
  EXPECT_EQ(status, 1);
  EXPECT_EQ(killed.size(), 6U);
  for (std::size_t i = 0; i + 1 < killed.size(); ++i) {
    EXPECT_THAT(server().errors(), HasSubstr("worker 0 (process " + std::to_string(killed[i]) +
                                             ") was killed by signal 9 (Killed); it will be restarted in " +
                                             std::to_string(250 << i) + " ms"));
  }
  EXPECT_THAT(server().errors(), HasSubstr("worker 0 (process " + std::to_string(killed.back()) +
                                           ") was killed by signal 9 (Killed); it ended 6 times in a row within 10 s "
                                           "of its start, so the server stops"));
  EXPECT_TRUE(server().role_processes("gateway").empty());
}

TEST_F(Supervisor, DoesNotGiveUpWhileAnotherWorkerHasSessions) {
  start(study(2));
  TestClient bob = join_task();
  bob.run("echo before");
  const std::vector<pid_t> at_first = server().role_processes("worker");
  ASSERT_EQ(at_first.size(), 2U);
  // The worker without a participant's sandbox has two processes less.
  const bool first_has_bob = descendants(at_first[0]).size() > descendants(at_first[1]).size();
  const pid_t spared = first_has_bob ? at_first[0] : at_first[1];
  for (int ends = 1; ends <= 6; ++ends) {
    EXPECT_TRUE(bob.wait_until([&] { return server().role_processes("worker").size() == 2; }));
    for (const pid_t worker : server().role_processes("worker")) {
      if (worker != spared) ::kill(worker, SIGKILL);
    }
    EXPECT_TRUE(server_says("was killed by signal 9 (Killed); it will be restarted in ", ends));
  }
  EXPECT_EQ(server().wait(Milliseconds(0)), std::nullopt);
  bob.run("echo after");
  expect_recorded(bob);
  EXPECT_EQ(database().value("SELECT count(*) FROM event_log WHERE kind = 'sandbox_replaced'"), "0");
}

TEST_F(Supervisor, AWorkerWithoutDescriptorsSaysSoAndIsStartedAgain) {
  start(study(1));
  // Enough for the dynamic linker, and too few for libzmq. Processes that the supervisor starts inherit its limit.
  const rlimit few{16, 16};
  ASSERT_EQ(::prlimit(server().process(), RLIMIT_NOFILE, &few, nullptr), 0);
  ::kill(server().role_processes("worker").front(), SIGKILL);
  const std::string reason =
      "this process needs " + std::to_string(DescriptorBudget::needed_at_start) + " free descriptors";
  EXPECT_TRUE(server_says(reason, limits::failed_starts + 2)) << "it is started again and again";
  EXPECT_EQ(server().wait(Milliseconds(0)), std::nullopt);
  EXPECT_THAT(server().errors(), Not(HasSubstr("signal 6")));
  EXPECT_EQ(server().role_processes("gateway").size(), 1U);
}

/// With control groups of either version.
class Memory {
 public:
  /// Moves a process into a new group, which lets it have no more memory than this.
  Memory(pid_t process, std::uint64_t most) {
    std::filesystem::create_directory(m_folder);
    write_line(is_unified() ? "memory.max" : "memory.limit_in_bytes", most);
    // Swap would delay the end.
    if (is_unified()) write_line("memory.swap.max", 0);
    write_line("cgroup.procs", static_cast<std::uint64_t>(process));
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    // The kernel removes a process from the group a moment after it has reported the end of the process.
    for (int tries = 0; ::rmdir(m_folder.c_str()) != 0 && tries < 1000; ++tries) ::usleep(1000);
  }
  /// How many processes of the group the kernel has killed because the memory ran out.
  int kills() const {
    const std::string text = read_text(m_folder / (is_unified() ? "memory.events" : "memory.oom_control"));
    const std::size_t at = text.find("oom_kill ");
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + 9));
  }

 private:
  static bool is_unified() { return !std::filesystem::exists("/sys/fs/cgroup/memory"); }
  static std::filesystem::path hierarchy() { return is_unified() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"; }
  void write_line(const char* file, std::uint64_t value) const {
    std::ofstream stream(m_folder / file);
    stream << value << std::endl;
    if (!stream) throw std::runtime_error((m_folder / file).string() + ": cannot write: run this test as root");
  }

  const std::filesystem::path m_folder = hierarchy() / ("tellina-test-memory-" + std::to_string(::getpid()));
};

TEST_F(Supervisor, AWorkerKilledForItsMemoryLosesNothingThatWasAcknowledged) {
  start(study(2));
  TestClient bob = join_task();
  TestClient alice = join_task("alice");
  bob.run("echo before");
  bob.expect_all_acknowledged();
  const std::string acknowledged = bob.input();
  const pid_t owner = owner_of_bob();
  {
    const Memory little(owner, 64 << 10);
    // What programs print needs memory.
    bob.type("head -c 4M /dev/zero | tr '\\0' x\r");
    ASSERT_TRUE(server_says("worker ") && server_says("was killed by signal 9 (Killed)"));
    EXPECT_GE(little.kills(), 1);
  }
  bob.wait_closed();
  bob.reconnect(default_limit);
  bob.type("\x03\x15");
  bob.run("echo $((30+33))");
  EXPECT_EQ(database().stream("input", "bob", 1).substr(0, acknowledged.size()), acknowledged);
  if (!alice.is_open()) alice.reconnect(default_limit);
  alice.run("echo still here");
  EXPECT_EQ(server().role_processes("worker").size(), 2U);
}

TEST_F(Supervisor, AGatewayKilledForItsMemoryLosesNothing) {
  start(study(2));
  TestClient bob = join_task();
  bob.run("echo before");
  const std::vector<pid_t> workers = server().role_processes("worker");
  {
    const Memory little(server().role_processes("gateway").front(), 64 << 10);
    bob.type("head -c 4M /dev/zero | tr '\\0' x; echo\r");
    ASSERT_TRUE(server_says("gateway (process ") && server_says("was killed by signal 9 (Killed)"));
    EXPECT_GE(little.kills(), 1);
  }
  bob.wait_closed();
  bob.reconnect(std::chrono::seconds(30));
  bob.run("echo after");
  bob.expect_all_acknowledged();
  EXPECT_EQ(server().role_processes("worker"), workers);
  EXPECT_TRUE(database().rows("SELECT * FROM gaps WHERE stream = 'input'").empty());
  EXPECT_EQ(database().value("SELECT count(*) FROM event_log WHERE kind IN ('sandbox_replaced', 'adopted')"), "0");
}

TEST_F(Supervisor, AHangupAddsANewAccessCodeInEveryWorker) {
  StudyConfig config = study(3);
  start(config);
  EXPECT_THROW(log_in(server().port(), "carol"), std::runtime_error);
  config.access_codes.push_back("carol");
  config.tasks = R"([{"type": "stdout", "description": "another", "reveal": "before_start", "answer": "other"}])";
  configure(config);
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("was reloaded", 3));
  // Whichever worker gets a request, and whichever has the session.
  for (const char* code : {"carol", "bob", "alice"}) {
    for (int i = 0; i < 4; ++i) log_in(server().port(), code);
    TestClient client = join(code);
    const auto welcome = client.connect();
    EXPECT_EQ(text_of(welcome.at("state").at("task").as_object(), "description"), "another") << code;
  }
  EXPECT_EQ(server().role_processes("worker").size(), 3U);
  stop();
}

TEST_F(Supervisor, AHangupWithABrokenFileChangesNothingInAnyProcess) {
  StudyConfig config = study(2);
  start(config);
  TestClient bob = join_task();
  const std::vector<pid_t> workers = server().role_processes("worker");
  config.access_codes.push_back("carol");
  config.tasks = R"([{"type": "stdout", "description": "another", "answer": "other"}])";
  configure(config);
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("P001 has started this task"));
  EXPECT_THAT(server().errors(), AllOf(HasSubstr("the new configuration was not applied"), HasSubstr("tasks[0]")));
  EXPECT_THROW(log_in(server().port(), "carol"), std::runtime_error);
  bob.run("echo still here");
  EXPECT_EQ(server().role_processes("worker"), workers);
}

TEST_F(Supervisor, AHangingWorkerGetsNoRequestsAndIsReplaced) {
  start(study(2));
  TestClient bob = join_task();
  bob.run("echo before");
  bob.expect_all_acknowledged();
  const std::vector<pid_t> before = server().role_processes("worker");
  const pid_t stopped = owner_of_bob();
  ::kill(stopped, SIGSTOP);
  const auto ask = [&](Milliseconds limit) {
    return http_request(server().port(), "GET /api/v1/study HTTP/1.1\r\nCookie: " + bob.cookie() + "\r\n", {}, limit)
        .status;
  };
  // The first requests after the stop may meet it. By them the gateway learns that it does not answer.
  const auto learns = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
  while (std::chrono::steady_clock::now() < learns) {
    try {
      ask(Milliseconds(100));
    } catch (const std::runtime_error&) {
    }
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(std::chrono::seconds(2)), 200) << i;

  ASSERT_TRUE(server_says("(process " + std::to_string(stopped) + ") has not responded for 10 s and is killed"));
  ASSERT_TRUE(server_says(" runs again (process "));
  const std::vector<pid_t> after = server().role_processes("worker");
  EXPECT_EQ(after.size(), 2U);
  EXPECT_EQ(std::count(after.begin(), after.end(), stopped), 0);
  const pid_t other = before[0] == stopped ? before[1] : before[0];
  EXPECT_EQ(std::count(after.begin(), after.end(), other), 1) << "a worker that works was replaced";
  bob.wait_closed();
  bob.reconnect(default_limit);
  bob.expect_prompt();  // of the new shell: what is typed before it is dropped
  bob.run("echo the task continues");
  EXPECT_THAT(bob.output(), HasSubstr("\athe task continues\r\n"));
}

TEST_F(Supervisor, WorkersWaitForADatabaseThatWasMovedAwayAndDoNotReplaceIt) {
  start(study(1));
  TestClient bob = join_task();
  bob.run("echo before");
  bob.expect_all_acknowledged();
  const auto away = folder() / "archived.sqlite3";
  std::filesystem::rename(database_file(), away);
  // More often than the supervisor starts a process that fails for another reason.
  ::kill(server().role_processes("worker").at(0), SIGKILL);
  ASSERT_TRUE(server_says("db.sqlite3: is missing, while its log", limits::failed_starts + 1));
  EXPECT_FALSE(std::filesystem::exists(database_file()));
  std::filesystem::rename(away, database_file());
  ASSERT_TRUE(server_says("worker 0 runs again (process "));
  bob.wait_closed();
  bob.reconnect(default_limit);
  bob.expect_prompt();  // of the new shell: what is typed before it is dropped
  bob.run("echo after");
  expect_recorded(bob);
  EXPECT_EQ(database().value("SELECT count(*) FROM gaps WHERE stream = 'input'"), "0");
}

}  // namespace
}  // namespace tellina::testing
