/// Properties of a participant's shell.

#include <sys/stat.h>

#include "sandbox_fixture.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

using CoreShell = SandboxTest;

TEST_F(CoreShell, EchoesBytes) {
  const CommandResult result = shell().run("printf '\\377\\000\\303\\244|%s' \"$((6*7))\"");
  EXPECT_EQ(result.output, std::string("\xff\0\xc3\xa4|42", 7));
  EXPECT_EQ(result.status, 0);
}

TEST_F(CoreShell, IsMeInMyHomeWithAPlainEnvironment) {
  EXPECT_EQ(shell().run("id -un; id -gn; pwd; hostname; tty").output, "me\nme\n/home/me\ntellina\n/dev/pts/0\n");
  // A user namespace lets every sandbox have the same number.
  const std::string number = shell().run("id -u").output;
  EXPECT_EQ(number == "1000\n", !variant::is_docker) << number;
  EXPECT_EQ(shell().run("env | grep -v -e ^_= -e ^PWD= -e ^SHLVL= | sort").output,
            "COLORTERM=truecolor\nHOME=/home/me\nLANG=C.UTF-8\nLESSHISTFILE=-\nLOGNAME=me\n"
            "PATH=/usr/local/bin:/usr/bin:/bin:/usr/games\nSHELL=/bin/bash\nTERM=xterm-256color\nUSER=me\n");
  EXPECT_NE(shell().screen().find("me@tellina:~$ "), std::string::npos);
}

TEST_F(CoreShell, HasManualPagesAndTools) {
  EXPECT_NE(shell().run("man ls | head -5").output.find("list directory contents"), std::string::npos);
  EXPECT_NE(shell().run("apropos -e grep").output.find("grep (1)"), std::string::npos);
  EXPECT_EQ(shell().run("type vim nano less file tree tar zip awk bc >/dev/null; echo $?").output, "0\n");
}

TEST_F(CoreShell, ResizeReachesStty) {
  EXPECT_EQ(shell().run("stty size").output, "24 80\n");
  sandbox().resize(TerminalSize(133, 41));
  EXPECT_EQ(shell().run("stty size").output, "41 133\n");
  shell().type("trap 'echo RESIZED' WINCH; read -r line\n");
  shell().read_until("read -r line");
  ASSERT_TRUE(shell().read_until(Shell::mark("C", "")));
  sandbox().resize(TerminalSize(100, 30));
  EXPECT_TRUE(shell().read_until("RESIZED"));
}

TEST_F(CoreShell, ContinuesAfterCtrlS) {
  EXPECT_EQ(shell().run("stty -a | command grep -ow -e -ixon -e ixon").output, "-ixon\n");
  // cat has the terminal in the kernel's default mode, in which Ctrl-S is special.
  shell().type("cat\n");
  ASSERT_TRUE(shell().read_until(Shell::mark("C", "")));
  shell().type("\x13still here\n");
  EXPECT_TRUE(shell().read_until("\x13still here"));
  shell().type("\x04");
  EXPECT_TRUE(shell().prompt());
}

TEST_F(CoreShell, HasJobControl) {
  // A foreground process prints when it has started; before that, a key would reach the shell.
  shell().type("bash -c 'echo ready; exec sleep 1000'\n");
  ASSERT_TRUE(shell().read_until("\aready"));
  shell().type("\x1a");
  ASSERT_TRUE(shell().read_until("Stopped"));
  ASSERT_TRUE(shell().prompt());
  EXPECT_NE(shell().run("jobs").output.find("Stopped"), std::string::npos);
  EXPECT_EQ(shell().run("kill -9 %1").status, 0);
  shell().type("bash -c 'echo again; exec sleep 1000'\n");
  ASSERT_TRUE(shell().read_until("\aagain"));
  shell().type("\x03");
  ASSERT_TRUE(shell().read_until(Shell::mark("D", "130;")));
}

TEST_F(CoreShell, ReportsItsExitStatus) {
  EXPECT_FALSE(sandbox().ended());
  shell().type("exit 42\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  const auto status = sandbox().ended();
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->by_signal);
  EXPECT_EQ(status->status, 42);
  EXPECT_TRUE(becomes_readable(sandbox().ended_descriptor())) << "it stays readable";
}

TEST_F(CoreShell, ReportsTheSignalThatEndedIt) {
  shell().type("kill -9 $$\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  const auto status = sandbox().ended();
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->by_signal);
  EXPECT_EQ(status->status, 9);
}

TEST_F(CoreShell, EndIsReportedEvenIfAProcessHoldsTheTerminal) {
  shell().type("(trap '' HUP; sleep 1000) & exit 3\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  EXPECT_EQ(sandbox().ended()->status, 3);
}

TEST_F(CoreShell, RestartKeepsTheHomeAndEndsAllProcesses) {
  shell().run("echo kept > file; setsid sleep 1000 & cd /tmp");
  for (int round = 0; round < 3; ++round) {
    shell().type("exit\n");
    ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
    EXPECT_EQ(snapshot().root.children.at("file").content, "kept\n") << "the home exists without a shell";
    sandbox().restart_shell(TerminalSize(90, 20));
    EXPECT_FALSE(sandbox().ended());
    ASSERT_TRUE(shell().prompt());
    EXPECT_EQ(shell().run("cat file; pwd; stty size; pgrep -c sleep").output, "kept\n/home/me\n20 90\n0\n");
  }
}

TEST_F(CoreShell, LeavesNoFilesInTheHome) {
  shell().run("ls -la");
  shell().run("bash -ic 'echo x; history'; true");
  shell().type("vim note\n");
  shell().read_until("note");
  shell().type("ihello\x1b:wq\n");
  ASSERT_TRUE(shell().prompt());
  shell().type("less note\n");
  shell().read_until("hello");
  shell().type("/hello\nq");
  ASSERT_TRUE(shell().prompt());
  shell().type("exit\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  const FileTree tree = snapshot();
  ASSERT_EQ(tree.root.children.size(), 1U);
  EXPECT_EQ(tree.root.children.at("note").content, "hello\n");
}

TEST_F(CoreShell, StartsInTheStudysDirectory) {
  SandboxSpec spec = make_spec();
  spec.initial.root.children["website"] = FileNode::directory();
  spec.working_directory = "~/website";
  spec.environment["COLOR"] = "bl ue";
  start(spec);
  EXPECT_EQ(shell().run("pwd; echo \"$COLOR\"").output, "/home/me/website\nbl ue\n");
  EXPECT_NE(shell().screen().find("me@tellina:~/website$ "), std::string::npos);
  spec = make_spec();
  spec.working_directory = "/usr";
  start(spec);
  EXPECT_EQ(shell().run("pwd").output, "/usr\n");
}

TEST_F(CoreShell, AProbeStartsWithoutTheFilesOfTheStudy) {
  for (const std::string directory : {"~/website", "~//website/css/", "/home/me/website", "~/../me/website"}) {
    Backend configured({{"working_directory", directory}});
    const Capabilities capabilities = configured->probe();
    EXPECT_TRUE(capabilities.usable) << directory << ": " << capabilities.reason;
  }
  Backend misconfigured({{"working_directory", std::string("/nowhere")}});
  const Capabilities capabilities = misconfigured->probe();
  EXPECT_FALSE(capabilities.usable);
  EXPECT_NE(capabilities.reason.find("/nowhere"), std::string::npos) << capabilities.reason;
}

}  // namespace
}  // namespace tellina::test
