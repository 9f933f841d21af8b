/// Nothing is left after an orderly end.

#include <unistd.h>

#include <atomic>
#include <thread>

#include "sandbox_fixture.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

using CoreLifetime = SandboxTest;

TEST_F(CoreLifetime, DestroyEndsGrandchildrenAndDaemons) {
  shell().run(
      "for i in 1 2 3; do (setsid sleep 1000 & ) ; nohup sleep 1000 >/dev/null 2>&1 & done; sleep 1000 & "
      "bash -c 'kill -STOP $$' & true");
  EXPECT_TRUE(eventually([] { return variant::sandbox_processes(getpid()).size() >= 10; }, "the daemons run"));
  const Processes processes = variant::sandbox_processes(getpid());
  sandbox().destroy();
  EXPECT_EQ(still_there(processes), Processes());
  sandbox().destroy();
  EXPECT_THROW(sandbox().snapshot(SnapshotRequest()), Error);
  EXPECT_THROW(sandbox().resize(TerminalSize()), Error);
  EXPECT_THROW(sandbox().ended(), Error);
}

TEST_F(CoreLifetime, DestroyInterruptsOtherCalls) {
  shell().run("for i in {1..2000}; do : > $i; done");
  std::atomic<bool> gone = false;
  std::thread reader([&] {
    try {
      for (;;) sandbox().snapshot(SnapshotRequest());
    } catch (const Error& error) {
      gone = error.code() == ErrorCode::gone;
    }
  });
  const Processes processes = variant::sandbox_processes(getpid());
  sandbox().destroy();
  EXPECT_EQ(still_there(processes), Processes());
  reader.join();
  EXPECT_TRUE(gone);
}

TEST_F(CoreLifetime, ManyStartAndEndAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        SandboxSpec spec = make_spec();
        spec.initial.root.children["f"] = FileNode::regular("content");
        const std::unique_ptr<Sandbox> one = backend()->start(spec);
        Shell its(*one);
        if (its.prompt() && its.run("cat f").output == "content") ++good;
        one->destroy();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 20);
}

TEST_F(CoreLifetime, PoolHandsOutNewSandboxesAndEndsTheOthers) {
  const Processes before = variant::sandbox_processes(getpid());
  {
    Backend pooled({{"pool", std::int64_t{2}}});
    for (int i = 0; i < 5; ++i) {
      SandboxSpec spec = make_spec();
      spec.initial.root.children[std::to_string(i)] = FileNode::regular("");
      spec.size = TerminalSize(70, 20);
      const std::unique_ptr<Sandbox> one = pooled->start(spec);
      Shell its(*one);
      ASSERT_TRUE(its.prompt());
      EXPECT_EQ(its.run("ls; stty size").output, std::to_string(i) + "\n20 70\n");
      one->destroy();
      EXPECT_TRUE(eventually(
          [&] {
            return variant::sandbox_processes(getpid()).size() == before.size() + 2 * variant::processes_of_an_instance;
          },
          "two wait ready"));
    }
    SandboxSpec spec = make_spec();
    spec.options = make_settings({{"disk_in_mib", std::int64_t{3}}});
    const std::unique_ptr<Sandbox> larger = pooled->start(spec);
    Shell its(*larger);
    ASSERT_TRUE(its.prompt());
    EXPECT_EQ(its.run("df --output=size ~ | tail -n 1 | tr -d ' '").output, "3072\n")
        << "the pool's have the usual limits";
    larger->destroy();
    EXPECT_EQ(pooled.log().warnings(), std::vector<std::string>());
  }
  EXPECT_EQ(variant::sandbox_processes(getpid()), before);
}

}  // namespace
}  // namespace tellina::test
