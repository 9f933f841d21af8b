#include <csignal>
#include <regex>

#include "backends.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using Texts = std::vector<std::string>;

/// Longer than a lease lasts and another worker takes to notice its end.
constexpr std::chrono::seconds take_over_limit(is_sanitized ? 40 : 20);

class DockerDeath : public ServerTest {
 protected:
  void start() {
    if (!m_backends) m_backends.emplace(Combination("ipc", "strict", "docker"), folder());
    StudyConfig config;
    config.more = m_backends->members();
    ServerTest::start(config);
  }
  void TearDown() override {
    stop();
    EXPECT_EQ(engine().leftovers(), Texts());
  }
  pid_t owner() const { return owner_of(database(), "bob"); }

  /// The recorded input equals the typed input, except for gaps, whose bytes are 0 here.
  void expect_input_recorded(const TestClient& bob) {
    std::string typed = bob.input();
    for (const auto& gap : database().rows("SELECT from_offset, to_offset FROM gaps WHERE stream = 'input'")) {
      for (std::size_t at = std::stoul(gap[0]); at < std::stoul(gap[1]); ++at) typed[at] = '\0';
    }
    EXPECT_TRUE(database().stream("input", "bob", 1) == typed);
  }

 private:
  std::optional<Backends> m_backends;
};

TEST_F(DockerDeath, AnotherWorkerContinuesWithTheShellOfAKilledOne) {
  engine();
  start();
  TestClient bob = join_task();
  bob.run("kept=treasure; cd /tmp; echo \"shell $$\"");
  bob.expect_all_acknowledged();
  const std::string acknowledged = bob.input();
  std::smatch shell;
  ASSERT_TRUE(std::regex_search(bob.output(), shell, std::regex("\ashell [0-9]+")));
  const std::string stream = bob.stream();
  const pid_t killed = owner();
  ASSERT_GT(killed, 0);
  ::kill(killed, SIGKILL);
  EXPECT_EQ(bob.wait_closed(), 1012);

  bob.reconnect(std::chrono::seconds(is_sanitized ? 15 : 5));
  EXPECT_EQ(bob.stream(), stream);
  bob.run("echo \"shell $$\" $kept");
  EXPECT_THAT(bob.output(), HasSubstr(shell.str() + " treasure"));
  EXPECT_NE(owner(), killed);
  bob.expect_all_acknowledged();
  settle(bob);
  expect_input_recorded(bob);
  EXPECT_EQ(bob.input().substr(0, acknowledged.size()), acknowledged);
  EXPECT_EQ(database().value("SELECT count(*) FROM events WHERE kind = 'adopted'"), "1");
  EXPECT_EQ(database().rows("SELECT text, exit_status FROM commands ORDER BY command_number").back(),
            (Texts{"echo \"shell $$\" $kept", "0"}));
}

TEST_F(DockerDeath, TheNextServerContinuesWithTheShellsOfAKilledOne) {
  engine();
  start();
  TestClient bob = join_task();
  TestClient alice = join_task("alice");
  for (TestClient* const client : {&bob, &alice}) {
    client->run("kept=treasure");
    client->expect_all_acknowledged();
  }
  server().kill_all_roles();

  start();
  for (TestClient* const client : {&bob, &alice}) {
    client->use_port(server().port());
    client->reconnect(std::chrono::seconds(is_sanitized ? 30 : 10));
    client->run("echo \"<$kept>\"");
    EXPECT_THAT(client->output(), HasSubstr("<treasure>"));
  }
  EXPECT_EQ(database().value("SELECT count(*) FROM events WHERE kind = 'adopted'"), "2");
  EXPECT_EQ(database().value("SELECT count(*) FROM events WHERE kind = 'sandbox_replaced'"), "0");
}

/// Whether every thread of a process is stopped, because the signal takes a moment.
bool has_stopped(pid_t process) {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    const std::string status = read_text(thread.path() / "stat");
    const std::size_t end_of_name = status.rfind(')');
    if (end_of_name == std::string::npos || status.compare(end_of_name, 3, ") T") != 0) return false;
  }
  return true;
}

/// Numbers on lines "n1", "n2", ... without the letters echoed between them; leaves out numbers that a gap has cut.
std::vector<int> numbers_in(const std::string& output) {
  std::string text;
  for (const char c : output) {
    if (c == 'n' || c == '\n' || (c >= '0' && c <= '9')) text += c;
  }
  std::vector<int> numbers;
  static const std::regex line("n([0-9]+)(?=\n)");
  for (std::sregex_iterator found(text.begin(), text.end(), line), end; found != end; ++found) {
    numbers.push_back(std::stoi((*found)[1]));
  }
  return numbers;
}

TEST_F(DockerDeath, AWorkerThatWakesUpAfterATakeOverTouchesNothing) {
  engine();
  start();
  TestClient bob = join_task();
  bob.type("stty raw -echo; (for i in {1..100000}; do echo n$i; sleep 0.01; done) & tee typed\r");
  bob.expect("n20\n");
  bob.expect_all_acknowledged();
  const std::uint64_t acknowledged = bob.input_end();
  const pid_t stopped = owner();
  ASSERT_GT(stopped, 0);
  ::kill(stopped, SIGSTOP);
  ASSERT_TRUE(bob.wait_until([&] { return has_stopped(stopped); }));
  bob.type("abc");  // waits for the stopped worker in its channel
  bob.wait_closed();
  bob.reconnect(take_over_limit);
  const pid_t heir = owner();
  ASSERT_NE(heir, stopped);
  bob.type("def");
  bob.expect_all_acknowledged();
  const std::uint64_t adopted_at = bob.output_end();
  const auto fence = database().rows("SELECT worker_id, fence FROM leases");

  ::kill(stopped, SIGCONT);
  // Three of its ticks.
  bob.wait_until([] { return false; }, std::chrono::seconds(3));
  bob.type("ghi");
  bob.expect_all_acknowledged();
  const std::uint64_t printed = bob.output_end();
  ASSERT_TRUE(bob.wait_until([&] { return bob.output_end() > printed + 100; }));

  EXPECT_EQ(database().rows("SELECT worker_id, fence FROM leases"), fence);
  EXPECT_EQ(database().value("SELECT state FROM results"), "running");
  const std::string typed = read_in_container(database(), "bob", "typed");
  EXPECT_EQ(typed, "defghi") << "input that the record names as a gap must not arrive later";
  const std::vector<int> numbers = numbers_in(bob.output().substr(adopted_at - bob.output_begin()));
  ASSERT_GT(numbers.size(), 20U);
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    EXPECT_EQ(numbers[i], numbers[i - 1] + 1) << "the woken worker has read output";
  }
  settle(bob);
  expect_input_recorded(bob);
  EXPECT_GE(
      std::stoull(database().value("SELECT coalesce(min(from_offset), 1000000) FROM gaps WHERE stream = 'input'")),
      acknowledged);
  EXPECT_EQ(server().role_processes("worker").size(), 2U);
  // It serves all clients again.
  TestClient alice = join_task("alice");
  alice.run("echo in");
}

TEST_F(DockerDeath, InputThatWaitedInADeadWorkerIsNamedAndWasNeverAcknowledged) {
  engine();
  start();
  TestClient bob = join_task();
  bob.type("stty raw -echo; echo be'gin'; sleep 8; tee typed >/dev/null\r");
  bob.expect("begin\n");
  bob.expect_all_acknowledged();
  const std::uint64_t before = bob.input_end();
  std::string paste;
  for (int i = 0; paste.size() < 30'000; ++i) paste += std::to_string(i) + ",";
  bob.type(paste);
  const std::string end = std::to_string(bob.input_end());
  ASSERT_TRUE(bob.wait_until([&] { return database().value("SELECT input_end FROM task_sessions") == end; }));
  const std::uint64_t acknowledged = bob.acknowledged_input();
  ASSERT_LT(acknowledged, bob.input_end()) << "all input was acknowledged although the program reads nothing yet";
  ::kill(owner(), SIGKILL);
  bob.wait_closed();
  bob.reconnect(take_over_limit);

  const auto gaps = database().rows("SELECT from_offset, to_offset, reason FROM gaps WHERE stream = 'input'");
  ASSERT_EQ(gaps.size(), 1U);
  const std::uint64_t from = std::stoull(gaps[0][0]);
  EXPECT_GE(from, acknowledged);
  EXPECT_GT(from, before) << "the terminal accepted some of the input";
  EXPECT_EQ(gaps[0][1], end);
  EXPECT_EQ(gaps[0][2], "not_handed_over");
  bob.type("END");
  std::string typed;
  ASSERT_TRUE(bob.wait_until(
      [&] {
        typed = read_in_container(database(), "bob", "typed");
        return typed.ends_with("END");
      },
      take_over_limit))
      << typed.size();
  typed.resize(typed.size() - 3);
  EXPECT_EQ(typed, paste.substr(0, typed.size()));
  EXPECT_GE(before + typed.size(), from) << "input outside the gap has not arrived";
  EXPECT_LT(typed.size(), paste.size());
}

TEST_F(DockerDeath, AnotherSandboxPluginRemovesTheContainers) {
  engine();
  start();
  TestClient bob = join_task();
  std::vector<pid_t> processes = server().role_processes("worker");
  for (const pid_t gateway : server().role_processes("gateway")) processes.push_back(gateway);
  for (const pid_t process : processes) ::kill(process, SIGKILL);
  server().kill();
  ASSERT_NE(engine().leftovers(), Texts());
  engine().stop();
  StudyConfig config;
  config.more = Backends(Combination("ipc", "strict", "chroot"), folder()).members();
  ServerTest::start(config);
  EXPECT_TRUE(server_says("cannot remove the sandboxes of dead worker"));
  engine().start();
  EXPECT_TRUE(server_says("removed 1 sandbox of \"docker\", which is no longer configured"));
}

}  // namespace
}  // namespace tellina::testing
