/// `tellina plugins check`: its refusals, its output, and its exit status.

#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "host/cli/program.hpp"
#include "support/places.hpp"
#include "tellina/conformance/report.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string memory = plugin_file("channel_memory");
const std::string strict = plugin_file("ordering_strict");

class CheckCommandTest : public ::testing::Test {
 protected:
  int check(std::vector<std::string> words) {
    words.insert(words.begin(), {"plugins", "check"});
    m_out.str("");
    m_err.str("");
    CommandContext context(m_out, m_err, m_host.clock, m_host.random, m_host.log);
    return run_program(words, Runners(), context);
  }

  PluginHost m_host;
  std::ostringstream m_out;
  std::ostringstream m_err;
};

TEST_F(CheckCommandTest, GoodPluginPasses) {
  EXPECT_EQ(check({strict, "--filter", "Connect", "--seed", "7"}), 0) << m_out.str() << m_err.str();
  EXPECT_THAT(m_out.str(), HasSubstr("ordering policy \"strict\" (" + std::string(strict) + "), version "));
  EXPECT_THAT(m_out.str(), HasSubstr("; seed 7\n"));
  EXPECT_THAT(m_out.str(), HasSubstr("passed   ConnectGoesFirst "));
  EXPECT_THAT(m_out.str(), Not(HasSubstr("RefusesADuplicate")));
}

TEST_F(CheckCommandTest, RunsInThisProcessToo) {
  EXPECT_EQ(check({strict, "--filter=ConnectGoesFirst", "--in-process"}), 0);
  EXPECT_THAT(m_out.str(), HasSubstr("\n1 passed\n"));
}

TEST_F(CheckCommandTest, TheOrderDoesNotDependOnTheNumberOfJobs) {
  const auto names_of = [&](const char* jobs) {
    EXPECT_EQ(check({strict, "--json", "--seed", "3", "--jobs", jobs}), 0) << m_out.str();
    std::string names;
    std::istringstream lines(m_out.str());
    for (std::string line; std::getline(lines, line);) names += line.substr(0, line.find(',')) + "\n";
    return names;
  };
  EXPECT_EQ(names_of("1"), names_of("8"));
}

TEST_F(CheckCommandTest, PrintsOneJsonObjectALine) {
  EXPECT_EQ(check({strict, "--filter=^ConnectGoesFirst$|^AgreesWithTheModel$", "--json", "--seed=3"}), 0);
  EXPECT_THAT(m_out.str(), ::testing::MatchesRegex(
                               "\\{\"name\": \"ConnectGoesFirst\", \"contract\": \"[^\"]+\", \"outcome\": \"passed\", "
                               "\"finding\": \"\", \"milliseconds\": [0-9]+\\}\n"
                               "\\{\"name\": \"AgreesWithTheModel\", .*, \"seed\": 3\\}\n"));
}

TEST_F(CheckCommandTest, ListsCasesWithTheirContracts) {
  EXPECT_EQ(check({memory, "--list", "--filter=InOrder"}), 0);
  EXPECT_EQ(m_out.str(),
            "DeliversInOrder\n    Messages that one thread sends to one channel arrive in the order sent.\n");
}

TEST_F(CheckCommandTest, SettingsAreCheckedAsInConfigJson) {
  EXPECT_EQ(check({memory, "--config", R"({"capacity": "many", "capacty": 1})"}), 2);
  EXPECT_EQ(m_err.str(),
            "--config:1:14: capacity: expected a whole number from 1 to 1000000, got \"many\"\n"
            "--config:1:22: capacty: expected a known key, got \"capacty\"; did you mean \"capacity\"?\n");
  EXPECT_EQ(check({memory, "--config", "[]"}), 2);
  EXPECT_EQ(m_err.str(), "--config:1:1: expected an object, got an array\n");
  EXPECT_EQ(check({memory, "--config", R"({"plugin": "other"})"}), 2);
  EXPECT_THAT(m_out.str(), IsEmpty()) << "a case was run";
}

TEST_F(CheckCommandTest, BadUsageIsReported) {
  EXPECT_EQ(check({}), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("plugins check: expected FILE.so, got none"));
  EXPECT_EQ(check({memory, "--seed", "-1"}), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("--seed: expected a whole number from 0 to 18446744073709551615, got \"-1\""));
  EXPECT_EQ(check({memory, "--filter", "("}), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("--filter: expected a regular expression, got \"(\""));
  EXPECT_EQ(check({memory, "--jobs", "0"}), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("--jobs: expected a whole number from 1 to 64, got \"0\""));
  EXPECT_EQ(check({memory, "--cut", "localhost:1", "--config", R"({"capacity": 1})"}), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("--cut: expected the address of a server that a text in --config contains, got "
                                     "\"localhost:1\""));
  EXPECT_EQ(check({memory, "--filter", "NoSuchCase"}), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("--filter: expected an expression that selects a case, got \"NoSuchCase\""));
}

TEST_F(CheckCommandTest, FileThatCannotBeLoadedIsReported) {
  EXPECT_EQ(check({BAD_FOLDER "/aborts/aborts.so"}), 1);
  EXPECT_EQ(m_err.str(), BAD_FOLDER
            "/aborts/aborts.so: expected a plugin that can be opened, found one that kills its process with signal 6 "
            "(Aborted)\n");
  EXPECT_EQ(check({"/nowhere.so"}), 1);
  EXPECT_EQ(m_err.str(), "/nowhere.so: expected a plugin, found no such file\n");
  EXPECT_EQ(check({BAD_FOLDER "/other_tag/other_tag.so"}), 1);
  EXPECT_THAT(m_err.str(), HasSubstr("expected the ABI tag \"" TELLINA_SDK_ABI_TAG "/"));
  EXPECT_THAT(m_err.str(), HasSubstr("of this program, found \"tellina-9.9/gxxabi1/other\""));
}

TEST_F(CheckCommandTest, InvalidGateFailsByName) {
  EXPECT_EQ(check({BAD_FOLDER "/good/good.so", "--filter=LongConnection", "--seed=5"}), 1)
      << "its open_gate() returns null";
  EXPECT_THAT(m_out.str(), HasSubstr("KeepsUpWithALongConnection"));
  EXPECT_THAT(m_out.str(), HasSubstr("expected a gate from open_gate(), found none"));
  EXPECT_THAT(m_out.str(), HasSubstr("Again: --seed 5"));
}

TEST(ConformanceCasesTest, EveryKindHasEnoughAndNoNameTwice) {
  for (const auto& [kind, least] : {std::pair(PluginKind::channel_layer, 24u),
                                    std::pair(PluginKind::ordering_policy, 17u), std::pair(PluginKind::sandbox, 32u)}) {
    const std::vector<conformance::Case> cases = conformance::cases_of(kind);
    EXPECT_GE(cases.size(), least);
    std::set<std::string> names;
    for (const conformance::Case& one : cases) {
      EXPECT_TRUE(names.insert(one.name).second) << one.name;
      EXPECT_TRUE(std::string_view(one.contract).ends_with(".")) << one.name;
    }
  }
}

}  // namespace
}  // namespace tellina::testing
