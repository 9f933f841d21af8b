#include <csignal>
#include <set>
#include <sstream>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Operator : public ServerTest {};

TEST_F(Operator, ResettingAParticipantSendsThePageBackToTheFirstTask) {
  start(StudyConfig());
  TestClient bob = join_task();
  bob.run("echo kept");
  bob.expect_all_acknowledged();
  // A reset ends the lease at once, so anything that is not recorded yet is lost.
  ASSERT_TRUE(bob.wait_until([&] { return database().value("SELECT count(*) FROM commands") == "1"; }));
  ChildProcess reset(program_file(), {"participants", "reset", "bob"}, folder(), "reset");
  EXPECT_EQ(reset.wait(default_limit), 0) << reset.errors();
  EXPECT_EQ(reset.output(), "reset bob\n");
  EXPECT_NE(bob.wait_closed(), 4001) << "the page would not reconnect";

  // The reset ends the logins, so the page logs in with its code again.
  EXPECT_THROW(bob.connect(), std::runtime_error);
  TestClient again = TestClient::of(server().port(), "bob");
  const auto welcome = again.connect();
  EXPECT_EQ(text_of(welcome, "stream"), "");
  EXPECT_EQ(again.state(), "ready");
  EXPECT_EQ(welcome.at("state").at("task").at("number").to_number<int>(), 1);
  EXPECT_TRUE(welcome.at("state").at("previous").is_null());
  again.start_task(1);
  again.expect_prompt();
  again.run("echo again");
  again.wait_until([&] { return database().value("SELECT count(*) FROM commands") == "2"; });
  EXPECT_THAT(database().rows("SELECT state, attempt, reset_at IS NULL FROM results ORDER BY attempt"),
              ElementsAre(ElementsAre("reset", "1", "0"), ElementsAre("running", "2", "1")));
  EXPECT_THAT(database().rows("SELECT text FROM commands"),
              ElementsAre(ElementsAre("echo kept"), ElementsAre("echo again")));
}

TEST_F(Operator, AHangupAddsANewAccessCode) {
  StudyConfig config;
  start(config);
  EXPECT_THROW(log_in(server().port(), "carol"), std::runtime_error);
  config.access_codes.push_back("carol");
  configure(config);
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("was reloaded"));
  TestClient carol = join_task("carol");
  carol.run("echo in");
}

TEST_F(Operator, NamesATaskWhoseParticipantMayNoLongerLogIn) {
  StudyConfig config;
  start(config);
  join_task().run("echo in");
  config.access_codes = {"alice"};
  configure(config);
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("task 1 of P001 continues until its time is up, although the access code was removed"));
  EXPECT_THROW(log_in(server().port(), "bob"), std::runtime_error);
  stop();
  start();
  EXPECT_TRUE(server_says("task 1 of P001 continues until its time is up"));
}

TEST_F(Operator, MovesARunningStudyToYamlAndReloadsIt) {
  start(StudyConfig());
  join_task().run("echo kept");
  stop();
  ChildProcess convert(program_file(), {"config", "convert", "config.json", "study.yaml"}, folder(), "convert");
  ASSERT_EQ(convert.wait(default_limit), 0) << convert.errors();
  std::filesystem::remove(folder() / "config.json");
  start({}, "study.yaml");  // the start would fail if a task had changed

  const auto change = [&](const std::string& before, const std::string& after) {
    std::string text = read_text(folder() / "study.yaml");
    const std::size_t found = text.find(before);
    ASSERT_NE(found, std::string::npos) << text;
    write_text(folder() / "study.yaml", text.replace(found, before.size(), after));
    server().signal(SIGHUP);
  };
  change("  - alice\n", "  - alice\n  - carol  # came later\n");
  ASSERT_TRUE(server_says("was reloaded"));
  TestClient carol = join_task("carol");
  carol.run("echo in");
  change("answer: hello world", "answer: yes");
  ASSERT_TRUE(server_says("study.yaml:11:13: tasks[0].answer: expected true, false or text in quotes, got \"yes\""));
  carol.run("echo still in");
}

TEST_F(Operator, AChangeOfAStartedTaskIsRefusedByNameAndTheStudyContinues) {
  StudyConfig config;
  start(config);
  TestClient bob = join_task();
  config.tasks = R"([{"type": "stdout", "description": "another", "answer": "other"}])";
  config.access_codes.push_back("carol");
  configure(config);
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("P001 has started this task"));
  EXPECT_THAT(server().errors(), AllOf(HasSubstr("config.json:"), HasSubstr("tasks[0]"), HasSubstr("must not change")));
  EXPECT_THROW(log_in(server().port(), "carol"), std::runtime_error) << "a part of a refused file was applied";
  bob.type("echo hello world\r");
  bob.wait_for("state", [](const auto& message) {
    return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"passed"})";
  });
}

TEST_F(Operator, ABrokenFileChangesNothingAtAReload) {
  start(StudyConfig());
  TestClient bob = join_task();
  write_text(folder() / "config.json", "{\"access_codes\": [");
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("the new configuration was not applied"));
  bob.run("echo still here");
}

TEST_F(Operator, SeesHowFarTheLimitsOfTheSandboxAreEnforced) {
  start(StudyConfig());
  for (const char* limit : {"memory", "processes", "cpu", "disk bytes", "disk inodes", "network"}) {
    EXPECT_THAT(server().errors(), HasSubstr("sandbox \"chroot\": " + std::string(limit) + ": "));
  }
}

TEST_F(Operator, EndsTheServerInOrderWithSigterm) {
  start(StudyConfig());
  TestClient bob = join_task();
  bob.run("echo kept");
  bob.expect_all_acknowledged();
  settle(bob);
  const auto processes = descendants(server().process());
  ASSERT_FALSE(processes.empty());
  server().signal(SIGTERM);
  EXPECT_EQ(server().wait(std::chrono::seconds(5)), 0) << "exit status within 5 s of SIGTERM";
  EXPECT_THAT(bob.wait_closed(), ::testing::AnyOf(1001, 1012));
  EXPECT_TRUE(still_running(processes).empty());
  EXPECT_EQ(database().value("SELECT count(*) FROM leases WHERE worker_id IS NOT NULL"), "0");
  EXPECT_TRUE(database().stream("input", "bob", 1) == bob.input());
  EXPECT_TRUE(database().stream("output", "bob", 1) == bob.output());
}

TEST_F(Operator, LetsEveryClientReadTheMetricsIfConfigured) {
  StudyConfig config;
  config.more = R"("server": {"metrics": "all"}, )";
  start(config);
  const HttpAnswer answer =
      http_request(server().port(), "GET /metrics HTTP/1.1\r\nX-Forwarded-For: 10.0.0.1\r\n", {}, default_limit);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("# EOF"));
}

TEST_F(Operator, SeesTheServersAddressAndStudy) {
  StudyConfig config;
  config.access_codes = {"bob", "a b"};
  start(config);
  const std::string base = "http://127.0.0.1:" + std::to_string(server().port());
  ASSERT_TRUE(server_says("event=listening url=" + base + " config=" + (folder() / "config.json").string() +
                          " database=" + database_file().string() + " tasks=2 participants=2\n"));
  const std::string said = read_text(folder() / "server.out");
  EXPECT_THAT(said, HasSubstr("listening on " + base + "\n"));
  EXPECT_THAT(said, HasSubstr("configuration: " + (folder() / "config.json").string() + ": 2 tasks, 2 participants\n"));
  EXPECT_THAT(said, HasSubstr("database: " + database_file().string() + "\n"));
  EXPECT_THAT(said, HasSubstr("links:\n  " + base + "/?access_code=bob\n  " + base + "/?access_code=a%20b\n"));
  EXPECT_THAT(server().errors(), ::testing::Not(HasSubstr("bob"))) << "an access code in the log";
  stop();
  EXPECT_THAT(server().errors(), HasSubstr(" info event=stopping\n"));
  EXPECT_THAT(server().errors(), HasSubstr(" info event=stopped\n"));
}

TEST_F(Operator, WritesTheLogAsJsonInEveryProcess) {
  StudyConfig config;
  config.more = "\"channel_layer\": {\"plugin\": \"ipc\", \"directory\": \"" + (folder() / "meet").string() + "\"}, ";
  configure(config);
  start({"--log-format", "json"});
  { const TestClient bob = join_task(); }
  stop();
  std::istringstream lines(server().errors());
  std::set<std::string> events;
  for (std::string line; std::getline(lines, line);) {
    const boost::json::object object = boost::json::parse(line).as_object();
    EXPECT_TRUE(object.contains("time") && object.contains("level")) << line;
    if (const auto* event = object.if_contains("event")) events.insert(event->get_string().c_str());
  }
  EXPECT_THAT(events, ::testing::IsSupersetOf({"listening", "stopping", "stopped"}));
}

TEST_F(Operator, PrintsLinksWithThePublicUrl) {
  StudyConfig config;
  config.more = R"("server": {"public_url": "https://example.org/study/"}, )";
  start(config);
  const std::string said = read_text(folder() / "server.out");
  EXPECT_THAT(said, HasSubstr("public address: https://example.org/study\n"));
  EXPECT_THAT(said, HasSubstr("  https://example.org/study/?access_code=bob\n"));
}

class BadStart : public ServerTest {
 protected:
  /// Exit status and message of a start that must fail.
  std::pair<std::optional<int>, std::string> run(const std::vector<std::string>& more = {"--port", "0"}) {
    std::vector<std::string> words{"run"};
    words.insert(words.end(), more.begin(), more.end());
    ChildProcess child(program_file(), words, folder(), "bad");
    const auto status = child.wait(std::chrono::seconds(20));
    EXPECT_EQ(child.output(), "") << "it said that it listens";
    return {status, child.errors()};
  }
  bool made_a_database() const { return std::filesystem::exists(folder() / "db.sqlite3"); }
};

TEST_F(BadStart, PortInUse) {
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  socklen_t size = sizeof address;
  ::getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  configure(StudyConfig());
  const std::string port = std::to_string(ntohs(address.sin_port));
  const auto [status, said] = run({"--port", port});
  ::close(taken);
  EXPECT_THAT(said, ::testing::Not(HasSubstr("sandbox"))) << "the sandbox was tried first";
  EXPECT_EQ(status, 1);
  EXPECT_THAT(said, AllOf(HasSubstr("127.0.0.1:" + port), HasSubstr("in use")));
}

/// Both kinds of server, after a first server of either kind.
class SecondServer : public BadStart, public ::testing::WithParamInterface<std::pair<bool, bool>> {
 protected:
  StudyConfig study(bool several_processes) {
    StudyConfig config;
    if (several_processes) {
      config.more =
          "\"channel_layer\": {\"plugin\": \"ipc\", \"directory\": \"" + (folder() / "meet").string() + "\"}, ";
    }
    return config;
  }
};

TEST_P(SecondServer, IsRefusedASecondUseOfTheDatabase) {
  const auto [first, second] = GetParam();
  start(study(first));
  TestClient bob = join_task();
  configure(study(second));
  const auto [status, said] = run();
  EXPECT_EQ(status, 1);
  EXPECT_THAT(said, AllOf(HasSubstr("db.sqlite3: another server uses this database (process " +
                                    std::to_string(server().process()) + ")\n"),
                          HasSubstr("stop it first")));
  ChildProcess add(program_file(), {"participants", "add", "carol"}, folder(), "add");
  EXPECT_EQ(add.wait(default_limit), 0) << add.errors();
  join_task("carol");
  bob.run("echo still here");
  // Once the first one is gone, even without an orderly end, the database is free.
  server().kill();
  start(study(second));
}

INSTANTIATE_TEST_SUITE_P(Servers, SecondServer,
                         ::testing::Values(std::pair(false, false), std::pair(true, true), std::pair(true, false)));

TEST_F(BadStart, BrokenConfig) {
  StudyConfig config;
  config.tasks = R"([{"type": "stdout", "descriptoin": "misspelt", "answer": 5}])";
  configure(config);
  const auto [status, said] = run();
  EXPECT_EQ(status, 2);
  EXPECT_THAT(said, AllOf(HasSubstr("config.json:4:"), HasSubstr("descriptoin"), HasSubstr("answer")));
  EXPECT_FALSE(made_a_database());
}

TEST_F(BadStart, ChangedTaskThatSomeoneHasStarted) {
  StudyConfig config;
  start(config);
  { TestClient bob = join_task(); }
  stop();
  config.tasks = R"([{"type": "stdout", "description": "another", "answer": "other"}])";
  configure(config);
  const auto [status, said] = run();
  EXPECT_EQ(status, 2);
  EXPECT_THAT(said, AllOf(HasSubstr("config.json:"), HasSubstr("tasks[0]"), HasSubstr("P001 has started this task")));
}

TEST_F(BadStart, NoConfig) {
  const auto [status, said] = run();
  EXPECT_EQ(status, 2);
  EXPECT_THAT(said, HasSubstr("config.json"));
  EXPECT_FALSE(made_a_database());
}

TEST_F(BadStart, NoSuchPlugin) {
  StudyConfig config;
  config.more = R"("sandbox": {"plugin": "chrot"}, )";
  configure(config);
  const auto [status, said] = run();
  EXPECT_EQ(status, 2);
  EXPECT_THAT(said, AllOf(HasSubstr("config.json:2:25: sandbox.plugin: expected an installed sandbox (\"chroot\", "),
                          HasSubstr(", got \"chrot\"; did you mean \"chroot\"?")));
  EXPECT_FALSE(made_a_database());
}

TEST_F(BadStart, NoPluginFolder) {
  std::filesystem::create_directory(folder() / "bin");
  std::filesystem::copy_file(program_file(), folder() / "bin/tellina");
  configure(StudyConfig());
  ChildProcess child(folder() / "bin/tellina", {"run", "--port", "0"}, folder(), "bad");
  EXPECT_EQ(child.wait(std::chrono::seconds(20)), 2);
  EXPECT_EQ(child.output(), "");
  EXPECT_THAT(child.errors(), HasSubstr((folder() / "lib/tellina/plugins").string()));
  EXPECT_FALSE(made_a_database());
}

TEST_F(Operator, IsWarnedOfAMissingPluginFolder) {
  configure(StudyConfig());
  ChildProcess check(program_file(), {"config", "check", "--plugin-dir", "/nonexistent/plugins"}, folder(), "check");
  EXPECT_EQ(check.wait(default_limit), 0);
  EXPECT_THAT(check.errors(), AllOf(HasSubstr("warning"), HasSubstr("/nonexistent/plugins")));
}

TEST_F(BadStart, NoRootFileSystem) {
  StudyConfig config;
  config.more = R"("sandbox": {"plugin": "chroot", "root_file_system": "nowhere"}, )";
  configure(config);
  const auto [status, said] = run();
  EXPECT_EQ(status, 1);
  EXPECT_THAT(said, HasSubstr((folder() / "nowhere").string()));
}

}  // namespace
}  // namespace tellina::testing
