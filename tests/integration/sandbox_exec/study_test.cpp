/// The examples on the real server: a study from the first task to the last, and the death of the server.

#include <algorithm>
#include <filesystem>
#include <set>

#include "server/server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;

std::string example(const std::string& file) { return build_folder() + "/share/tellina/exec/" + file; }

class Example {
 public:
  std::string name;
  std::string section;
};

const Example bubblewrap{"bubblewrap", R"({"plugin": "exec", "pool": 1, "command": [")" + example("bubblewrap.py") +
                                           R"("], "settings": {"disk_in_mib": 16}})"};

Example plain(const fs::path& homes) {
  return {"plain", R"({"plugin": "exec", "pool": 1, "command": [")" + build_folder() +
                       R"(/libexec/tellina/exec_script", ")" + example("plain.sh") +
                       R"("], "settings": {"i_know_this_is_not_isolated": true, "directory": ")" + homes.string() +
                       R"("}})"};
}

class ExecStudy : public ServerTest {
 protected:
  StudyConfig study(const Example& example) {
    StudyConfig config;
    config.more = "\"sandbox\": " + example.section + ", ";
    return config;
  }
  fs::path homes() {
    fs::create_directories(folder() / "homes");
    return folder() / "homes";
  }
  void work_through() {
    TestClient bob = join_task();
    bob.type("echo hello world\r");  // the task ends before the next prompt
    ASSERT_TRUE(bob.wait_until([&] { return bob.state() == "ready"; })) << bob.state();
    EXPECT_TRUE(server_says("state=passed"));
    EXPECT_THAT(database().rows("SELECT text, exit_status, output FROM commands"),
                ::testing::Contains(std::vector<std::string>{"echo hello world", "0", "hello world\n"}));
    bob.start_task(2);
    bob.expect_prompt();
    bob.type("touch dir1/dir2/hello.txt\r");
    ASSERT_TRUE(bob.wait_until([&] { return bob.state() == "finished"; })) << bob.state();
    EXPECT_TRUE(server_says("state=passed", 2));
  }
  /// Nothing is left of the sandboxes and the program 10 s after the next server has started.
  void expect_nothing_left_after_a_kill() {
    TestClient bob = join_task();
    bob.run("setsid sleep 1000 & true");
    std::set<ProcessMark> processes;
    const bool has_daemon = bob.wait_until([&] {
      processes = descendants(server().process());
      return std::any_of(processes.begin(), processes.end(), [](const ProcessMark& one) {
        return read_text("/proc/" + std::to_string(one.first) + "/cmdline").starts_with("sleep");
      });
    });
    ASSERT_TRUE(has_daemon) << "the participant's process is not among the server's";
    server().kill();
    start();
    bob.use_port(server().port());
    const auto is_gone = [&] { return still_running(processes).empty(); };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_gone() && std::chrono::steady_clock::now() < deadline) server().wait(Milliseconds(20));
    EXPECT_TRUE(is_gone()) << still_running(processes).size() << " processes of the dead server still run";
    stop();
  }
};

TEST_F(ExecStudy, RunsOnBubblewrap) {
  start(study(bubblewrap));
  work_through();
  stop();
}

TEST_F(ExecStudy, AParticipantWhoStopsTheInsideGetsAnotherSandbox) {
  StudyConfig config = study(bubblewrap);
  config.tasks =
      R"([{"type": "filesystem", "description": "create a file", "initial_filesystem": {}, "answer": {"new": null}}])";
  start(config);
  TestClient bob = join_task();
  bob.type("kill -STOP 2\r");
  bob.expect_prompt();
  bob.expect_prompt(std::chrono::seconds(40));  // of the next shell, after snapshots without an answer
  bob.type("touch new\r");
  EXPECT_TRUE(bob.wait_until([&] { return bob.state() == "finished"; })) << bob.state();
  TestClient alice = join_task("alice");
  alice.type("touch new\r");
  EXPECT_TRUE(alice.wait_until([&] { return alice.state() == "finished"; })) << alice.state();
  EXPECT_THAT(server().errors(), ::testing::Not(::testing::HasSubstr("the program ended")));
  stop();
}

TEST_F(ExecStudy, RunsOnTheScript) {
  start(study(plain(homes())));
  work_through();
  stop();
  EXPECT_TRUE(fs::is_empty(homes()));
}

TEST_F(ExecStudy, AKilledServerLeavesNothingOfBubblewrap) {
  start(study(bubblewrap));
  expect_nothing_left_after_a_kill();
}

TEST_F(ExecStudy, AKilledServerLeavesNothingOfTheScript) {
  start(study(plain(homes())));
  expect_nothing_left_after_a_kill();
  EXPECT_TRUE(fs::is_empty(homes()));
}

}  // namespace
}  // namespace tellina::testing
