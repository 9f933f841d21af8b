/// A participant who uses up resources that the kernel counts for nobody, or for all processes of a user, while another
/// participant works.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>

#include "sandbox_fixture.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

/// Perl code for sockets of type STREAM or SEQPACKET. `$b` is as large as one message may be.
constexpr const char* fill_sockets =
    "use Socket; use Fcntl; $b = \"x\" x 200000; "
    "for (1 .. 120) { my ($r, $w); socketpair($r, $w, 1, 5, 0) or last; push @s, $r, $w; "
    "for ($r, $w) { fcntl($_, F_SETFL, O_NONBLOCK); 1 while defined syswrite($_, $b) } } ";

class OrdinaryHostileKernel : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    start(make_spec(), {{"memory_in_mib", std::int64_t{256}}});
    m_neighbour = backend()->start(make_spec());
    m_neighbours_shell = std::make_unique<Shell>(*m_neighbour);
    ASSERT_TRUE(m_neighbours_shell->prompt());
  }

  void TearDown() override {
    // The other participant must not have noticed anything.
    EXPECT_EQ(m_neighbours_shell->run("echo alive").output, "alive\n");
    EXPECT_FALSE(m_neighbour->ended());
    m_neighbour->destroy();
    m_neighbour.reset();
    SandboxTest::TearDown();
  }

  std::string run(const std::string& command) { return shell().run(command).output; }
  /// Runs a Perl program.
  std::string perl(const std::string& program) { return run("perl -e '" + program + "'"); }
  /// Runs a Perl program and returns its "$!".
  std::string error_of(const std::string& program) { return perl(program + "; print \"$!\\n\""); }
  Shell& neighbour() { return *m_neighbours_shell; }

  bool is_limited(const std::string& name) {
    for (const LimitReport& limit : backend()->probe().limits) {
      if (limit.name == name) return limit.enforced;
    }
    return false;
  }

  /// Starts `count` programs at once that keep what they allocate. They are not jobs of the shell.
  void start_holders(int count, const std::string& program) {
    run("(for i in {1.." + std::to_string(count) + "}; do perl -e '" + program +
        "open D, \">\", \"done$$\"; close D; sleep 1000' & done)");
  }

  /// How many of these programs still exist. If the shell was killed with them, a new shell counts.
  int holders() {
    if (sandbox().ended()) {
      sandbox().restart_shell(TerminalSize());
      shell().prompt();
    }
    return std::atoi(run("ls -d /proc/[0-9]* 2>/dev/null | wc -l").c_str()) - 4;
  }

  void expect_at_most(int most) {
    // In a control group the programs, the shell and the kernel's memory reclaim share half a core.
    constexpr std::chrono::seconds timeout(60);
    EXPECT_TRUE(eventually([&] { return holders() <= most; }, "at most as many as the limit allows are left", timeout));
  }

  int count_done() { return std::atoi(run("ls done* 2>/dev/null | wc -l").c_str()); }

 private:
  std::unique_ptr<Sandbox> m_neighbour;
  std::unique_ptr<Shell> m_neighbours_shell;
};

constexpr const char* refused = "Operation not permitted\n";
constexpr const char* missing = "Function not implemented\n";

TEST_F(OrdinaryHostileKernel, BuffersCannotBeMadeLarger) {
  for (const char* option : {"7", "8", "32", "33"}) {  // SO_SNDBUF, SO_RCVBUF, and FORCE
    EXPECT_EQ(error_of(std::string("socket(S, 1, 1, 0); setsockopt(S, 1, ") + option + ", pack(\"l\", 4 << 20))"),
              refused);
  }
  // For SO_ATTACH_FILTER and TCP_ULP, a container engine returns "refused".
  for (const char* set : {"socket(S, 1, 1, 0); setsockopt(S, 1, 26, pack(\"S x6 Q\", 0, 0))",
                          "socket(S, 2, 1, 0); setsockopt(S, 6, 31, \"tls\")"}) {
    const std::string error = error_of(set);
    EXPECT_TRUE(error == missing || error == refused) << set << ": " << error;
  }
  EXPECT_EQ(perl("socket(S, 2, 1, 0); setsockopt(S, 1, 2, pack(\"l\", 1)) and print \"can be reused\\n\""),
            "can be reused\n");
  EXPECT_EQ(error_of("pipe R, W; fcntl(R, 1031, 1 << 20)"), refused);  // F_SETPIPE_SZ
  EXPECT_EQ(error_of("pipe R, W; $x = \"a\"; $v = pack(\"p Q\", $x, 1); syscall(278, fileno(W), $v, 1, 0)"),
            missing);                                                                 // vmsplice
  EXPECT_EQ(error_of("pipe R, W; syscall(275, 0, 0, fileno(W), 0, 1, 0)"), missing);  // splice
  EXPECT_EQ(error_of("pipe R, W; syscall(40, fileno(W), 0, 0, 1)"), missing);         // sendfile
}

TEST_F(OrdinaryHostileKernel, ProtocolsAndLineDisciplinesAreNotLoaded) {
  for (const char* protocol : {"262", "136", "132"}) {  // MPTCP, UDP-Lite, SCTP
    EXPECT_EQ(error_of(std::string("socket(S, 2, 1, ") + protocol + ")"), "Protocol not supported\n") << protocol;
  }
  EXPECT_EQ(error_of("$d = pack(\"l\", 13); ioctl(STDIN, 0x5423, $d)"), refused);  // TIOCSETD
}

TEST_F(OrdinaryHostileKernel, FilledSocketsCount) {
  start_holders(8, fill_sockets);
  // Each Perl itself takes 12 MiB, so two or three of them fit.
  expect_at_most(3);
}

TEST_F(OrdinaryHostileKernel, SocketsThatNobodyHasOpenCount) {
  // Uses one descriptor at a time, and a listener that never accepts, so that the written bytes stay in the kernel.
  start_holders(2,
                "use Socket; use Fcntl; $b = \"x\" x 200000; socket(L, 1, 5, 0); bind(L, sockaddr_un(\"\\0$$\")); "
                "listen(L, 4096); for (1 .. 900) { socket(S, 1, 5, 0); connect(S, sockaddr_un(\"\\0$$\")) or last; "
                "fcntl(S, F_SETFL, O_NONBLOCK); 1 while defined syswrite(S, $b); close S } ");
  expect_at_most(0);
}

TEST_F(OrdinaryHostileKernel, SharedMemoryThatIsNotMappedAnyMoreCounts) {
  // The program touches all pages and unmaps all except one: the kernel keeps all.
  const std::string anonymous =
      "open F, \"<\", \"/dev/zero\"; for (1 .. 3) { $p = syscall(9, 0, 100 << 20, 3, 0x21, -1, 0); "
      "$p == -1 and exit; syscall(0, fileno(F), $p, 100 << 20); syscall(11, $p + 4096, (100 << 20) - 4096) } ";
  const std::string of_a_device =
      "open F, \"<\", \"/dev/zero\"; for (1 .. 3) { $p = syscall(9, 0, 100 << 20, 1, 1, fileno(F), 0); "
      "$p == -1 and exit; $x += unpack(\"C\", unpack(\"P\", pack(\"Q\", $p + 4096 * $_))) for 0 .. 25599; "
      "syscall(28, $p, 100 << 20, 4) } ";
  const bool has_group = is_limited("memory");
  for (const std::string& program : {anonymous, of_a_device}) {
    if (!has_group) {
      start_holders(4, program);
      expect_at_most(0);
      continue;
    }
    // In a control group the kernel may end the shell instead of a program whose figures are small. Then a new shell
    // starts.
    shell().type("for i in 1 2 3 4; do perl -e '" + program + "sleep 1000' & done\n");
    ASSERT_TRUE(shell().read_until("[4] "));
    neighbour().run("sleep 2");
    sandbox().restart_shell(TerminalSize());
    ASSERT_TRUE(shell().prompt());
    EXPECT_EQ(holders(), 0);
  }
}

TEST_F(OrdinaryHostileKernel, PageTablesCount) {
  // One page in each of 12,000 GiB, so that each needs two pages of tables.
  start_holders(3,
                "open F, \"<\", \"/dev/zero\"; for $i (1 .. 12000) { "
                "$p = syscall(9, ($i + 1000) << 30, 4096, 3, 0x100022, -1, 0); $p == -1 and last; "
                "syscall(0, fileno(F), $p, 1) } ");
  expect_at_most(1);
}

TEST_F(OrdinaryHostileKernel, LocksCount) {
  // Locks every second byte of each file. Without a limit, many times as many locks would exceed the memory of a
  // session.
  start_holders(1,
                "for $f (1 .. 100) { open $h[$f], \"+>>\", \"l$f\"; for (1 .. 1000) { "
                "fcntl($h[$f], 6, pack(\"s s x4 q q l x4\", 0, 0, 2 * $_, 1, 0)) or exit } } ");
  // A control group counts the actual memory of the locks.
  if (!is_limited("memory")) expect_at_most(0);
}

TEST_F(OrdinaryHostileKernel, NobodyLowersTheirOomScore) {
  EXPECT_EQ(run("cat /proc/$$/oom_score_adj /proc/self/oom_score_adj"), "1000\n1000\n");
  run("for f in /proc/self /proc/$$ /proc/thread-self /proc/self/task/$$ /proc/$$/task/$$ "
      "/proc/self/cwd/../../proc/$$; "
      "do for file in oom_score_adj oom_adj; do for value in -1000 -500 0 999; do "
      "(echo $value > $f/$file) 2>/dev/null && echo \"wrote $f/$file\"; done; done; done; cd /proc/$$ && "
      "(echo 0 > oom_score_adj) 2>/dev/null; perl -e 'open F, \"+<\", \"/proc/self/oom_score_adj\"; print F \"0\"'");
  EXPECT_EQ(run("cat /proc/$$/oom_score_adj; sh -c 'cat /proc/self/oom_score_adj'"), "1000\n1000\n");
}

TEST_F(OrdinaryHostileKernel, TerminalsAreLeftForOthers) {
  const std::string taken =
      run("for i in {1..20}; do perl -e '$| = 1; while (open my $f, \"+<\", \"/dev/ptmx\") { push @f, $f } "
          "print scalar(@f), \"\\n\"; sleep 1000' & done 2>/dev/null | awk '{ s += $1 } NR == 20 { print s; exit }'");
  EXPECT_TRUE(is_limited("terminals"));
  EXPECT_LT(std::atoi(taken.c_str()), 16) << taken;
  const std::unique_ptr<Sandbox> later = backend()->start(make_spec());
  Shell its(*later);
  EXPECT_TRUE(its.prompt());
  EXPECT_EQ(its.run("script -qc 'echo in a terminal' /dev/null").output, "in a terminal\n");
  later->destroy();
}

TEST_F(OrdinaryHostileKernel, WatchesOfFilesAreLeftForOthers) {
  EXPECT_EQ(perl("$n = 0; for (1 .. 200) { last if syscall(294, 0) < 0; ++$n } print \"$n: $!\\n\""),  // inotify_init1
            std::string("0: ") + missing);
  const int watch = inotify_init1(IN_CLOEXEC);
  EXPECT_GE(watch, 0);
  close(watch);
  // The usual program that would use inotify works without it.
  EXPECT_EQ(run("(echo one > log; tail -f log > out 2>/dev/null & while ! grep -q one out; do sleep 0.1; done; "
                "echo two >> log; while ! grep -q two out; do sleep 0.1; done; kill $!); cat out"),
            "one\ntwo\n");
}

TEST_F(OrdinaryHostileKernel, OpenFilesOfAllProgramsTogetherCount) {
  // Each program has 120 epoll instances that watch 120 files each: more than half a million watches in total.
  const int programs = 40;
  start_holders(programs,
                "for (1 .. 120) { pipe $r[$_], $w; close $w; $e[$_] = syscall(291, 0) } "
                "for $e (@e[1 .. 120]) { for (@r[1 .. 120]) { $x = pack(\"L Q\", 1, 0); "
                "syscall(233, $e, 1, fileno($_), $x) } } ");
  EXPECT_TRUE(
      eventually([&] { return count_done() >= 10; }, "ten programs have opened all files", std::chrono::seconds(100)));
  // If no control group counts the actual memory, each file counts as 32 KiB.
  if (!is_limited("memory")) expect_at_most(256 * 1024 / (240 * 32));
  // The server can still add watches.
  const int set = epoll_create1(EPOLL_CLOEXEC);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  epoll_event event{};
  EXPECT_EQ(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event), 0);
  for (const int end : {set, ends[0], ends[1]}) close(end);
}

TEST_F(OrdinaryHostileKernel, FullPipesLeaveOthersTheirs) {
  start_holders(12,
                "use Fcntl; $b = \"x\" x 65536; for (1 .. 120) { pipe my $r, my $w; push @p, $r, $w; "
                "fcntl($w, F_SETFL, O_NONBLOCK); syswrite $w, $b } ");
  EXPECT_TRUE(eventually([&] { return count_done() >= 3; }, "some have what they want", std::chrono::seconds(60)));
  if (is_limited("kernel limits per user")) {
    EXPECT_EQ(neighbour()
                  .run("perl -e 'use Fcntl; pipe R, W; fcntl(W, F_SETFL, O_NONBLOCK); "
                       "print syswrite(W, \"x\" x 65536), \"\\n\"'")
                  .output,
              "65536\n");
  }
}

TEST_F(OrdinaryHostileKernel, TheMachineIsHidden) {
  EXPECT_EQ(run("cat /proc/{cmdline,diskstats,interrupts,kallsyms,partitions,timer_list} 2>/dev/null | wc -c"), "0\n");
  EXPECT_NE(run("cat /proc/self/status /proc/uptime /proc/loadavg | wc -l"), "0\n");
}

TEST_F(OrdinaryHostileKernel, EverydayProgramsWorkWithoutTheRefusedCalls) {
  EXPECT_EQ(run("head -c 3000000 /dev/zero > a; cp a b; cmp a b && cat a b | wc -c; rm a b"), "6000000\n");
  EXPECT_EQ(run("seq 100000 > n; sort -n n | tail -n 1; tar cf - n | tar tf -; gzip n; zcat n.gz | wc -l; rm n.gz"),
            "100000\nn\n100000\n");
  EXPECT_EQ(run("(sleep 1; echo late) | less | cat; dd if=/dev/zero bs=1M count=2 2>/dev/null | wc -c"),
            "late\n2097152\n");
}

}  // namespace
}  // namespace tellina::test
