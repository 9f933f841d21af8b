/// A server that is killed and started again, with each sandbox: 10 s later, nothing is left.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>

#include "backends.hpp"
#include "support/control_groups.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

/// From the next start on; an orderly stop is included.
constexpr seconds removal_limit(is_sanitized ? 40 : 10);

std::string exec_example(const std::string& file) { return build_folder() + "/share/tellina/exec/" + file; }

/// The sandbox's section of the configuration, without what all have. `homes`: a folder for what it writes.
std::string section_of(const std::string& sandbox, const std::string& homes) {
  const std::string unsafe = R"("i_know_this_is_not_isolated": true, "directory": ")" + homes + "\"";
  const std::map<std::string, std::function<std::string()>> sections = {
      {"process", [&] { return R"("plugin": "process", )" + unsafe; }},
      {"chroot", [] { return std::string(R"("plugin": "chroot")"); }},
      {"docker",
       [&] {
         return R"("plugin": "docker", "socket": ")" + engine().socket() + R"(", "run_folder": ")" + homes + "\"";
       }},
      {"exec_python",
       [] {
         return R"("plugin": "exec", "command": [")" + exec_example("bubblewrap.py") +
                R"("], "settings": {"disk_in_mib": 16})";
       }},
      {"exec_shell", [&] {
         return R"("plugin": "exec", "command": [")" + build_folder() + R"(/libexec/tellina/exec_script", ")" +
                exec_example("plain.sh") + R"("], "settings": {)" + unsafe + "}";
       }}};
  return "\"sandbox\": {" + sections.at(sandbox)() + R"(, "pool": 1}, )";
}

class KillTest : public ServerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void start_server() {
    fs::create_directories(homes());
    StudyConfig config;
    config.more = R"("channel_layer": {"plugin": "ipc", "directory": ")" + (folder() / "meet").string() + "\"}, " +
                  section_of(GetParam(), homes());
    ServerTest::start(config);
  }
  fs::path homes() const { return folder() / "homes"; }
  static bool is_docker() { return std::string(GetParam()) == "docker"; }

  /// The server's processes, and those in its containers.
  std::set<ProcessMark> processes() {
    std::set<ProcessMark> found = descendants(server().process());
    if (is_docker()) found.merge(engine().processes());
    return found;
  }
  static bool is_daemon(const ProcessMark& mark) {
    return read_text("/proc/" + std::to_string(mark.first) + "/cmdline") == std::string(
                                                                                "sleep\0"
                                                                                "98765\0",
                                                                                12);
  }

  /// The control groups of this study's workers.
  Texts control_groups() const {
    std::set<std::string> workers;
    for (const auto& row : database().rows("SELECT id FROM workers")) workers.insert(row.front());
    Texts found;
    for (const std::string& path : control_groups_of(workers)) found.push_back("control group " + path);
    return found;
  }
  /// What a sandbox may leave: mounts and files below this test's folder, control groups, and all of a container.
  Texts others() const {
    Texts found = control_groups();
    std::istringstream mounts(read_text("/proc/self/mounts"));
    for (std::string line; std::getline(mounts, line);) {
      if (line.find(folder().string()) != std::string::npos) found.push_back("mount " + line);
    }
    for (const fs::path& below : {homes(), folder() / "meet"}) {
      std::error_code none;
      for (const auto& entry : fs::recursive_directory_iterator(below, none)) {
        // The run folder of a study stays.
        const bool is_run_folder = is_docker() && entry.path().parent_path().filename() != "sandboxes";
        if (!is_run_folder || entry.path().filename().string().starts_with("terminals-")) {
          found.push_back("file " + entry.path().string());
        }
      }
    }
    if (is_docker()) {
      for (const std::string& left : engine().leftovers()) found.push_back(left);
    }
    return found;
  }
  static Texts describe(const std::set<ProcessMark>& running) {
    Texts found;
    for (const ProcessMark& mark : running) {
      found.push_back("process " + std::to_string(mark.first) + " " +
                      read_text("/proc/" + std::to_string(mark.first) + "/cmdline"));
    }
    return found;
  }
};

TEST_P(KillTest, NothingIsLeft) {
  if (is_docker()) engine();
  start_server();
  TestClient bob = join_task();
  TestClient alice = join_task("alice");
  std::set<ProcessMark> before;
  for (TestClient* const client : {&bob, &alice}) {
    client->run("echo kept > file; mkdir -p closed; chmod 0 closed");
    client->run("setsid sleep 98765 >/dev/null 2>&1 & disown -a");
  }
  const auto has_daemons = [&] {
    before = processes();
    return std::count_if(before.begin(), before.end(), is_daemon) == 2;
  };
  ASSERT_TRUE(bob.wait_until(has_daemons)) << "the participants' processes are not among the server's";
  ASSERT_NE(others(), Texts()) << "what is to be removed does not exist";
  server().kill_all_roles();

  start_server();
  const auto deadline = std::chrono::steady_clock::now() + removal_limit;
  const auto wait_for = [&](const std::function<bool()>& is_so) {
    while (!is_so() && std::chrono::steady_clock::now() < deadline) server().wait(Milliseconds(20));
    return is_so();
  };
  const std::string unswept =
      "SELECT count(*) FROM workers WHERE retired_at IS NOT NULL AND sandboxes_removed_at IS NULL";
  if (!is_docker()) {
    EXPECT_TRUE(wait_for([&] { return still_running(before).empty(); }))
        << ::testing::PrintToString(describe(still_running(before)));
    EXPECT_TRUE(wait_for([&] { return database().value(unswept) == "0"; }));
  } else {
    // The next server adopts the containers.
    for (TestClient* const client : {&bob, &alice}) {
      client->use_port(server().port());
      client->reconnect(removal_limit);
      client->run("cat file");
    }
  }
  // What the next server has adopted or made again ends with it.
  const std::set<ProcessMark> after = processes();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now(), deadline);
  for (const auto& marks : {before, after}) {
    EXPECT_EQ(describe(still_running(marks)), Texts());
  }
  EXPECT_EQ(others(), Texts());
}

INSTANTIATE_TEST_SUITE_P(Sandboxes, KillTest,
                         ::testing::Values("process", "chroot", "docker", "exec_python", "exec_shell"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace tellina::testing
