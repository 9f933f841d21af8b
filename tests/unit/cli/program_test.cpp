#include "host/cli/program.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "host/runtime/files.hpp"
#include "support/certificates.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Runs commands on a real configuration, real plugins and a real database, in a temporary folder.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    std::string name = (fs::temp_directory_path() / "tellina-cli-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    m_folder = name;
    write(R"({"sandbox": {"plugin": "absent"}, "access_codes": ["bob", "alice"],
 "task_duration_in_seconds": 60,
 "tasks": [{"type": "stdout", "description": "say hello", "initial_filesystem": {}, "answer": "hello"}]})");
  }
  ~ProgramTest() override { fs::remove_all(m_folder); }

  void write(const std::string& text) { std::ofstream(config()) << text; }
  std::string config() const { return (m_folder / "config.json").string(); }

  /// Runs a command with the test's plugins and, if it takes one, the test's configuration.
  int run(std::vector<std::string> words, bool with_config = true) {
    words.push_back("--plugin-dir=" SANDBOX_FOLDER);
    if (with_config) words.push_back("--config=" + config());
    return run_bare(words);
  }
  int run_bare(const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    CommandContext context(out, err, m_host.clock, m_host.random, m_host.log);
    context.is_terminal = m_is_terminal;
    if (m_pause) context.pause = m_pause;
    Runners runners;
    runners.server = [this](const RunOptions& options) {
      m_served = options;
      return 7;
    };
    runners.bench = [this](const BenchOptions& options, std::ostream& to, std::ostream&) {
      m_measured = options;
      to << "figures";
      return 8;
    };
    const int status = run_program(words, runners, context);
    m_out = out.str();
    m_err = err.str();
    return status;
  }

  PluginHost m_host;
  fs::path m_folder;
  std::optional<RunOptions> m_served;
  std::optional<BenchOptions> m_measured;
  bool m_is_terminal = false;
  std::function<bool(std::chrono::milliseconds)> m_pause;
  std::string m_out;
  std::string m_err;
};

TEST_F(ProgramTest, BadUsageIsStatusTwoAndNamesTheHelp) {
  EXPECT_EQ(run_bare({"rnu"}), 2);
  EXPECT_EQ(m_err,
            "tellina: expected a command: run, gateway, worker, config, plugins, participants, sandbox, tasks, plan, "
            "rescore, bots, bench or "
            "version; got "
            "\"rnu\"; "
            "did you mean \"run\"?\nTry `tellina --help`.\n");
  EXPECT_EQ(m_out, "");
  EXPECT_EQ(run_bare({"run", "--help"}), 0);
  EXPECT_THAT(m_out, HasSubstr("Usage: tellina run [OPTION]..."));
  EXPECT_FALSE(m_served);
}

TEST_F(ProgramTest, VersionNamesTheProgramAndItsSdk) {
  for (const char* word : {"version", "--version"}) {
    m_out.clear();
    EXPECT_EQ(run_bare({word}), 0);
    EXPECT_THAT(m_out, ::testing::MatchesRegex("tellina [0-9]+\\.[0-9]+\\.[0-9]+ \\(SDK tellina-[^)]+\\)\n")) << word;
  }
}

TEST_F(ProgramTest, WithoutAConfigurationTheOneInTheFolderIsRead) {
  const fs::path before = fs::current_path();
  fs::current_path(m_folder);
  const std::string plugins = "--plugin-dir=" SANDBOX_FOLDER;
  EXPECT_EQ(run_bare({"config", "check", plugins}), 0) << m_err;
  EXPECT_EQ(m_out, "config.json: good: 1 task, 2 access codes\n");

  std::ofstream("study.yaml")
      << "sandbox: {plugin: absent}\naccess_codes: [x]\ntask_duration_in_seconds: 1\ntasks: []\n";
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run"}, {"worker"}, {"config", "check"}, {"participants", "list"}}) {
    std::vector<std::string> given = words;
    given.push_back(plugins);
    EXPECT_EQ(run_bare(given), 2);
    std::string name = "tellina";
    for (const std::string& word : words) name += " " + word;
    EXPECT_EQ(m_err, name + ": expected one of config.json and study.yaml, found both; name one with --config\n");
    EXPECT_FALSE(m_served);
  }
  EXPECT_EQ(run_bare({"config", "check", plugins, "--config=study.yaml"}), 0) << m_err;
  EXPECT_EQ(m_out, "study.yaml: good: 0 tasks, 1 access code\n");
  EXPECT_EQ(run_bare({"version"}), 0) << "it reads no configuration";

  fs::remove("config.json");
  EXPECT_EQ(run_bare({"config", "check", plugins}), 0) << m_err;
  EXPECT_EQ(m_out, "study.yaml: good: 0 tasks, 1 access code\n");
  EXPECT_EQ(run_bare({"run", plugins}), 7);
  ASSERT_TRUE(m_served);
  EXPECT_EQ(m_served->config, "study.yaml");
  fs::remove("study.yaml");
  EXPECT_EQ(run_bare({"config", "check", plugins}), 2);
  EXPECT_THAT(m_err, HasSubstr("cannot read config.json: No such file"));
  fs::current_path(before);
}

TEST_F(ProgramTest, ASandboxThatNeedsNothingIsPrepared) {
  EXPECT_EQ(run({"sandbox", "prepare"}), 0) << m_err;
  EXPECT_EQ(run({"run", "--prepare"}), 7) << "the server starts after the preparation";
  EXPECT_TRUE(m_served);
}

TEST_F(ProgramTest, BenchPassesItsOptionsToTheLoadGeneratorAndReturnsItsStatus) {
  EXPECT_EQ(run_bare({"bench", "--sessions", "12"}), 8);
  ASSERT_TRUE(m_measured);
  EXPECT_EQ(m_measured->sessions, 12U);
  EXPECT_EQ(m_out, "figures");
}

TEST_F(ProgramTest, RunPassesItsOptionsToTheServerAndReturnsItsStatus) {
  EXPECT_EQ(run({"run", "--port", "0", "--address", "127.0.0.1", "--test-mode"}), 7);
  ASSERT_TRUE(m_served);
  EXPECT_EQ(m_served->role, ServerRole::all);
  EXPECT_EQ(m_served->config, config());
  EXPECT_EQ(m_served->address, "127.0.0.1");
  EXPECT_EQ(m_served->port, 0);
  EXPECT_THAT(m_served->plugin_folders, ElementsAre(SANDBOX_FOLDER));
  EXPECT_TRUE(m_served->test_mode);
}

TEST_F(ProgramTest, ASeparateGatewayOrWorkerNeedsALayerBetweenProcesses) {
  for (const std::string role : {"gateway", "worker"}) {
    EXPECT_EQ(run({role}), 2);
    EXPECT_FALSE(m_served);
    EXPECT_THAT(m_err, StartsWith(config() + ": channel_layer.plugin: expected a channel layer that several processes "
                                             "share ("));
    EXPECT_THAT(m_err, HasSubstr("\"redis\""));
    EXPECT_THAT(
        m_err,
        EndsWith(
            "), got \"memory\", which works within one process only; `tellina run` runs all roles in one process\n"));
  }
}

TEST_F(ProgramTest, ConfigConvertWritesTheOtherFormWithTheSamePermissions) {
  const std::string yaml = (m_folder / "study.yaml").string();
  fs::permissions(config(), fs::perms(0600));
  EXPECT_EQ(run_bare({"config", "convert", config(), yaml}), 0) << m_err;
  EXPECT_EQ(m_out + m_err, "");
  EXPECT_EQ(read_text(yaml),
            "sandbox:\n  plugin: absent\naccess_codes:\n  - bob\n  - alice\ntask_duration_in_seconds: 60\ntasks:\n"
            "  - type: stdout\n    description: say hello\n    initial_filesystem: {}\n    answer: hello\n");
  EXPECT_EQ(fs::status(yaml).permissions(), fs::perms(0600)) << "the file contains access codes";
  EXPECT_EQ(run_bare({"config", "check", "--plugin-dir=" SANDBOX_FOLDER, "--config", yaml}), 0) << m_err;
  EXPECT_EQ(m_out, yaml + ": good: 1 task, 2 access codes\n");

  fs::permissions(yaml, fs::perms(0644));
  const std::string json = (m_folder / "back.json").string();
  write_text(yaml, "# mine\n" + read_text(yaml) + "# end\n");
  EXPECT_EQ(run_bare({"config", "convert", yaml, json}), 0);
  EXPECT_EQ(m_err, "warning: " + json + " lacks the 2 comments of " + yaml + ": JSON has none\n");
  EXPECT_EQ(fs::status(json).permissions(), fs::perms(0644));
  EXPECT_THAT(read_text(json), StartsWith("{\n  \"sandbox\": {\"plugin\": \"absent\"},\n  \"access_codes\""));

  fs::create_directory(m_folder / "other");
  const std::string elsewhere = (m_folder / "other" / "study.yml").string();
  EXPECT_EQ(run_bare({"config", "convert", json, elsewhere}), 0);
  EXPECT_EQ(m_err, "warning: relative paths in " + elsewhere +
                       " are relative to its own folder, no longer to that of " + json + "\n");
}

TEST_F(ProgramTest, ConfigConvertRefusesWhatItCannotWrite) {
  const std::string yaml = (m_folder / "study.yaml").string();
  write_text(yaml, "kept");
  EXPECT_EQ(run_bare({"config", "convert", config(), yaml}), 2);
  EXPECT_EQ(m_err, "tellina: config convert: expected a new file, got \"" + yaml +
                       "\", which exists\nTry `tellina --help`.\n");
  EXPECT_EQ(read_text(yaml), "kept");
  EXPECT_EQ(run_bare({"config", "convert", config(), (m_folder / "b.json").string()}), 2);
  EXPECT_THAT(m_err,
              StartsWith("tellina: config convert: expected a JSON and a YAML file (named *.yaml or *.yml), got two "
                         "JSON files\n"));
  EXPECT_EQ(run_bare({"config", "convert", config(), (m_folder / "none/b.yaml").string()}), 1);
  EXPECT_EQ(m_err, "cannot write " + (m_folder / "none/b.yaml").string() + ": No such file or directory\n");
  EXPECT_EQ(run_bare({"config", "convert", (m_folder / "none.json").string(), (m_folder / "b.yaml").string()}), 1);
  EXPECT_EQ(m_err, "cannot read " + (m_folder / "none.json").string() + ": No such file or directory\n");
  write("{\"a\": 1,}");
  EXPECT_EQ(run_bare({"config", "convert", config(), (m_folder / "b.yaml").string()}), 2);
  EXPECT_EQ(m_err, config() + ":1:9: expected a key in double quotes, got '}'; JSON has no comma before it\n");
  EXPECT_FALSE(fs::exists(m_folder / "b.yaml"));
}

TEST_F(ProgramTest, ConfigCheckCountsTasksAndCodes) {
  EXPECT_EQ(run({"config", "check"}), 0) << m_err;
  EXPECT_EQ(m_out, config() + ": good: 1 task, 2 access codes\n");
}

TEST_F(ProgramTest, ConfigCheckReadsTheCertificateAndItsKey) {
  write_certificate(m_folder, "server");
  write_certificate(m_folder, "other");
  const auto name_key = [this](const std::string& key) {
    write(R"({"sandbox": {"plugin": "absent"}, "access_codes": ["bob"], "task_duration_in_seconds": 60,
 "server": {"certificate": "server.pem", "key": ")" +
          key + R"("},
 "tasks": [{"type": "stdout", "description": "say hello", "initial_filesystem": {}, "answer": "hello"}]})");
  };
  name_key("server.key");
  fs::permissions(m_folder / "server.key", fs::perms::owner_read);
  EXPECT_EQ(run({"config", "check"}), 0) << m_err;
  EXPECT_THAT(m_err, Not(HasSubstr("private key")));
  fs::permissions(m_folder / "server.key", fs::perms::owner_read | fs::perms::others_read);
  EXPECT_EQ(run({"config", "check"}), 0) << m_err;
  EXPECT_THAT(m_err, HasSubstr("warning: " + config() + ": server.key: other users can read the private key in "));
  name_key("other.key");
  EXPECT_EQ(run({"config", "check"}), 2);
  EXPECT_THAT(m_err, HasSubstr(config() + ": server.key: "));
}

TEST_F(ProgramTest, ConfigCheckWarnsOfAnAnswerThatPrintingNumbersFinds) {
  write(R"({"access_codes": [], "task_duration_in_seconds": 60, "sandbox": {"plugin": "absent"}, "tasks": [
{"type": "stdout", "description": "d", "answer": "42"}]})");
  EXPECT_EQ(run({"config", "check"}), 0) << m_err;
  EXPECT_EQ(m_out, config() + ": good: 1 task, 0 access codes\n");
  EXPECT_THAT(m_err, StartsWith("warning: " + config() + ":2:50: tasks[0].answer: expected an answer that printing "));
}

TEST_F(ProgramTest, ConfigCheckReportsEveryErrorAndIsStatusTwo) {
  write(
      R"({"sandbox": {"plugin": "abesnt"}, "access_codes": ["bob", 3], "task_duration_in_seconds": 60, "tasks": []})");
  EXPECT_EQ(run({"config", "check"}), 2);
  EXPECT_EQ(m_out, "");
  EXPECT_THAT(m_err, HasSubstr(config() + ":1:24: sandbox.plugin: "));
  EXPECT_THAT(m_err, HasSubstr("did you mean \"absent\"?"));
  EXPECT_THAT(m_err, HasSubstr("access_codes[1]: expected a string"));
}

TEST_F(ProgramTest, ConfigCheckAlsoAsksThePlugins) {
  write(R"({"sandbox": {"plugin": "absent", "size": 3}, "access_codes": [], "task_duration_in_seconds": 60,
 "tasks": []})");
  EXPECT_EQ(run({"config", "check"}), 2);
  EXPECT_EQ(m_err, config() + ":1:42: sandbox.size: expected an even number, got 3\n");
}

TEST_F(ProgramTest, ConfigCheckNamesAnUnknownKeyOfALayerWithItsPlace) {
  write(R"({"access_codes": [], "task_duration_in_seconds": 60, "tasks": [],
"channel_layer": {"plugin": "redis", "prefx": "a"},
"sandbox": {"plugin": "absent"}})");
  EXPECT_EQ(run({"config", "check"}), 2);
  EXPECT_EQ(m_err,
            config() + ":2:38: channel_layer.prefx: expected a known key, got \"prefx\"; did you mean \"prefix\"?\n");
}

/// Two blocks of one task of a minute each, in a crossover.
std::string crossover(const std::string& assignment) {
  return R"({"sandbox": {"plugin": "absent"}, "access_codes": [], "task_duration_in_seconds": 60, "tasks": [
    {"id": "a", "type": "stdout", "description": "d", "answer": "a"},
    {"id": "b", "type": "stdout", "description": "d", "answer": "b"}],
    "blocks": {"I": {"tasks": ["a"]}, "II": {"tasks": ["b"], "time_limit_in_seconds": 30}},
    "treatments": {"assistant": {"title": "Assistant"}, "web": {"title": "Web"}},
    "assignment": {"seed": 20261201, )" +
         assignment + R"(}, "flow": [{"page": "Hello"}, {"periods": [{"tasks": "{block}"}]}]})";
}

const char* const both_orders =
    R"("groups": {"crossover": {"blocks": ["I", "II"], "treatments": ["assistant", "web"]}})";

TEST_F(ProgramTest, PlanShowsTheGroupsTheCheckAndTheTime) {
  write(crossover(both_orders));
  EXPECT_EQ(run({"plan"}), 0);
  EXPECT_EQ(m_out,
            "group  period 1       period 2\n"
            "1      I   assistant  II  web\n"
            "2      I   web        II  assistant\n"
            "3      II  assistant  I   web\n"
            "4      II  web        I   assistant\n"
            "good: every block meets every treatment in every period equally often\n"
            "time: at most 1.5 min (tasks 1.5 min); pages have no limit\n");
  EXPECT_EQ(m_err, "");
}

TEST_F(ProgramTest, PlanSimulatesArrivals) {
  write(crossover(std::string(both_orders) + R"(, "target_per_group": 12)"));
  EXPECT_EQ(run({"plan", "--simulate", "60", "--every", "10", "--length", "60", "--dropout", "0.2"}), 0);
  EXPECT_THAT(m_out, HasSubstr("4      II  web        I   assistant  12\n"));
  EXPECT_THAT(
      m_out, ContainsRegex("simulated: 60 arrivals, 300 runs: 48 completed need (59|60|61) \\(95 %: 6[5-9]\\); largest "
                           "minus smallest group 0; turned away"));
  EXPECT_EQ(run({"plan", "--simulate=10", "--dropout-of", "2=0.5", "--runs=5", "--json"}), 0);
  EXPECT_THAT(m_out, HasSubstr(R"("simulation":{"arrivals":10,"runs":5,"unfinished":0,"completed":48,)"));
  EXPECT_EQ(m_out.find('\n'), m_out.size() - 1);
}

TEST_F(ProgramTest, PlanPrintsTheGroupsAsCsv) {
  write(crossover(std::string(both_orders) + R"(, "target_per_group": 12)"));
  EXPECT_EQ(run({"plan", "--csv"}), 0);
  EXPECT_EQ(m_out,
            "group,block_1,treatment_1,block_2,treatment_2,target\r\n"
            "1,I,assistant,II,web,12\r\n"
            "2,I,web,II,assistant,12\r\n"
            "3,II,assistant,I,web,12\r\n"
            "4,II,web,I,assistant,12\r\n");
}

TEST_F(ProgramTest, PlanOfAnUnbalancedDesignIsStatusOne) {
  write(crossover(R"("groups": {"a": [{"block": "I", "treatment": "web"}], "b": [{"block": "I", "treatment": "web"}],
                                "c": [{"block": "I", "treatment": "assistant"}]})"));
  EXPECT_EQ(run({"plan"}), 1);
  EXPECT_THAT(
      m_out,
      HasSubstr("bad: block I meets assistant in period 1 in 1 group, block I meets web in period 1 in 2 groups\n"));
  EXPECT_EQ(m_err, "warning: tasks[1]: \"b\" is in no step, so nobody gets it\nwarning: blocks.II is in no step\n");
  EXPECT_EQ(run({"plan", "--json"}), 1);
  EXPECT_THAT(
      m_out, HasSubstr(R"("warnings":["tasks[1]: \"b\" is in no step, so nobody gets it","blocks.II is in no step"])"));
}

TEST_F(ProgramTest, PlanNamesABadOption) {
  write(crossover(both_orders));
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--simulate", "0"}, "--simulate: expected a whole number from 1 to 2000, got \"0\""},
      {{"--dropout", "1"}, "--dropout: expected a probability, at least 0 and below 1, got \"1\""},
      {{"--dropout", "nan"}, "--dropout: expected a probability, at least 0 and below 1, got \"nan\""},
      {{"--dropout-of", "0.5"}, "--dropout-of: expected GROUP=P such as 2=0.3, got \"0.5\""},
      {{"--dropout-of", "5=0.5"},
       "--dropout-of: expected the name of a group (\"1\", \"2\", \"3\" or \"4\"), got \"5\""},
      {{"--every", "0"}, "--every: expected minutes, from 0.001 to 100000, got \"0\""},
      {{"--runs", "many"}, "--runs: expected a whole number from 1 to 10000, got \"many\""},
      {{"--json", "--csv"}, "plan: expected --json or --csv, got both"},
  };
  for (const auto& [words, message] : cases) {
    std::vector<std::string> command{"plan"};
    command.insert(command.end(), words.begin(), words.end());
    EXPECT_EQ(run(command), 2);
    EXPECT_THAT(m_err, HasSubstr(message));
  }
}

TEST_F(ProgramTest, AMissingConfigurationIsStatusTwo) {
  fs::remove(config());
  EXPECT_EQ(run({"config", "check"}), 2);
  EXPECT_THAT(m_err, HasSubstr(config()));
  EXPECT_THAT(m_err, HasSubstr("No such file or directory"));
}

TEST_F(ProgramTest, ConfigSchemaContainsTheSectionsOfTheInstalledPlugins) {
  EXPECT_EQ(run({"config", "schema"}, false), 0);
  EXPECT_THAT(m_out, HasSubstr("Messages that may wait in each channel"));
  EXPECT_THAT(m_out, HasSubstr("An even number"));
}

TEST_F(ProgramTest, PluginsListIsAlignedAndSucceeds) {
  EXPECT_EQ(run({"plugins", "list"}, false), 0) << m_err;
  EXPECT_THAT(m_out, ContainsRegex("sandbox          absent +1.0.0    " SANDBOX_FOLDER "/sandbox_absent.so\n"))
      << "how wide the column is depends on what else is built";
  EXPECT_EQ(m_err, "");
}

TEST_F(ProgramTest, PluginsShowPrintsKeysWithValuesDefaultsAndPurposes) {
  EXPECT_EQ(run({"plugins", "show", "memory"}, false), 0) << m_err;
  EXPECT_THAT(m_out,
              ContainsRegex("^channel layer \"memory\", version 0.1.0\n/.*/channel_memory.so\n\n"
                            "KEY       VALUE                             DEFAULT  PURPOSE\n"
                            "capacity  a whole number from 1 to 1000000  *10000    *Messages that may wait in each "
                            "channel; one more is refused\n$"));
  EXPECT_EQ(run({"plugins", "show", "strict"}, false), 0);
  EXPECT_THAT(m_out, HasSubstr("It has no settings.\n"));
  EXPECT_EQ(run({"plugins", "show", "absent"}, false), 0);
  EXPECT_THAT(m_out, ContainsRegex("pool +a whole number from 0 to 1000 +2 +Sandboxes that"));
  EXPECT_EQ(run({"plugins", "show", "memroy"}, false), 2);
  EXPECT_THAT(
      m_err,
      HasSubstr("plugins show: expected a FILE, or the NAME of an installed plugin, got \"memroy\"; did you mean "
                "\"memory\"?"));
}

TEST_F(ProgramTest, ParticipantsAreListedAddedAndReset) {
  EXPECT_EQ(run({"participants", "list"}), 0) << m_err;
  EXPECT_EQ(m_out,
            "ACCESS CODE  STATE  TASKS ENDED  ATTEMPT  MAY LOG IN               PARTICIPANT  TASK    TIME LEFT  "
            "CONNECTED  LAST KEY  OUTCOMES\n"
            "bob          new    0            1        after a start or reload  -            1 of 1  -          "
            "no         -         -\n"
            "alice        new    0            1        after a start or reload  -            1 of 1  -          "
            "no         -         -\n");
  EXPECT_EQ(run({"participants", "add", "carol"}), 0) << m_err;
  EXPECT_EQ(m_out, "added carol\n");
  EXPECT_EQ(run({"participants", "reset", "carol"}), 0) << m_err;
  EXPECT_EQ(m_out, "reset carol\n");
  EXPECT_EQ(run({"participants", "list"}), 0) << m_err;
  EXPECT_THAT(m_out, HasSubstr("carol        new    0            2        yes  "));
  EXPECT_THAT(m_out, HasSubstr("P001"));
}

TEST_F(ProgramTest, ParticipantsAreListedAsJsonWithoutTheirCodes) {
  EXPECT_EQ(run({"participants", "add", "carol"}), 0) << m_err;
  EXPECT_EQ(run({"participants", "list", "--json"}), 0) << m_err;
  EXPECT_THAT(m_out, StartsWith(R"({"participant_id":"P001","state":"new","number":1,"total":1,)"
                                R"("time_left_in_seconds":null,"connected":false,"last_key_at":null,"outcomes":{},)"
                                R"("attempt":1,"may_log_in":true})"
                                "\n"));
  EXPECT_THAT(m_out, ::testing::Not(HasSubstr("carol")));
  EXPECT_EQ(run({"participants", "list", "--json", "--with-codes"}), 0) << m_err;
  EXPECT_THAT(m_out, HasSubstr(R"("access_code":"carol")"));
}

TEST_F(ProgramTest, ListingDoesNotChangeTheDatabase) {
  EXPECT_EQ(run({"participants", "list"}), 0) << m_err;
  EXPECT_FALSE(fs::exists(m_folder / "db.sqlite3")) << "listing created a database";
}

TEST_F(ProgramTest, AWatchedListIsPrintedAgainUntilItIsStopped) {
  int pauses = 2;
  m_pause = [&](std::chrono::milliseconds time) {
    EXPECT_EQ(time, std::chrono::seconds(1));
    return pauses-- > 0;
  };
  EXPECT_EQ(run({"participants", "list", "--watch"}), 0) << m_err;
  const auto lists = [this] {
    int found = 0;
    for (std::size_t at = 0; (at = m_out.find("ACCESS CODE", at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(lists(), 3);
  EXPECT_THAT(m_out, HasSubstr("\n\nACCESS CODE"));
  EXPECT_THAT(m_out, ::testing::Not(HasSubstr("\x1b")));
  pauses = 2;
  m_is_terminal = true;
  EXPECT_EQ(run({"participants", "list", "--watch"}), 0) << m_err;
  EXPECT_EQ(lists(), 3);
  EXPECT_THAT(m_out, HasSubstr("\x1b[H\x1b[JACCESS CODE"));
}

TEST_F(ProgramTest, LinksAreShortAndLeadToTheAddressThatParticipantsReach) {
  EXPECT_EQ(run({"participants", "links"}), 0) << m_err;
  EXPECT_EQ(m_out,
            "bob    http://127.0.0.1:10411/?access_code=bob\n"
            "alice  http://127.0.0.1:10411/?access_code=alice\n");
  EXPECT_EQ(run({"participants", "links", "--address", "::1", "--port", "80"}), 0) << m_err;
  EXPECT_THAT(m_out, StartsWith("bob    http://[::1]:80/?access_code=bob\n"));
  EXPECT_EQ(run({"participants", "links", "--address", "0.0.0.0"}), 0) << m_err;
  EXPECT_THAT(m_out, ::testing::Not(HasSubstr("0.0.0.0"))) << "an address that no browser can open";
}

TEST_F(ProgramTest, LinksBeginWithThePublicUrl) {
  write(R"({"sandbox": {"plugin": "absent"}, "access_codes": ["b b&c"], "task_duration_in_seconds": 60, "tasks": [],
 "server": {"port": 0, "public_url": "https://example.org/study/"}})");
  EXPECT_EQ(run({"participants", "links"}), 0) << m_err;
  EXPECT_EQ(m_out, "b b&c  https://example.org/study/?access_code=b%20b%26c\n");
  EXPECT_EQ(run({"participants", "links", "--port", "8080"}), 0) << m_err;
  EXPECT_EQ(m_out, "b b&c  http://127.0.0.1:8080/?access_code=b%20b%26c\n") << "the port was ignored";
  EXPECT_EQ(run({"participants", "links", "--port", "8080", "--address", "10.1.2.3"}), 0) << m_err;
  EXPECT_EQ(m_out, "b b&c  http://10.1.2.3:8080/?access_code=b%20b%26c\n");
  EXPECT_EQ(run({"participants", "links", "--address", "10.1.2.3"}), 2);
  EXPECT_THAT(m_err, HasSubstr("expected --port PORT, because server.port is 0"));
}

TEST_F(ProgramTest, LinksToAFreePortNeedThePortNumber) {
  write(R"({"sandbox": {"plugin": "absent"}, "access_codes": ["bob"], "task_duration_in_seconds": 60, "tasks": [],
 "server": {"port": 0}})");
  EXPECT_EQ(run({"participants", "links"}), 2);
  EXPECT_THAT(m_err, HasSubstr("expected --port PORT, because server.port is 0"));
  EXPECT_EQ(run({"participants", "links", "--port", "0"}), 2);
  EXPECT_THAT(m_err, HasSubstr("--port: expected the server's actual port, got 0"));
  EXPECT_EQ(run({"participants", "links", "--port", "81"}), 0) << m_err;
  EXPECT_EQ(m_out, "bob  http://127.0.0.1:81/?access_code=bob\n");
}

TEST_F(ProgramTest, AddingAnExistingOrResettingAMissingParticipantFails) {
  EXPECT_EQ(run({"participants", "add", "carol"}), 0) << m_err;
  EXPECT_EQ(run({"participants", "add", "carol"}), 1);
  EXPECT_THAT(m_err, HasSubstr("\"carol\""));
  EXPECT_EQ(run({"participants", "reset", "dave"}), 1);
  EXPECT_THAT(m_err, HasSubstr("there is no participant \"dave\""));
}

TEST_F(ProgramTest, AnUnprintableCodeIsNotAdded) {
  EXPECT_EQ(run({"participants", "list"}), 0) << m_err;
  const std::string before = m_out;
  EXPECT_EQ(run({"participants", "add", std::string(101, 'x')}), 2);
  EXPECT_THAT(m_err, HasSubstr("participants add: expected at most 100 bytes in CODE, got 101"));
  EXPECT_EQ(run({"participants", "add", "a\tb"}), 2);
  EXPECT_THAT(m_err, HasSubstr(R"(participants add: expected printable characters in CODE, got "a\u0009b")"));
  EXPECT_EQ(run({"participants", "add", "a\xff"}), 2);
  EXPECT_THAT(m_err, HasSubstr(R"(participants add: expected printable characters in CODE, got "a\xff")"));
  EXPECT_EQ(run({"participants", "list"}), 0) << m_err;
  EXPECT_EQ(m_out, before);
}

}  // namespace
}  // namespace tellina::testing
