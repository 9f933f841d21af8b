#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "exhaustion_fixture.hpp"
#include "support/places.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr uid_t ordinary_user = 12346;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

void become_ordinary_user() {
  const rlimit files{4096, 4096};
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0 || ::setgroups(0, nullptr) != 0 ||
      ::setresgid(ordinary_user, ordinary_user, ordinary_user) != 0 ||
      ::setresuid(ordinary_user, ordinary_user, ordinary_user) != 0) {
    fail("become an ordinary user: run this test as root");
  }
}

/// A second call does nothing.
void enter_namespace_once(pid_t process, const char* name, int kind) {
  static bool is_there = false;
  if (std::exchange(is_there, true)) return;
  const Descriptor space(::open(("/proc/" + std::to_string(process) + "/ns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!space || ::setns(space.get(), kind) != 0) fail(std::string("enter the namespace ") + name);
}

/// Lowers a kernel limit that applies to every user, but not so far that it affects other programs here. Tests of other
/// builds wait for it.
class SmallerLimit {
 public:
  SmallerLimit(std::string file, std::uint64_t limit)
      : m_file(std::move(file)), m_lock(::open("/tmp/tellina-test-sysctl.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (!m_lock || ::flock(m_lock.get(), LOCK_EX) != 0) fail("lock a setting of the kernel: run this test as root");
    std::ifstream(m_file) >> m_before;
    write(limit);
  }
  SmallerLimit(const SmallerLimit&) = delete;
  SmallerLimit& operator=(const SmallerLimit&) = delete;
  ~SmallerLimit() { std::ofstream(m_file) << m_before; }

 private:
  void write(std::uint64_t value) {
    if (!(std::ofstream(m_file) << value << std::flush)) fail("write " + m_file + ": run this test as root");
  }

  const std::string m_file;
  const Descriptor m_lock;
  std::uint64_t m_before = 0;
};

void take_epoll_watches() {
  static std::vector<int> watched;
  static std::size_t next = 0;
  static int watcher = -1;
  if (watched.empty()) {
    become_ordinary_user();
    for (int i = 0; i < 1000; ++i) watched.push_back(::eventfd(0, EFD_CLOEXEC));
  }
  for (;; ++next) {
    if (next % watched.size() == 0) watcher = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    if (::epoll_ctl(watcher, EPOLL_CTL_ADD, watched[next % watched.size()], &event) == 0) continue;
    if (errno != ENOSPC) fail("epoll_ctl");
    return;
  }
}

/// Uses up the disk that `process` sees, so that no file can be created on it.
void fill_small_disk(pid_t process, const std::filesystem::path& disk) {
  enter_namespace_once(process, "mnt", CLONE_NEWNS);
  while (::open(disk.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) >= 0) continue;
  if (errno != ENOSPC) fail("fill a disk");
}

class KernelExhaustion : public Exhaustion {
 protected:
  /// `prelude`: shell words that run the program and arguments that follow them.
  void start_through(const std::string& prelude, const StudyConfig& config) {
    start_limited("exec " + prelude + " " + program_file() + " \"$@\"", config);
  }
  /// A prelude that mounts a separate disk at the folder `name` of the server.
  static std::string with_small_disk(const std::string& name) {
    return "unshare --mount sh -c 'mkdir -p " + name + " && mount -t tmpfs -o size=1m,nr_inodes=80,mode=0700 tmpfs " +
           name + " && exec \"$@\"' sh";
  }
  void start_late(TestClient& late, const std::string& id) {
    late.start_task(1, id);
    late.expect_prompt();
  }
  void expect_no_sandbox(TestClient& late) {
    late.send_json(R"({"type": "start_task", "task": 1, "id": "refused"})");
    EXPECT_EQ(text_of(late.wait_for_answer("error", "refused"), "code"), "sandbox_unavailable");
  }
};

INSTANTIATE_TEST_SUITE_P(Layers, KernelExhaustion, ::testing::Values("memory", "ipc"),
                         [](const auto& layer) { return std::string(layer.param); });

TEST_P(KernelExhaustion, OfEpollWatches) {
  const SmallerLimit limit("/proc/sys/fs/epoll/max_user_watches", 100000);
  ASSERT_EQ(::chown(folder().c_str(), ordinary_user, ordinary_user), 0) << "run this test as root";
  const std::string user = std::to_string(ordinary_user);
  start_through("setpriv --clear-groups --regid " + user + " --reuid " + user, study(at_work + 1));
  begin_work();
  TestClient late = join(code(at_work));
  {
    const Taker taker(take_epoll_watches);
    work(4);
    EXPECT_ANY_THROW(http_request(server().port(), "GET /healthz HTTP/1.1\r\n", {}, Milliseconds(300)));
    expect_no_sandbox(late);
    work(4);
    if (GetParam() == std::string("ipc")) {
      ::kill(server().role_processes("gateway").front(), SIGKILL);
      EXPECT_TRUE(server_says("it will be restarted in", 3));
    }
  }
  if (GetParam() == std::string("ipc")) {
    for (Typist& typist : typists) typist.client().reconnect(default_limit);
    late.reconnect(default_limit);
  }
  start_late(late, "again");
  late.run("echo I came when there were watches again");
  expect_nothing_lost();
}

TEST_P(KernelExhaustion, OfPseudoTerminals) {
  StudyConfig config = study(at_work + 1);
  config.more += R"("sandbox": {"plugin": "process", "pool": 0, "i_know_this_is_not_isolated": true}, )";
  start_through(
      "unshare --mount sh -c 'mount -t devpts -o newinstance,ptmxmode=0666,max=8 devpts /dev/pts && "
      "mount --bind /dev/pts/ptmx /dev/ptmx && exec \"$@\"' sh",
      config);
  begin_work();
  TestClient late = join(code(at_work));
  {
    const Taker taker([&] {
      enter_namespace_once(server().process(), "mnt", CLONE_NEWNS);
      while (::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0) continue;
      if (errno != ENOSPC) fail("/dev/ptmx");
    });
    expect_no_sandbox(late);
    work(4);
  }
  start_late(late, "again");
  late.run("echo I came when there were terminals again");
  expect_nothing_lost();
}

TEST_P(KernelExhaustion, OfTheDiskForHomes) {
  StudyConfig config = study(at_work + 1);
  config.more += R"("sandbox": {"plugin": "process", "directory": ")" + (folder() / "homes").string() +
                 R"(", "pool": 0, "i_know_this_is_not_isolated": true}, )";
  start_through(with_small_disk("homes"), config);
  begin_work();
  TestClient late = join(code(at_work));
  {
    const Taker taker([&] { fill_small_disk(server().process(), folder() / "homes"); });
    expect_no_sandbox(late);
    work(4);
  }
  start_late(late, "again");
  late.run("echo I came when there was room again");
  expect_nothing_lost();
}

/// With separate processes, so that one can restart while the others work.
class IpcExhaustion : public KernelExhaustion {
 protected:
  void kill_gateway() { ::kill(server().role_processes("gateway").front(), SIGKILL); }
  void reconnect() {
    for (Typist& typist : typists) typist.client().reconnect(default_limit);
  }
};

INSTANTIATE_TEST_SUITE_P(Layers, IpcExhaustion, ::testing::Values("ipc"),
                         [](const auto& layer) { return std::string(layer.param); });

TEST_P(IpcExhaustion, OfInotifyInstances) {
  StudyConfig config = study(at_work + 1);
  config.more += R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true}, )";
  start_through(
      "unshare --user --map-root-user sh -c "
      "'echo 16 > /proc/sys/user/max_inotify_instances && exec \"$@\"' sh",
      config);
  begin_work();
  {
    const Taker taker([&] {
      enter_namespace_once(server().process(), "user", CLONE_NEWUSER);
      while (::inotify_init1(IN_CLOEXEC) >= 0) continue;
      if (errno != EMFILE) fail("inotify_init1");
    });
    work(4);
    kill_gateway();
    reconnect();
    work(4);
    join_task(code(at_work)).run("echo I came although nobody sees changes");
  }
  expect_nothing_lost();
  EXPECT_THAT(server().errors(), HasSubstr("raise fs.inotify.max_user_instances"));
}

TEST_P(IpcExhaustion, OfTheDiskForSockets) {
  start_through(with_small_disk("meet"), study(at_work + 1));
  begin_work();
  {
    const Taker taker([&] { fill_small_disk(server().process(), folder() / "meet"); });
    work(4);
    kill_gateway();
    EXPECT_TRUE(server_says("No space left on device"));
  }
  reconnect();
  work(4);
  join_task(code(at_work)).run("echo I came when there was room again");
  expect_nothing_lost();
}

}  // namespace
}  // namespace tellina::testing
