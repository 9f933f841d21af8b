/// Messages and behaviour when the engine has a fault.

#include <fcntl.h>
#include <grp.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>

#include "docker_variant.hpp"
#include "fake_engine.hpp"

namespace tellina::test {
namespace {

using Settings = std::map<std::string, Setting>;

std::string probe(const Settings& settings) {
  const Capabilities capabilities = Backend(settings)->probe();
  EXPECT_FALSE(capabilities.usable);
  return capabilities.reason;
}

/// The error of a start, which must leave nothing behind.
Error fail_to_start(const Settings& settings, std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
  SandboxSpec spec = make_spec();
  spec.deadline = deadline;
  try {
    Backend(settings)->start(spec);
  } catch (const Error& error) {
    EXPECT_EQ(variant::leftovers_of(spec.owner), std::vector<std::string>());
    return error;
  }
  ADD_FAILURE() << "it started";
  return Error(ErrorCode::internal, "it started");
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(DockerSettings, RefuseImpossibleValues) {
  EXPECT_THROW(Backend({{"network", true}}), ConfigError);
  for (const char* address : {"tcp://127.0.0.1:2375", "ssh://host", "unix://relative", "npipe:////./pipe/docker"}) {
    try {
      Backend({{"socket", std::string(address)}});
      ADD_FAILURE() << address;
    } catch (const ConfigError& error) {
      EXPECT_TRUE(contains(error.what(), "sandbox.socket: expected a path or unix://PATH, got \"")) << error.what();
    }
  }
  setenv("DOCKER_HOST", "tcp://10.0.0.1:2376", 1);
  Settings settings = variant::settings();
  EXPECT_NO_THROW(Backend{settings}) << "with a socket in the section, DOCKER_HOST does not matter";
  unsetenv("DOCKER_HOST");
}

TEST(DockerFault, NoEngine) {
  const Settings settings = {{"socket", std::string("/nonexistent/docker.sock")}};
  const std::string reason = probe(settings);
  EXPECT_TRUE(contains(reason, "Docker engine at /nonexistent/docker.sock: No such file or directory")) << reason;
  EXPECT_TRUE(contains(reason, "systemctl start docker")) << reason;
  const Error error = fail_to_start(settings);
  EXPECT_EQ(error.code(), ErrorCode::unavailable) << error.what();
  EXPECT_TRUE(contains(error.hint(), "systemctl start docker")) << error.hint();
  EXPECT_THROW(Backend(settings)->sweep("owner", {}), Error);
}

TEST(DockerFault, StaleSocket) {
  const std::string path = engine().folder() + "/stale.sock";
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(socket);
  const Error error = fail_to_start({{"socket", path}});
  EXPECT_EQ(error.code(), ErrorCode::unavailable) << error.what();
  EXPECT_TRUE(contains(error.what(), "Connection refused")) << error.what();
}

TEST(DockerFault, NoPermission) {
  const std::string socket = engine().socket();
  chmod(engine().folder().c_str(), 0711);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setgroups(0, nullptr) != 0 || setresgid(12345, 12345, 12345) != 0 || setresuid(12345, 12345, 12345) != 0) {
      _exit(1);
    }
    const std::string reason = probe({{"socket", socket}, {"run_folder", std::string("/tmp/tellina-12345-test")}});
    [[maybe_unused]] const ssize_t written = write(ends[1], reason.data(), reason.size());
    _exit(0);
  }
  close(ends[1]);
  std::string reason(4096, '\0');
  reason.resize(static_cast<std::size_t>(std::max<ssize_t>(read(ends[0], reason.data(), reason.size()), 0)));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(contains(reason, "Permission denied")) << reason;
  EXPECT_TRUE(contains(reason, "usermod -aG docker")) << reason;
}

TEST(DockerFault, RunFolderThatOthersCanWrite) {
  const std::string study = engine().folder() + "/others";
  for (const mode_t mode : {0777, 0720, 0702}) {
    const std::string folder = study + "/" + std::to_string(mode);
    ASSERT_TRUE(std::filesystem::create_directories(folder));
    ASSERT_EQ(chmod(folder.c_str(), mode), 0);
    const Error error = fail_to_start({{"run_folder", folder}});
    EXPECT_EQ(error.code(), ErrorCode::permission_denied) << error.what();
    EXPECT_TRUE(contains(error.what(), folder + ": expected a folder that only user 0 can write")) << error.what();
    EXPECT_TRUE(std::filesystem::is_empty(folder)) << "the plugin created something in the folder";
  }
  const std::string link = study + "/link";
  std::filesystem::create_directory_symlink("/tmp", link);
  EXPECT_EQ(fail_to_start({{"run_folder", link}}).code(), ErrorCode::permission_denied);
  std::filesystem::remove_all(study);
}

TEST(DockerFault, NoImage) {
  const Settings settings = {{"image", std::string("nowhere:latest")}};
  const std::string reason = probe(settings);
  EXPECT_TRUE(contains(reason, "No such image: nowhere:latest")) << reason;
  EXPECT_TRUE(contains(reason, "make image")) << reason;
  const Error error = fail_to_start(settings);
  EXPECT_EQ(error.code(), ErrorCode::not_found) << error.what();
}

TEST(DockerFault, OldEngine) {
  const FakeEngine engine([](const std::string&) { return FakeEngine::reply(200, R"({"ApiVersion": "1.24"})"); });
  const Settings settings = {{"socket", engine.socket()}};
  const std::string reason = probe(settings);
  EXPECT_TRUE(contains(reason, "expected version 1.40 or newer of its API, got \"1.24\"")) << reason;
  EXPECT_TRUE(contains(reason, "Docker 19.03")) << reason;
  EXPECT_EQ(fail_to_start(settings).code(), ErrorCode::incompatible);
}

TEST(DockerFault, SomethingElseListens) {
  const FakeEngine engine([](const std::string&) { return std::string("220 smtp ready\r\n"); });
  EXPECT_EQ(fail_to_start({{"socket", engine.socket()}}).code(), ErrorCode::incompatible);
}

TEST(DockerFault, DiskFull) {
  const FakeEngine engine([](const std::string& request) {
    if (contains(request, "/version")) return FakeEngine::reply(200, R"({"ApiVersion": "1.41"})");
    if (contains(request, "DELETE")) return FakeEngine::reply(404, "no such container\n");
    return FakeEngine::reply(500, R"({"message": "mkdir /var/lib/docker/x: no space left on device"})");
  });
  const Error error = fail_to_start({{"socket", engine.socket()}});
  EXPECT_EQ(error.code(), ErrorCode::unavailable) << error.what();
  EXPECT_TRUE(contains(error.what(), "no space left on device")) << error.what();
  EXPECT_TRUE(contains(error.hint(), "docker system df")) << error.hint();
}

/// An engine that creates each container, says that it could not, and refuses the first removals.
class StubbornEngine {
 public:
  explicit StubbornEngine(int refusals) : m_refusals(refusals) {}
  const std::string& socket() const { return m_engine.socket(); }
  std::size_t containers() {
    const std::lock_guard lock(m_mutex);
    return m_names.size();
  }
  int lists() {
    const std::lock_guard lock(m_mutex);
    return m_lists;
  }
  void refuse_no_more() {
    const std::lock_guard lock(m_mutex);
    m_refusals = 0;
  }

 private:
  std::string answer(const std::string& request) {
    const std::lock_guard lock(m_mutex);
    if (contains(request, "/version")) return FakeEngine::reply(200, R"({"ApiVersion": "1.41"})");
    if (contains(request, "/info")) return FakeEngine::reply(200, "{}");
    if (contains(request, "/containers/json")) {
      ++m_lists;
      std::string list;
      for (const std::string& name : m_names) {
        list += (list.empty() ? "" : ",") + (R"({"Names": ["/)" + name + R"("], "Labels": {}})");
      }
      return FakeEngine::reply(200, "[" + list + "]");
    }
    const std::string creation = "/containers/create?name=";
    if (const std::size_t at = request.find(creation); at != std::string::npos) {
      const std::size_t begin = at + creation.size();
      m_names.insert(request.substr(begin, request.find(' ', begin) - begin));
      return FakeEngine::reply(500, R"({"message": "context deadline exceeded"})");
    }
    const auto named =
        std::find_if(m_names.begin(), m_names.end(), [&](const std::string& name) { return contains(request, name); });
    if (!request.starts_with("DELETE") || named == m_names.end()) return FakeEngine::reply(404, "{}");
    if (m_refusals > 0) {
      --m_refusals;
      return FakeEngine::reply(500, R"({"message": "device or resource busy"})");
    }
    m_names.erase(named);
    return FakeEngine::reply(204, "");
  }

  std::mutex m_mutex;
  std::set<std::string> m_names;
  int m_refusals;
  int m_lists = 0;
  FakeEngine m_engine{[this](const std::string& request) { return answer(request); }};  // last: it uses the others
};

TEST(DockerFault, ARemovalThatFailsIsRepeatedUntilItSucceeds) {
  StubbornEngine stubborn(5);
  Backend backend({{"socket", stubborn.socket()}});
  EXPECT_THROW(backend->start(make_spec()), Error);
  ASSERT_GT(stubborn.containers(), 0U);
  EXPECT_TRUE(eventually([&] { return stubborn.containers() == 0; }, "the containers are removed"));
  ASSERT_EQ(backend.log().warnings().size(), 1U);
  EXPECT_TRUE(contains(backend.log().warnings()[0], "retrying: remove the container tellina-"));
  EXPECT_TRUE(contains(backend.log().warnings()[0], "device or resource busy"));
  EXPECT_LE(stubborn.lists(), 6) << "it asks without a pause";
}

TEST(DockerFault, AnEndingBackendTriesOnceMore) {
  StubbornEngine stubborn(1000);
  {
    Backend backend({{"socket", stubborn.socket()}});
    EXPECT_THROW(backend->start(make_spec()), Error);
    EXPECT_GT(stubborn.containers(), 0U);
    stubborn.refuse_no_more();
  }
  EXPECT_EQ(stubborn.containers(), 0U);
}

TEST(DockerFault, AContainerThatIsMadeAfterItsRemovalIsRemoved) {
  std::mutex mutex;
  std::string name;
  bool is_made = false;
  int removals = 0;
  const FakeEngine late([&](const std::string& request) {
    const std::lock_guard lock(mutex);
    if (contains(request, "/version")) return FakeEngine::reply(200, R"({"ApiVersion": "1.41"})");
    if (contains(request, "/info")) return FakeEngine::reply(200, "{}");
    if (contains(request, "/containers/json")) {
      return FakeEngine::reply(200, is_made ? R"([{"Names": ["/)" + name + R"("], "Labels": {}}])" : "[]");
    }
    const std::string creation = "/containers/create?name=";
    if (const std::size_t at = request.find(creation); at != std::string::npos) {
      const std::size_t begin = at + creation.size();
      name = request.substr(begin, request.find(' ', begin) - begin);
      return std::string();  // it is still being made when the deadline passes
    }
    if (!request.starts_with("DELETE") || name.empty() || !contains(request, name)) {
      return FakeEngine::reply(404, "{}");
    }
    ++removals;
    is_made = !is_made;  // it is made as soon as the first removal has not found it
    return is_made ? FakeEngine::reply(404, R"({"message": "No such container"})") : FakeEngine::reply(204, "");
  });
  Backend backend({{"socket", late.socket()}});
  SandboxSpec spec = make_spec();
  spec.deadline = std::chrono::seconds(1);
  try {
    backend->start(spec);
    ADD_FAILURE() << "it started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::timed_out) << error.what();
  }
  {
    const std::lock_guard lock(mutex);
    ASSERT_GE(removals, 1) << "the engine was not asked to remove it";
  }
  EXPECT_TRUE(eventually(
      [&] {
        const std::lock_guard lock(mutex);
        return removals == 2 && !is_made;
      },
      "the container is removed"));
  EXPECT_EQ(backend.log().warnings(), std::vector<std::string>());
}

/// An engine, such as one in a user namespace, that cannot run containers of users with such high numbers.
TEST(DockerFault, EngineThatRefusesUsersOfTheirOwn) {
  std::mutex mutex;
  int refusals = 0;
  const FakeEngine picky(
      [&](const std::string& request) {
        if (contains(request, "/containers/create") && contains(request, R"("User":"18)")) {
          const std::lock_guard lock(mutex);
          ++refusals;
          return FakeEngine::reply(500, R"({"message": "setgroups: invalid argument"})");
        }
        return FakeEngine::forward(engine().socket(), request);
      },
      FakeEngine::Part::all);
  {
    Backend backend({{"socket", picky.socket()}});
    const Capabilities capabilities = backend->probe();
    EXPECT_TRUE(capabilities.usable) << capabilities.reason;
    bool is_reported = false;
    for (const LimitReport& limit : capabilities.limits) {
      if (limit.name != "kernel limits per user") continue;
      is_reported = true;
      EXPECT_FALSE(limit.enforced) << limit.how;
      EXPECT_TRUE(contains(limit.how, "the engine has no other numbers")) << limit.how;
    }
    EXPECT_TRUE(is_reported);
    const int until_then = refusals;
    EXPECT_GT(until_then, 0);
    const std::unique_ptr<Sandbox> sandbox = backend->start(make_spec());
    Shell shell(*sandbox);
    EXPECT_TRUE(shell.prompt());
    EXPECT_EQ(shell.run("id -u; id -un").output, "1000\nme\n");
    sandbox->destroy();
    EXPECT_EQ(refusals, until_then) << "it tries again what this engine has refused";
  }
  EXPECT_EQ(variant::leftovers(), std::vector<std::string>());
}

TEST(DockerFault, EngineThatNeverAnswers) {
  const FakeEngine engine([](const std::string&) { return std::string(); });
  const Settings settings = {{"socket", engine.socket()}};
  const auto began = std::chrono::steady_clock::now();
  const std::string reason = probe(settings);
  EXPECT_TRUE(contains(reason, "no answer in time")) << reason;
  EXPECT_TRUE(contains(reason, "systemctl restart docker")) << reason;
  EXPECT_EQ(fail_to_start(settings, std::chrono::seconds(1)).code(), ErrorCode::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));
}

class DockerEngineFault : public ::testing::Test {
 protected:
  void SetUp() override {
    m_sandbox = m_backend->start(m_spec);
    m_shell = std::make_unique<Shell>(*m_sandbox);
    ASSERT_TRUE(m_shell->prompt());
  }

  Backend m_backend;
  SandboxSpec m_spec = make_spec();
  std::unique_ptr<Sandbox> m_sandbox;
  std::unique_ptr<Shell> m_shell;
};

TEST_F(DockerEngineFault, WorkContinuesWhileTheEngineHangs) {
  engine().freeze();
  EXPECT_EQ(m_shell->run("echo on > file; cat file").output, "on\n");
  EXPECT_EQ(m_sandbox->snapshot(SnapshotRequest()).root.children.at("file").content, "on\n");
  m_shell->type("exit\n");
  ASSERT_TRUE(becomes_readable(m_sandbox->ended_descriptor()));
  m_sandbox->restart_shell(TerminalSize());
  ASSERT_TRUE(m_shell->prompt());
  EXPECT_EQ(fail_to_start({}, std::chrono::seconds(1)).code(), ErrorCode::timed_out);

  const Processes processes = engine().processes();
  m_sandbox->destroy();
  EXPECT_EQ(m_backend.log().warnings().size(), 1U);
  EXPECT_TRUE(eventually([&] { return engine().processes().empty(); }, "its processes end without the engine"));
  engine().thaw();
  EXPECT_TRUE(eventually([&] { return variant::leftovers().empty(); },
                         "what could not be removed and what the engine made late is removed"));
  EXPECT_EQ(m_backend.log().warnings().size(), 1U);
}

TEST_F(DockerEngineFault, RemovesWhatAKilledEngineBringsBack) {
  std::vector<std::unique_ptr<Sandbox>> others;
  for (int i = 0; i < 3; ++i) others.push_back(m_backend->start(make_spec()));
  engine().kill();
  others[0]->destroy();
  others[1]->destroy();
  EXPECT_EQ(m_backend.log().warnings().size(), 1U) << "one for each outage";
  engine().start();
  // It has ended those that still ran, and shows all four as dead.
  for (Sandbox* const sandbox : {others[2].get(), m_sandbox.get()}) {
    ASSERT_TRUE(becomes_readable(sandbox->ended_descriptor()));
    sandbox->destroy();
  }
  EXPECT_TRUE(eventually([&] { return variant::leftovers().empty(); }, "everything is removed without a sweep"));
}

TEST_F(DockerEngineFault, AnEndedBackendsContainersAreSweptOnceTheEngineIsBack) {
  {
    Backend ended;
    const std::unique_ptr<Sandbox> sandbox = ended->start(make_spec());
    engine().kill();
    sandbox->destroy();
  }
  engine().start();
  EXPECT_EQ(m_backend->sweep("nobody", {}), 1U);
  m_sandbox->destroy();
  EXPECT_EQ(variant::leftovers(), std::vector<std::string>());
}

TEST_F(DockerEngineFault, RestartEndsSandboxesAndNewOnesStart) {
  engine().stop();
  ASSERT_TRUE(becomes_readable(m_sandbox->ended_descriptor()));
  ASSERT_TRUE(m_sandbox->ended());
  EXPECT_EQ(fail_to_start({}).code(), ErrorCode::unavailable);
  engine().start();
  try {
    m_sandbox->restart_shell(TerminalSize());
    ADD_FAILURE() << "it restarted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::gone) << error.what();
  }
  m_sandbox->destroy();
  EXPECT_EQ(variant::leftovers(), std::vector<std::string>());
  SetUp();
  EXPECT_EQ(m_shell->run("echo again").output, "again\n");
  m_sandbox->destroy();
  EXPECT_EQ(variant::leftovers(), std::vector<std::string>());
  EXPECT_EQ(m_backend.log().warnings(), std::vector<std::string>());
}

TEST_F(DockerEngineFault, WorkContinuesAfterTheEnginesDeath) {
  engine().kill();
  EXPECT_EQ(m_shell->run("echo on > file; cat file").output, "on\n");
  EXPECT_EQ(m_sandbox->snapshot(SnapshotRequest()).root.children.at("file").content, "on\n");
  engine().start();
  m_sandbox->destroy();
  EXPECT_EQ(variant::leftovers(), std::vector<std::string>());
  SetUp();
  m_sandbox->destroy();
}

/// A killed engine that comes back without knowing its containers, although they run.
class DockerEngineThatForgot : public DockerEngineFault {
 protected:
  static void let_it_forget() {
    engine().kill();
    engine().forget_containers();
    engine().start();
    ASSERT_EQ(engine().run("ps --all --quiet"), "");
    ASSERT_FALSE(engine().processes().empty()) << "the engine has ended them";
  }
  /// The engine never unmounts the file systems of what it has forgotten.
  void TearDown() override {
    for (const std::string& left : variant::leftovers()) {
      if (left.starts_with(mount)) umount2(left.substr(mount.size()).c_str(), MNT_DETACH);
    }
  }
  /// The folder of the sandboxes' folders.
  std::filesystem::path sandboxes() const {
    return std::filesystem::path(variant::leftovers_of(m_spec.owner).at(0)).parent_path();
  }
  /// The container of an owner's only sandbox, as the engine names it.
  static std::string container_of(const OwnerId& owner) {
    const std::string folder = std::filesystem::path(variant::leftovers_of(owner).at(0)).filename();
    return without_end_of_line(
        engine().run("inspect --format '{{.Id}}' tellina-" + folder.substr(0, folder.find('.'))));
  }
  static std::string without_end_of_line(const std::string& text) { return text.substr(0, text.find('\n')); }
  /// Of a container; also empty ones.
  static std::vector<std::string> control_groups(const std::string& container) {
    std::vector<std::string> found;
    for (const auto& hierarchy : std::filesystem::directory_iterator("/sys/fs/cgroup")) {
      const std::filesystem::path group = hierarchy.path() / engine().cgroup_parent() / container;
      if (std::filesystem::exists(group)) found.push_back(group);
    }
    return found;
  }
  static void expect_nothing_left(const std::string& container) {
    EXPECT_TRUE(eventually([] { return engine().processes().empty(); }, "its processes have ended"));
    EXPECT_EQ(control_groups(container), std::vector<std::string>());
    for (const std::string& left : variant::leftovers()) EXPECT_TRUE(left.starts_with(mount)) << left;
  }

 private:
  static inline const std::string mount = "mount ";
};

TEST_F(DockerEngineThatForgot, NothingIsLeftOfASandboxThatEnds) {
  const std::string container = container_of(m_spec.owner);
  let_it_forget();
  ASSERT_FALSE(control_groups(container).empty());
  EXPECT_EQ(m_shell->run("echo on").output, "on\n");
  m_sandbox->destroy();
  expect_nothing_left(container);
}

TEST_F(DockerEngineThatForgot, ASweepEndsTheSandboxesOfADeadWorker) {
  m_sandbox->destroy();
  HostProcess host;
  const std::string container = container_of(host.owner());
  host.kill();
  let_it_forget();
  ASSERT_FALSE(control_groups(container).empty());
  m_backend->sweep(host.owner(), {});
  // A prewarmed sandbox may have ended itself, because its server was killed while it started.
  expect_nothing_left(container);
}

TEST_F(DockerEngineThatForgot, ASweepEndsAContainerThatWasNeverStarted) {
  const std::string folder = sandboxes() / "0123456789abcdef.holder..";
  m_sandbox->destroy();
  // As what waits for the engine's order to become init, its process cannot end itself.
  ASSERT_TRUE(std::filesystem::create_directory(folder));
  const std::string container = without_end_of_line(
      engine().run("run --detach --network none --volume " + folder + ":/run/tellina tellina /bin/sleep 1000"));
  let_it_forget();
  ASSERT_FALSE(control_groups(container).empty());
  std::filesystem::remove(folder);
  m_backend->sweep("nobody", {});
  expect_nothing_left(container);
}

TEST_F(DockerEngineThatForgot, InitEndsItselfOnceItsFolderIsGone) {
  const std::filesystem::path folders = sandboxes();
  m_sandbox->destroy();
  HostProcess host;
  host.kill();
  let_it_forget();
  // So does a user who may not see the container's processes.
  std::filesystem::remove_all(folders);
  EXPECT_TRUE(eventually([] { return engine().processes().empty(); }, "its processes have ended"));
}

TEST_F(DockerEngineFault, PoolSurvivesARestart) {
  Backend pooled({{"pool", std::int64_t{1}}});
  pooled->start(make_spec())->destroy();
  eventually([] { return variant::leftovers_of("").size() == 1; }, "one waits ready");
  engine().stop();
  engine().start();
  const std::unique_ptr<Sandbox> sandbox = pooled->start(make_spec());
  Shell shell(*sandbox);
  EXPECT_TRUE(shell.prompt());
  sandbox->destroy();
  m_sandbox->destroy();
}

}  // namespace
}  // namespace tellina::test
