#include <algorithm>
#include <csignal>
#include <sstream>
#include <thread>

#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The owners' sandbox directories in all cgroup hierarchies.
std::vector<std::string> cgroups_of(const std::vector<std::vector<std::string>>& owners) {
  std::vector<fs::path> hierarchies{"/sys/fs/cgroup"};
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup", none)) {
    if (entry.is_directory(none)) hierarchies.push_back(entry.path());
  }
  std::vector<std::string> found;
  for (const fs::path& hierarchy : hierarchies) {
    for (const auto& owner : owners) {
      if (const fs::path folder = hierarchy / "tellina" / owner[0]; fs::exists(folder, none)) found.push_back(folder);
    }
  }
  return found;
}

/// Mounts of sandboxes: the names of their file systems and of the shared root file system contain the program's name.
std::string our_mounts() {
  std::string found;
  std::istringstream mounts(read_text("/proc/self/mountinfo"));
  for (std::string line; std::getline(mounts, line);) {
    // Leaves out an engine that other tests start meanwhile: its data are in the build folder, and its sandboxes'
    // folders in a temporary one.
    const bool is_of_an_engine =
        line.find("/docker_tests/") != std::string::npos || line.find("/tellina-docker-") != std::string::npos;
    if (line.find("tellina") != std::string::npos && !is_of_an_engine) found += line + '\n';
  }
  return found;
}

/// How many sandboxes have their first process among these.
std::ptrdiff_t sandboxes_of(const std::set<ProcessMark>& processes) {
  return std::count_if(processes.begin(), processes.end(), [](const ProcessMark& mark) {
    return read_text("/proc/" + std::to_string(mark.first) + "/cmdline").starts_with(std::string("init\0", 5));
  });
}

double time_left(const boost::json::object& welcome) {
  return welcome.at("state").at("task").at("time_left_in_seconds").to_number<double>();
}

class Break : public ServerTest {
 protected:
  /// Sets the bytes of gaps to 0, as the database returns them.
  std::string without_gaps(std::string stream, const std::string& name) const {
    for (const auto& gap : database().rows("SELECT from_offset, to_offset FROM gaps WHERE stream = ?1", {name})) {
      const std::size_t from = std::min(stream.size(), std::stoul(gap[0]));
      const std::size_t to = std::min(stream.size(), std::stoul(gap[1]));
      std::fill(stream.begin() + static_cast<std::ptrdiff_t>(from), stream.begin() + static_cast<std::ptrdiff_t>(to),
                '\0');
    }
    return stream;
  }
};

TEST_F(Break, AKilledServerLosesNothingThatItAcknowledged) {
  const std::string mounts = our_mounts();
  start(StudyConfig());
  TestClient bob = join_task();
  bob.type("stty raw -echo; echo begin; cat\r");
  bob.expect("\x1b]133;C");
  bob.expect("\n");
  const auto owners = database().rows("SELECT id FROM workers");
  ASSERT_FALSE(owners.empty());
  std::set<ProcessMark> processes;
  const bool has_all = bob.wait_until([&] {
    processes = descendants(server().process());
    return sandboxes_of(processes) == 3;
  });
  ASSERT_TRUE(has_all) << "bob's sandbox and the two of the pool do not all exist";

  std::thread killer;
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  for (int i = 0; bob.is_open() && Clock::now() < deadline; ++i) {
    bob.type(std::string(1, static_cast<char>('a' + i % 26)));
    bob.pump(Milliseconds(0));
    if (bob.acknowledged_input() > 2000 && !killer.joinable()) {
      killer = std::thread([this] { server().signal(SIGKILL); });
    }
  }
  ASSERT_TRUE(killer.joinable()) << "little input was acknowledged within 30 s";
  killer.join();
  EXPECT_EQ(server().wait(std::chrono::seconds(5)), 128 + SIGKILL);
  bob.wait_closed();
  const std::uint64_t acknowledged = bob.acknowledged_input();
  const std::uint64_t typed = bob.input_end();
  const std::uint64_t seen = bob.output_end();
  const std::string stream = bob.stream();
  ASSERT_GT(acknowledged, 2000U);

  start();
  const std::string recorded = database().stream("input", "bob", 1);
  EXPECT_GE(recorded.size(), acknowledged);
  EXPECT_EQ(recorded.substr(0, acknowledged), bob.input().substr(0, acknowledged));

  bob.use_port(server().port());
  const auto welcome = bob.connect();
  EXPECT_EQ(text_of(welcome, "stream"), stream);
  EXPECT_GE(number_of(welcome, "input_offset"), typed);
  EXPECT_GE(number_of(welcome, "output_offset"), seen);
  EXPECT_EQ(bob.state(), "running");
  bob.expect_prompt();
  bob.run("echo the task continues");
  EXPECT_THAT(bob.output(), HasSubstr("\athe task continues\r\n"));
  bob.expect_all_acknowledged();
  settle(bob);
  EXPECT_THAT(database().rows("SELECT stream, to_offset - from_offset, reason FROM gaps WHERE stream = 'output'"),
              ElementsAre(ElementsAre("output", "1048576", "worker_lost")));
  const std::string input_gap = database().value("SELECT to_offset FROM gaps WHERE stream = 'input'");
  if (recorded.size() < typed)
    EXPECT_EQ(input_gap, std::to_string(typed));
  else
    EXPECT_EQ(input_gap, "");
  EXPECT_TRUE(database().stream("input", "bob", 1) == without_gaps(bob.input(), "input"));
  // Output that was recorded and had not arrived when the server died stays missing: the page sees one jump over it.
  std::string output = database().stream("output", "bob", 1);
  const std::uint64_t resumed_at = std::stoull(database().value("SELECT to_offset FROM gaps WHERE stream = 'output'"));
  EXPECT_EQ(number_of(welcome, "output_offset"), resumed_at);
  std::fill(output.begin() + static_cast<std::ptrdiff_t>(seen),
            output.begin() + static_cast<std::ptrdiff_t>(resumed_at), '\0');
  EXPECT_TRUE(output == without_gaps(bob.output(), "output"));

  EXPECT_TRUE(bob.wait_until([&] { return still_running(processes).empty(); }))
      << still_running(processes).size() << " processes of the dead server still run";
  EXPECT_TRUE(bob.wait_until([&] { return cgroups_of(owners).empty(); }))
      << ::testing::PrintToString(cgroups_of(owners));
  EXPECT_EQ(our_mounts(), mounts);
}

TEST_F(Break, AStudyContinuesAndIsNotChargedForTheRestart) {
  start(StudyConfig());
  TestClient alice = join_task("alice");
  alice.send_json(R"({"type": "give_up", "id": 1})");
  alice.wait_for_answer("done", "1");
  TestClient bob = join_task();
  bob.run("echo before");
  bob.expect_all_acknowledged();
  const std::string stream = bob.stream();
  const auto processes = descendants(server().process());
  const auto owners = database().rows("SELECT id FROM workers");
  const auto asked = Clock::now();
  const double left_before = time_left(bob.connect());
  settle(bob);
  stop();
  EXPECT_THAT(bob.wait_closed(), ::testing::AnyOf(1001, 1012));
  EXPECT_TRUE(still_running(processes).empty());
  EXPECT_TRUE(cgroups_of(owners).empty());
  const auto down = Clock::now();
  bob.wait_until([] { return false; }, std::chrono::seconds(3));
  const std::chrono::duration<double> was_down = Clock::now() - down;

  start();
  bob.use_port(server().port());
  const std::uint64_t had = bob.output_end();
  const auto welcome = bob.connect();
  const std::chrono::duration<double> passed = Clock::now() - asked;
  EXPECT_EQ(number_of(welcome, "output_offset"), had);
  EXPECT_EQ(text_of(welcome, "stream"), stream);
  EXPECT_EQ(bob.state(), "running");
  EXPECT_LE(left_before - time_left(welcome), (passed - was_down).count() + 0.1);
  EXPECT_GE(left_before - time_left(welcome), 0.0);
  bob.expect_prompt();
  bob.type("echo hello world\r");
  bob.wait_for("state", [](const auto& message) {
    return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"passed"})";
  });
  bob.expect_all_acknowledged();
  expect_recorded(bob);
  EXPECT_EQ(database().value("SELECT count(*) FROM gaps"), "0") << "nothing was lost";
  // The earlier cookie is still valid.
  alice.use_port(server().port());
  const auto alices = alice.connect();
  EXPECT_EQ(text_of(alices.at("state").as_object(), "previous"), R"({"number":1,"state":"gave_up"})");
  EXPECT_THAT(database().rows("SELECT access_code, state FROM results ORDER BY access_code"),
              ElementsAre(ElementsAre("alice", "gave_up"), ElementsAre("bob", "passed")));
}

/// With the sandbox `process`, a dead server leaves only homes.
class BreakOfAServerThatAdoptsNothing : public Break {
 protected:
  StudyConfig study() const {
    StudyConfig config;
    config.more = R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true, "directory": ")" +
                  homes().string() + "\"}, ";
    return config;
  }
  fs::path homes() const { return folder() / "homes"; }
  std::set<std::string> rooms() const {
    std::set<std::string> names;
    for (const auto& room : fs::directory_iterator(homes())) names.insert(room.path().filename());
    return names;
  }
};

TEST_F(BreakOfAServerThatAdoptsNothing, LeavesNoHomeOnceAnotherHasStarted) {
  start(study());
  TestClient bob = join_task();
  TestClient alice = join_task("alice");
  const std::set<std::string> left = rooms();
  ASSERT_EQ(left.size(), 2U);
  server().signal(SIGKILL);
  EXPECT_EQ(server().wait(std::chrono::seconds(5)), 128 + SIGKILL);
  EXPECT_EQ(rooms(), left);

  start();
  for (const std::string& room : rooms()) EXPECT_FALSE(left.contains(room)) << room;
  bob.use_port(server().port());
  bob.connect();
  bob.expect_prompt();
  EXPECT_EQ(rooms().size(), 2U);
}

TEST_F(Break, InputThatWaitedInADeadServerIsNamedAndWasNeverAcknowledged) {
  start(StudyConfig());
  TestClient bob = join_task();
  bob.type("stty raw -echo; echo be'gin'; sleep 600\r");
  bob.expect("begin\n");
  bob.expect_all_acknowledged();
  bob.type(std::string(30'000, 'x'));
  const std::string end = std::to_string(bob.input_end());
  ASSERT_TRUE(bob.wait_until([&] { return database().value("SELECT input_end FROM task_sessions") == end; }));
  server().kill();
  bob.wait_closed();
  const std::uint64_t acknowledged = bob.acknowledged_input();
  ASSERT_LT(acknowledged, bob.input_end());
  start();
  bob.use_port(server().port());
  bob.connect();
  const auto gaps = database().rows("SELECT from_offset, to_offset, reason FROM gaps WHERE stream = 'input'");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_GE(std::stoull(gaps[0][0]), acknowledged);
  EXPECT_EQ(gaps[0][1], end);
  EXPECT_EQ(gaps[0][2], "not_handed_over");
}

TEST_F(Break, NothingIsAcknowledgedWhileTheDatabaseIsMovedAwayAndAllOfItWhenItIsBack) {
  start(StudyConfig());
  TestClient bob = join_task();
  bob.run("echo before");
  bob.expect_all_acknowledged();
  const std::uint64_t before = bob.acknowledged_input();
  fs::rename(database_file(), folder() / "archived.sqlite3");
  const auto says_so = [&] { return server().errors().find("db.sqlite3: was moved or deleted") != std::string::npos; };
  ASSERT_TRUE(bob.wait_until([&] {
    bob.type("x");
    bob.pump(Milliseconds(50));
    return says_so();
  }));
  EXPECT_THAT(server().errors(), HasSubstr("move it back to " + database_file().string()));
  bob.wait_until([] { return false; }, std::chrono::seconds(1));
  EXPECT_EQ(bob.acknowledged_input(), before);
  fs::rename(folder() / "archived.sqlite3", database_file());
  bob.type("\x15");
  bob.expect_all_acknowledged();
  bob.run("echo after");
  expect_recorded(bob);
  EXPECT_EQ(database().value("SELECT count(*) FROM gaps"), "0");
}

}  // namespace
}  // namespace tellina::testing
