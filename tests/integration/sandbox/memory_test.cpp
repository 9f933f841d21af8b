/// Programs of one session that together take more memory than allowed, and others that only seem to. Without a memory
/// cgroup, the sandbox checks at intervals.

#include <cstdlib>

#include "sandbox_fixture.hpp"

namespace tellina::test {
namespace {

/// Perl that takes memory and keeps it.
constexpr const char* take_200_mib = "open F, \"<\", \"/dev/zero\"; sysread F, $x, 200 << 20; ";
constexpr const char* take_150_mib = "open F, \"<\", \"/dev/zero\"; sysread F, $x, 150 << 20; ";

/// Perl that calls a function in machine code.
std::string call(const std::string& code) {
  return "require XSLoader; $m = syscall(9, 0, 4096, 7, 0x22, -1, 0); pipe R, W; syswrite W, pack \"H*\", \"" + code +
         "\"; syscall(0, fileno(R), $m, " + std::to_string(code.size() / 2) +
         "); DynaLoader::dl_install_xsub(\"main::f\", $m); f(); ";
}

class OrdinaryHostileMemory : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    start(make_spec(), {{"memory_in_mib", std::int64_t{256}}});
  }

  std::string run(const std::string& command) { return shell().run(command).output; }

  /// Starts `count` programs at once, detached from the shell.
  static void start_hogs(Shell& shell, int count, const std::string& program) {
    shell.run("(for i in {1.." + std::to_string(count) + "}; do perl -e '" + program + "sleep 1000' & done)");
  }

  /// How many of them still exist.
  int hogs(Shell& shell) { return std::atoi(shell.run("ls -d /proc/[0-9]* 2>/dev/null | wc -l").output.c_str()) - 4; }
  int hogs() { return hogs(shell()); }

  int held_in_mib() {
    return std::atoi(run("cat /proc/[0-9]*/status 2>/dev/null | awk '/^Rss(Anon|Shmem)/ { s += $2 } "
                         "END { print int(s / 1024) }'")
                         .c_str());
  }

  /// At most one of many is left, and the shell.
  void expect_few() {
    // In a cgroup, the hogs, the shell and the kernel's search for memory share half a core.
    constexpr std::chrono::seconds timeout(60);
    EXPECT_TRUE(eventually([&] { return hogs() <= 1; }, "most hogs are dead", timeout));
    EXPECT_TRUE(eventually([&] { return held_in_mib() <= 256; }, "the rest is within the limit", timeout));
    EXPECT_EQ(run("echo alive"), "alive\n");
    EXPECT_FALSE(sandbox().ended());
  }
};

TEST_F(OrdinaryHostileMemory, OfManyProcessesIsLimitedWithoutEffectOnOthers) {
  const std::unique_ptr<Sandbox> other = backend()->start(make_spec());
  Shell others(*other);
  ASSERT_TRUE(others.prompt());
  start_hogs(others, 1, take_200_mib);
  start_hogs(shell(), 4, take_200_mib);
  expect_few();
  EXPECT_EQ(hogs(others), 1);
  EXPECT_EQ(others.run("echo alive").output, "alive\n");
  other->destroy();
}

TEST_F(OrdinaryHostileMemory, OfAForegroundProgramIsFreedAndTheShellReportsIt) {
  // Whenever both together hold too much, the second is the larger.
  start_hogs(shell(), 1, "open F, \"<\", \"/dev/zero\"; sysread F, $x, 80 << 20; ");
  const CommandResult result = shell().run(std::string("perl -e '") + take_200_mib + "sleep 1000'");
  EXPECT_EQ(result.status, 128 + 9);
  EXPECT_NE(shell().screen().find("Killed"), std::string::npos);
  EXPECT_EQ(hogs(), 1);
}

TEST_F(OrdinaryHostileMemory, ThatIsPrivateCountsToo) {
  start_hogs(shell(), 4, std::string("syscall(157, 4, 0, 0, 0, 0); ") + take_200_mib);  // PR_SET_DUMPABLE
  expect_few();
}

TEST_F(OrdinaryHostileMemory, ThatCouldBeSharedCountsToo) {
  start_hogs(shell(), 4,
             "open F, \"<\", \"/dev/zero\"; $p = syscall(9, 0, 200 << 20, 3, 0x21, -1, 0); $p == -1 and exit; "  // mmap
             "syscall(0, fileno(F), $p, 200 << 20); ");
  expect_few();
}

TEST_F(OrdinaryHostileMemory, IsLimitedDespiteAttacksOnInit) {
  run("prlimit --pid 1 --nofile=4:4; renice -n 19 -p 1; chrt -i -p 0 1; kill -STOP 1");
  start_hogs(shell(), 4, take_200_mib);
  expect_few();
}

TEST_F(OrdinaryHostileMemory, ThatForksShareCountsOnce) {
  // Waits for longer than the pause between two checks, because no event shows that nothing was killed.
  EXPECT_EQ(run(std::string("perl -e 'use POSIX \":sys_wait_h\"; ") + take_150_mib +
                "for (1..5) { my $p = fork(); if (!$p) { sleep 1000; exit } push @p, $p } sleep 4; "
                "print waitpid(-1, WNOHANG), \" has ended\\n\"; kill 9, @p'"),
            "0 has ended\n");
}

TEST_F(OrdinaryHostileMemory, ThatWasSharedWithTheDeadCountsOnce) {
  // Forks that end at once, for more than three seconds: many checks happen while one ends.
  EXPECT_EQ(run(std::string("perl -e '") + take_150_mib +
                "for (1..250) { $p = fork(); if (!$p) { exit } select(undef, undef, undef, 0.01); waitpid($p, 0); "
                "$? == 0 or print \"lost one\\n\" } print \"lived\\n\"'"),
            "lived\n");
}

TEST_F(OrdinaryHostileMemory, OfAThreadThatOutlivesTheFirstCountsToo) {
  // if (clone(CLONE_THREAD | CLONE_SIGHAND | CLONE_FILES | CLONE_FS | CLONE_VM, 0) == 0) nanosleep({1000, 0}, 0);
  // exit(0);
  const std::string hog =
      take_200_mib +
      call(
          "b838000000bf000f010031f631d24d31d24d31c00f0585c075136a0068e80300004889e731f6b8230000000f0531ff"
          "b83c0000000f05");
  // One after another, so that none is checked while it still looks alive.
  run("(for i in {1..4}; do perl -e '" + hog +
      "' & until grep -q State:.Z /proc/$!/status 2>/dev/null || ! kill -0 $! 2>/dev/null; do sleep 0.1; done; done)");
  expect_few();
}

TEST_F(OrdinaryHostileMemory, OfEverydayWorkIsEnough) {
  EXPECT_EQ(run("seq 1 200000 | xz | xz -dc | shuf | awk '{ s[$1] = $1 } END { print length(s) }'"), "200000\n");
}

}  // namespace
}  // namespace tellina::test
