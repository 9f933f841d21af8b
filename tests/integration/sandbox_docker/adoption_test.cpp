/// A container outlives its host; another host adopts it or sweeps it.

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "docker_variant.hpp"
#include "host/runtime/files.hpp"

namespace tellina::test {
namespace {

using Texts = std::vector<std::string>;

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "it did not throw";
  return ErrorCode::internal;
}

class DockerAdoption : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(variant::leftovers(), Texts()); }
};

TEST_F(DockerAdoption, TheShellContinuesAfterTheDeathOfItsHost) {
  HostProcess host;
  ASSERT_FALSE(host.id().empty());
  host.kill();
  Backend backend;
  const std::unique_ptr<Sandbox> sandbox = backend->adopt(host.id());
  EXPECT_FALSE(sandbox->ended());
  Shell shell(*sandbox);
  EXPECT_EQ(shell.run("echo $x; pwd; cat ~/file; pgrep -c sleep; stty size").output, "42\n/tmp\nkept\n1\n24 80\n");
  sandbox->resize(TerminalSize(100, 30));
  EXPECT_EQ(shell.run("stty size; tty").output, "30 100\n/dev/pts/0\n");
  EXPECT_EQ(sandbox->snapshot(SnapshotRequest()).root.children.at("file").content, "kept\n");

  shell.type("exit 7\n");
  ASSERT_TRUE(becomes_readable(sandbox->ended_descriptor()));
  EXPECT_EQ(sandbox->ended()->status, 7);
  sandbox->restart_shell(TerminalSize(90, 20));
  ASSERT_TRUE(shell.prompt()) << "the new shell has the environment of the first";
  EXPECT_EQ(shell.run("cat file; pwd; stty size").output, "kept\n/home/me\n20 90\n");

  EXPECT_EQ(backend->sweep(host.owner(), {host.id()}), 0U) << "the prewarmed sandbox is removed, and does not count";
  EXPECT_EQ(shell.run("echo here").output, "here\n");
  sandbox->destroy();
}

TEST_F(DockerAdoption, ReportsAShellThatEndedMeanwhile) {
  HostProcess host;
  ASSERT_FALSE(host.id().empty());
  host.kill();
  Backend backend;
  {
    // The adopting process may die too, without an orderly end; here the third one gets its sandbox.
    const std::unique_ptr<Sandbox> second = backend->adopt(host.id());
    Shell shell(*second);
    shell.type("kill -9 $$\n");
    ASSERT_TRUE(becomes_readable(second->ended_descriptor()));
    Backend other;
    const std::unique_ptr<Sandbox> third = other->adopt(host.id());
    ASSERT_TRUE(becomes_readable(third->ended_descriptor()));
    EXPECT_TRUE(third->ended()->by_signal);
    EXPECT_EQ(third->ended()->status, 9);
    third->restart_shell(TerminalSize());
    second->destroy();
    Shell its(*third);
    EXPECT_TRUE(its.prompt());
    EXPECT_EQ(its.run("echo here").output, "here\n") << "a host that has lost the sandbox must not end it";
    EXPECT_EQ(code_of([&] { second->restart_shell(TerminalSize()); }), ErrorCode::gone);
    third->destroy();
  }
  EXPECT_EQ(backend->sweep(host.owner(), {}), 0U);
}

TEST_F(DockerAdoption, DoesNotFindAMissingSandbox) {
  Backend backend;
  EXPECT_EQ(code_of([&] { backend->adopt("nobody"); }), ErrorCode::gone);
  HostProcess host;
  host.kill();
  for (const auto& process : engine().processes()) ::kill(process.first, SIGKILL);
  eventually([] { return engine().processes().empty(); }, "the sandboxes' processes have ended");
  EXPECT_EQ(code_of([&] { backend->adopt(host.id()); }), ErrorCode::gone);
  EXPECT_EQ(backend->sweep(host.owner(), {}), 1U);
}

TEST_F(DockerAdoption, SweepRemovesTheDeadOwnersAndKeepsOthers) {
  Backend backend({{"pool", std::int64_t{1}}});
  const std::unique_ptr<Sandbox> living = backend->start(make_spec());
  eventually([] { return engine().processes().size() == 3; }, "one is made in advance, beside init and shell");
  HostProcess first, second;
  first.kill();
  second.kill();
  EXPECT_EQ(backend->sweep(first.owner(), {second.id()}), 1U);
  EXPECT_EQ(variant::leftovers_of(first.owner()), Texts());
  EXPECT_NE(variant::leftovers_of(second.owner()), Texts());
  EXPECT_EQ(backend->sweep(first.owner(), {second.id()}), 0U);
  Shell shell(*living);
  EXPECT_TRUE(shell.prompt());
  // Nobody needs the other one any more and its host is dead, so any sweep removes it.
  EXPECT_EQ(backend->sweep(first.owner(), {}), 1U);
  living->destroy();
}

TEST_F(DockerAdoption, SweepFindsContainersWithoutAFolder) {
  engine().run(
      "create --name tellina-lost --label tellina.study=none --label tellina.owner=w --label tellina.session=s tellina "
      "/bin/true");
  engine().run("create --name tellina-other --label tellina.study=/other/config.json tellina /bin/true");
  Backend backend;
  EXPECT_EQ(backend->sweep("w", {"s"}), 1U) << "nobody could adopt it";
  EXPECT_EQ(backend->sweep("w", {}), 0U);
  EXPECT_EQ(variant::leftovers(), Texts{"container tellina-other"}) << "the container of another study stays";
  engine().run("rm tellina-other");
}

using DockerSandbox = SandboxTest;

TEST_F(DockerSandbox, IsAsRestrictedAsItReports) {
  const std::string found = engine().run(
      "inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.NetworkMode}} "
      "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.Privileged}} "
      "{{.HostConfig.LogConfig.Type}} {{.HostConfig.CapAdd}} {{.Config.User}}' $(docker --host unix://" +
      engine().socket() + " ps --quiet)");
  const std::string numbers = shell().run("echo $(id -u):$(id -g)").output;
  EXPECT_EQ(found, "true [ALL] none 268435456 268435456 65 false none [] " + numbers);
  const std::string labels = engine().run(
      "ps --format '{{.Label \"tellina.owner\"}} {{.Label \"tellina.session\"}} {{.Label \"tellina.study\"}}'");
  EXPECT_EQ(labels, spec().owner + " " + spec().id + " none\n");
}

TEST_F(DockerSandbox, ParticipantsCannotReachItsInit) {
  const std::string result = shell()
                                 .run(
                                     "perl -e 'use Socket; socket(S, 1, 5, 0); connect(S, sockaddr_un(\"/run/tellina"
                                     "/socket\")) or print \"$!\\n\"; send(S, \"R\", 0) or print \"$!\\n\"'")
                                 .output;
  EXPECT_EQ(result, "Permission denied\nTransport endpoint is not connected\n");
  EXPECT_EQ(shell().run("rm -f /run/tellina/socket 2>&1 | grep -c 'Read-only'; : > /run/tellina/x").status, 1);
  EXPECT_EQ(shell().run("echo alive").output, "alive\n");
}

TEST_F(DockerSandbox, ProbeReportsLimitsAndLeavesNothing) {
  const Texts before = variant::leftovers();
  const Capabilities capabilities = backend()->probe();
  EXPECT_TRUE(capabilities.usable) << capabilities.reason;
  EXPECT_TRUE(capabilities.adopts);
  EXPECT_EQ(capabilities.limits.size(), 9U);
  for (const LimitReport& limit : capabilities.limits) {
    EXPECT_TRUE(limit.enforced) << limit.name << " " << limit.how;
  }
  EXPECT_TRUE(capabilities.limits.at(0).how.starts_with("256 MiB per session (cgroup v")) << capabilities.limits[0].how;
  EXPECT_TRUE(capabilities.limits.at(2).how.starts_with("0.5 cores per session (cgroup v"))
      << capabilities.limits[2].how;
  EXPECT_EQ(variant::leftovers(), before);
}

TEST_F(DockerSandbox, HasAUserOfItsOwn) {
  const std::unique_ptr<Sandbox> other = backend()->start(make_spec());
  Shell others(*other);
  ASSERT_TRUE(others.prompt());
  std::set<uid_t> users;
  for (const auto& process : engine().processes()) {
    struct stat status {};
    ASSERT_EQ(stat(("/proc/" + std::to_string(process.first)).c_str(), &status), 0);
    // Not dumpable processes belong to root in /proc.
    if (status.st_uid != 0) users.insert(status.st_uid);
  }
  EXPECT_EQ(users.size(), 2U) << "each shell has its own";
  EXPECT_GE(*users.begin(), 1'880'000'000U) << "of no account";
  EXPECT_EQ(
      shell().run("touch f; stat -c '%U %G' f ~; getent passwd me | cut -d: -f1,6,7; ls -l f | cut -d' ' -f3,4").output,
      "me me\nme me\nme:/home/me:/bin/bash\nme me\n");
  EXPECT_EQ(snapshot().root.children.at("f").owner, "me");
  other->destroy();
}

TEST_F(DockerSandbox, KeepsTheNumbersOfAnImageWhoseUserIsAnother) {
  engine().run("create --name tellina-image tellina /bin/true");
  const TemporaryFolder folder;
  write_text(folder.path() / "passwd", "root:x:0:0::/:/bin/bash\nme:x:1001:1001::/home/me:/bin/bash\n");
  engine().run("cp " + folder.file("passwd") + " tellina-image:/etc/passwd");
  engine().run("commit tellina-image tellina:with-another-user");
  engine().run("rm tellina-image");
  {
    Backend backend({{"image", std::string("tellina:with-another-user")}});
    const std::unique_ptr<Sandbox> sandbox = backend->start(make_spec());
    Shell its(*sandbox);
    ASSERT_TRUE(its.prompt());
    EXPECT_EQ(its.run("id -u").output, "1000\n");
    sandbox->destroy();
    for (const LimitReport& limit : backend->probe().limits) {
      EXPECT_EQ(limit.enforced, limit.name != "kernel limits per user") << limit.name << " " << limit.how;
    }
  }
  engine().run("rmi tellina:with-another-user");
}

/// The engine does not see what is mounted in a mount namespace of the server.
TEST_F(DockerSandbox, StartsAtTheSameTimeShareTerminalsThatTheEngineDoesNotSee) {
  constexpr int starts = 4;
  std::vector<std::string> failures;
  std::thread server([&] {
    ASSERT_EQ(unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    Backend backend;
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (int i = 0; i < starts; ++i) {
      threads.emplace_back([&] {
        try {
          backend->start(make_spec())->destroy();
        } catch (const Error& error) {
          const std::lock_guard lock(mutex);
          failures.emplace_back(error.what());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const LimitReport& limit : backend->probe().limits) {
      EXPECT_EQ(limit.enforced, limit.name != "terminals") << limit.name << " " << limit.how;
    }
  });
  server.join();
  EXPECT_EQ(failures, Texts());
}

/// A server that is not root has only its user's rights over another user's home.
TEST_F(DockerSandbox, WorksForAnOrdinaryUserOfTheEngine) {
  constexpr uid_t user = 12345;
  const std::string socket = engine().socket();
  const std::string folder = std::filesystem::temp_directory_path() / ("tellina-user-" + std::to_string(getpid()));
  chmod(engine().folder().c_str(), 0711);
  ASSERT_EQ(chown(socket.c_str(), user, user), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0) _exit(100);
    try {
      SandboxSpec its_spec = make_spec();
      FileNode& closed = its_spec.initial.root.children["closed"] = FileNode::directory();
      closed.mode = 0500;
      closed.children["file"] = FileNode::regular(std::string(200'000, 'x'));
      Backend theirs({{"socket", socket}, {"run_folder", folder}});
      const std::unique_ptr<Sandbox> first = theirs->start(its_spec);
      Shell its(*first);
      its.prompt();
      its.run("mkfifo fifo; echo hi > new; ln -s / root; y=5");
      Backend others({{"socket", socket}, {"run_folder", folder}});
      const std::unique_ptr<Sandbox> adopted = others->adopt(its_spec.id);
      Shell again(*adopted);
      const bool shell_continues = again.run("echo $y").output == "5\n";
      const FileTree tree = adopted->snapshot(SnapshotRequest());
      const bool has_all = tree.root.children.size() == 4 && tree.root.children.at("new").content == "hi\n" &&
                           tree.root.children.at("new").owner == "me" &&
                           tree.root.children.at("closed").children.at("file").size == 200'000U && !tree.raced;
      adopted->destroy();
      _exit((shell_continues ? 0 : 1) + (has_all ? 0 : 2));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      _exit(101);
    }
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(chown(socket.c_str(), 0, 0), 0);
}

TEST_F(DockerSandbox, StartsWithTheMinimumThatTheSchemaAllows) {
  start(make_spec(), {{"memory_in_mib", std::int64_t{16}},
                      {"processes", std::int64_t{4}},
                      {"disk_in_mib", std::int64_t{1}},
                      {"cpu", 0.05}});
  EXPECT_EQ(shell().run("echo alive").output, "alive\n");
}

}  // namespace
}  // namespace tellina::test
