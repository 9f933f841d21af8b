/// What the record says about the program, the configuration and the machine.

#include <sys/utsname.h>

#include <csignal>

#include "host/text/sha256.hpp"
#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Environment : public ServerTest {
 protected:
  /// Of the participant's latest task session.
  std::string of_session(const std::string& what, const std::string& access_code = "bob-4711") {
    return database().value(
        "SELECT " + what +
            " FROM results r JOIN environments e ON e.id = r.environment_id JOIN configs c "
            "ON c.id = e.config_id WHERE r.access_code = ?1 ORDER BY r.task_session_id DESC LIMIT 1",
        {access_code});
  }
  std::string count(const std::string& table) { return database().value("SELECT count(*) FROM " + table); }
  /// All content of the tables.
  std::string tables() {
    std::string all;
    for (const char* table : {"environments", "configs", "config_files", "blobs"}) {
      for (const auto& row : database().rows(std::string("SELECT * FROM ") + table)) {
        for (const std::string& cell : row) all += cell + "\n";
      }
    }
    return all;
  }
  static StudyConfig with_secrets() {
    StudyConfig config;
    config.access_codes = {"bob-4711", "alice-4712"};
    config.more = R"("study": {"title": "For bob-4711, not for alice-4712"}, )";
    config.tasks = R"([{"type": "stdout", "description": {"file": "text.md"}, "answer": "hello"},
      {"type": "filesystem", "description": "d", "initial_filesystem": {"$archive": "home.tar"}, "answer": {}}])";
    return config;
  }
  void write_files() {
    write_text(folder() / "text.md", "Print **hello**.");
    std::filesystem::create_directory(folder() / "tree");
    write_text(folder() / "tree/file", "content");
    ASSERT_EQ(
        std::system(
            ("tar -cf " + (folder() / "home.tar").string() + " -C " + (folder() / "tree").string() + " file").c_str()),
        0);
  }
};

TEST_F(Environment, EachTaskSessionPointsToWhatItRanWith) {
  write_files();
  start(with_secrets());
  TestClient client = join_task("bob-4711");
  utsname system{};
  uname(&system);
  EXPECT_THAT(of_session("program_version"), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(of_session("program_commit"), ::testing::MatchesRegex("([0-9a-f]{40}\\+?)?"));
  EXPECT_EQ(of_session("kernel"), std::string(system.sysname) + " " + system.release);
  EXPECT_THAT(of_session("machine"), HasSubstr(system.machine));
  EXPECT_EQ(of_session("json_extract(plugins, '$[2].name') || json_extract(plugins, '$[2].kind')"), "chrootsandbox");
  EXPECT_EQ(of_session("json_extract(plugins, '$[2].file_sha256')"), sha256(read_text(plugin_file("sandbox_chroot"))));
  EXPECT_THAT(of_session("json_extract(plugins, '$[0].abi_tag')"), HasSubstr("/channel_layer-"));
  EXPECT_EQ(of_session("(SELECT count(*) FROM json_each(limits) WHERE json_extract(value, '$.name') = 'memory')"), "1");
  // Absent if an earlier version has made the root file system.
  const std::string digest = read_text(build_folder() + "/share/tellina/rootfs/etc/tellina/root_digest");
  EXPECT_EQ(of_session("root_digest"), digest.substr(0, 64));
  EXPECT_EQ(of_session("source_name"), "config.json");
  EXPECT_THAT(of_session("source_text"), HasSubstr(R"x("access_codes": ["(secret)","(secret)"])x"));
  EXPECT_THAT(of_session("canonical_json"), HasSubstr(R"x("title":"For (secret), not for (secret)")x"));
  EXPECT_EQ(database().rows("SELECT name, sha256 FROM config_files JOIN blobs USING (sha256) ORDER BY name"),
            (std::vector<std::vector<std::string>>{{"home.tar", sha256(read_text(folder() / "home.tar"))},
                                                   {"text.md", sha256("Print **hello**.")}}));
  EXPECT_THAT(tables(), Not(HasSubstr("4711")));
  EXPECT_THAT(tables(), Not(HasSubstr("4712")));
}

TEST_F(Environment, TheDigestOfARootFileSystemIsThatOfItsSortedList) {
  const std::filesystem::path root = folder() / "root";
  std::filesystem::create_directories(root / "etc/tellina");
  std::filesystem::create_directory(root / "a");
  write_text(root / "a/one \\x2d", "1");
  write_text(root / "a-b", "22");
  write_text(root / "etc/tellina/root_digest", "left out");
  write_text(root / "etc/tellina/root_file_system", "left out");
  std::filesystem::create_symlink("../a-b", root / "a/link");
  for (const char* name : {"", "a", "etc", "etc/tellina"}) {
    std::filesystem::permissions(root / name, std::filesystem::perms(0755));
  }
  std::filesystem::permissions(root / "a/one \\x2d", std::filesystem::perms(04755));
  std::filesystem::permissions(root / "a-b", std::filesystem::perms(0640));
  const std::string list =
      "a\td\t755\t0\t-\n"
      "a-b\tf\t640\t2\t" +
      sha256("22") +
      "\n"
      "a/link\tl\t777\t0\t../a-b\n"
      "a/one \\x2d\tf\t4755\t1\t" +
      sha256("1") +
      "\n"
      "etc\td\t755\t0\t-\n"
      "etc/tellina\td\t755\t0\t-\n";
  const std::string command =
      source_folder() + "/docker_image/root_digest " + root.string() + " > " + (folder() / "digest").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_text(folder() / "digest"), sha256(list) + "\n");
}

TEST_F(Environment, AReloadAndAnotherStartAreNewRowsOnlyIfSomethingDiffers) {
  write_files();
  StudyConfig config = with_secrets();
  start(config);
  join_task("bob-4711");
  const std::string first = of_session("e.id");
  config.more += "\"workers\": 3, ";
  configure(config);
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("was reloaded"));
  join_task("alice-4712");
  const std::string second = of_session("e.id", "alice-4712");
  EXPECT_NE(second, first);
  EXPECT_EQ(of_session("e.id"), first);
  EXPECT_THAT(of_session("canonical_json", "alice-4712"), HasSubstr("\"workers\":3"));
  stop();
  start();
  EXPECT_EQ(count("environments"), "2");
  EXPECT_EQ(count("configs"), "2");
}

TEST_F(Environment, SupervisedWorkersKnowIt) {
  StudyConfig config;
  config.more = "\"channel_layer\": {\"plugin\": \"ipc\", \"directory\": \"" + (folder() / "meet").string() + "\"}, ";
  start(config);
  join_task("bob");
  EXPECT_EQ(of_session("json_extract(plugins, '$[0].name')", "bob"), "ipc");
  EXPECT_NE(of_session("json_array_length(limits)", "bob"), "0");
  EXPECT_EQ(count("environments"), "1");
  config.more += "\"study\": {\"title\": \"Another\"}, ";
  configure(config);
  server().signal(SIGHUP);
  ASSERT_TRUE(server_says("was reloaded", 2));
  join_task("alice");
  EXPECT_THAT(of_session("canonical_json", "alice"), HasSubstr("\"title\":\"Another\""));
  EXPECT_EQ(count("environments"), "2");
}

}  // namespace
}  // namespace tellina::testing
