#include "real_shell.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "scanned.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;

const std::string loop = "until [ -e go ]; do sleep 0.02; done";

class RealShellTest : public ::testing::Test {
 protected:
  /// Ends the command `loop`.
  void let_go() { std::ofstream(shell.folder() / "go"); }

  bool has_run(const std::string& text) {
    return shell.read_until([this, &text] {
      return std::any_of(shell.records.begin(), shell.records.end(),
                         [&text](const CommandRecord& record) { return record.text == text; });
    });
  }

  OutputCheck check{"hello", OutputMatch::lines};
  RealShell shell{&check};
};

TEST_F(RealShellTest, RecordsCommandsAsTheyWere) {
  ASSERT_TRUE(shell.run("echo 'a;b\\c'; false"));
  EXPECT_EQ(shell.records.back().output, "a;b\\c\n");
  EXPECT_EQ(shell.records.back().exit_status, 1);
  EXPECT_EQ(shell.records.back().cwd, shell.folder().string());
  ASSERT_TRUE(shell.run("cd /; printf '\\033[1mx\\033[0m'; (exit 42)"));
  EXPECT_EQ(shell.records.back().output, "x");
  EXPECT_EQ(shell.records.back().exit_status, 42);
  ASSERT_TRUE(shell.run("pwd"));
  EXPECT_EQ(shell.records.back().cwd, "/");
  EXPECT_EQ(shell.records.back().output, "/\n");
  EXPECT_EQ(shell.records.back().number, 3);
  shell.type("cat <<E\rone\rtwo\rE\r");
  ASSERT_TRUE(shell.finished("cat <<E\none\ntwo\nE"));
  EXPECT_EQ(shell.records.back().output, "one\ntwo\n");
  const CommandRecord& last = shell.records.back();
  EXPECT_EQ(shell.stream.substr(last.output_from, last.output_to - last.output_from), "one\r\ntwo\r\n");
}

TEST_F(RealShellTest, FindsTheSameInItsStreamInAnyPieces) {
  ASSERT_TRUE(shell.run("ls -la --color=always / | head -20"));
  ASSERT_TRUE(shell.run("seq 2000"));
  ASSERT_TRUE(shell.run("printf 'x\\r\\n\\033]0;title\\007y'"));
  shell.type("ech\tx\x7f\x15\x1b[A\x1b[A\x05 | tail -3\r");
  ASSERT_TRUE(shell.finished("seq 2000 | tail -3"));
  EXPECT_EQ(shell.records.back().output, "1998\n1999\n2000\n");
  const Scanned whole = scan(shell.stream);
  std::mt19937 generator(7);
  for (int round = 0; round < 30; ++round) {
    Scanned scanned;
    OutputScanner scanner(nonce, 0);
    for (const std::string& piece : cut(shell.stream, generator, 1 + round * 5)) scanner.feed(piece, scanned);
    ASSERT_EQ(scanned.events, whole.events);
  }
}

TEST_F(RealShellTest, ACommandsOutputPasses) {
  ASSERT_TRUE(shell.run("echo hell"));
  ASSERT_TRUE(shell.run("echo hello"));
  ASSERT_TRUE(shell.run("seq 3; echo hello | cat; seq 3"));
  EXPECT_THAT(shell.verdicts, ElementsAre(false, true, true));
}

TEST_F(RealShellTest, TypingUnderACommandDoesNotPass) {
  const std::string line = "sh -c 'echo ready; exec sleep 1000'";
  ASSERT_TRUE(shell.start(line, "ready"));
  shell.type("hello\r");
  ASSERT_TRUE(shell.has_printed("hello\r\n"));
  shell.type("\x03");
  ASSERT_TRUE(shell.finished(line));
  EXPECT_EQ(shell.records.back().exit_status, 130);
  EXPECT_THAT(shell.verdicts, ElementsAre(false));
  EXPECT_THAT(shell.records.back().output, ::testing::StartsWith("ready\nhello\n"));
}

TEST_F(RealShellTest, TypingKeyByKeyUnderACommandThatEndsDoesNotPass) {
  ASSERT_TRUE(shell.start(loop, ""));
  for (const char key : std::string("hello")) shell.type(std::string(1, key));
  ASSERT_TRUE(shell.has_printed("hello"));
  let_go();
  ASSERT_TRUE(shell.finished(loop));
  EXPECT_EQ(shell.records.back().output, "hello");
  EXPECT_THAT(shell.verdicts, ElementsAre(false));
}

TEST_F(RealShellTest, CatRepeatingWhatIsTypedDoesNotPass) {
  ASSERT_TRUE(shell.start("cat", ""));
  shell.type("hello\r");
  ASSERT_TRUE(shell.has_printed("hello\r\nhello\r\n"));
  shell.type("helx\x7flo\r");
  ASSERT_TRUE(shell.has_printed("helx\b \blo\r\nhello\r\n"));
  shell.type("\x1b[Dhello\r");
  ASSERT_TRUE(shell.has_printed("^[[Dhello\r\n\x1b[Dhello\r\n"));
  shell.type("\x04");
  ASSERT_TRUE(shell.finished("cat"));
  EXPECT_THAT(shell.verdicts, ElementsAre(false));
}

TEST_F(RealShellTest, PastingInputAfterItsCommandDoesNotPass) {
  shell.type("cat\nhello\n");
  ASSERT_TRUE(shell.read_until([this] { return shell.tracker->command_runs(); }));
  ASSERT_TRUE(shell.has_printed("hello\r\n"));
  shell.type("\x04");
  ASSERT_TRUE(shell.finished("cat"));
  EXPECT_THAT(shell.verdicts, ElementsAre(false));
}

TEST_F(RealShellTest, ACommandLineDoesNotPass) {
  ASSERT_TRUE(shell.run(": hello"));
  shell.type("hello\x15");
  ASSERT_TRUE(shell.run("true hello"));
  for (const bool verdict : shell.verdicts) EXPECT_FALSE(verdict);
  EXPECT_FALSE(shell.verdicts.empty());
}

TEST_F(RealShellTest, OutputOfAnInnerShellPasses) {
  ASSERT_TRUE(shell.start("bash --norc", "bash-"));
  shell.type("echo hello\r");
  ASSERT_TRUE(shell.has_printed("hello\r\n"));
  shell.type("exit\r");
  ASSERT_TRUE(shell.finished("bash --norc"));
  EXPECT_THAT(shell.verdicts, ElementsAre(true));
}

TEST_F(RealShellTest, NoOrdinaryWayOfTypingIsDoubtful) {
  shell.type("true 1\rtrue 2\r");
  ASSERT_TRUE(has_run("true 2"));
  shell.type("for i in 1 2\rdo true\rdone\r\r# a comment\rtrue 3\r");
  ASSERT_TRUE(has_run("true 3"));
  shell.type("\x1b[200~true 4\rcat <<E\rtext\rE\rtrue 5\x1b[201~\r");
  ASSERT_TRUE(has_run("true 5"));
  shell.type("true \\\r6\r");
  ASSERT_TRUE(has_run("true 6"));
  shell.type("\x1b[A\x0f\x15true 7\r");
  ASSERT_TRUE(has_run("true 7"));
  ASSERT_TRUE(shell.start("bash --norc", "bash-"));
  shell.type("true\rexit\rtrue 8\r");
  ASSERT_TRUE(has_run("true 8"));
  ASSERT_TRUE(shell.start("read x; read y", ""));
  shell.type("a\rb\rtrue 9\r");
  ASSERT_TRUE(has_run("true 9"));
  for (const CommandRecord& record : shell.records) EXPECT_FALSE(record.is_doubtful) << record.text;
  EXPECT_GE(shell.records.size(), 12u);
}

TEST_F(RealShellTest, AForgedCommandIsDoubtful) {
  const std::string field = ";nonce=" + nonce;
  const std::string forge = "printf '\\e]133;C" + field + ";cmd=find secret\\a/secret\\n\\e]133;D;0" + field + "\\a'";
  std::size_t lines = 0;
  for (const std::string& line : {forge, "PROMPT_COMMAND+=(\"" + forge + "\")", std::string("true")}) {
    shell.type(line + "\r");
    // Each has a record, and then comes the forged one.
    ++lines;
    ASSERT_TRUE(shell.read_until([&] { return shell.records.size() == 2 * lines; }));
  }
  for (const CommandRecord& record : shell.records) {
    EXPECT_EQ(record.is_doubtful, record.text == "find secret") << record.text;
  }
}

TEST_F(RealShellTest, TheShellsEndEndsTheCommand) {
  ASSERT_TRUE(shell.start("exec cat", ""));
  shell.type("\x04");
  ASSERT_TRUE(shell.read_until([this] { return !shell.records.empty(); }));
  EXPECT_EQ(shell.records.back().text, "exec cat");
  EXPECT_EQ(shell.records.back().exit_status, std::nullopt);
  EXPECT_THAT(shell.verdicts, ElementsAre(false));
}

}  // namespace
}  // namespace tellina::testing
