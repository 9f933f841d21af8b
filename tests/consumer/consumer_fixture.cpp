#include "consumer_fixture.hpp"

#include <cstdlib>

#include "support/test_client.hpp"

namespace tellina::testing {

using ::testing::HasSubstr;

void ConsumerTest::SetUp() {
  // Allows the compiler cache to find objects that an earlier run compiled in another folder.
  ::setenv("CMAKE_CXX_COMPILER_LAUNCHER", COMPILER_LAUNCHER, 1);
  ::setenv("CCACHE_BASEDIR", folder().c_str(), 1);
  ::setenv("CCACHE_NOHASHDIR", "1", 1);
  run_well(CMAKE_PROGRAM, {"--install", BUILD_FOLDER, "--prefix", folder() / "elsewhere"});
  // Moves the installation, because nothing may depend on the path to which it was installed.
  std::filesystem::rename(folder() / "elsewhere", prefix());
}

CommandResult ConsumerTest::run(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  ChildProcess child(program, arguments, folder(), "run" + std::to_string(++m_runs));
  CommandResult result;
  result.status = child.wait(std::chrono::minutes(5)).value_or(-1);
  result.output = child.output();
  result.errors = child.errors();
  return result;
}

CommandResult ConsumerTest::run_well(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  CommandResult result = run(program, arguments);
  EXPECT_EQ(result.status, 0) << program << " " << ::testing::PrintToString(arguments) << "\n"
                              << result.output << result.errors;
  return result;
}

void ConsumerTest::write_config(const std::string& sandbox) {
  write_text(folder() / "config.json",
             R"({"sandbox": )" + sandbox + R"(, "access_codes": ["bob"], "task_duration_in_seconds": 60,
                 "tasks": [{"type": "filesystem", "description": "make a file named b",
                            "initial_filesystem": {"a": "x"}, "answer": {"a": null, "b": null}}]})");
}

void ConsumerTest::pass_a_study(const std::string& plugin_folder) {
  if (!plugin_folder.empty()) ::setenv("TELLINA_PLUGIN_PATH", plugin_folder.c_str(), 1);
  const ServerProcess server(program(), folder());
  ::unsetenv("TELLINA_PLUGIN_PATH");
  TestClient bob = TestClient::of(server.port(), "bob");
  bob.connect();
  bob.start_task(1);
  bob.expect_prompt();
  bob.run("ls");
  bob.type("touch b\r");
  bob.wait_for("state", [](const auto& message) {
    return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"passed"})";
  });
  EXPECT_THAT(bob.output(), HasSubstr("\aa\r\n"));
}

void ConsumerTest::build(const std::string& project) {
  std::vector<std::string> configure{
      "-S", project, "-B", project + "/build", "-D", "CMAKE_PREFIX_PATH=" + prefix().string()};
  // A plugin must be built with the sanitizers of the program, or the program refuses it.
  const std::string sanitizers = SANITIZERS;
  if (!sanitizers.empty()) configure.push_back("-DCMAKE_CXX_FLAGS=-fsanitize=" + sanitizers);
  run_well(CMAKE_PROGRAM, configure);
  run_well(CMAKE_PROGRAM, {"--build", project + "/build"});
}

void ConsumerTest::make_new_plugin(const std::string& name, const std::string& kind) {
  run_well(program(), {"plugins", "new", name, "--kind", kind});
  build(name);
}

}  // namespace tellina::testing
