/// Features that participants know from other machines and expect here.

#include "sandbox_fixture.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

class CoreFamiliar : public SandboxTest {
 protected:
  std::string run(const std::string& command) { return shell().run(command).output; }
  /// Types the beginning of a line and Tab, waits for the completion, and discards the line.
  void expect_completed(const std::string& typed, const std::string& line) {
    const std::size_t before = shell().screen().size();
    shell().type(typed + "\t");
    const auto is_there = [&](const std::string& screen) {
      std::string shown = screen.substr(before);
      std::erase(shown, '\a');  // there are several completions
      return shown.find(line) != std::string::npos;
    };
    EXPECT_TRUE(shell().read_until(is_there, std::chrono::seconds(20), "Tab behind " + typed));
    shell().type("\x15\n");  // Ctrl-U
    ASSERT_TRUE(shell().prompt());
  }
};

TEST_F(CoreFamiliar, TabCompletesOptions) {
  run("mkdir folder; touch folder.txt");
  expect_completed("cd fo", "cd folder/");
  expect_completed("find -na", "find -name ");
  expect_completed("ls --col", "ls --color");
  run("touch 'one file'");
  expect_completed("cat on", "cat one\\ file ");
}

TEST_F(CoreFamiliar, CompletionDoesNotChangeTheShellsState) {
  run("set -u; false");
  expect_completed("find -maxd", "find -maxdepth ");
  EXPECT_EQ(run("echo $- | grep -c u"), "1\n");
  run("complete -W 'alpha beta' greek; greek() { echo \"$1\"; }");
  expect_completed("greek al", "greek alpha ");
}

TEST_F(CoreFamiliar, CommandsForRootSayThatTheyAreNotNeeded) {
  EXPECT_EQ(run("sudo ls /root 2>&1; echo $?"), "sudo: not needed in this study: run the command without sudo.\n1\n");
  for (const std::string name : {"apt", "apt-get"}) {
    EXPECT_EQ(run(name + " install git 2>&1; echo $?"),
              name + ": you cannot install programs in this study: use those that are already installed.\n1\n");
  }
}

TEST_F(CoreFamiliar, TemporaryFilesHaveRoomByDefault) {
  EXPECT_EQ(run("x=$(seq 1 300000); wc -l <<< \"$x\""), "300000\n") << "a here-document of 2 MB";
  EXPECT_EQ(run("shuf -i 1-300000 > n; sort -n -S 100K n | tail -n 1; rm n"), "300000\n");
  EXPECT_EQ(run("df -m --output=size /tmp /dev/shm | tail -n 2 | tr -d ' '"), "64\n64\n");
}

TEST_F(CoreFamiliar, TemporaryFilesHaveTheConfiguredRoom) {
  start(make_spec(), {{"tmp_in_mib", std::int64_t{3}}});
  EXPECT_EQ(run("df -m --output=size /tmp /dev/shm | tail -n 2 | tr -d ' '"), "3\n3\n");
  EXPECT_EQ(run("head -c 4M /dev/zero 2>&1 > /tmp/x || stat -c %s /tmp/x"),
            "head: error writing 'standard output': No space left on device\n3145728\n");
}

TEST_F(CoreFamiliar, TimeIsTheParticipants) {
  EXPECT_EQ(run("date -d @1700000000 '+%F %T %Z'"), "2023-11-14 22:13:20 UTC\n");
  SandboxSpec spec = make_spec();
  spec.environment["TZ"] = "Asia/Kolkata";
  start(spec);
  EXPECT_EQ(
      run("date -d @1700000000 '+%F %T %Z'; touch -d @1700000000 f; ls -l --time-style=long-iso f | cut -d' ' -f6,7"),
      "2023-11-15 03:43:20 IST\n2023-11-15 03:43\n");
  start(spec, {{"timezone", std::string("America/Argentina/Buenos_Aires")}});
  EXPECT_EQ(run("date -d @1700000000 '+%F %T %z'"), "2023-11-14 19:13:20 -0300\n")
      << "the configured time zone has priority";
}

TEST_F(CoreFamiliar, AnUnknownTimeZoneIsRefused) {
  const Capabilities capabilities = Backend({{"timezone", std::string("Europe/Atlantis")}})->probe();
  EXPECT_FALSE(capabilities.usable);
  EXPECT_NE(capabilities.reason.find("sandbox.timezone: expected the name of a time zone, such as \"Europe/Berlin\", "
                                     "got \"Europe/Atlantis\""),
            std::string::npos)
      << capabilities.reason;
}

TEST_F(CoreFamiliar, LimitsShowInNprocAndFree) {
  start(make_spec(), {{"memory_in_mib", std::int64_t{200}}, {"cpu", 0.5}});
  EXPECT_EQ(run("nproc; free -m | awk '/^Mem/ { print $2 }'; ls -l /proc/meminfo | cut -c1-10"),
            "1\n200\n-r--r--r--\n");
  sandbox().restart_shell(TerminalSize());
  ASSERT_TRUE(shell().prompt());
  EXPECT_EQ(run("nproc"), "1\n") << "also in the next shell";
  start(make_spec(), {{"cpu", std::int64_t{1024}}});
  EXPECT_EQ(run("nproc"), run("nproc --all")) << "never more than the machine has";
}

TEST_F(CoreFamiliar, ATaskHasItsOwnLimits) {
  SandboxSpec spec = make_spec();
  spec.options = make_settings({{"memory_in_mib", std::int64_t{100}},
                                {"processes", std::int64_t{8}},
                                {"cpu", 1.5},
                                {"disk_in_mib", std::int64_t{3}}});
  start(spec, {{"memory_in_mib", std::int64_t{200}}});
  EXPECT_EQ(run("free -m | awk '/^Mem/ { print $2 }'; df --output=size ~ | tail -n 1 | tr -d ' '; nproc"),
            "100\n3072\n2\n");
  const std::string children =
      run("perl -e 'for (1..200) { my $p = fork(); last if !defined $p; if (!$p) { sleep 1000; exit } push @p, $p } "
          "print scalar(@p), \"\\n\"; kill 9, @p'");
  EXPECT_EQ(children, "6\n") << "besides the shell and perl";
}

/// Root's files belong to root if the server is root, or if its user has subordinate users.
class RootFamiliar : public CoreFamiliar {};

TEST_F(RootFamiliar, FilesOfRootAreRoots) {
  ASSERT_EQ(geteuid(), 0U) << "only root can map the owners of files: run this test as root";
  EXPECT_EQ(run("stat -c '%U:%G %n' / /etc /etc/hosts /bin/ls /usr/bin/passwd /home /home/me /tmp /dev /dev/shm"),
            "root:root /\nroot:root /etc\nroot:root /etc/hosts\nroot:root /bin/ls\nroot:root /usr/bin/passwd\n"
            "root:root /home\nme:me /home/me\nroot:root /tmp\nroot:root /dev\nroot:root /dev/shm\n");
  EXPECT_EQ(
      run("find /etc /usr ! -user root | wc -l; find /etc /usr -nogroup -o -nouser | wc -l; stat -c %G /etc/shadow"),
      "0\n0\nshadow\n");
  EXPECT_EQ(run("touch f; stat -c %U:%G f; chown root f 2>&1"),
            "me:me\nchown: changing ownership of 'f': Operation not permitted\n");
}

TEST_F(RootFamiliar, NobodyBecomesRoot) {
  EXPECT_EQ(run("perl -e '$> = 0; $< = 0; $) = \"0 0\"; $( = 0; print \"$< $> \", (split / /, $()[0], \"\\n\"'"),
            run("echo $UID $UID $(id -g)"));
  EXPECT_NE(run("echo $UID"), "0\n");
  EXPECT_EQ(run("find / -xdev -perm /6000 -type f 2>/dev/null | grep -c -e /su$ -e /passwd$"), "2\n");
  EXPECT_EQ(run("findmnt -n -o OPTIONS -T /usr/bin/passwd | tr , '\\n' | grep -c -x -e ro -e nosuid -e nodev"),
            variant::is_docker ? "1\n" : "3\n");
  EXPECT_EQ(run("cat /etc/shadow 2>&1"), "cat: /etc/shadow: Permission denied\n");
  // The second column is the user number outside, as the parent namespace sees it.
  EXPECT_EQ(run("awk '$2 < 1880000000 && $3 < 4294967295' /proc/self/uid_map /proc/self/gid_map"), "")
      << "no user of the sandbox is a user of the host";
}

}  // namespace
}  // namespace tellina::test
