/// The marks of a real bash, from which the record of commands is made.

#include <thread>

#include "sandbox_fixture.hpp"

namespace tellina::test {
namespace {

class Marks : public SandboxTest {
 protected:
  /// The payloads of all marks so far: "C;cmd=ls;cwd=/home/me", without nonce, shell, numbers and size, and without the
  /// marks D of prompts that follow no command.
  std::vector<std::string> marks() {
    std::vector<std::string> found;
    bool runs = false;
    const std::string start = "\x1b]133;", nonce = std::string("nonce=") + Shell::nonce;
    const std::string& screen = shell().screen();
    for (std::size_t place = 0; (place = screen.find(start, place)) != std::string::npos;) {
      const std::size_t end = screen.find('\a', place);
      std::string text = screen.substr(place + start.size(), end - place - start.size());
      const std::size_t at = text.find(nonce);
      EXPECT_NE(at, std::string::npos) << text;
      for (const std::string field : {"nonce=", "shell=", "n=", "last=", "size="}) {
        const std::size_t begins = text.find(";" + field);
        if (begins == std::string::npos) continue;
        const std::size_t ends = std::min(text.find(';', begins + 1), text.size());
        text.erase(begins, ends - begins);
      }
      if (text[0] == 'C') runs = true;
      if (text[0] != 'D' || std::exchange(runs, false)) found.push_back(text);
      place = end;
    }
    return found;
  }
  /// The marks since the last call.
  std::vector<std::string> new_marks() {
    std::vector<std::string> all = marks();
    std::vector<std::string> fresh(all.begin() + static_cast<std::ptrdiff_t>(m_told), all.end());
    m_told = all.size();
    return fresh;
  }
  using Texts = std::vector<std::string>;
  void expect_command(const std::string& typed, const std::string& text, const std::string& status,
                      const std::string& cwd = "/home/me") {
    SCOPED_TRACE(typed);
    new_marks();
    shell().run(typed);
    EXPECT_EQ(new_marks(), (Texts{"C;cmd=" + text + ";cwd=" + cwd, "D;" + status, "A", "B"}));
  }

 private:
  std::size_t m_told = 0;
};

TEST_F(Marks, TellCommandsWithTextStatusAndFolder) {
  EXPECT_EQ(new_marks(), (Texts{"A", "B"}));
  expect_command("true", "true", "0");
  expect_command("(exit 7)", "(exit 7)", "7");
  expect_command("nonsense-command", "nonsense-command", "127");
  expect_command("  echo  'a;b' \"\\\\\"  ", "  echo  'a\\x3bb' \"\\\\\\\\\"  ", "0");
  expect_command("mkdir 'x;y'; cd 'x;y'", "mkdir 'x\\x3by'\\x3b cd 'x\\x3by'", "0");
  expect_command("cd", "cd", "0", "/home/me/x\\x3by");
  expect_command("echo & wait", "echo & wait", "0");
  expect_command("echo \xc3\xa4 \xff", "echo \xc3\xa4 \xff", "0");
  expect_command("echo '\x16\x01\x16\t'", "echo '\\x01\\x09'", "0");
  expect_command("echo '&' ; echo \\&", "echo '&' \\x3b echo \\\\&", "0");
}

TEST_F(Marks, ContainLongAndMultilineCommandsCompletely) {
  expect_command("for i in 1 2\ndo echo $i\ndone", "for i in 1 2\\x0ado echo $i\\x0adone", "0");
  expect_command("cat <<X\nfoo\nX", "cat <<X\\x0afoo\\x0aX", "0");
  expect_command("echo 'a\nb'", "echo 'a\\x0ab'", "0");
  expect_command("echo 'a\\\nb'", "echo 'a\\\\\\x0ab'", "0");
  const std::string long_text = ": " + std::string(9000, 'x');
  expect_command(long_text, long_text, "0");
  expect_command(
      ": '" + std::string(20000, ';') + "'",
      ": '" +
          [] {
            std::string escaped;
            for (int i = 0; i < 20000; ++i) escaped += "\\x3b";
            return escaped + "'";
          }(),
      "0");
}

TEST_F(Marks, ComeInPairsWhateverIsTyped) {
  new_marks();
  shell().type("\n");
  shell().prompt();
  EXPECT_EQ(new_marks(), (Texts{"A", "B"})) << "an empty line is no command";
  shell().type("   # nothing\n");
  shell().prompt();
  EXPECT_EQ(new_marks(), (Texts{"A", "B"}));
  shell().type("half a com");
  shell().read_until("half a com");
  // A Ctrl-C while bash still draws the line makes it skip the next prompt, and nothing shows when it has drawn.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  shell().type("\x03");
  shell().prompt();
  EXPECT_EQ(new_marks(), (Texts{"A", "B"}));
  shell().type("; ;\n");
  shell().prompt();
  EXPECT_EQ(new_marks(), (Texts{"A", "B"})) << "a syntax error runs nothing";
  shell().type("bash -c 'echo here; exec sleep 1000'\n");
  shell().read_until("\ahere");
  shell().type("\x03");
  shell().prompt();
  EXPECT_EQ(new_marks(), (Texts{"C;cmd=bash -c 'echo here\\x3b exec sleep 1000';cwd=/home/me", "D;130", "A", "B"}));
  expect_command("echo x; echo y", "echo x\\x3b echo y", "0");
}

TEST_F(Marks, DoNotChangeStatusAndOutput) {
  shell().run("false");
  EXPECT_EQ(shell().run("echo $? $?").output, "1 1\n");
  EXPECT_EQ(shell().run("env | grep -c -i tellina_nonce").output, "0\n");
  shell().run("exec 3>&1 > file");
  shell().run("echo in the file");
  shell().run("exec >&3");
  EXPECT_EQ(shell().run("cat file").output, "in the file\n");
  expect_command("exec 2>errors", "exec 2>errors", "0");
  expect_command("(exit 3)", "(exit 3)", "3");
  expect_command("exec 2>/dev/tty", "exec 2>/dev/tty", "0");
  EXPECT_EQ(shell().run("grep -c 133 errors").output, "0\n");
}

TEST_F(Marks, SurviveTheParticipantsOwnSettings) {
  shell().run("PROMPT_COMMAND='echo hook $?'");
  shell().run("(exit 5)");
  EXPECT_NE(shell().screen().find("hook 5\r\n"), std::string::npos);
  expect_command("false", "false", "1");
  shell().run("PS1='new $? > '");
  EXPECT_NE(shell().screen().find("new 0 > "), std::string::npos);
  expect_command("(exit 9)", "(exit 9)", "9");
  EXPECT_NE(shell().screen().find("new 9 > "), std::string::npos);
  shell().run("PROMPT_COMMAND=(one 'echo two' \"${PROMPT_COMMAND[@]}\"); one() { PS1='three '; }");
  EXPECT_NE(shell().screen().find("three "), std::string::npos);
  expect_command("(exit 3)", "(exit 3)", "3");
  shell().type("unset PROMPT_COMMAND\n");
  shell().prompt();
  expect_command("echo after", "echo after", "0");
  expect_command("unset PS0", "unset PS0", "0");
  expect_command("echo a", "echo a", "0");
  expect_command("HISTCONTROL=ignoreboth:erasedups HISTSIZE=0 HISTIGNORE='*'",
                 "HISTCONTROL=ignoreboth:erasedups HISTSIZE=0 HISTIGNORE='*'", "0");
  expect_command(" echo a", " echo a", "0");
  expect_command(" echo a", " echo a", "0");
  expect_command("set -u", "set -u", "0");
  expect_command("set -e", "set -e", "0");
  expect_command("! true", "! true", "1");
  expect_command("set +e; set -x", "set +e\\x3b set -x", "0");
  EXPECT_EQ(shell().run("echo traced").output, "+ echo traced\ntraced\n");
  shell().run("set +x; set +o history");
  expect_command("echo b", "echo b", "0");
  shell().run("set -o history");
  expect_command("echo b", "echo b", "0");
}

TEST_F(Marks, AreWrittenWithoutALineEditorToo) {
  expect_command("set +o emacs", "set +o emacs", "0");
  expect_command("(exit 3)", "(exit 3)", "3");
  expect_command("for i in 1 2\ndo echo $i\ndone", "for i in 1 2\\x0ado echo $i\\x0adone", "0");
  shell().type("half a com\x03");
  shell().prompt();
  new_marks();
  expect_command("unset PS1 PS2 PS0", "unset PS1 PS2 PS0", "0");
  expect_command("false", "false", "1");
  expect_command("set -o emacs", "set -o emacs", "0");
  expect_command("(exit 4)", "(exit 4)", "4");
}

TEST_F(Marks, HaveTheTextThatHistoryExpansionMakes) {
  shell().run("echo one two");
  expect_command("echo !!", "echo echo one two", "0");
  expect_command("echo !$ '!$' x!", "echo two '!$' x!", "0");
  expect_command("^two^three", "echo three '!$' x!", "0");
  shell().type("echo !missing\n");
  shell().prompt();
  EXPECT_EQ(new_marks(), (Texts{"A", "B"})) << "bash runs nothing";
  expect_command("true", "true", "0");
  shell().type("shopt -s histverify\n");
  shell().prompt();
  new_marks();
  shell().type("echo !!\n");
  shell().prompt();
  shell().type("\n");
  shell().prompt();
  const Texts marks = new_marks();
  ASSERT_GE(marks.size(), 4U);
  EXPECT_EQ(marks[marks.size() - 4], "C;cmd=echo shopt -s histverify;cwd=/home/me");
}

TEST_F(Marks, AreWrittenIfNoDescriptorIsFree) {
  expect_command("ulimit -n 3", "ulimit -n 3", "0");
  expect_command("echo hidden", "echo hidden", "0");
}

TEST_F(Marks, AreWrittenWithoutBashsOwnDescriptorOfTheTerminal) {
  expect_command("exec 255>&-", "exec 255>&-", "0");
  expect_command("ulimit -n 3", "ulimit -n 3", "0");
  expect_command("echo hidden", "echo hidden", "0");
}

TEST_F(Marks, HaveTheStatusOfExit) {
  shell().type("exit 5\n");
  shell().read_until(Shell::mark("D;5", ""));
}

TEST_F(Marks, ReadABashrcOfTheStudy) {
  SandboxSpec spec = make_spec();
  spec.initial.root.children[".bashrc"] =
      FileNode::regular("PS1='mine> '; alias hi='echo hello'; PROMPT_COMMAND=date\n");
  start(spec);
  EXPECT_NE(shell().screen().find("mine> "), std::string::npos);
  EXPECT_NE(shell().run("hi").output.find("hello\n"), std::string::npos);
  expect_command("(exit 4)", "(exit 4)", "4");
}

}  // namespace
}  // namespace tellina::test
