#include "host/cli/arguments.hpp"

#include <gmock/gmock.h>

namespace tellina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

std::string error_of(const Words& words) {
  try {
    parse_arguments(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

TEST(ArgumentsTest, ReadsEveryOptionOfTheServer) {
  const Arguments given = parse_arguments({"run", "--config", "study.json", "--address=::1", "--port", "0",
                                           "--plugin-dir", "/a", "--plugin-dir=/b", "--test-mode"});
  EXPECT_EQ(given.command, CommandName::run);
  EXPECT_EQ(given.config, "study.json");
  EXPECT_EQ(given.address, "::1");
  EXPECT_EQ(given.port, 0);
  EXPECT_THAT(given.plugin_folders, ElementsAre("/a", "/b"));
  EXPECT_TRUE(given.test_mode);
  EXPECT_FALSE(given.help);
}

TEST(ArgumentsTest, LeavesOtherSettingsToTheConfiguration) {
  const Arguments given = parse_arguments({"worker"});
  EXPECT_EQ(given.command, CommandName::worker);
  EXPECT_EQ(given.config, "");
  EXPECT_FALSE(given.address);
  EXPECT_FALSE(given.port);
  EXPECT_THAT(given.plugin_folders, IsEmpty());
  EXPECT_FALSE(given.test_mode);
}

TEST(ArgumentsTest, ReadsCommandsOfTwoWords) {
  EXPECT_EQ(parse_arguments({"config", "check"}).command, CommandName::config_check);
  EXPECT_EQ(parse_arguments({"config", "schema"}).command, CommandName::config_schema);
  EXPECT_EQ(parse_arguments({"plugins", "list"}).command, CommandName::plugins_list);
  const Arguments check = parse_arguments({"plugins", "check", "--json", "x.so", "--config", "{}", "--seed=7"});
  EXPECT_EQ(check.command, CommandName::plugins_check);
  EXPECT_EQ(check.operand, "x.so");
  EXPECT_EQ(check.seed, 7u);
  EXPECT_TRUE(check.json);
  EXPECT_EQ(parse_arguments({"participants", "list"}).command, CommandName::participants_list);
  const Arguments added = parse_arguments({"participants", "add", "carol", "--config", "x.json"});
  EXPECT_EQ(added.command, CommandName::participants_add);
  EXPECT_EQ(added.operand, "carol");
  EXPECT_EQ(added.config, "x.json");
  EXPECT_EQ(parse_arguments({"participants", "reset", "--config=x.json", "bob"}).operand, "bob");
}

TEST(ArgumentsTest, ReadsTheOptionsOfABenchmark) {
  const BenchOptions given =
      parse_arguments({"bench", "--figures", "closed,mash", "--sessions", "200", "--seconds=0.5", "--layer", "ipc",
                       "--policy", "slight", "--against=layer=memory", "--access-code", "a", "--access-code", "b"})
          .bench;
  EXPECT_THAT(given.figures, ElementsAre("closed", "mash"));
  EXPECT_EQ(given.sessions, 200U);
  EXPECT_EQ(given.seconds, 0.5);
  EXPECT_EQ(given.layer, "ipc");
  EXPECT_EQ(given.against, "layer=memory");
  EXPECT_EQ(given.policy, "slight");
  EXPECT_EQ(given.sandbox, "chroot");
  EXPECT_THAT(given.access_codes, ElementsAre("a", "b"));
}

TEST(ArgumentsTest, InvalidOptionsOfABenchmarkAreRefused) {
  EXPECT_THAT(error_of({"bench", "--figures", "closed,mesh"}), HasSubstr("got \"mesh\"; did you mean \"mash\"?"));
  EXPECT_EQ(error_of({"bench", "--layer", "memori"}),
            "--layer: expected memory, ipc or redis, got \"memori\"; did you mean \"memory\"?");
  EXPECT_EQ(error_of({"bench", "--sessions", "0"}), "--sessions: expected a whole number from 1 to 10000, got \"0\"");
  EXPECT_EQ(error_of({"bench", "--seconds", "long"}), "--seconds: expected a number from 0.1 to 3600, got \"long\"");
}

TEST(ArgumentsTest, UnknownCommandsGetASuggestion) {
  const std::string all =
      "expected a command: run, gateway, worker, config, plugins, participants, sandbox, tasks, plan, rescore, bots, "
      "bench or "
      "version; got ";
  EXPECT_EQ(error_of({}), all + "none");
  EXPECT_EQ(error_of({"rum"}), all + "\"rum\"; did you mean \"run\"?");
  EXPECT_EQ(error_of({"--versoin"}), all + "\"--versoin\"; did you mean \"version\"?");
  EXPECT_EQ(error_of({"dance"}), all + "\"dance\"");
  EXPECT_EQ(error_of({"config"}), "config: expected a command: check, schema or convert; got none");
  EXPECT_EQ(error_of({"config", "chek"}),
            "config: expected a command: check, schema or convert; got \"chek\"; did you mean \"check\"?");
  EXPECT_EQ(error_of({"participants", "run"}),
            "participants: expected a command: list, links, link, code, add or reset; got \"run\"");
}

TEST(ArgumentsTest, UnknownOptionsGetASuggestion) {
  EXPECT_EQ(error_of({"run", "--prot", "1"}), "run: unknown option --prot; did you mean --port?");
  EXPECT_EQ(error_of({"run", "--confg", "x"}), "run: unknown option --confg; did you mean --config?");
  EXPECT_EQ(error_of({"plugins", "list", "--port", "1"}), "plugins list: unknown option --port");
  EXPECT_EQ(error_of({"run", "-x"}), "run: unknown option -x");
}

TEST(ArgumentsTest, ASeparateRoleHasOnlyItsOwnOptions) {
  EXPECT_EQ(error_of({"worker", "--address", "::1"}), "worker: unknown option --address");
  EXPECT_EQ(error_of({"worker", "--port", "1"}), "worker: unknown option --port");
  EXPECT_EQ(error_of({"gateway", "--number", "1"}), "gateway: unknown option --number");
  EXPECT_EQ(parse_arguments({"worker", "--number", "3"}).number, 3U);
  EXPECT_EQ(parse_arguments({"gateway", "--address", "::1"}).address, "::1");
  EXPECT_EQ(error_of({"worker", "--number", "x"}), "--number: expected a whole number from 0 to 100000, got \"x\"");
}

TEST(ArgumentsTest, ReadsHowTheLogIsWritten) {
  const Arguments given = parse_arguments({"run", "--log-format", "json", "--log-level=warning"});
  EXPECT_EQ(given.log.format, LogFormat::json);
  EXPECT_EQ(given.log.lowest, LogLevel::warning);
  EXPECT_EQ(parse_arguments({"worker"}).log.format, LogFormat::text);
  EXPECT_EQ(parse_arguments({"gateway"}).log.lowest, LogLevel::info);
  EXPECT_EQ(error_of({"run", "--log-format", "xml"}), "--log-format: expected text or json, got \"xml\"");
  EXPECT_EQ(error_of({"run", "--log-level", "loud"}),
            "--log-level: expected debug, info, warning or error, got \"loud\"");
}

TEST(ArgumentsTest, ReadsHowParticipantsAreListed) {
  const Arguments given = parse_arguments({"participants", "list", "--json", "--watch", "--with-codes"});
  EXPECT_TRUE(given.json && given.watch && given.with_codes);
  EXPECT_EQ(parse_arguments({"participants", "links", "--port=80"}).port, 80);
}

TEST(ArgumentsTest, VersionIsAlsoAnOption) {
  EXPECT_EQ(parse_arguments({"--version"}).command, CommandName::version);
  EXPECT_EQ(parse_arguments({"version"}).command, CommandName::version);
}

TEST(ArgumentsTest, HelpMarksDefaults) {
  EXPECT_THAT(parse_arguments({"run", "--help"}).help.value_or(""), HasSubstr("(default: config.json or study.yaml)"));
  EXPECT_THAT(parse_arguments({"bench", "--help"}).help.value_or(""), HasSubstr("(default: memory)"));
}

TEST(ArgumentsTest, ValuesAreChecked) {
  EXPECT_EQ(error_of({"run", "--port", "65535"}), "none");
  for (const std::string port : {"65536", "-1", "80x", "0x50", "1e3", "99999999999999999999", " 80"}) {
    EXPECT_EQ(error_of({"run", "--port", port}),
              "--port: expected a whole number from 0 to 65535, got \"" + port + "\"");
  }
  EXPECT_EQ(error_of({"run", "--port"}), "--port: expected PORT, got nothing");
  EXPECT_EQ(error_of({"run", "--config="}), "--config: expected FILE, got nothing");
  EXPECT_EQ(error_of({"run", "--port", "1", "--port=2"}), "--port: expected once, got twice");
  EXPECT_EQ(error_of({"run", "--test-mode=yes"}), "--test-mode: expected no value, got \"--test-mode=yes\"");
}

TEST(ArgumentsTest, OperandsAreCounted) {
  EXPECT_EQ(error_of({"run", "study.json"}), "run: expected an option, got \"study.json\"");
  EXPECT_EQ(error_of({"participants", "add"}), "participants add: expected CODE, got none");
  EXPECT_EQ(error_of({"participants", "add", ""}), "participants add: expected CODE, got none");
  EXPECT_EQ(error_of({"config", "convert"}), "config convert: expected FROM, got none");
  EXPECT_EQ(error_of({"config", "convert", "a.json"}), "config convert: expected TO, got none");
  EXPECT_EQ(error_of({"config", "convert", "a", "b", "c"}), "config convert: expected an option, got \"c\"");
  EXPECT_EQ(error_of({"participants", "add", "a", "b"}), "participants add: expected an option, got \"b\"");
}

TEST(ArgumentsTest, EveryCommandHasHelp) {
  EXPECT_THAT(parse_arguments({"--help"}).help.value_or(""),
              HasSubstr("participants reset CODE|P001  restart a participant"));
  EXPECT_THAT(parse_arguments({"-h"}).help.value_or(""), HasSubstr("Usage: tellina COMMAND"));
  const std::string group = parse_arguments({"config", "--help"}).help.value_or("");
  EXPECT_THAT(group, HasSubstr("config schema"));
  EXPECT_THAT(group, ::testing::Not(HasSubstr("gateway")));
  for (const Words& words : {Words{"run"}, Words{"gateway"}, Words{"worker"}, Words{"config", "check"},
                             Words{"config", "schema"}, Words{"plugins", "list"}, Words{"participants", "list"},
                             Words{"participants", "add"}, Words{"participants", "reset"}, Words{"version"}}) {
    Words with_help = words;
    with_help.emplace_back("--help");
    const std::string name = words.size() == 2 ? words[0] + " " + words[1] : words[0];
    EXPECT_THAT(parse_arguments(with_help).help.value_or(""), StartsWith("Usage: tellina " + name));
  }
  const std::string run = parse_arguments({"run", "--port", "5", "--help"}).help.value_or("");
  EXPECT_THAT(run, HasSubstr("--port PORT"));
  EXPECT_THAT(run, HasSubstr("--test-mode"));
}

}  // namespace
}  // namespace tellina
