/// A participant who tries forbidden things.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "sandbox_fixture.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

class OrdinaryHostile : public SandboxTest {
 protected:
  std::string run(const std::string& command) { return shell().run(command).output; }
  /// Runs a line of Perl and prints "$!" of its last call.
  std::string perl(const std::string& program) { return run("perl -e '" + program + "; print \"$!\\n\"'"); }
  void expect_alive() { EXPECT_EQ(run("echo alive"), "alive\n"); }
};

constexpr const char* refused = "Operation not permitted\n";

TEST_F(OrdinaryHostile, ForkBombIsContained) {
  shell().type("b() { b | b & }; b 2>/dev/null\n");
  ASSERT_TRUE(shell().prompt());
  EXPECT_TRUE(eventually([] { return variant::sandbox_processes(getpid()).size() >= 50; }, "the bomb has gone off"));
  EXPECT_LE(variant::sandbox_processes(getpid()).size(), 70U);
  EXPECT_FALSE(snapshot().truncated) << "the home can be read meanwhile";
  sandbox().restart_shell(TerminalSize());
  ASSERT_TRUE(shell().prompt());
  expect_alive();
}

TEST_F(OrdinaryHostile, HeldProcessesEndAtTheLimit) {
  const std::string count =
      run("perl -e 'for (1..200) { my $p = fork(); if (!defined $p) { print \"$!: \"; last } "
          "if (!$p) { sleep 1000; exit } push @p, $p } print scalar(@p), \"\\n\"; kill 9, @p'");
  EXPECT_TRUE(count.starts_with("Resource temporarily unavailable: 6")) << count;
  expect_alive();
}

TEST_F(OrdinaryHostile, MemoryOfOneProcessIsLimited) {
  const std::string result =
      run("perl -e '$x = \"a\" x (100 << 20); print \"some \"; $y = \"b\" x (400 << 20); print \"all\\n\"' 2>&1; echo "
          "over");
  EXPECT_NE(result.find("over"), std::string::npos) << result;
  EXPECT_EQ(result.find("all"), std::string::npos) << result;
  expect_alive();
}

TEST_F(OrdinaryHostile, IsKilledFirstIfTheMachineRunsOutOfMemory) {
  EXPECT_EQ(run("cat /proc/$$/oom_score_adj /proc/self/oom_score_adj"), "1000\n1000\n");
}

TEST_F(OrdinaryHostile, DiskIsLimitedInBytesAndFiles) {
  EXPECT_NE(run("head -c 100000000 /dev/zero > big; stat -c %s big").find("10485760\n"), std::string::npos);
  run("rm big");
  EXPECT_EQ(run("(for i in {1..20000}; do : > $i; done) 2>/dev/null; ls | wc -l"), "4095\n");
  SnapshotRequest request;
  EXPECT_EQ(sandbox().snapshot(request).root.children.size(), 4095U);
  run("rm -f *");
  EXPECT_NE(run("head -c 100M /dev/zero > /tmp/x; stat -c %s /tmp/x; rm /tmp/x").find("67108864\n"), std::string::npos);
  EXPECT_NE(run("head -c 100M /dev/zero > /dev/shm/x; stat -c %s /dev/shm/x; rm /dev/shm/x").find("67108864\n"),
            std::string::npos);
  EXPECT_EQ(run("(for i in {1..9000}; do : > /tmp/f$i; done) 2>/dev/null; ls /tmp | wc -l"), "4095\n");
}

TEST_F(OrdinaryHostile, NothingElseCanBeWritten) {
  EXPECT_EQ(run("for f in /x /etc/x /usr/x /home/x /run/x /dev/x /dev/mqueue/x /proc/x /sys/x /var/tmp/x; do "
                "(: > $f) 2>/dev/null && echo \"wrote $f\"; done; echo done"),
            "done\n");
  EXPECT_EQ(run("(echo 1 > /proc/sys/kernel/sysrq; echo 1 > /proc/sysrq-trigger; echo x > /etc/passwd) 2>&1 | "
                "grep -c -e denied -e 'Read-only' -e 'No such'"),
            "3\n");
  EXPECT_EQ(run("ls /dev | grep -v mqueue | tr '\\n' ' '"),
            "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero ");
  EXPECT_EQ(run("ls /sys | wc -l; cat /etc/shadow 2>/dev/null | grep -c '[$]'; ln /etc/passwd p 2>&1 | grep -c failed"),
            "0\n0\n1\n")
      << "an ordinary user who created the root file system may read all of it; it contains no secret";
}

TEST_F(OrdinaryHostile, SignalsReachNobodyElse) {
  shell().run("kill -9 -1; kill -STOP -1; kill -9 1; kill -STOP 1; kill -TERM 1; true");
  expect_alive();
  // Participants may kill their own shell with this, which affects nobody else.
  shell().type("perl -e 'kill 9, -1'\n");
  ASSERT_TRUE(becomes_readable(sandbox().ended_descriptor()));
  sandbox().restart_shell(TerminalSize());
  ASSERT_TRUE(shell().prompt());
  expect_alive();
}

TEST_F(OrdinaryHostile, NamespacesMountsAndRootsAreRefused) {
  EXPECT_EQ(run("unshare -Ur true 2>&1; unshare -m true 2>&1"),
            "unshare: unshare failed: Operation not permitted\nunshare: unshare failed: Operation not permitted\n");
  EXPECT_EQ(run("mount -t tmpfs x /tmp 2>/dev/null || umount /proc 2>/dev/null || nsenter -t 1 -m true 2>/dev/null || "
                "echo refused"),
            "refused\n");
  EXPECT_EQ(perl("my ($a, $b) = (\"tmpfs\", \"/tmp\"); syscall(165, $a, $b, $a, 0, 0)"), refused);  // mount
  EXPECT_EQ(perl("chroot(\"/tmp\")"), refused);
  EXPECT_EQ(perl("my $a = \"/tmp\"; syscall(155, $a, $a)"), refused);  // pivot_root
  EXPECT_EQ(perl("syscall(56, 0x10000000, 0, 0, 0, 0)"), refused);     // clone(CLONE_NEWUSER)
  EXPECT_EQ(perl("my $a = pack(\"Q8\", 0x10000000); syscall(435, $a, 64)"), "Function not implemented\n");  // clone3
  EXPECT_EQ(perl("syscall(308, 0, 0)"), refused);                                                           // setns
  EXPECT_EQ(run("cat /proc/sys/kernel/hostname; hostname other 2>&1 | grep -c 'must be root\\|permitted'"),
            "tellina\n1\n");
}

TEST_F(OrdinaryHostile, DangerousCallsAreRefused) {
  EXPECT_EQ(perl("syscall(101, 16, 1, 0, 0)"), refused);       // ptrace(PTRACE_ATTACH, 1)
  EXPECT_EQ(perl("syscall(310, 1, 0, 0, 0, 0, 0)"), refused);  // process_vm_readv
  EXPECT_EQ(perl("syscall(321, 0, 0, 0)"), refused);           // bpf
  EXPECT_EQ(perl("syscall(425, 1, 0)"), refused);              // io_uring_setup
  EXPECT_EQ(perl("syscall(250, 0, 0, 0, 0, 0)"), refused);     // keyctl
  EXPECT_EQ(perl("syscall(298, 0, 0, 0, 0, 0)"), refused);     // perf_event_open
  EXPECT_EQ(perl("syscall(323, 0)"), refused);                 // userfaultfd
  EXPECT_EQ(perl("syscall(169, 0, 0, 0, 0)"), refused);        // reboot
  EXPECT_EQ(perl("my $a = \"x\"; syscall(319, $a, 0)"),
            "Function not implemented\n");                                     // memfd_create: memory beyond any limit
  EXPECT_EQ(perl("syscall(29, 0, 4096, 0)"), "Function not implemented\n");    // shmget: memory beyond any limit, too
  EXPECT_EQ(perl("my $c = \"x\"; ioctl(STDIN, 0x5412, $c)"), refused);         // TIOCSTI
  EXPECT_EQ(perl("my $c = \"x\"; syscall(16, 0, 0x100005412, $c)"), refused);  // with a bit the kernel ignores
  expect_alive();
}

TEST_F(OrdinaryHostile, NoPrivilegeCanBeGained) {
  EXPECT_EQ(run("grep -e NoNewPrivs -e Seccomp: -e CapEff -e CapBnd -e CapPrm -e CapAmb /proc/self/status | cut -f2 | "
                "tr '\\n' ' '"),
            "0000000000000000 0000000000000000 0000000000000000 0000000000000000 1 2 ");
  EXPECT_EQ(run("cp /bin/bash b; chmod 4755 b; ./b -p -c 'id -un'"), "me\n");
  EXPECT_EQ(run("su -c id 2>&1 </dev/null | grep -c uid="), "0\n");
  EXPECT_EQ(run("ulimit -u unlimited 2>/dev/null || echo kept; renice -n -5 $$ 2>&1 | grep -c denied"), "kept\n1\n");
}

TEST_F(OrdinaryHostile, NetworksAreUnreachable) {
  EXPECT_NE(run("(: > /dev/tcp/127.0.0.1/22) 2>&1; (: > /dev/tcp/1.1.1.1/80) 2>&1").find("Network is unreachable"),
            std::string::npos);
  EXPECT_EQ(run("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"), "lo\n");
  for (const int family : {16 /* netlink */, 17 /* packet */, 38 /* alg */, 40 /* vsock */, 31 /* bluetooth */}) {
    EXPECT_EQ(perl("socket(S, " + std::to_string(family) + ", 2, 0)"), "Address family not supported by protocol\n")
        << family;
  }
}

TEST_F(OrdinaryHostile, ProcessesOfOthersAreHidden) {
  EXPECT_EQ(run("ls -d /proc/[0-9]* | wc -l"), "4\n");  // init, the shell, ls, wc
  EXPECT_EQ(run("cat /proc/1/environ /proc/1/maps 2>&1 | grep -c denied; ls /proc/1/fd /proc/1/root /proc/1/cwd 2>&1 | "
                "grep -c -i -e denied -e 'cannot'"),
            "2\n3\n");
  EXPECT_EQ(run("ls -l /proc/self/fd | grep -c -- '->'; ls /dev/pts | tr '\\n' ' '"), "4\n0 ptmx ");
}

TEST_F(OrdinaryHostile, OpenFilesAreLimited) {
  const std::string result =
      run("perl -e 'while (open(my $f, \"<\", \"/dev/null\")) { push @f, $f } print scalar(@f), \" $!\\n\"'");
  EXPECT_EQ(result, "253 Too many open files\n");
}

TEST_F(OrdinaryHostile, SnapshotStaysInTheHomeAndReturns) {
  run("ln -s / root; ln -s /etc/shadow s; ln -s ../../.. up; ln -s loop loop; mkfifo fifo; mkdir d; "
      "perl -e 'use Socket; socket(S, 1, 1, 0); bind(S, sockaddr_un(\"sock\"))'; chmod 0 d; mkfifo "
      "'odd\n\x16\x1b[31m'");
  const FileTree tree = snapshot();
  EXPECT_EQ(tree.root.children.size(), 8U);
  EXPECT_EQ(tree.root.children.at("root").target, "/");
  EXPECT_EQ(tree.root.children.at("root").children.size(), 0U);
  EXPECT_EQ(tree.root.children.at("fifo").kind, FileKind::other);
  EXPECT_EQ(tree.root.children.at("sock").kind, FileKind::other);
  EXPECT_EQ(tree.root.children.at("d").mode, 0U);
  EXPECT_FALSE(tree.raced);
}

TEST_F(OrdinaryHostile, DeepFoldersAreCutOff) {
  EXPECT_EQ(run("perl -e 'for (1..10000) { mkdir(\"d\") && chdir(\"d\") or last; $n++ } print \"$n\\n\"'"), "4095\n");
  const FileTree tree = snapshot();
  EXPECT_TRUE(tree.truncated);
  std::size_t depth = 0;
  for (const FileNode* node = &tree.root; node->children.contains("d"); node = &node->children.at("d")) ++depth;
  EXPECT_EQ(depth, 257U);
}

TEST_F(OrdinaryHostile, ChangesDuringSnapshotsAreHarmless) {
  shell().type(
      "perl -e '$SIG{INT} = sub { exit }; mkdir \"a\"; print \"go\\n\"; while (1) { rename \"a\", \"b\"; symlink "
      "\"/\", \"a\"; "
      "unlink \"a\"; mkdir \"a\"; rmdir \"b\"; open F, \">\", \"f\"; print F \"x\" x rand 100000; close F; unlink "
      "\"f\" }'\n");
  ASSERT_TRUE(shell().read_until("\ago"));
  for (int i = 0; i < 200; ++i) {
    const FileTree tree = snapshot();
    for (const auto& [name, node] : tree.root.children) {
      EXPECT_TRUE(name == "a" || name == "b" || name == "f") << name;
      EXPECT_TRUE(node.children.empty());
    }
  }
  shell().type("\x03");
  ASSERT_TRUE(shell().prompt());
}

TEST_F(OrdinaryHostile, AFileThatGrowsDuringASnapshotCountsAsChanged) {
  shell().type(
      "perl -e '$SIG{INT} = sub { exit }; $| = 1; print \"go\\n\"; for $i (1 .. 100) { open F, \">\", \"f$i\"; "
      "syswrite F, \"x\" for 1 .. 60000; close F }'\n");
  ASSERT_TRUE(shell().read_until("\ago"));
  EXPECT_TRUE(eventually([this] { return snapshot().raced; }, "a snapshot says that a file changed under it"));
  shell().type("\x03");
  ASSERT_TRUE(shell().prompt());
  EXPECT_FALSE(snapshot().raced);
}

TEST_F(OrdinaryHostile, TerminalRecovers) {
  shell().run("stty raw -echo");
  expect_alive();
  shell().run("stty sane");
  shell().run("head -c 100000 /dev/urandom; printf '\\033c\\033[0m'");
  expect_alive();
  shell().type("yes\n");
  ASSERT_TRUE(shell().read_until("y\r\ny\r\ny\r\n"));
  shell().type("\x03");
  ASSERT_TRUE(shell().read_until(Shell::mark("D", "130;")));
}

class RootHostile : public OrdinaryHostile {
 protected:
  bool enforces(const std::string& name) {
    for (const LimitReport& limit : backend()->probe().limits) {
      if (limit.name == name && limit.enforced) return true;
    }
    return false;
  }
};

TEST_F(RootHostile, ProcessorTimeIsLimitedIfTheProbeSaysSo) {
  start(make_spec(), {{"cpu", 0.5}});
  const std::string times =
      run("TIMEFORMAT='%R %U %S'; hog() { timeout 2 setsid -w bash -c 'while :; do :; done'; }; "
          "{ time { hog & hog & wait; }; } 2>&1 | tail -n 1");
  double elapsed = 0;
  double user = 0;
  double system = 0;
  ASSERT_EQ(std::sscanf(times.c_str(), "%lf %lf %lf", &elapsed, &user, &system), 3) << times;
  EXPECT_GE(elapsed, 1.9);
  if (enforces("cpu")) {
    EXPECT_LE((user + system) / elapsed, 0.65) << "two busy programs together get half a core: " << times;
  }
  expect_alive();
}

}  // namespace
}  // namespace tellina::test
