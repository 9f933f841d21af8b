/// A plugin by an author who has only the installed SDK.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>

#include "consumer_fixture.hpp"
#include "support/test_client.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class NewPlugin : public ConsumerTest {};

TEST_F(NewPlugin, IsBuiltOutsideTheTreeAndRunsAStudy) {
  make_new_plugin("acme_box", "sandbox");
  const CommandResult list = run_well(program(), {"plugins", "list", "--plugin-dir", "acme_box/build"});
  EXPECT_THAT(list.output, HasSubstr("acme_box/build/sandbox_acme_box.so"));
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true, "directory": ")" +
               (folder() / "homes").string() + "\"}");
  pass_a_study((folder() / "acme_box/build").string());
  EXPECT_TRUE(std::filesystem::is_empty(folder() / "homes"));
}

TEST_F(NewPlugin, IsInstalledWithItsProgram) {
  make_new_plugin("acme_box", "sandbox");
  run_well(CMAKE_PROGRAM, {"--install", "acme_box/build", "--prefix", prefix()});
  std::filesystem::remove_all(folder() / "acme_box");
  const std::filesystem::path plugins = prefix() / "lib/tellina/plugins";
  EXPECT_TRUE(std::filesystem::exists(plugins / "acme_box_supervisor"));
  EXPECT_THAT(run_well(program(), {"plugins", "show", "acme_box"}).output,
              HasSubstr((plugins / "sandbox_acme_box.so").string() + "\n\nKEY "));
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true})");
  pass_a_study("");
}

TEST_F(NewPlugin, MarksCommandsWhereverItsTellinaIsInstalled) {
  make_new_plugin("acme_box", "sandbox");
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true, "directory": ")" +
               (folder() / "homes").string() + "\"}");
  ::setenv("TELLINA_PLUGIN_PATH", (folder() / "acme_box/build").c_str(), 1);
  std::filesystem::rename(prefix(), folder() / "moved");
  {
    const ServerProcess server(folder() / "moved/bin/tellina", folder());
    TestClient bob = TestClient::of(server.port(), "bob");
    bob.connect();
    bob.start_task(1);
    bob.expect_prompt();
    bob.run("ls");
    EXPECT_THAT(bob.output(), HasSubstr("\aa\r\n"));
  }
  ::unsetenv("TELLINA_PLUGIN_PATH");
}

TEST_F(NewPlugin, IsFoundInAFolderThatTheConfigurationNames) {
  make_new_plugin("acme_box", "sandbox");
  const auto acme = folder() / "opt/acme";
  std::filesystem::create_directories(acme);
  for (const char* file : {"sandbox_acme_box.so", "acme_box_supervisor"}) {
    std::filesystem::rename(folder() / "acme_box/build" / file, acme / file);
  }
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true}, "plugins": ["opt/acme"])");
  pass_a_study("");
}

TEST_F(NewPlugin, OfEachOtherKindRunsAStudy) {
  const std::string sandbox = R"({"plugin": "process", "i_know_this_is_not_isolated": true, "directory": ")" +
                              (folder() / "homes").string() + "\"}, ";
  make_new_plugin("patient", "ordering_policy");
  write_config(sandbox + R"("ordering": {"plugin": "patient"})");
  pass_a_study((folder() / "patient/build").string());
  std::filesystem::remove(folder() / "db.sqlite3");
  make_new_plugin("acme_bus", "channel_layer");
  write_config(sandbox + R"("channel_layer": {"plugin": "acme_bus", "capacity": 1000})");
  pass_a_study((folder() / "acme_bus/build").string());
}

TEST_F(NewPlugin, LeavesNothingOfAKilledServer) {
  make_new_plugin("acme_box", "sandbox");
  const auto homes = folder() / "homes";
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true, "directory": ")" + homes.string() +
               "\"}");
  ::setenv("TELLINA_PLUGIN_PATH", (folder() / "acme_box/build").c_str(), 1);
  std::set<ProcessMark> processes;
  std::set<std::filesystem::path> left;
  {
    ServerProcess killed(program(), folder());
    TestClient bob = TestClient::of(killed.port(), "bob");
    bob.connect();
    bob.start_task(1);
    bob.expect_prompt();
    bob.run("setsid sleep 98765 >/dev/null 2>&1 & disown -a; mkdir closed; chmod 0 closed");
    const auto has_daemon = [&] {
      processes = descendants(killed.process());
      return std::any_of(processes.begin(), processes.end(), [](const ProcessMark& mark) {
        return read_text("/proc/" + std::to_string(mark.first) + "/cmdline").starts_with("sleep");
      });
    };
    ASSERT_TRUE(bob.wait_until(has_daemon));
    killed.kill();
    for (const auto& home : std::filesystem::directory_iterator(homes)) left.insert(home.path());
    ASSERT_FALSE(left.empty());
  }
  {
    ServerProcess next(program(), folder());
    const auto is_clean = [&] {
      return still_running(processes).empty() &&
             std::none_of(left.begin(), left.end(), [](const auto& home) { return std::filesystem::exists(home); });
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_clean() && std::chrono::steady_clock::now() < deadline) next.wait(std::chrono::milliseconds(20));
    EXPECT_TRUE(is_clean()) << still_running(processes).size() << " processes";
  }
  ::unsetenv("TELLINA_PLUGIN_PATH");
  EXPECT_TRUE(std::filesystem::is_empty(homes));
}

}  // namespace
}  // namespace tellina::testing
