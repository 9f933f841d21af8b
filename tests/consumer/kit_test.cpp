/// A new plugin and the conformance kit, both from the installation.

#include "consumer_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class NewPluginInTheKit : public ConsumerTest {
 protected:
  /// Runs `ctest` in the build of a new plugin; returns its output.
  std::string test(const std::string& plugin) {
    return run_well(CTEST_PROGRAM, {"--test-dir", plugin + "/build", "--verbose"}).output;
  }
};

TEST_F(NewPluginInTheKit, PassesEveryCaseInATestOfItsOwnBuild) {
  make_new_plugin("acme_box", "sandbox");
  const std::string tested = test("acme_box");
  EXPECT_THAT(tested, HasSubstr("100% tests passed, 0 tests failed out of 1"));
  EXPECT_THAT(tested, ContainsRegex("conformance.sandbox_acme_box .*Passed"));
  EXPECT_THAT(tested, ContainsRegex("[1-9][0-9] passed"));
  EXPECT_THAT(tested, Not(ContainsRegex("[0-9] failed,")));
}

TEST_F(NewPluginInTheKit, OfTheOtherKindPassesToo) {
  make_new_plugin("patient", "ordering_policy");
  const std::string tested = test("patient");
  EXPECT_THAT(tested, ContainsRegex("conformance.ordering_patient .*Passed"));
  EXPECT_THAT(tested, ContainsRegex("[1-9][0-9]* passed"));
}

TEST_F(NewPluginInTheKit, OfTheThirdKindPassesAndCarriesAStudy) {
  make_new_plugin("pigeon", "channel_layer");
  const std::string tested = test("pigeon");
  EXPECT_THAT(tested, ContainsRegex("conformance.channel_pigeon .*Passed"));
  EXPECT_THAT(tested, ContainsRegex("[1-9][0-9]* passed"));
  write_config(R"({"plugin": "process", "i_know_this_is_not_isolated": true}, "channel_layer": {"plugin": "pigeon"},
                  "plugins": ["pigeon/build"])");
  pass_a_study("");
}

TEST_F(NewPluginInTheKit, ThatBreaksThePromiseFailsTheTestOfItsBuild) {
  run_well(program(), {"plugins", "new", "patient", "--kind", "ordering_policy"});
  const std::filesystem::path source = folder() / "patient/plugin.cpp";
  std::string text = read_text(source);
  const std::string waits = "m_is_running || ";
  const std::size_t at = text.find(waits);
  ASSERT_NE(at, std::string::npos);
  write_text(source, text.erase(at, waits.size()));
  build("patient");
  const CommandResult tested = run(CTEST_PROGRAM, {"--test-dir", "patient/build", "--verbose"});
  EXPECT_NE(tested.status, 0);
  EXPECT_THAT(tested.output, ContainsRegex("conformance.ordering_patient .*Failed"));
}

TEST_F(NewPluginInTheKit, IsAlsoALibrary) {
  std::filesystem::create_directories(folder() / "own");
  write_text(folder() / "own/CMakeLists.txt",
             "cmake_minimum_required(VERSION 3.25)\nproject(own LANGUAGES CXX)\nfind_package(tellina 0.1 REQUIRED)\n"
             "add_executable(own own.cpp)\ntarget_link_libraries(own PRIVATE tellina::conformance)\n");
  write_text(folder() / "own/own.cpp",
             "#include \"tellina/conformance/runner.hpp\"\n#include <iostream>\n"
             "int main() {\n"
             "  using namespace tellina;\n"
             "  for (const auto& one : conformance::cases_of(PluginKind::sandbox)) std::cout << one.name << '\\n';\n"
             "}\n");
  build("own");
  EXPECT_THAT(run_well(folder() / "own/build/own", {}).output, HasSubstr("LeavesNoProcesses"));
}

}  // namespace
}  // namespace tellina::testing
