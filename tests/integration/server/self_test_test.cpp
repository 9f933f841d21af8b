// GET /test of the real program, over real HTTP.
#include <filesystem>
#include <future>

#include "server_fixture.hpp"
#include "support/places.hpp"
#include "support/redis_server.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SelfTest : public ServerTest {
 protected:
  HttpAnswer get_test() {
    return http_request(server().port(), "GET /test HTTP/1.1\r\n", {}, std::chrono::seconds(is_sanitized ? 60 : 30));
  }
  void start_in_test_mode(const std::string& more) {
    StudyConfig config;
    config.more = more;
    configure(config);
    start({"--test-mode"});
  }
  void expect_passed(const HttpAnswer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body,
                AllOf(HasSubstr("<h1>Tests passed</h1>"), Not(HasSubstr("failed")), Not(HasSubstr("<script"))));
  }
  /// Only the study's own data is in its database.
  void expect_study_untouched() {
    EXPECT_EQ(
        database().value("SELECT group_concat(access_code) FROM (SELECT access_code FROM participants ORDER BY 1)"),
        "alice,bob");
    EXPECT_EQ(database().value("SELECT count(*) FROM task_sessions"), "0");
    EXPECT_EQ(database().value("SELECT count(*) FROM events"), "0");
    EXPECT_EQ(database().value("SELECT count(*) FROM logins"), "0");
    EXPECT_EQ(database().value("SELECT group_concat(task_number) FROM tasks"), "1,2");
  }

  std::optional<RedisServer> m_redis;
};

TEST_F(SelfTest, PassesAndLeavesTheStudyUnchanged) {
  start_in_test_mode("");
  const HttpAnswer answer = get_test();
  expect_passed(answer);
  EXPECT_THAT(answer.head, AllOf(HasSubstr("text/html; charset=utf-8"), HasSubstr("Cache-Control: no-store"),
                                 HasSubstr("default-src 'none'")));
  EXPECT_THAT(answer.body, AllOf(HasSubstr("A task of type stdout is passed</td><td>passed"),
                                 HasSubstr("A task runs out of time</td><td>passed"),
                                 HasSubstr("A task of type filesystem is passed</td><td>passed"),
                                 HasSubstr("All sandboxes were removed</td><td>passed")));
  expect_study_untouched();
  TestClient bob = join_task();
  bob.run("echo a participant works meanwhile");
  expect_passed(get_test());
  bob.run("echo and still does");
  expect_recorded(bob);
  stop();
}

TEST_F(SelfTest, AConcurrentRequestGetsTheSameResult) {
  start_in_test_mode("");
  std::future<HttpAnswer> first = std::async(std::launch::async, [this] { return get_test(); });
  const HttpAnswer second = get_test();
  expect_passed(second);
  expect_passed(first.get());
}

TEST_F(SelfTest, PassesOverProcessesAndTheLayerIpc) {
  start_in_test_mode("\"channel_layer\": {\"plugin\": \"ipc\", \"directory\": \"" + (folder() / "meet").string() +
                     "\"}, \"ordering\": {\"plugin\": \"slight\"}, ");
  expect_passed(get_test());
  expect_study_untouched();
  stop();
}

TEST_F(SelfTest, PassesOverRedisAndInTheSandboxProcess) {
  start_in_test_mode("\"channel_layer\": {\"plugin\": \"redis\", \"url\": \"" + m_redis.emplace().url() +
                     "\"}, \"sandbox\": {\"plugin\": \"process\", \"i_know_this_is_not_isolated\": true}, ");
  expect_passed(get_test());
  expect_study_untouched();
  stop();
}

TEST_F(SelfTest, ASandboxThatCannotStartReportsTheReason) {
  const std::filesystem::path root = folder() / "root";
  std::filesystem::create_directory_symlink(
      std::filesystem::path(program_file()).parent_path().parent_path() / "share/tellina/rootfs", root);
  start_in_test_mode("\"sandbox\": {\"plugin\": \"chroot\", \"pool\": 0, \"root_file_system\": \"" + root.string() +
                     "\"}, ");
  std::filesystem::remove(root);
  const HttpAnswer answer = get_test();
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, AllOf(HasSubstr("<h1>Tests failed</h1>"), HasSubstr("sandbox_unavailable"),
                                 HasSubstr("root file system " + root.string()), HasSubstr("not reached")));
  expect_study_untouched();
}

TEST_F(SelfTest, DoesNotExistWithoutTestMode) {
  start(StudyConfig());
  EXPECT_EQ(get_test().status, 404);
}

TEST_F(SelfTest, AServerThatStopsMeanwhileAnswersAndEndsInOrder) {
  start_in_test_mode("");
  std::future<HttpAnswer> answer = std::async(std::launch::async, [this] { return get_test(); });
  const auto deadline = std::chrono::steady_clock::now() + default_limit;
  while (server().errors().find("the self-test starts") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
    server().wait(Milliseconds(5));
  }
  stop();
  const HttpAnswer got = answer.get();
  EXPECT_EQ(got.status, 500);
  EXPECT_THAT(got.body, HasSubstr("the server is stopping"));
}

}  // namespace
}  // namespace tellina::testing
