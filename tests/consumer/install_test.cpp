/// The result of `cmake --install`, for a user who has nothing else.

#include <regex>

#include "consumer_fixture.hpp"
#include "support/test_client.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Installed : public ConsumerTest {};

TEST_F(Installed, ListsItsOwnPlugins) {
  const CommandResult list = run_well(program(), {"plugins", "list"});
  EXPECT_EQ(list.errors, "");
  for (const char* file : {"channel_memory", "ordering_strict", "sandbox_chroot", "sandbox_process"}) {
    EXPECT_THAT(list.output, HasSubstr((prefix() / "lib/tellina/plugins" / file).string() + ".so"));
  }
  EXPECT_TRUE(run_well(program(), {"config", "schema"}).output ==
              read_text(prefix() / "share/tellina/config.schema.json"))
      << "the installed schema is not the program's";
}

TEST_F(Installed, ServesAPageAndAStudy) {
  write_config(R"({"plugin": "process", "i_know_this_is_not_isolated": true, "directory": "homes"})");
  pass_a_study("");
  EXPECT_TRUE(fs::is_empty(folder() / "homes"));

  const ServerProcess server(program(), folder());
  const CommandResult page =
      run_well("/usr/bin/env", {"bash", "-c",
                                "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(server.port()) +
                                    "; printf 'GET /static/html/index.html HTTP/1.1\\r\\nHost: "
                                    "127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3"});
  EXPECT_THAT(page.output, ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page.output, HasSubstr("<!DOCTYPE html>"));
}

TEST_F(Installed, NamesTheCommandThatMakesTheRootFileSystem) {
  write_config(R"({"plugin": "chroot"})");
  const CommandResult server = run(program(), {"run", "--port", "0"});
  EXPECT_EQ(server.status, 1);
  EXPECT_THAT(server.errors, HasSubstr("`tellina sandbox prepare --config FILE` creates it"));
  const fs::path share = prefix() / "share/tellina";
  // The script finds its files relative to itself. Without an argument it prints its usage.
  EXPECT_EQ(run(share / "docker_image/make_rootfs", {}).status, 2);
}

TEST_F(Installed, LinksInItsDocumentationLeadToFiles) {
  const fs::path documentation = prefix() / "share/doc/tellina";
  const std::regex link(R"(\]\(([^)\s#]+)[^)\s]*\))");
  const std::regex code("`[^`\n]*`");
  std::size_t links = 0;
  for (const auto& entry : fs::recursive_directory_iterator(documentation)) {
    if (entry.path().extension() != ".md") continue;
    const std::string text = std::regex_replace(read_text(entry.path()), code, "");
    for (std::sregex_iterator found(text.begin(), text.end(), link), end; found != end; ++found) {
      const std::string target = (*found)[1];
      if (target.find(':') != std::string::npos) continue;
      ++links;
      EXPECT_TRUE(fs::exists(entry.path().parent_path() / target)) << entry.path() << " links to " << target;
    }
  }
  EXPECT_GT(links, 30U);
  EXPECT_TRUE(fs::exists(documentation / "plugins/ordering_strict/strict_gate.cpp"));
}

TEST_F(Installed, HasTheVersionOfTheSdk) {
  const auto find = [&](const std::string& version) {
    fs::create_directories(folder() / "find");
    write_text(folder() / "find/CMakeLists.txt",
               "cmake_minimum_required(VERSION 3.25)\nproject(find LANGUAGES CXX)\n"
               "find_package(tellina " +
                   version +
                   " REQUIRED)\n"
                   "foreach(thing tellina::sdk tellina::tellina)\n"
                   "  if(NOT TARGET ${thing})\n    message(FATAL_ERROR ${thing})\n  endif()\n"
                   "endforeach()\n");
    return run(CMAKE_PROGRAM, {"-S", "find", "-B", "find/build", "-D", "CMAKE_PREFIX_PATH=" + prefix().string()});
  };
  const CommandResult good = find("0.1");
  EXPECT_EQ(good.status, 0) << good.errors;
  for (const char* other : {"0.2", "0.0", "1.0"}) EXPECT_NE(find(other).status, 0) << other;
}

}  // namespace
}  // namespace tellina::testing
