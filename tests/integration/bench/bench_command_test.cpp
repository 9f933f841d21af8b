#include <csignal>
#include <map>
#include <memory>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "support/certificates.hpp"
#include "support/server_process.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Key;
using ::testing::Not;

namespace fs = std::filesystem;
namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

using Words = std::vector<std::string>;

class BenchCommand : public ::testing::Test {
 protected:
  void start(Words words) {
    words.insert(words.begin(), "bench");
    words.insert(words.end(), {"--json", result_file().string()});
    m_bench = std::make_unique<ChildProcess>(TELLINA_PROGRAM, words, m_folder.path(), "bench");
  }

  int finish() {
    const std::optional<int> status = m_bench->wait(seconds(180));
    if (!status) ADD_FAILURE() << "the benchmark does not end";
    return status.value_or(-1);
  }

  std::vector<json::object> lines(const std::string& type) const {
    std::vector<json::object> found;
    std::istringstream text(read_text(result_file()));
    for (std::string line; std::getline(text, line);) {
      const json::object object = json::parse(line).as_object();
      if (object.at("type").as_string() == type) found.push_back(object);
    }
    return found;
  }

  /// By figure and target.
  std::map<std::pair<std::string, std::string>, std::map<std::string, double>> samples() const {
    std::map<std::pair<std::string, std::string>, std::map<std::string, double>> found;
    for (const json::object& line : lines("sample")) {
      auto& values =
          found[{json::value_to<std::string>(line.at("figure")), json::value_to<std::string>(line.at("target"))}];
      for (const auto& [name, value] : line.at("values").as_object()) values[name] = value.to_number<double>();
    }
    return found;
  }

  /// Starts the floor so that it drops every N-th output byte.
  std::string floor_that_drops(int every) {
    const fs::path script = m_folder.path() / "dropping_floor";
    write_text(script, "#!/bin/sh\nexec " FLOOR_PROGRAM " serve --drop " + std::to_string(every) + "\n");
    fs::permissions(script, fs::perms::owner_all);
    return script;
  }

  fs::path result_file() const { return m_folder.path() / "result.json"; }
  const fs::path& folder() const { return m_folder.path(); }
  ChildProcess& bench() { return *m_bench; }

 private:
  TemporaryFolder m_folder;
  std::unique_ptr<ChildProcess> m_bench;
};

TEST_F(BenchCommand, MeasuresEveryFigureOfServerAndFloor) {
  start({"--sandbox", "process", "--floor", FLOOR_PROGRAM, "--sessions", "3", "--seconds", "0.5", "--mash-rate", "500",
         "--mebibytes", "1", "--starts", "2", "--pairs", "2"});
  EXPECT_EQ(finish(), 0) << bench().errors();
  EXPECT_EQ(lines("run").size(), 1U);
  EXPECT_TRUE(lines("failure").empty());
  const auto found = samples();
  for (const std::string target : {"server", "floor"}) {
    for (const std::string figure :
         {"prompt", "memory", "closed", "paced", "mash", "paste", "flood", "interrupt", "interrupt_slow"}) {
      EXPECT_TRUE(found.contains({figure, target})) << figure << " of the " << target;
    }
    for (const std::string figure : {"closed", "paced", "mash"}) {
      SCOPED_TRACE(figure + " of the " + target);
      const std::map<std::string, double>& values = found.at({figure, target});
      EXPECT_GT(values.at("keys"), 0);
      EXPECT_EQ(values.at("lost") + values.at("doubled") + values.at("reordered"), 0);
      EXPECT_GT(values.at("p50_ms"), 0);
      EXPECT_GE(values.at("p99_ms"), values.at("p50_ms"));
      EXPECT_GE(values.at("max_ms"), values.at("p99_9_ms"));
      EXPECT_GT(values.at("cpu_s_per_1000_keys"), 0);
      EXPECT_EQ(values.contains("overtakings"), target == "server");
    }
    EXPECT_EQ(found.at({"mash", target}).at("keys"), 3 * 250);
    EXPECT_EQ(found.at({"paste", target}).at("lost"), 0);
    EXPECT_NEAR(found.at({"flood", target}).at("mib"), 1, 0.001);
    EXPECT_GT(found.at({"interrupt", target}).at("silence_ms"), 0);
  }
  bool has_ratio = false;
  for (const json::object& line : lines("summary")) {
    if (line.at("figure") != "closed" || line.at("value") != "p50_ms") continue;
    has_ratio = true;
    EXPECT_EQ(line.at("ratio").as_object().at("count"), 2);
  }
  EXPECT_TRUE(has_ratio);
  EXPECT_FALSE(lines("distribution").empty());
  EXPECT_THAT(bench().output(), AllOf(HasSubstr("FIGURE"), HasSubstr("RATIO")));
}

TEST_F(BenchCommand, ComparesWithAServerThatRecordsNoBytes) {
  start({"--sandbox", "process", "--seconds", "0.3", "--figures", "closed", "--against", "recording=off"});
  EXPECT_EQ(finish(), 0) << bench().errors();
  const auto found = samples();
  EXPECT_GT(found.at({"closed", "server"}).at("keys"), 0);
  EXPECT_GT(found.at({"closed", "other"}).at("keys"), 0);
}

TEST_F(BenchCommand, CountsOvertakings) {
  start({"--sandbox", "process", "--seconds", "0.3", "--figures", "closed,paste", "--against", "policy=slight"});
  EXPECT_EQ(finish(), 0) << bench().errors();
  const auto found = samples();
  for (const std::string figure : {"closed", "paste"}) {
    EXPECT_EQ(found.at({figure, "server"}).at("overtakings"), 0) << "strict lets nothing overtake";
    EXPECT_GE(found.at({figure, "other"}).at("overtakings"), 0);
  }
  EXPECT_THAT(bench().output(), HasSubstr("overtakings"));
}

TEST_F(BenchCommand, LostBytesFailTheRun) {
  // The shell's own output comes before byte 1500, and the last keys before byte 3000.
  start({"--sandbox", "process", "--floor", floor_that_drops(1500), "--figures", "mash", "--seconds", "1",
         "--mash-rate", "2000"});
  EXPECT_EQ(finish(), 1);
  EXPECT_THAT(bench().errors(), HasSubstr("mash of the floor was not measured: of 2000 keys 1 were lost"));
  EXPECT_EQ(lines("failure").size(), 1U);
}

TEST_F(BenchCommand, AServerThatDiesFailsTheRun) {
  start({"--sandbox", "process", "--figures", "closed", "--seconds", "60"});
  std::optional<ProcessMark> server;
  const auto is_typing = [&] {
    for (const ProcessMark& process : descendants(bench().process())) {
      const std::string line = read_text("/proc/" + std::to_string(process.first) + "/cmdline");
      // A process that the server has just forked has its arguments until it runs its own program.
      const bool is_first = !server || process.second < server->second;
      if (is_first && line.find("config.json") != std::string::npos) server = process;
      if (line.starts_with("cat")) return true;
    }
    return false;
  };
  const auto deadline = std::chrono::steady_clock::now() + seconds(60);
  while (!is_typing()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    ASSERT_FALSE(bench().wait(milliseconds(20))) << bench().errors();
  }
  ASSERT_TRUE(server);
  ::kill(server->first, SIGKILL);
  EXPECT_EQ(finish(), 1);
  EXPECT_THAT(bench().errors(), HasSubstr("the server died during the measurement, with signal 9"));
}

TEST_F(BenchCommand, MeasuresARunningServer) {
  write_text(folder() / "config.json", R"({
    "access_codes": ["bob"], "task_duration_in_seconds": 600,
    "sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true},
    "tasks": [{"type": "stdout", "description": "wait", "answer": "never"},
              {"type": "stdout", "description": "wait", "answer": "never"}]})");
  const ServerProcess server(TELLINA_PROGRAM, folder());
  start({"--url", "http://127.0.0.1:" + std::to_string(server.port()), "--access-code", "bob", "--figures", "closed",
         "--seconds", "0.5"});
  EXPECT_EQ(finish(), 0) << bench().errors();
  const auto found = samples();
  ASSERT_TRUE(found.contains({"closed", "server"}));
  EXPECT_THAT(found.at({"closed", "server"}),
              AllOf(Contains(Key("p50_ms")), Not(Contains(Key("cpu_s_per_1000_keys")))));
}

TEST_F(BenchCommand, MeasuresAServerWithTls) {
  write_certificate(folder(), "own");
  start({"--sandbox", "process", "--figures", "closed,paste,flood,interrupt", "--seconds", "0.3", "--mebibytes", "2",
         "--certificate", "own.pem", "--key", "own.key"});
  EXPECT_EQ(finish(), 0) << bench().errors();
  const auto found = samples();
  for (const std::string figure : {"closed", "paste", "flood", "interrupt"}) {
    EXPECT_TRUE(found.contains({figure, "server"})) << figure;
  }
  EXPECT_NEAR(found.at({"flood", "server"}).at("mib"), 2, 0.001);
}

TEST_F(BenchCommand, SendsNoCodeToAServerWhoseCertificateItDoesNotTrust) {
  write_certificate(folder(), "own");
  write_certificate(folder(), "another");
  write_text(folder() / "config.json", R"({
    "server": {"certificate": "own.pem", "key": "own.key"},
    "access_codes": ["bob"], "task_duration_in_seconds": 600,
    "sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true},
    "tasks": [{"type": "stdout", "description": "wait", "answer": "never"}]})");
  const ServerProcess server(TELLINA_PROGRAM, folder());
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  const Words words{"--url", url, "--access-code", "bob", "--figures", "closed", "--seconds", "0.3"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), words.begin(), words.end());
    return more;
  };
  for (const Words& more : {Words{}, Words{"--certificate", "another.pem"}}) {
    start(with(more));
    EXPECT_EQ(finish(), 1);
    EXPECT_THAT(bench().errors(), HasSubstr("no TLS with 127.0.0.1:"));
    EXPECT_THAT(bench().errors(), HasSubstr("certificate"));
  }
  EXPECT_THAT(server.errors(), Not(HasSubstr("event=logged_in")));
  start(with({"--certificate", "own.pem"}));
  EXPECT_EQ(finish(), 0) << bench().errors();
}

TEST_F(BenchCommand, ReportsWhyAServerDoesNotStart) {
  start({"--server", "/bin/false", "--figures", "closed"});
  EXPECT_EQ(finish(), 1);
  EXPECT_THAT(bench().errors(), HasSubstr("/bin/false ended during its start with exit status 1"));
}

}  // namespace
}  // namespace tellina::testing
