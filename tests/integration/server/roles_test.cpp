#include <csignal>

#include "server_fixture.hpp"
#include "support/redis_server.hpp"

namespace tellina::testing {
namespace {

/// Pages reconnect within this time; sanitizers make everything slow.
constexpr std::chrono::seconds come_back_limit(is_sanitized ? 15 : 5);

class Roles : public ServerTest {
 protected:
  StudyConfig study(const std::string& layer) {
    StudyConfig config;
    config.more = R"("channel_layer": {"plugin": ")" + layer + "\"";
    if (layer == "redis") config.more += ", \"url\": \"" + m_redis.emplace().url() + "\"";
    if (layer == "ipc") config.more += ", \"directory\": \"" + (folder() / "meet").string() + "\"";
    config.more += "}, ";
    return config;
  }

  void kill_all(const std::string& role) {
    const auto processes = server().role_processes(role);
    ASSERT_FALSE(processes.empty()) << role;
    for (const pid_t process : processes) ::kill(process, SIGKILL);
  }

  std::optional<RedisServer> m_redis;
};

class SharedLayer : public Roles, public ::testing::WithParamInterface<const char*> {};

TEST_P(SharedLayer, AKilledGatewayLosesNothing) {
  start(study(GetParam()));
  TestClient bob = join_task();
  bob.type("stty raw -echo; echo begin; cat\r");
  bob.expect("begin");
  for (int i = 0; i < 200; ++i) bob.type(std::string(1, static_cast<char>('a' + i % 26)));
  kill_all("gateway");
  bob.wait_closed();
  for (int i = 0; i < 200; ++i) bob.type(std::string(1, static_cast<char>('A' + i % 26)));
  bob.reconnect(come_back_limit);
  bob.expect_all_acknowledged();
  bob.expect("VWXYZABCDEFGHIJKLMNOPQR");
  expect_recorded(bob);
  EXPECT_TRUE(database().rows("SELECT * FROM gaps").empty());
}

TEST_P(SharedLayer, AKilledWorkerIsReplacedAndItsAcknowledgedInputIsRecorded) {
  start(study(GetParam()));
  TestClient bob = join_task();
  for (int i = 0; i < 50; ++i) bob.type("x");
  bob.expect_all_acknowledged();
  const std::string acknowledged = bob.input();
  kill_all("worker");
  EXPECT_EQ(bob.wait_closed(), 1012);
  bob.reconnect(come_back_limit);
  // Input before that is for the shell that died with its worker.
  bob.expect(
      "\x1b"
      "c",
      come_back_limit);
  bob.expect_prompt(come_back_limit);
  bob.run("echo $((30+33))");
  EXPECT_EQ(database().stream("input", "bob", 1).substr(0, acknowledged.size()), acknowledged);
  EXPECT_EQ(server().role_processes("worker").size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Layers, SharedLayer, ::testing::Values("ipc", "redis"));

}  // namespace
}  // namespace tellina::testing
