#include <csignal>

#include "server_fixture.hpp"
#include "support/redis_server.hpp"

namespace tellina::testing {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::ElementsAre;

class Roles : public ServerTest {
 protected:
  StudyConfig study(const std::string& layer, const std::string& ordering) {
    StudyConfig config;
    config.more = R"("channel_layer": {"plugin": ")" + layer + "\"";
    if (layer == "redis") config.more += ", \"url\": \"" + m_redis.emplace().url() + "\"";
    if (layer == "ipc") config.more += ", \"directory\": \"" + (folder() / "meet").string() + "\"";
    config.more += "}, \"ordering\": {\"plugin\": \"" + ordering + "\"}, ";
    return config;
  }

  /// Processes of the server that play the role.
  std::vector<pid_t> players(const std::string& role) {
    std::vector<pid_t> found;
    for (const auto& [process, started] : descendants(server().process())) {
      const std::string words = read_text("/proc/" + std::to_string(process) + "/cmdline");
      if (words.starts_with(std::string("tellina\0", 8) + role)) found.push_back(process);
    }
    return found;
  }
  void kill_all(const std::string& role) {
    const auto processes = players(role);
    ASSERT_FALSE(processes.empty()) << role;
    for (const pid_t process : processes) ::kill(process, SIGKILL);
  }

  /// Comes back as a page does, again and again. Throws where it takes over 5 s (a sanitizer makes all of it slow).
  void come_back(TestClient& client) {
    const auto deadline = Clock::now() + std::chrono::seconds(is_sanitized ? 15 : 5);
    for (;;) {
      client.cut();
      try {
        client.connect(std::chrono::seconds(1));
        return;
      } catch (const std::exception&) {
        if (Clock::now() >= deadline) throw;
      }
    }
  }

  std::optional<RedisServer> m_redis;
};

/// Channel layer and ordering policy.
class EveryBackend : public Roles, public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(EveryBackend, GivesTheSameResults) {
  start(study(GetParam().first, GetParam().second));
  TestClient bob = join_task();
  bob.run("cat ignore_me.txt");
  bob.cut();
  bob.connect();
  bob.send_json(R"({"type": "reset", "id": "r"})");
  bob.wait_for_answer("done", "r");
  bob.expect_prompt();
  bob.type("echo hello world\r");
  EXPECT_TRUE(bob.wait_until([&] { return bob.state() == "ready"; }));
  expect_recorded(bob);
  bob.start_task(2);
  bob.expect_prompt();
  bob.type("touch dir1/dir2/hello.txt\r");
  EXPECT_TRUE(bob.wait_until([&] { return bob.state() == "finished"; }));
  EXPECT_THAT(database().rows("SELECT task_number, state FROM results ORDER BY task_number"),
              ElementsAre(ElementsAre("1", "passed"), ElementsAre("2", "passed")));
  EXPECT_THAT(
      database().rows("SELECT task_number, text, exit_status FROM commands ORDER BY task_number, command_number"),
      ElementsAre(ElementsAre("1", "cat ignore_me.txt", "0"), ElementsAre("1", "echo hello world", "0"),
                  ElementsAre("2", "touch dir1/dir2/hello.txt", "0")));
  EXPECT_TRUE(database().rows("SELECT * FROM gaps").empty());
  stop();
}

INSTANTIATE_TEST_SUITE_P(Layers, EveryBackend,
                         ::testing::Values(std::pair("memory", "strict"), std::pair("memory", "slight"),
                                           std::pair("ipc", "strict"), std::pair("ipc", "slight"),
                                           std::pair("redis", "strict"), std::pair("redis", "slight")),
                         [](const auto& test) { return std::string(test.param.first) + "_" + test.param.second; });

class SharedLayer : public Roles, public ::testing::WithParamInterface<const char*> {};

TEST_P(SharedLayer, AKilledGatewayLosesNothing) {
  start(study(GetParam(), "strict"));
  TestClient bob = join_task();
  bob.type("stty raw -echo; echo begin; cat\r");
  bob.expect("begin");
  for (int i = 0; i < 200; ++i) bob.type(std::string(1, static_cast<char>('a' + i % 26)));
  kill_all("gateway");
  bob.wait_closed();
  for (int i = 0; i < 200; ++i) bob.type(std::string(1, static_cast<char>('A' + i % 26)));
  come_back(bob);
  bob.expect_all_acknowledged();
  bob.expect("VWXYZABCDEFGHIJKLMNOPQR");
  expect_recorded(bob);
  EXPECT_TRUE(database().rows("SELECT * FROM gaps").empty());
}

TEST_P(SharedLayer, AKilledWorkerIsReplacedAndWhatItAcknowledgedIsRecorded) {
  start(study(GetParam(), "strict"));
  TestClient bob = join_task();
  for (int i = 0; i < 50; ++i) bob.type("x");
  bob.expect_all_acknowledged();
  const std::string acknowledged = bob.input();
  kill_all("worker");
  EXPECT_EQ(bob.wait_closed(), 1012);
  come_back(bob);
  bob.type("\x15");
  bob.run("echo $((30+33))");
  EXPECT_EQ(database().stream("input", "bob", 1).substr(0, acknowledged.size()), acknowledged);
  EXPECT_EQ(players("worker").size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Layers, SharedLayer, ::testing::Values("ipc", "redis"));

}  // namespace
}  // namespace tellina::testing
