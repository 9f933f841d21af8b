/// What participants and researchers see of a Docker engine that is stopped, hangs, or restarts; and the self-test with
/// such an engine.

#include <csignal>

#include "backends.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Texts = std::vector<std::string>;

/// Longer than the deadline of a start.
constexpr seconds start_limit(60);

class DockerEngineFaults : public ServerTest {
 protected:
  void SetUp() override { engine(); }
  void TearDown() override {
    stop();
    EXPECT_EQ(engine().leftovers(), Texts());
  }

  void start_over_docker() {
    StudyConfig config;
    config.more = Backends(Combination("memory", "strict", "docker"), folder()).members();
    start(config);
  }

  /// Bob starts his task and gets the error that it cannot start.
  void fail_to_start_task(TestClient& bob) {
    bob.send_json(R"({"type": "start_task", "task": 1, "id": "first"})");
    const boost::json::object error = bob.wait_for_answer("error", "first", start_limit);
    EXPECT_EQ(text_of(error, "code"), "sandbox_unavailable");
    EXPECT_THAT(text_of(error, "message"), HasSubstr("The terminal could not be started. Try again"));
    EXPECT_EQ(bob.state(), "ready");
    EXPECT_THAT(server().errors(), HasSubstr("event=sandbox_failed participant=P001 task=task-1 "));
  }

  void pass_the_task(TestClient& bob) {
    bob.start_task(1, "second", start_limit);
    bob.expect_prompt();
    bob.run("echo back");
    EXPECT_THAT(bob.output(), HasSubstr("\aback\r\n"));
    bob.type("echo hello world\r");
    bob.wait_for("state",
                 [](const auto& message) { return text_of(message.at("state").as_object(), "state") == "ready"; });
    EXPECT_EQ(database().rows("SELECT task_number, state FROM results"), std::vector<Texts>({{"1", "passed"}}));
  }
};

TEST_F(DockerEngineFaults, AParticipantRetriesOnceTheEngineRunsAgain) {
  start_over_docker();
  TestClient bob = join();
  engine().stop();
  fail_to_start_task(bob);
  EXPECT_THAT(server().errors(), HasSubstr("systemctl start docker"));
  engine().start();
  pass_the_task(bob);
}

TEST_F(DockerEngineFaults, AParticipantRetriesOnceTheEngineAnswersAgain) {
  start_over_docker();
  TestClient bob = join();
  engine().freeze();
  fail_to_start_task(bob);
  engine().thaw();
  pass_the_task(bob);
  // The engine created this late, for no session; the study's next server removes it.
  stop();
  start();
}

TEST_F(DockerEngineFaults, ARestartedEngineLeavesANewShell) {
  start_over_docker();
  TestClient bob = join_task();
  bob.run("kept=treasure; echo > made");
  const std::size_t before = bob.output().size();
  engine().stop();
  engine().start();
  bob.wait_for(
      "state",
      [](const boost::json::object& frame) { return frame.at("state").at("task").at("terminal_replaced").as_bool(); },
      start_limit);
  bob.expect_prompt(start_limit);
  bob.run("echo \"kept:$kept:\"; ls");
  const std::string since = bob.output().substr(before);
  EXPECT_THAT(since, AllOf(HasSubstr("kept::\r\n"), HasSubstr("ignore_me.txt"), Not(HasSubstr("made"))));
  EXPECT_EQ(bob.state(), "running");
  bob.expect_all_acknowledged();
  expect_recorded(bob);
  EXPECT_THAT(server().errors(), HasSubstr("cannot restart a shell, so its sandbox is replaced"));
  EXPECT_NE(database().value("SELECT count(*) FROM events WHERE kind = 'shell_failed'"), "0");
  EXPECT_EQ(database().value("SELECT count(*) FROM events WHERE kind = 'sandbox_replaced'"), "1");
}

class DockerSelfTest : public ServerTest {
 protected:
  void SetUp() override { engine(); }
};

TEST_F(DockerSelfTest, PassesInContainersAndLeavesNone) {
  StudyConfig config;
  config.more = Backends(Combination("memory", "strict", "docker"), folder()).members();
  configure(config);
  start({"--test-mode"});
  const HttpAnswer answer = http_request(server().port(), "GET /test HTTP/1.1\r\n", {}, 2 * start_limit);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, AllOf(HasSubstr("<h1>Tests passed</h1>"), Not(HasSubstr("failed"))));
  EXPECT_EQ(database().value("SELECT count(*) FROM task_sessions"), "0");
  stop();
  EXPECT_EQ(engine().leftovers(), Texts());
}

class BadDockerStart : public ServerTest {
 protected:
  /// The output of `tellina run` with this sandbox; it must end with status 1.
  std::string fail_to_run(const std::string& sandbox) {
    StudyConfig config;
    config.more = "\"sandbox\": {\"plugin\": \"docker\", " + sandbox + "}, ";
    configure(config);
    ChildProcess child(program_file(), {"run", "--port", "0"}, folder(), "bad");
    EXPECT_EQ(child.wait(seconds(60)), 1);
    EXPECT_EQ(child.output(), "") << "it printed that it listens";
    return child.errors();
  }
};

TEST_F(BadDockerStart, NoSocket) {
  EXPECT_THAT(fail_to_run(R"("socket": "/nonexistent/docker.sock")"),
              AllOf(HasSubstr("Docker engine at /nonexistent/docker.sock: No such file or directory"),
                    HasSubstr("systemctl start docker")));
}

TEST_F(BadDockerStart, NoImage) {
  EXPECT_THAT(fail_to_run(R"("image": "nowhere:latest", "socket": ")" + engine().socket() + R"(", "run_folder": ")" +
                          engine().folder() + "/run\""),
              AllOf(HasSubstr("No such image: nowhere:latest"), HasSubstr("make image")));
}

}  // namespace
}  // namespace tellina::testing
