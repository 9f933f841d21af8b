#include <fstream>

#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

class TextTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder.file(name)) << text; }

  static std::string config(const std::string& description) {
    return R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
{"type": "stdout", "answer": "a", "description": )" +
           description + "}]}";
  }
  HostConfig load(const std::string& description) const {
    return parse_host_config(config(description), folder.file("config.json"), FakePlugins());
  }
  /// Without the folder.
  std::string error(const std::string& description, const std::string& file = "config.json") const {
    std::string message = error_of(config(description), FakePlugins(), folder.file(file));
    const std::string start = folder.file("");
    for (std::size_t at = message.find(start); at != std::string::npos; at = message.find(start)) {
      message.erase(at, start.size());
    }
    return message;
  }

  TemporaryFolder folder;
};

TEST_F(TextTest, AStringIsTheTextAndAFileHasTheText) {
  write("larger.md", "# Larger\n\nPrint *all* of it \xC3\xA9.\n");
  std::filesystem::create_directory(folder.file("texts"));
  write("texts/a.md", "below");
  EXPECT_EQ(load(R"("Print it.")").study->tasks[0].description, "Print it.");
  EXPECT_EQ(load(R"({"file": "larger.md"})").study->tasks[0].description, "# Larger\n\nPrint *all* of it \xC3\xA9.\n");
  EXPECT_EQ(load(R"({"file": "texts/../texts/a.md"})").study->tasks[0].description, "below");
}

TEST_F(TextTest, AChangedFileIsAnotherTask) {
  write("a.md", "one");
  const std::string one = load(R"({"file": "a.md"})").study->tasks[0].definition_hash;
  EXPECT_EQ(load(R"({"file": "a.md"})").study->tasks[0].definition_hash, one);
  write("a.md", "two");
  EXPECT_NE(load(R"({"file": "a.md"})").study->tasks[0].definition_hash, one);
}

TEST_F(TextTest, AFileThatCannotBeReadIsNamedWithItsPlace) {
  const std::string place = "config.json:2:59: tasks[0].description.file: ";
  EXPECT_EQ(error(R"({"file": "c.md"})"),
            place + "expected a file beside config.json, got \"c.md\": No such file or directory");
  EXPECT_EQ(
      error(R"({"file": "c.md"})", "my study.json"),
      "my study.json:2:59: tasks[0].description.file: expected a file beside my study.json, got \"c.md\": No such "
      "file or directory");
  std::filesystem::create_directory(folder.file("texts"));
  EXPECT_EQ(error(R"({"file": "texts"})"),
            place + "expected a file beside config.json, got \"texts\": it is not a regular file");
  write("empty.md", "");
  EXPECT_EQ(error(R"({"file": "empty.md"})"),
            place + "expected a file beside config.json with text in it, got \"empty.md\": it is empty");
  write("latin.md", "a\nb\xE9");
  EXPECT_EQ(error(R"({"file": "latin.md"})"),
            place +
                "expected a file beside config.json, got \"latin.md\": latin.md:2:2: expected text in UTF-8, got "
                "the byte 0xe9");
  EXPECT_EQ(error(R"({"file": "a\u0000b"})"),
            place + "expected a file beside config.json, got \"a\\u0000b\": a file name contains no NUL");
  write("long.md", std::string(1024 * 1024 + 1, 'a'));
  EXPECT_EQ(error(R"({"file": "long.md"})"),
            place + "expected a file beside config.json, got \"long.md\": 1048577 bytes are over the limit of 1048576");
}

TEST_F(TextTest, WhatIsNoTextIsRefused) {
  const std::string place = "config.json:2:50: tasks[0].description: ";
  EXPECT_EQ(error(R"("")"), place + "expected a string that is not empty, got \"\"");
  EXPECT_EQ(error("1"), place + "expected a string or an object, got 1");
  EXPECT_EQ(error("{}"), place + "expected the key \"file\", got none");
  EXPECT_EQ(error(R"({"flie": "a"})"),
            place +
                "expected the key \"file\", got none\nconfig.json:2:51: tasks[0].description.flie: expected a known "
                "key, got \"flie\"; did you mean \"file\"?");
}

}  // namespace
}  // namespace tellina
