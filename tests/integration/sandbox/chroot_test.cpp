/// Properties of this sandbox only: its probe's report, and that nothing outlives its host.

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <thread>

#include "host_process.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

using CoreProbe = SandboxTest;

/// Set if an ordinary user's probe must report that root's files belong to root.
constexpr const char* expects_root = "TELLINA_TEST_EXPECTS_ROOT";
/// The path of a file with shell commands, which newuidmap runs first while the file exists.
constexpr const char* mapper_fault = "TELLINA_TEST_MAPPER_FAULT";
/// Environment variables: set if the tests run in control groups that their user may use, or that have the limits of a
/// small machine.
constexpr const char* expects_groups = "TELLINA_TEST_EXPECTS_GROUPS";

TEST_F(CoreProbe, ReportsWhoseRootsFilesAre) {
  std::string how;
  for (const LimitReport& limit : backend()->probe().limits) {
    if (limit.name == "files of root") how = limit.how;
  }
  const std::string owner = shell().run("stat -c %U /etc/hosts").output;
  if (geteuid() == 0 || getenv(expects_root) != nullptr) {
    EXPECT_EQ(how, "shown as root's");
  }
  if (how == "shown as root's") {
    EXPECT_EQ(owner, "root\n");
    EXPECT_EQ(shell().run("stat -c %U:%G /bin/ls /tmp /home/me").output, "root:root\nroot:root\nme:me\n");
  } else {
    EXPECT_TRUE(how.starts_with("shown as nobody's or the participant's: ")) << how;
    EXPECT_NE(owner, "root\n");
  }
}

TEST_F(CoreProbe, ReportsLimitsAndLeavesNothing) {
  const Processes before = descendants(getpid());
  const Capabilities capabilities = backend()->probe();
  EXPECT_TRUE(capabilities.usable) << capabilities.reason;
  EXPECT_FALSE(capabilities.adopts);
  std::map<std::string, LimitReport> limits;
  for (const LimitReport& limit : capabilities.limits) limits.emplace(limit.name, limit);
  for (const char* name : {"processes", "disk bytes", "disk inodes", "network"}) {
    EXPECT_TRUE(limits.at(name).enforced) << name;
  }
  const LimitReport& memory = limits.at("memory");
  EXPECT_TRUE(memory.how.starts_with(memory.enforced ? "256 MiB per session (cgroup"
                                                     : "256 MiB per session, checked one to four times a second, and "
                                                       "per process (RLIMIT_AS)"))
      << memory.how;
  if (getenv(expects_groups) != nullptr) {
    EXPECT_TRUE(memory.enforced) << memory.how;
    EXPECT_TRUE(limits.at("cpu").enforced) << limits.at("cpu").how;
    EXPECT_NE(limits.at("processes").how.find("cgroup"), std::string::npos) << limits.at("processes").how;
  }
  EXPECT_EQ(limits.at("cpu").enforced, limits.at("cpu").how.starts_with("0.5 cores per session (cgroup"));
  EXPECT_EQ(descendants(getpid()), before);
  EXPECT_TRUE(variant::leftovers_of("probe-" + std::to_string(getpid())).empty()) << "something of the probe is left";
  try {
    backend()->adopt("x");
    ADD_FAILURE() << "adopt() did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

TEST_F(CoreProbe, RemovesWhatAProcessThatWasKilledDuringItsProbeHasLeft) {
  // No process has a number above the kernel's limit of 2^22.
  const std::string dead = "probe-4194305";
  // The hierarchies that the backend uses: version 2, and two of version 1.
  std::vector<std::filesystem::path> made;
  std::error_code none;
  for (const std::filesystem::path hierarchy : {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"}) {
    const std::filesystem::path folder = hierarchy / "tellina" / dead / "probe-x";
    if (std::filesystem::exists(hierarchy / "cgroup.procs", none) &&
        std::filesystem::create_directories(folder, none)) {
      made.push_back(folder);
    }
  }
  const Capabilities capabilities = backend()->probe();
  EXPECT_TRUE(capabilities.usable) << capabilities.reason;
  for (const std::filesystem::path& folder : made) {
    EXPECT_FALSE(std::filesystem::exists(folder.parent_path())) << folder;
    std::filesystem::remove(folder, none);
    std::filesystem::remove(folder.parent_path(), none);
  }
}

TEST(CoreHostDeath, LeavesNoProcessAndNoMount) {
  const std::vector<std::string> mounts = variant::leftovers();
  HostProcess host;
  ASSERT_FALSE(host.owner().empty());
  const Processes processes = descendants(host.process());
  EXPECT_GE(processes.size(), 9U);
  host.kill();
  EXPECT_TRUE(eventually([&] { return still_there(processes).empty(); }, "every process of the dead host is gone"));
  EXPECT_EQ(variant::leftovers(), mounts);

  Backend other;
  const std::size_t left = variant::leftovers_of(host.owner()).empty() ? 0 : 1;
  EXPECT_EQ(other->sweep(host.owner(), {}), left);
  EXPECT_EQ(variant::leftovers_of(host.owner()), std::vector<std::string>());
  EXPECT_EQ(other->sweep(host.owner(), {}), 0U);
}

TEST(CoreHostDeath, EndsAStoppedLauncherToo) {
  HostProcess host;
  const Processes processes = descendants(host.process());
  for (const auto& process : processes) ::kill(process.first, SIGSTOP);
  host.kill();
  EXPECT_TRUE(eventually([&] { return still_there(processes).empty(); }, "every process of the dead host is gone"));
  Backend()->sweep(host.owner(), {});
}

/// The state of a process or thread, from proc(5): "S" while it waits, "Z" when it has ended; empty if it does not
/// exist.
std::string state_of(const std::string& path) {
  std::ifstream file("/proc/" + path + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  return name_end == std::string::npos ? "" : text.substr(name_end + 2, 1);
}

using CoreHanging = SandboxTest;

TEST_F(CoreHanging, DestroyInterruptsACallWithoutAnAnswer) {
  const Processes processes = descendants(getpid());
  for (const auto& process : processes) ::kill(process.first, SIGSTOP);
  std::atomic<pid_t> reading = 0;
  std::optional<ErrorCode> code;
  std::thread reader([&] {
    SnapshotRequest request;
    request.deadline = std::chrono::minutes(1);
    reading = gettid();
    try {
      sandbox().snapshot(request);
    } catch (const Error& error) {
      code = error.code();
    }
    for (const auto& process : processes) ::kill(process.first, SIGCONT);
  });
  EXPECT_TRUE(eventually([&] { return reading != 0 && state_of("self/task/" + std::to_string(reading)) == "S"; },
                         "the call waits"));
  sandbox().destroy();
  reader.join();
  EXPECT_EQ(code, ErrorCode::gone);
}

TEST(CorePool, HandsOutNoDeadSandbox) {
  const Processes before = descendants(getpid());
  Backend pooled({{"pool", std::int64_t{2}}});
  const std::unique_ptr<Sandbox> one = pooled->start(make_spec());
  Shell its(*one);
  ASSERT_TRUE(its.prompt());
  // The pool creates one after another: once the second exists, the pool holds the first.
  ASSERT_TRUE(eventually(
      [&] { return descendants(getpid()).size() == before.size() + 3 * variant::processes_of_an_instance + 1; },
      "the pool has two sandboxes besides the one with a shell"));
  for (const auto& process : descendants(getpid())) {
    if (before.contains(process)) continue;
    ::kill(process.first, SIGKILL);
    const std::string path = std::to_string(process.first);
    EXPECT_TRUE(eventually([&] { return state_of(path).find_first_not_of("ZX") == std::string::npos; }, "it ends"));
  }
  one->destroy();
  const std::unique_ptr<Sandbox> other = pooled->start(make_spec());
  Shell others(*other);
  EXPECT_TRUE(others.prompt());
  other->destroy();
}

TEST(RootHostDeath, LeavesAGroupThatMustBeKept) {
  ASSERT_EQ(geteuid(), 0U) << "control groups are made by root: run this test as root";
  HostProcess host;
  host.kill();
  const std::vector<std::string> left = variant::leftovers_of(host.owner());
  ASSERT_FALSE(left.empty());
  SandboxId id;
  for (const auto& entry : std::filesystem::directory_iterator(left.front())) {
    if (entry.is_directory()) id = entry.path().filename();
  }
  Backend other;
  EXPECT_EQ(other->sweep(host.owner(), {id}), 0U);
  EXPECT_EQ(variant::leftovers_of(host.owner()), left);
  EXPECT_EQ(other->sweep(host.owner(), {"another"}), 1U);
  EXPECT_EQ(variant::leftovers_of(host.owner()), std::vector<std::string>());
}

TEST(RootHostDeath, BeforeItsFirstControlGroupLeavesNothingAfterASweep) {
  ASSERT_EQ(geteuid(), 0U) << "control groups are made by root: run this test as root";
  const OwnerId owner = "test-" + std::to_string(getpid());
  std::vector<std::filesystem::path> made;
  for (const char* hierarchy : {"", "cpu", "memory", "pids"}) {
    const std::filesystem::path root = std::filesystem::path("/sys/fs/cgroup") / hierarchy;
    if (!std::filesystem::exists(root / "cgroup.procs")) continue;
    made.push_back(root / "tellina" / owner);
    std::filesystem::create_directories(made.back());
  }
  ASSERT_FALSE(made.empty());
  EXPECT_EQ(Backend()->sweep(owner, {}), 0U);
  for (const auto& directory : made) EXPECT_FALSE(std::filesystem::exists(directory)) << directory;
}

TEST(CoreHostDeath, LeavesNothingAtAnyMomentOfAStart) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0)
      << "without this, leftovers of a dead host would not become children of this process";
  const std::vector<std::string> mounts = variant::leftovers();
  Backend other;
  std::mt19937 generator(60);
  for (int i = 0; i < 40; ++i) {
    const std::chrono::microseconds moment(std::uniform_int_distribution<int>(0, 60'000)(generator));
    HostProcess host(be_starting_host_flag);
    ASSERT_FALSE(host.owner().empty());
    std::this_thread::sleep_for(moment);
    host.kill();
    const bool all_gone = eventually(
        [] {
          while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
          return descendants(getpid()).empty();
        },
        "every process of a host that died " + std::to_string(moment.count()) + " us after it began a start is gone");
    ASSERT_TRUE(all_gone);
    EXPECT_EQ(variant::leftovers(), mounts);
    other->sweep(host.owner(), {});
    EXPECT_EQ(variant::leftovers_of(host.owner()), std::vector<std::string>());
  }
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/// The same tests with the plugin run by an ordinary user, for whom the kernel allows and denies other things.
TEST(OrdinaryUser, PassesTheCoreTests) {
  const uid_t user = geteuid() == 0 ? 12345 : geteuid();
  const std::filesystem::path report =
      std::filesystem::temp_directory_path() / ("sandbox_user_" + std::to_string(getpid()));
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(report.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    dup2(file, 1);
    dup2(file, 2);
    if (user != geteuid() &&
        (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0)) {
      _exit(126);
    }
    execl("/proc/self/exe", "test_sandbox", "--gtest_filter=Core*:Marks*:OrdinaryHostile*", nullptr);
    _exit(127);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  std::ifstream file(report);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove(report);
  EXPECT_EQ(status, 0) << "run by an ordinary user, who must be able to read the build folder:\n" << text;
}

/// Runs tests of this program as an ordinary user, in control groups of every hierarchy that belong to that user, as
/// systemd delegates them. Returns the wait status.
int run_with_delegated_groups(const std::string& filter, std::string& text) {
  namespace fs = std::filesystem;
  constexpr uid_t user = 12345;
  const std::string name = "test-delegated-" + std::to_string(getpid());
  const fs::path report = fs::temp_directory_path() / name;
  std::vector<fs::path> groups;
  for (const char* hierarchy : {"cpu", "memory", "pids", ""}) {
    const fs::path root = fs::path("/sys/fs/cgroup") / hierarchy;
    if (!fs::exists(root / "cgroup.procs")) continue;
    if (fs::exists(root / "cgroup.subtree_control")) {
      for (const char* controller : {"+cpu", "+memory", "+pids"}) {
        std::ofstream(root / "cgroup.subtree_control") << controller;
      }
    }
    const fs::path group = root / name;
    fs::create_directory(group);
    groups.push_back(group);
    for (const fs::path& path : {group, group / "cgroup.procs", group / "cgroup.subtree_control"}) {
      EXPECT_TRUE(!fs::exists(path) || chown(path.c_str(), user, user) == 0) << path;
    }
  }
  const pid_t child = fork();
  if (child == 0) {
    for (const fs::path& group : groups) std::ofstream(group / "cgroup.procs") << getpid();
    const int file = open(report.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    dup2(file, 1);
    dup2(file, 2);
    setenv(expects_groups, "1", 1);
    if (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0) _exit(126);
    execl("/proc/self/exe", "test_sandbox", ("--gtest_filter=" + filter).c_str(), nullptr);
    _exit(127);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  std::ifstream file(report);
  text.assign((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  fs::remove(report);
  for (const fs::path& group : groups) {
    const auto is_gone = [&] {
      for (const char* below : {"tellina", "tellina-server"}) rmdir((group / below).c_str());
      return rmdir(group.c_str()) == 0 || errno == ENOENT;
    };
    EXPECT_TRUE(eventually(is_gone, "nothing is left in " + group.string()));
  }
  return status;
}

TEST(RootDelegation, GivesAnOrdinaryUserRealLimits) {
  ASSERT_EQ(geteuid(), 0U) << "only root can delegate control groups: run this test as root";
  std::string text;
  const std::string filter = "CoreProbe.*:OrdinaryHostileKernel.*Sock*:OrdinaryHostileMemory.OfMany*";
  EXPECT_EQ(run_with_delegated_groups(filter, text), 0) << text;
}

TEST(RootDelegation, ASweepDoesNotKillItsOwnProcessGroup) {
  ASSERT_EQ(geteuid(), 0U) << "only root can create control groups: run this test as root";
  namespace fs = std::filesystem;
  const bool is_version_1 = fs::exists("/sys/fs/cgroup/pids");
  const fs::path root = is_version_1 ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
  const OwnerId owner = "test-sweep-" + std::to_string(getpid());
  const fs::path group = root / "tellina" / owner / "sandbox";
  fs::create_directories(group);
  // This process has no number in the sweeper's process namespace: version 2 writes 0 for it, version 1 leaves it out.
  // Version 1 has no other way to end it, so the sweep fails.
  constexpr int still_there = 2;
  const pid_t stranger = fork();
  if (stranger == 0) {
    for (;;) pause();
  }
  std::ofstream(group / "cgroup.procs") << stranger;
  const pid_t child = fork();
  if (child == 0) {
    if (setpgid(0, 0) != 0 || unshare(CLONE_NEWPID) != 0) _exit(120);
    const pid_t sweeper = fork();
    if (sweeper == 0) {
      try {
        Backend()->sweep(owner, {});
      } catch (const Error& error) {
        _exit(error.code() == ErrorCode::busy ? still_there : 122);
      }
      _exit(0);
    }
    int status = -1;
    waitpid(sweeper, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 121);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "wait status " << status;
  EXPECT_EQ(WEXITSTATUS(status), is_version_1 ? still_there : 0);
  ::kill(stranger, SIGKILL);
  waitpid(stranger, nullptr, 0);
  Backend()->sweep(owner, {});
  EXPECT_FALSE(fs::exists(group));
}

/// A memory control group stands for a machine with little memory. It is full before the watch has checked twice, so
/// the kernel chooses whom to kill. The sandboxes have no groups of their own.
class SmallMachine : public SandboxTest {
 protected:
  void attack(const std::string& program) {
    const std::unique_ptr<Sandbox> neighbour = backend()->start(make_spec());
    Shell neighbours(*neighbour);
    ASSERT_TRUE(neighbours.prompt());
    shell().type("echo 0 > /proc/$$/oom_score_adj; for i in {1..12}; do perl -e '" + program + "sleep 1000' & done\n");
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(neighbours.run("sleep 0.2; echo alive").output, "alive\n");
    }
    EXPECT_FALSE(neighbour->ended());
    neighbour->destroy();
  }
};

TEST_F(SmallMachine, KillsOnlyProgramsThatFillItsMemory) {
  if (getenv(expects_groups) == nullptr) return;
  attack("open F, \"<\", \"/dev/zero\"; sysread F, $x, 200 << 20; ");
  start();
  attack(
      "use Socket; use Fcntl; $b = \"x\" x 200000; for (1 .. 120) { my ($r, $w); socketpair($r, $w, 1, 5, 0) or last; "
      "push @s, $r, $w; for ($r, $w) { fcntl($_, F_SETFL, O_NONBLOCK); 1 while defined syswrite($_, $b) } } ");
}

TEST(RootSmallMachine, KillsOnlyProgramsThatFillItsMemory) {
  ASSERT_EQ(geteuid(), 0U) << "only root can create control groups: run this test as root";
  namespace fs = std::filesystem;
  const bool is_unified = !fs::exists("/sys/fs/cgroup/memory");
  const fs::path root = is_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
  const fs::path group = root / ("test-machine-" + std::to_string(getpid()));
  fs::create_directory(group);
  std::ofstream(group / (is_unified ? "memory.max" : "memory.limit_in_bytes")) << (std::uint64_t{512} << 20);
  const pid_t child = fork();
  if (child == 0) {
    std::ofstream(group / "cgroup.procs") << getpid();
    setenv(expects_groups, "1", 1);
    if (setgroups(0, nullptr) != 0 || setresgid(12345, 12345, 12345) != 0 || setresuid(12345, 12345, 12345) != 0) {
      _exit(126);
    }
    execl("/proc/self/exe", "test_sandbox", "--gtest_filter=SmallMachine.*", nullptr);
    _exit(127);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the server, or another sandbox, has died";
  EXPECT_TRUE(eventually([&] { return rmdir(group.c_str()) == 0; }, "nothing is left of the group"));
}

/// Makes this process, in a separate mount namespace, a user who has subordinate users and owns the root file system.
void become_user_with_subordinates(uid_t user, const std::filesystem::path& folder) {
  const auto require = [](bool succeeded) {
    if (!succeeded) _exit(120);
  };
  const auto cover = [&](const std::string& place, const std::string& text) {
    const std::string file = folder / std::filesystem::path(place).filename();
    std::ofstream(file) << text;
    require(mount(file.c_str(), place.c_str(), nullptr, MS_BIND, nullptr) == 0);
  };
  const auto write_program = [&](const std::string& file, const std::string& text) {
    std::ofstream(file) << text;
    require(chmod(file.c_str(), 0755) == 0);
  };
  const std::string number = std::to_string(user);
  require(unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  cover("/etc/passwd", "root:x:0:0::/:/bin/sh\nsomebody:x:" + number + ":" + number + "::/:/bin/sh\n");
  cover("/etc/subuid", "other:1:5\nsomebody:700000:65536\n");
  cover("/etc/subgid", number + ":800000:65536\n");

  // A newuidmap that fails when a test requests it.
  const std::string fault = folder / "faults/fault";
  require(mkdir((folder / "faults").c_str(), 0755) == 0 && chown((folder / "faults").c_str(), user, user) == 0);
  const std::string real = folder / "real_newuidmap";
  std::ofstream(real).close();
  require(mount("/usr/bin/newuidmap", real.c_str(), nullptr, MS_BIND, nullptr) == 0);
  const std::string wrapper = folder / "newuidmap";
  write_program(wrapper, "#!/bin/sh\n[ ! -e " + fault + " ] || . " + fault + "\nexec " + real + " \"$@\"\n");
  require(mount(wrapper.c_str(), "/usr/bin/newuidmap", nullptr, MS_BIND, nullptr) == 0);
  setenv(mapper_fault, fault.c_str(), 1);

  // The files of the host's root become this user's, as if this user had created them.
  int pipe_ends[2];
  require(pipe(pipe_ends) == 0);
  const pid_t holder = fork();
  if (holder == 0) {
    require(unshare(CLONE_NEWUSER) == 0 && write(pipe_ends[1], "x", 1) == 1);
    pause();
  }
  char ready;
  require(read(pipe_ends[0], &ready, 1) == 1);
  const std::string process = "/proc/" + std::to_string(holder);
  std::ofstream(process + "/uid_map") << "0 " << user << " 1\n";
  std::ofstream(process + "/gid_map") << "0 " << user << " 1\n";
  const std::string place = std::filesystem::canonical(std::filesystem::path(variant::plugin).parent_path() /
                                                       "../../../share/tellina/rootfs");
  const int tree = open_tree(AT_FDCWD, place.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<std::uint64_t>(open((process + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  require(mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0);
  require(move_mount(tree, "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0);
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  require(setgroups(0, nullptr) == 0 && setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0);
}

TEST(RootUserWithSubordinates, IsTheRootOfItsSandboxes) {
  ASSERT_EQ(geteuid(), 0U) << "only root can create another user: run this test as root";
  ASSERT_EQ(access("/usr/bin/newuidmap", X_OK), 0) << "install uidmap";
  std::string folder = std::filesystem::temp_directory_path() / "sandbox_subordinates_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  const std::string report = folder + "/report";
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(report.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    dup2(file, 1);
    dup2(file, 2);
    become_user_with_subordinates(12345, folder);
    setenv(expects_root, "1", 1);
    execl("/proc/self/exe", "test_sandbox", "--gtest_filter=Core*:OrdinaryHostile.*:SubordinateUsers.*", nullptr);
    _exit(127);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  std::ifstream file(report);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove_all(folder);
  EXPECT_EQ(status, 0) << text;
}

/// Runs as the user that RootUserWithSubordinates creates; another user has nothing to map.
class SubordinateUsers : public ::testing::Test {
 protected:
  SubordinateUsers() {
    if (const char* file = getenv(mapper_fault)) m_file = file;
  }
  bool exist() const { return !m_file.empty(); }
  void break_mapper(const std::string& commands) const { std::ofstream(m_file) << commands << "\n"; }
  void repair_mapper() const { std::filesystem::remove(m_file); }
  static std::string whose_files(Backend& backend) {
    for (const LimitReport& limit : backend->probe().limits) {
      if (limit.name == "files of root") return limit.how;
    }
    return "";
  }
  static std::optional<Error> start(Backend& backend, std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    SandboxSpec spec = make_spec();
    spec.deadline = deadline;
    try {
      backend->start(spec)->destroy();
    } catch (const Error& error) {
      return error;
    }
    return {};
  }

 private:
  std::string m_file;
};

TEST_F(SubordinateUsers, AFailureConcernsOneSandboxIfItHasWorkedBefore) {
  if (!exist()) return;
  Backend backend({{"pool", 0}});
  ASSERT_EQ(whose_files(backend), "shown as root's");
  break_mapper("echo 'no room for a process' >&2; exit 3");
  const auto failed = start(backend);
  ASSERT_TRUE(failed) << "a sandbox was created without users, unlike the others of the study";
  EXPECT_EQ(failed->what(), std::string("run /usr/bin/newuidmap: it ended with status 3: no room for a process"));
  break_mapper("exec sleep 100");
  const auto late = start(backend, std::chrono::milliseconds(300));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->code(), ErrorCode::timed_out) << late->what();
  repair_mapper();
  EXPECT_FALSE(start(backend));
  EXPECT_EQ(whose_files(backend), "shown as root's");
}

TEST_F(SubordinateUsers, AreNotUsedIfTheFirstCallFails) {
  if (!exist()) return;
  break_mapper("echo 'not allowed' >&2; exit 1");
  Backend backend({{"pool", 0}});
  const std::string whose = whose_files(backend);
  EXPECT_NE(whose.find("run /usr/bin/newuidmap: it ended with status 1: not allowed"), std::string::npos) << whose;
  EXPECT_FALSE(start(backend));
  repair_mapper();
}

TEST(CoreConfiguration, IsCheckedAtConstruction) {
  EXPECT_THROW(Backend({{"network", true}}), ConfigError);
  Backend missing({{"root_file_system", std::string("/nonexistent")}});
  const Capabilities capabilities = missing->probe();
  EXPECT_FALSE(capabilities.usable);
  EXPECT_NE(capabilities.reason.find("/nonexistent"), std::string::npos);
  EXPECT_NE(capabilities.reason.find("tellina sandbox prepare"), std::string::npos) << capabilities.reason;
}

}  // namespace
}  // namespace tellina::test
