/// What a killed worker leaves is removed, also if the worker that removes it is killed or fails.

#include <csignal>
#include <filesystem>

#include "server_fixture.hpp"
#include "support/control_groups.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Texts = std::vector<std::string>;

/// From the last death on.
constexpr seconds removal_limit(is_sanitized ? 40 : 10);

class SweepTest : public ServerTest {
 protected:
  SweepTest() { fs::create_directories(faults()); }

  ~SweepTest() override { ::unsetenv("FAULTY_SWEEP"); }

  fs::path faults() const { return folder() / "faults"; }
  void add_fault(const std::string& name) { write_text(faults() / name, ""); }
  bool has_faults() const { return !fs::is_empty(faults()); }

  void configure_layer(const std::string& layer, const std::string& sandbox) {
    StudyConfig config;
    config.access_codes = m_codes;
    config.more = R"("sandbox": )" + sandbox + R"(, "workers": 2, )";
    if (layer == "ipc") {
      config.more += R"("channel_layer": {"plugin": "ipc", "directory": ")" + (folder() / "meet").string() + "\"}, ";
    }
    configure(config);
  }
  std::string faulty() const { return faulty(faults()); }
  static std::string faulty(const fs::path& folder) {
    return R"({"plugin": "faulty_sweep", "pool": 0, "faults": ")" + folder.string() + "\"}";
  }
  void start_with_plugin() { start({"--plugin-dir", SWEEP_PLUGIN_FOLDER}); }
  void start_faulty(const std::string& layer) {
    configure_layer(layer, faulty());
    start_with_plugin();
  }
  std::vector<TestClient> join_all() {
    std::vector<TestClient> clients;
    for (const std::string& code : m_codes) clients.push_back(join_task(code));
    return clients;
  }

  /// The control groups of this study's sandboxes, of workers that are retired or of all.
  Texts groups(bool only_retired) const {
    std::set<std::string> workers;
    const std::string condition = only_retired ? " WHERE retired_at IS NOT NULL" : "";
    for (const auto& row : database().rows("SELECT id FROM workers" + condition)) workers.insert(row.front());
    return control_groups_of(workers);
  }
  std::string unswept() const {
    return database().value(
        "SELECT count(*) FROM workers WHERE retired_at IS NOT NULL AND sandboxes_removed_at IS NULL");
  }
  /// Waits until nothing is left of dead workers.
  void expect_swept() {
    const auto deadline = std::chrono::steady_clock::now() + removal_limit;
    while ((has_faults() || unswept() != "0" || !groups(true).empty()) && std::chrono::steady_clock::now() < deadline) {
      server().wait(Milliseconds(20));
    }
    EXPECT_FALSE(has_faults()) << "too few sweeps";
    EXPECT_EQ(unswept(), "0");
    EXPECT_EQ(groups(true), Texts());
  }
  void kill_workers() {
    for (const pid_t worker : server().role_processes("worker")) ::kill(worker, SIGKILL);
  }
  /// Kills all processes of the server.
  void kill_server() {
    std::vector<pid_t> processes = server().role_processes("worker");
    for (const pid_t gateway : server().role_processes("gateway")) processes.push_back(gateway);
    for (const pid_t process : processes) ::kill(process, SIGKILL);
    server().kill();
  }

 private:
  const Texts m_codes{"bob", "alice", "carol"};
};

TEST_F(SweepTest, ASweeperThatIsKilledIsFollowedByAnother) {
  start_faulty("ipc");
  std::vector<TestClient> clients = join_all();
  const bool has_groups = !groups(false).empty();
  EXPECT_EQ(has_groups, ::geteuid() == 0);
  add_fault("1-dies");
  add_fault("2-dies-late");
  add_fault("3-dies");
  add_fault("4-throws");
  kill_workers();
  expect_swept();
  EXPECT_TRUE(server_says("cannot remove the sandboxes of dead worker"));
  for (TestClient& client : clients) {
    client.reconnect(removal_limit);
    client.run("echo still here");
  }
  stop();
  EXPECT_EQ(groups(false), Texts());
}

TEST_F(SweepTest, AServerThatIsKilledWhileItSweepsIsFollowedByTheNext) {
  start_faulty("memory");
  join_all();
  kill_server();
  const bool has_groups = !groups(false).empty();
  EXPECT_EQ(has_groups, ::geteuid() == 0);
  for (const char* fault : {"1-dies", "2-dies"}) {
    add_fault(fault);
    EXPECT_THROW(start_with_plugin(), std::runtime_error) << "it was not killed while it swept";
  }
  EXPECT_EQ(groups(false).empty(), !has_groups);
  start_with_plugin();
  expect_swept();
  stop();
  EXPECT_EQ(groups(false), Texts());
}

TEST_F(SweepTest, ABackendThatIsNoLongerConfiguredIsSweptToo) {
  start_faulty("ipc");
  join_all();
  kill_server();
  configure_layer("ipc", R"({"plugin": "chroot"})");
  start();
  EXPECT_TRUE(
      server_says("cannot remove the sandboxes of \"faulty_sweep\", which is no longer configured; the next "
                  "start of the server tries again: "));
  EXPECT_NE(unswept(), "0");
  stop();
  add_fault("1-throws");
  start_with_plugin();
  EXPECT_TRUE(server_says("a fault of the test"));
  EXPECT_TRUE(server_says("of \"faulty_sweep\", which is no longer configured"));
  expect_swept();
  stop();
}

TEST_F(SweepTest, ABackendWithOtherSettingsThanBeforeIsSweptWithThose) {
  start_faulty("ipc");
  join_all();
  kill_server();
  add_fault("1-throws");
  const fs::path elsewhere = folder() / "elsewhere";
  fs::create_directories(elsewhere);
  configure_layer("ipc", faulty(elsewhere));
  start_with_plugin();
  EXPECT_TRUE(server_says("a fault of the test")) << "the former settings name another folder";
  EXPECT_TRUE(server_says("of \"faulty_sweep\" with settings that are no longer configured"));
  expect_swept();
  stop();
}

TEST_F(SweepTest, AFormerBackendThatCannotBeOpenedTakesNothingDown) {
  start_faulty("ipc");
  join_all();
  kill_server();
  configure_layer("ipc", R"({"plugin": "chroot"})");
  for (const std::string fault : {"aborts", "hangs"}) {
    ::setenv("FAULTY_SWEEP", fault.c_str(), 1);
    start_with_plugin();
    const std::vector<pid_t> workers = server().role_processes("worker");
    EXPECT_TRUE(
        server_says("cannot remove the sandboxes of \"faulty_sweep\", which is no longer configured; the next "
                    "start of the server tries again: "));
    EXPECT_TRUE(server_says(fault == "aborts" ? "kills its process with signal 6" : "does not return within 5 s"));
    join_task("bob").run("echo the study continues");
    EXPECT_EQ(server().role_processes("worker"), workers);
    stop();
  }
  ::unsetenv("FAULTY_SWEEP");
  start_with_plugin();
  expect_swept();
  stop();
}

}  // namespace
}  // namespace tellina::testing
