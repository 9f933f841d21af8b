/// Sandboxes whose start takes minutes: the participant sees why, nobody else waits, and a start that nobody needs
/// ends.

#include <csignal>
#include <filesystem>
#include <regex>

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SlowStart : public ServerTest {
 protected:
  SlowStart() {
    fs::create_directories(machines());
    m_config.tasks = R"([
      {"type": "filesystem", "description": "create a file", "initial_filesystem": {}, "answer": {"new": null},
       "sandbox": {"image": "big"}}])";
    m_config.more = R"("sandbox": {"plugin": "slow_start", "pool": 0, "folder": ")" + machines().string() + "\"}, ";
  }
  fs::path machines() const { return folder() / "machines"; }
  void start_slow() {
    configure(m_config);
    start({"--plugin-dir", SLOW_START_PLUGIN_FOLDER});
  }
  void hold() const { write_text(machines() / "held", ""); }
  void let_go() const { fs::remove(machines() / "held"); }
  std::size_t cancelled() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(machines()))
      count += entry.path().filename().string().starts_with("cancelled-");
    return count;
  }
  /// A client whose start waits.
  TestClient join_waiting(const std::string& code) {
    TestClient client = join(code);
    client.send_json(R"({"type":"start_task","id":1,"task":1})");
    EXPECT_EQ(text_of(client.wait_for("sandbox_starting"), "text"), "Loading the image big");
    return client;
  }
  std::string metrics() { return http_request(server().port(), "GET /metrics HTTP/1.1\r\n").body; }

  StudyConfig m_config;
};

TEST_F(SlowStart, DelaysNobodyElse) {
  constexpr int participants = 20;
  for (int i = 0; i < participants; ++i) m_config.access_codes.push_back("p" + std::to_string(i));
  start_slow();
  TestClient alice = join_task("alice");
  hold();
  std::vector<TestClient> waiting;
  for (int i = 0; i < participants; ++i) waiting.push_back(join_waiting("p" + std::to_string(i)));
  EXPECT_THAT(metrics(),
              HasSubstr("tellina_plugin_waiting{kind=\"sandbox\",plugin=\"slow_start\",process=\"server\"} 20\n"))
      << "all starts are under way at the same time";
  alice.run("echo works");
  alice.type("exit\r");
  alice.expect("a new shell");
  alice.expect_prompt();
  alice.type("touch new\r");
  ASSERT_TRUE(alice.wait_until([&] { return alice.state() == "finished"; })) << alice.state();
  TestClient bob = join("bob");
  EXPECT_EQ(bob.state(), "ready");
  const std::regex being_removed("tellina_sandboxes\\{state=\"leaving\",worker=\"[0-9]+\"\\} [1-9]");
  ASSERT_TRUE(alice.wait_until([&] { return !std::regex_search(metrics(), being_removed); }))
      << "alice's sandbox is removed meanwhile";
  let_go();
  for (TestClient& client : waiting) client.expect_prompt(std::chrono::seconds(60));
  EXPECT_THAT(metrics(), HasSubstr("# TYPE tellina_plugin_starts counter\n# HELP tellina_plugin_starts Sandboxes that "
                                   "were wanted.\ntellina_plugin_starts_total{kind=\"sandbox\",plugin=\"slow_start\","
                                   "process=\"server\"} 21\n"));
  EXPECT_THAT(metrics(),
              HasSubstr("tellina_plugin_waiting{kind=\"sandbox\",plugin=\"slow_start\",process=\"server\"} 0\n"));
  stop();
}

TEST_F(SlowStart, EndsWithTheServer) {
  start_slow();
  hold();
  TestClient bob = join_waiting("bob");
  stop();
  EXPECT_EQ(cancelled(), 1U);
  EXPECT_EQ(database().value("SELECT count(*) FROM results"), "0");
}

TEST_F(SlowStart, EndsWhenTheAccessCodeIsRemoved) {
  start_slow();
  hold();
  TestClient bob = join_waiting("bob");
  TestClient alice = join_waiting("alice");
  m_config.access_codes = {"alice"};
  configure(m_config);
  server().signal(SIGHUP);
  ASSERT_TRUE(bob.wait_until([&] { return cancelled() == 1; }));
  EXPECT_EQ(text_of(bob.wait_for("error"), "code"), "sandbox_unavailable");
  EXPECT_TRUE(bob.wait_until([&] {
    return database().value("SELECT access_code, detail FROM event_log WHERE kind = 'start_dropped'") != "";
  }));
  EXPECT_THAT(
      database().rows("SELECT access_code, detail FROM event_log WHERE kind = 'start_dropped'"),
      ::testing::ElementsAre(std::vector<std::string>{"bob", R"({"task_number":1,"reason":"access_removed"})"}));
  let_go();
  alice.expect_prompt();
  EXPECT_EQ(cancelled(), 1U);
  stop();
}

TEST_F(SlowStart, LeavesWhatThePluginWantsToKnowInTheDatabase) {
  start_slow();
  TestClient bob = join_task("bob");
  EXPECT_EQ(database().value("SELECT CAST(sandbox_state AS TEXT) = 'machine of ' || sandbox FROM task_sessions"), "1");
  stop();
}

TEST_F(SlowStart, AWrongOptionIsNamedWithItsPlace) {
  m_config.tasks = R"([
{"type": "stdout", "description": "d", "answer": "a", "sandbox": {"image": "", "imagee": 1}},
{"type": "stdout", "description": "d", "answer": "a", "sandbox": {}}])";
  configure(m_config);
  ChildProcess check(program_file(),
                     {"config", "check", "--config", "config.json", "--plugin-dir", SLOW_START_PLUGIN_FOLDER}, folder(),
                     "check");
  EXPECT_EQ(check.wait(std::chrono::seconds(30)), 2);
  EXPECT_THAT(check.errors(), HasSubstr("tasks[0].sandbox.image: expected"));
  EXPECT_THAT(check.errors(), HasSubstr("tasks[0].sandbox.imagee: expected a known key, got \"imagee\"; did you mean "
                                        "\"image\"?"));
  EXPECT_THAT(check.errors(), ::testing::ContainsRegex("config.json:[0-9]+:[0-9]+: tasks.1..sandbox"));
}

TEST_F(SlowStart, ThePluginsOptionsAreListed) {
  ChildProcess show(program_file(), {"plugins", "show", "slow_start", "--plugin-dir", SLOW_START_PLUGIN_FOLDER},
                    folder(), "show");
  EXPECT_EQ(show.wait(std::chrono::seconds(30)), 0);
  EXPECT_THAT(show.output(), ::testing::ContainsRegex("A task may have options for it .*\nKEY .*\nimage .*required"));
}

}  // namespace
}  // namespace tellina::testing
