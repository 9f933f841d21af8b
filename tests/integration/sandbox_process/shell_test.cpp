/// A participant's shell without isolation.

#include <gmock/gmock.h>

#include "process_fixture.hpp"

namespace tellina::test {
namespace {

using ProcessShell = ProcessTest;
using ::testing::HasSubstr;

TEST_F(ProcessShell, EchoesBytes) {
  const CommandResult result = shell().run("printf '\\377\\000\\303\\244|%s' \"$((6*7))\"");
  EXPECT_EQ(result.output, std::string("\xff\0\xc3\xa4|42", 7));
  EXPECT_EQ(result.status, 0);
}

TEST_F(ProcessShell, IsInItsOwnHomeWithAPlainEnvironment) {
  const std::string its_home = home();
  EXPECT_EQ(shell().run("pwd; cd /; cd; pwd; echo ~").output, its_home + "\n" + its_home + "\n" + its_home + "\n");
  EXPECT_EQ(shell().run("env | grep -v -e ^_= -e ^PWD= -e ^OLDPWD= -e ^SHLVL= | sort").output,
            "COLORTERM=truecolor\nHOME=" + its_home +
                "\nLANG=C.UTF-8\nLESSHISTFILE=-\nLOGNAME=me\n"
                "PATH=/usr/local/bin:/usr/bin:/bin:/usr/games\nSHELL=/bin/bash\nTERM=xterm-256color\nUSER=me\n");
  EXPECT_EQ(shell().run("ls -A").output, "");
}

TEST_F(ProcessShell, ContinuesAfterCtrlS) {
  EXPECT_EQ(shell().run("stty -a | command grep -ow -e -ixon -e ixon").output, "-ixon\n");
}

TEST_F(ProcessShell, MarksItsCommands) {
  EXPECT_EQ(shell().run("(exit 7)").status, 7);
  EXPECT_THAT(shell().screen(),
              HasSubstr(";size=8;cmd=(exit 7);cwd=" + home().string() + ";home=" + home().string() + "\a"));
  SandboxSpec spec = make_spec();
  spec.initial.root.children[".bashrc"] = FileNode::regular("PS1='mine> '; alias hi='echo hello'\n");
  start_with(spec);
  EXPECT_THAT(shell().screen(), HasSubstr("mine> "));
  EXPECT_EQ(shell().run("hi").output, "hello\n");
}

TEST_F(ProcessShell, StartsInTheStudysDirectory) {
  SandboxSpec spec = make_spec();
  spec.initial.root.children["website"] = FileNode::directory();
  spec.working_directory = "~/website";
  spec.environment["COLOR"] = "bl ue";
  start_with(spec);
  EXPECT_EQ(shell().run("pwd; echo \"$COLOR\"").output, (home() / "website").string() + "\nbl ue\n");
  spec = make_spec();
  spec.working_directory = "/usr";
  start_with(spec);
  EXPECT_EQ(shell().run("pwd").output, "/usr\n");
}

TEST_F(ProcessShell, ResizeReachesStty) {
  EXPECT_EQ(shell().run("stty size").output, "24 80\n");
  sandbox().resize(TerminalSize(133, 41));
  EXPECT_EQ(shell().run("stty size").output, "41 133\n");
}

TEST_F(ProcessShell, HasJobControl) {
  shell().type("bash -c 'echo ready; exec sleep 1000'\n");
  ASSERT_TRUE(shell().read_until("\aready"));
  shell().type("\x1a");
  ASSERT_TRUE(shell().read_until("Stopped"));
  ASSERT_TRUE(shell().prompt());
  EXPECT_THAT(shell().run("jobs").output, HasSubstr("Stopped"));
  EXPECT_EQ(shell().run("kill -9 %1").status, 0);
  shell().type("bash -c 'echo again; exec sleep 1000'\n");
  ASSERT_TRUE(shell().read_until("\aagain"));
  shell().type("\x03");
  ASSERT_TRUE(shell().read_until(Shell::mark("D", "130;")));
}

TEST_F(ProcessShell, InheritsNoSignalsAndNoDescriptorsOfTheHost) {
  // The C library reserves signals 32 and 33, so the settings that this program inherited stay visible there.
  const std::string status = shell().run("command grep -e SigBlk -e SigIgn /proc/self/status").output;
  EXPECT_THAT(status, ::testing::MatchesRegex("SigBlk:\t0000000000000000\nSigIgn:\t0000000[01][08]0000000\n"));
  EXPECT_EQ(shell().run("command ls -1 /proc/self/fd").output, "0\n1\n2\n3\n")
      << "the terminal three times, and the folder that ls reads";
}

TEST_F(ProcessShell, ReportsHowItEnded) {
  EXPECT_FALSE(sandbox().ended());
  shell().type("(trap '' HUP; sleep 1000) & exit 42\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  ASSERT_TRUE(sandbox().ended());
  EXPECT_FALSE(sandbox().ended()->by_signal);
  EXPECT_EQ(sandbox().ended()->status, 42);
  EXPECT_TRUE(becomes_readable(sandbox().ended_descriptor())) << "it stays readable";

  sandbox().restart_shell(TerminalSize());
  ASSERT_TRUE(shell().prompt());
  shell().type("kill -9 $$\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  ASSERT_TRUE(sandbox().ended());
  EXPECT_TRUE(sandbox().ended()->by_signal);
  EXPECT_EQ(sandbox().ended()->status, 9);
}

TEST_F(ProcessShell, RestartKeepsTheHomeAndEndsAllProcesses) {
  shell().run("echo kept > file; setsid sleep 1000 & cd /tmp");
  for (int round = 0; round < 3; ++round) {
    const Processes processes = descendants(getpid());
    shell().type("exit\n");
    ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
    EXPECT_EQ(snapshot().root.children.at("file").content, "kept\n") << "the home exists without a shell";
    sandbox().restart_shell(TerminalSize(90, 20));
    EXPECT_EQ(still_there(processes), Processes());
    EXPECT_FALSE(sandbox().ended());
    ASSERT_TRUE(shell().prompt());
    EXPECT_EQ(shell().run("cat file; pwd; stty size").output, "kept\n" + home().string() + "\n20 90\n");
    shell().run("setsid sleep 1000 &");
  }
}

}  // namespace
}  // namespace tellina::test
