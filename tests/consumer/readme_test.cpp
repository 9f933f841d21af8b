/// Runs the commands in the SDK's README.

#include <csignal>
#include <sstream>

#include "consumer_fixture.hpp"
#include "support/test_client.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

/// The port in "listening on http://ADDRESS:PORT"; nothing before the program has printed it.
std::optional<std::uint16_t> port_in(const std::string& said) {
  const std::size_t begin = said.find("listening on http://");
  const std::size_t end = said.find('\n', begin);
  if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
  return static_cast<std::uint16_t>(std::stoi(said.substr(said.rfind(':', end) + 1)));
}

class SdkReadme : public ConsumerTest {
 protected:
  /// The code blocks below this heading that begin with ``` and this language.
  std::vector<std::vector<std::string>> blocks_of(const std::string& heading, const std::string& language) const {
    std::istringstream text(read_text(prefix() / "share/doc/tellina/sdk/README.md"));
    std::vector<std::vector<std::string>> blocks;
    bool is_there = false;
    bool is_fenced = false;
    bool is_wanted = false;
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("```")) {
        is_fenced = !is_fenced;
        is_wanted = is_fenced && is_there && line == "```" + language;
        if (is_wanted) blocks.emplace_back();
      } else if (!is_fenced && line.starts_with("## ")) {
        is_there = line == "## " + heading;
      } else if (is_wanted) {
        blocks.back().push_back(line);
      }
    }
    return blocks;
  }
  std::string text_of_block(const std::string& heading, const std::string& language) const {
    std::string text;
    for (const auto& block : blocks_of(heading, language)) {
      for (const std::string& line : block) text += line + "\n";
    }
    return text;
  }

  /// Runs the commands, the last of which is `tellina run`, and passes the study's first task.
  void pass_a_study_by(const std::vector<std::string>& commands, const std::string& name) {
    SCOPED_TRACE(commands.front());
    ASSERT_TRUE(commands.back().starts_with("tellina run")) << commands.back();
    std::string script = "set -e; export P=" + prefix().string() + " PATH=" + (prefix() / "bin").string() + ":$PATH\n";
    // A plugin must be built with the sanitizers of the program, or the program refuses it.
    const std::string sanitizers = SANITIZERS;
    if (!sanitizers.empty()) script += "export CXXFLAGS=-fsanitize=" + sanitizers + "\n";
    for (std::size_t i = 0; i + 1 < commands.size(); ++i) script += commands[i] + "\n";
    script += "exec " + commands.back() + " --port 0\n";

    ChildProcess shell("/bin/bash", {"-c", script}, folder(), name);
    const auto deadline = std::chrono::steady_clock::now() + seconds(200);
    while (!port_in(shell.output())) {
      ASSERT_FALSE(shell.wait(Milliseconds(20))) << shell.output() << shell.errors();
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << shell.output() << shell.errors();
    }
    EXPECT_THAT(shell.output(), ::testing::ContainsRegex("[1-9][0-9] passed|100% tests passed"));

    TestClient bob = TestClient::of(*port_in(shell.output()), "bob");
    bob.connect();
    bob.start_task(1);
    bob.expect_prompt();
    bob.run("ls");
    EXPECT_THAT(bob.output(), ::testing::HasSubstr("\aignore_me.txt\r\n"));
    bob.type("echo hello world\r");
    bob.wait_for("state", [](const auto& message) {
      return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"passed"})";
    });
    shell.signal(SIGINT);
    EXPECT_EQ(shell.wait(seconds(10)), 0) << shell.errors();
    std::filesystem::remove(folder() / "db.sqlite3");
  }
};

TEST_F(SdkReadme, LeadsToAFirstPluginWithFewCommands) {
  std::vector<std::string> commands;
  for (const auto& block : blocks_of("Your first plugin in ten minutes", "")) {
    commands.insert(commands.end(), block.begin(), block.end());
  }
  ASSERT_GE(commands.size(), 5U);
  EXPECT_LT(commands.size(), 10U);
  pass_a_study_by(commands, "typed");
}

TEST_F(SdkReadme, LeadsToAPluginOfEachOtherKind) {
  const auto blocks = blocks_of("The other kinds", "");
  ASSERT_EQ(blocks.size(), 2U);
  for (std::size_t i = 0; i < blocks.size(); ++i) pass_a_study_by(blocks[i], "typed" + std::to_string(i));
  for (const char* const plugin : {"ordering_patient.so", "channel_acme_bus.so"}) {
    EXPECT_TRUE(std::filesystem::exists(prefix() / "lib/tellina/plugins" / plugin)) << plugin;
  }
}

TEST_F(SdkReadme, PrintsAPluginThatIsBuiltAndPasses) {
  std::filesystem::create_directory(folder() / "patient");
  write_text(folder() / "patient/CMakeLists.txt", text_of_block("By hand", "cmake"));
  write_text(folder() / "patient/patient.cpp", text_of_block("By hand", "cpp"));
  build("patient");
  const CommandResult tested = run_well(CTEST_PROGRAM, {"--test-dir", "patient/build", "--verbose"});
  EXPECT_THAT(tested.output, ::testing::ContainsRegex("conformance.ordering_patient .*Passed"));
  EXPECT_THAT(tested.output, ::testing::ContainsRegex("[1-9][0-9] passed"));
}

}  // namespace
}  // namespace tellina::testing
