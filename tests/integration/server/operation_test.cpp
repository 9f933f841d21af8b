#include <algorithm>
#include <csignal>
#include <filesystem>
#include <regex>
#include <sstream>

#include "server_fixture.hpp"
#include "support/places.hpp"
#include "support/redis_server.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a study's operator sees: the log, the list, /metrics.
class Operation : public ServerTest {
 protected:
  StudyConfig over_ipc() {
    StudyConfig config;
    config.more = "\"channel_layer\": {\"plugin\": \"ipc\", \"directory\": \"" + (folder() / "meet").string() + "\"}, ";
    return config;
  }

  std::vector<std::string> lines_with(const std::string& text) {
    std::vector<std::string> found;
    std::istringstream lines(server().errors());
    for (std::string line; std::getline(lines, line);) {
      if (line.find(text) != std::string::npos) found.push_back(line);
    }
    return found;
  }
  bool log_says(const std::string& text, std::size_t times = 1) {
    const auto deadline = std::chrono::steady_clock::now() + default_limit;
    while (lines_with(text).size() < times) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      server().wait(Milliseconds(5));
    }
    return true;
  }

  void reload_with(StudyConfig config, const std::vector<std::string>& access_codes, const std::string& error) {
    config.access_codes = access_codes;
    configure(config);
    server().signal(SIGHUP);
    ASSERT_TRUE(log_says(error)) << server().errors();
  }

  std::string metrics() { return http_request(server().port(), "GET /metrics HTTP/1.1\r\n", {}, default_limit).body; }
  /// The sum of all samples whose line begins with `begin`; -1 if there is none.
  double metric(const std::string& begin) {
    double sum = -1;
    std::istringstream lines(metrics());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(begin)) sum = std::max(sum, 0.0) + std::stod(line.substr(line.rfind(' ')));
    }
    return sum;
  }
  bool metric_becomes(const std::string& begin, double value) {
    const auto deadline = std::chrono::steady_clock::now() + default_limit;
    while (metric(begin) != value) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      server().wait(Milliseconds(20));
    }
    return true;
  }

  std::vector<boost::json::object> participants() {
    ChildProcess list(program_file(), {"participants", "list", "--json", "--with-codes"}, folder(), "list");
    EXPECT_EQ(list.wait(default_limit), 0) << list.errors();
    std::vector<boost::json::object> found;
    std::istringstream lines(list.output());
    for (std::string line; std::getline(lines, line);) found.push_back(boost::json::parse(line).as_object());
    return found;
  }
};

TEST_F(Operation, TheLogHasALineForEachChangeAndNoAccessCode) {
  StudyConfig config;
  config.access_codes = {"secret-of-bob", "secret-of-alice"};
  start(config);
  EXPECT_THROW(log_in(server().port(), "wrong-secret"), std::runtime_error);
  {
    TestClient bob = join("secret-of-bob");
    bob.start_task(1);
    bob.expect_prompt();
    bob.cut();
    ASSERT_TRUE(log_says("event=disconnected participant=P001 task=task-1 "));
    bob.connect();
    bob.send_json(R"({"type": "reset", "id": "r1", "task": 1})");
    bob.wait_for_answer("done", "r1");
    bob.expect_prompt();
    bob.type("echo hello world\r");
    bob.wait_for("state", [](const auto& message) { return message.at("state").at("state") == "ready"; });
    bob.start_task(2);
    bob.send_json(R"({"type": "give_up", "id": "g1", "task": 2})");
    bob.wait_for_answer("done", "g1");
  }
  ASSERT_TRUE(log_says("event=disconnected", 2));
  reload_with(config, {"secret-of-bob", "secret-of-carol", "secret-of-carol"},
              "access_codes[2]: expected each entry once");
  reload_with(config, {"secret-\u200bof-bob"}, "access_codes[0]: expected printable characters");
  reload_with(config, {std::string(101, 'x') + "secret"}, "access_codes[0]: expected at most 100 characters");
  write_text(folder() / "config.json",
             R"({"access_codes": [secret-of-carol], "task_duration_in_seconds": 1, "tasks": []})");
  server().signal(SIGHUP);
  ASSERT_TRUE(log_says("got a word without quotes"));
  stop();
  const auto has_one = [&](const std::string& pattern) {
    std::istringstream lines(server().errors());
    int found = 0;
    for (std::string line; std::getline(lines, line);) found += std::regex_search(line, std::regex(pattern));
    return found == 1;
  };
  EXPECT_TRUE(has_one(" warning event=login_refused reason=unknown_access_code address=127.0.0.1$"));
  EXPECT_TRUE(has_one(" info event=logged_in participant=P001$"));
  EXPECT_TRUE(has_one(" info event=connected participant=P001$"));
  EXPECT_TRUE(has_one(" info event=task_started participant=P001 task=task-1 session=s-[0-9a-f]+$"));
  EXPECT_TRUE(has_one(" info event=disconnected participant=P001 task=task-1 session=s-[0-9a-f]+ reason=.+$"));
  EXPECT_TRUE(
      has_one(" info event=reconnected participant=P001 task=task-1 session=s-[0-9a-f]+ seconds_away=\\d+\\.\\d{3}$"));
  EXPECT_TRUE(has_one(" info event=reset participant=P001 task=task-1 "));
  EXPECT_TRUE(
      has_one(" info event=task_ended participant=P001 task=task-1 session=s-\\S+ state=passed seconds=\\d+\\.\\d{3} "
              "ended_by=check$"));
  EXPECT_TRUE(has_one(" info event=task_started participant=P001 task=task-2 "));
  EXPECT_TRUE(has_one(" info event=task_ended participant=P001 task=task-2 session=s-\\S+ state=gave_up "));
  EXPECT_THAT(server().errors(), Not(HasSubstr("secret")));
  EXPECT_THAT(server().errors(), Not(HasSubstr("xxx")));
}

TEST_F(Operation, TenWrongCodesAreLoggedWithTheTimeToWait) {
  start(StudyConfig());
  for (int i = 0; i < 12; ++i) EXPECT_THROW(log_in(server().port(), "wrong"), std::runtime_error);
  EXPECT_EQ(lines_with("event=login_refused").size(), 10U) << "logins that are refused anyway could fill the log";
  EXPECT_EQ(lines_with("seconds_to_wait=").size(), 1U);
}

TEST_F(Operation, AFailedSandboxIsLoggedWithParticipantTaskAndReference) {
  StudyConfig config;
  const std::string homes = (folder() / "homes").string();
  std::filesystem::create_directory(homes);
  config.more = R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true, "pool": 0, "directory": ")" +
                homes + "\"}, ";
  start(config);
  TestClient alice = join("alice");
  std::filesystem::remove_all(homes);
  write_text(homes, "a file is in the way");
  alice.send_json(R"({"type": "start_task", "id": "s1", "task": 1})");
  const std::string reference = text_of(alice.wait_for_answer("error", "s1"), "reference");
  ASSERT_TRUE(log_says("event=sandbox_failed"));
  EXPECT_THAT(lines_with("event=sandbox_failed").front(),
              AllOf(HasSubstr(" error event=sandbox_failed participant=P002 task=task-1 "),
                    HasSubstr(" when=start reference=" + reference + " reason=\"")));
  EXPECT_EQ(metric("tellina_sandbox_failures_total"), 1);
}

TEST_F(Operation, TheListShowsEveryonesProgress) {
  start(StudyConfig());
  TestClient bob = join_task("bob");
  bob.run("true");
  bob.expect_all_acknowledged();
  auto found = participants();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(text_of(found[0], "participant_id"), "P001");
  EXPECT_EQ(text_of(found[0], "access_code"), "bob");
  EXPECT_EQ(text_of(found[0], "state"), "running");
  EXPECT_EQ(text_of(found[0], "number") + " of " + text_of(found[0], "total"), "1 of 2");
  EXPECT_EQ(text_of(found[0], "connected"), "true");
  EXPECT_TRUE(std::regex_match(text_of(found[0], "last_key_at"), std::regex("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z")));
  const double left = found[0].at("time_left_in_seconds").to_number<double>();
  EXPECT_GT(left, 500);
  EXPECT_LT(left, 600);
  // A task keeps its initial duration, even if the file changes.
  StudyConfig shorter;
  shorter.task_duration_in_seconds = 30;
  configure(shorter);
  EXPECT_GT(participants()[0].at("time_left_in_seconds").to_number<double>(), 500);
  EXPECT_EQ(text_of(found[1], "state"), "new");
  EXPECT_EQ(text_of(found[1], "connected"), "false");
  EXPECT_EQ(text_of(found[1], "last_key_at"), "null");

  bob.type("echo hello world\r");
  bob.wait_for("state", [](const auto& message) { return message.at("state").at("state") == "ready"; });
  EXPECT_EQ(text_of(participants()[0], "outcomes"), R"({"passed":1})");
  bob.cut();
  EXPECT_TRUE(bob.wait_until([&] { return text_of(participants()[0], "connected") == "false"; }));
  found = participants();
  EXPECT_EQ(text_of(found[0], "number"), "2");
  EXPECT_EQ(text_of(found[0], "time_left_in_seconds"), "null");
}

TEST_F(Operation, AClientOfADeadServerIsNotConnectedToTheNext) {
  start(StudyConfig());
  TestClient bob = join_task("bob");
  ASSERT_TRUE(bob.wait_until([&] { return text_of(participants()[0], "connected") == "true"; }));
  server().kill();
  // At the latest when the lease expires.
  EXPECT_TRUE(bob.wait_until([&] { return text_of(participants()[0], "connected") == "false"; }));
  start();
  ASSERT_TRUE(log_says("event=taken_over participant=P001 task=task-1"));
  EXPECT_EQ(text_of(participants()[0], "connected"), "false");
  bob.use_port(server().port());
  bob.reconnect(default_limit);
  EXPECT_TRUE(bob.wait_until([&] { return text_of(participants()[0], "connected") == "true"; }));
}

TEST_F(Operation, AWatchEndsInOrderWithCtrlC) {
  configure(StudyConfig());
  ChildProcess watch(program_file(), {"participants", "list", "--watch"}, folder(), "watch");
  const auto lists = [&] {
    const std::string said = watch.output();
    std::size_t found = 0;
    for (std::size_t at = 0; (at = said.find("ACCESS CODE", at)) != std::string::npos; ++at) ++found;
    return found;
  };
  const auto deadline = std::chrono::steady_clock::now() + default_limit;
  while (lists() < 2 && std::chrono::steady_clock::now() < deadline) watch.wait(Milliseconds(5));
  ASSERT_GE(lists(), 2U);
  watch.signal(SIGINT);
  EXPECT_EQ(watch.wait(default_limit), 0) << watch.errors();
}

TEST_F(Operation, AServerWhoseLayerIsUnavailableLogsThatItWaits) {
  RedisServer redis;
  StudyConfig config;
  config.more = R"("channel_layer": {"plugin": "redis", "url": ")" + redis.url() + "\"}, ";
  redis.kill();
  start(config);
  ASSERT_TRUE(log_says(" warning no worker answers yet, so participants have to wait"));
  EXPECT_EQ(lines_with("no worker answers yet").size(), 1U);
  redis.start();
  ASSERT_TRUE(log_says(" info event=workers_answer"));
  join("bob");
}

TEST_F(Operation, AServerThatIsReadyAtOnceDoesNotLogAWait) {
  start(over_ipc());
  join("bob");
  EXPECT_TRUE(lines_with("no worker answers").empty());
  EXPECT_TRUE(lines_with("workers_answer").empty());
}

class Metering : public Operation, public ::testing::WithParamInterface<bool> {};

TEST_P(Metering, MetricsMatchTheRecord) {
  start(GetParam() ? over_ipc() : StudyConfig());
  TestClient bob = join_task("bob");
  for (int i = 0; i < 20; ++i) {
    bob.type("x");
    bob.expect("x");
  }
  EXPECT_EQ(metric("tellina_study_participants{state=\"running\"}"), 1);
  EXPECT_EQ(metric("tellina_study_participants{state=\"new\"}"), 1);
  EXPECT_EQ(metric("tellina_sandboxes{state=\"running\""), 1);
  EXPECT_GE(metric("tellina_key_to_echo_seconds_count"), 20);
  EXPECT_EQ(metric("tellina_key_to_echo_seconds_bucket{le=\"+Inf\""), metric("tellina_key_to_echo_seconds_count"));
  EXPECT_GE(metric("tellina_sandbox_start_seconds_count"), 1);
  EXPECT_GE(metric("tellina_store_commit_seconds_count"), 1);
  EXPECT_EQ(metric("tellina_store_bytes{file=\"database\"}"), std::filesystem::file_size(database_file()));
  EXPECT_GT(metric("tellina_store_disk_free_bytes"), 0);
  EXPECT_EQ(metric("tellina_build_info{version=\""), 1);
  bob.type(
      "\x15"
      "echo hello world\r");
  bob.wait_for("state", [](const auto& message) { return message.at("state").at("state") == "ready"; });
  EXPECT_EQ(metric("tellina_study_task_sessions_total{state=\"passed\",task=\"1\"}"), 1);
  EXPECT_EQ(metric("tellina_study_participants{state=\"ready\"}"), 1);
  EXPECT_TRUE(metric_becomes("tellina_sandboxes{state=\"running\"", 0));
  EXPECT_TRUE(metric_becomes("tellina_sandboxes{state=\"leaving\"", 0));
  EXPECT_TRUE(metric_becomes("tellina_sandboxes{state=\"ready\"", 1)) << "the sandbox of the next task is prewarmed";
}

INSTANTIATE_TEST_SUITE_P(Layers, Metering, ::testing::Values(false, true));

TEST_F(Operation, AWorkerKeepsItsLabelAfterARestart) {
  start(over_ipc());
  const std::vector<std::string> expected{"gateway", "worker-0", "worker-1"};
  const auto processes = [&] {
    std::vector<std::string> found;
    std::istringstream lines(metrics());
    const std::regex pattern("process_start_time_seconds\\{process=\"(.*)\"\\} .*");
    std::smatch match;
    for (std::string line; std::getline(lines, line);) {
      if (std::regex_match(line, match, pattern)) found.push_back(match[1]);
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  ASSERT_EQ(processes(), expected);
  const auto workers = server().role_processes("worker");
  ::kill(workers.front(), SIGKILL);
  ASSERT_TRUE(log_says(" runs again (process "));
  EXPECT_THAT(lines_with(" runs again (process ").front(), HasSubstr(" info worker "));
  const auto deadline = std::chrono::steady_clock::now() + default_limit;
  while (processes() != expected && std::chrono::steady_clock::now() < deadline) server().wait(Milliseconds(50));
  EXPECT_EQ(processes(), expected) << metrics();
  EXPECT_GE(metric("tellina_worker_sessions{worker=\"0\"}"), 0);
  EXPECT_GE(metric("tellina_worker_sessions{worker=\"1\"}"), 0);
}

}  // namespace
}  // namespace tellina::testing
