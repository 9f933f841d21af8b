#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "integration/channel_ipc/ipc_fixture.hpp"
#include "plugins/channel_ipc/folder.hpp"

namespace tellina::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string user(uid_t id) {
  const passwd* entry = ::getpwuid(id);
  return (entry ? std::string(entry->pw_name) : std::string("unknown")) + " (" + std::to_string(id) + ")";
}

Config config_in_file(const std::string& file, const std::string& directory) {
  Config::Node text;
  text.kind = Config::Kind::string;
  text.text = directory;
  text.file = file;
  text.line = 4;
  text.column = 20;
  text.path = "channel_layer.directory";
  Config::Node object;
  object.kind = Config::Kind::object;
  object.file = file;
  if (!directory.empty()) object.members.emplace_back("directory", Config(std::make_shared<Config::Node>(text)));
  return Config(std::make_shared<Config::Node>(object));
}

class IpcDirectoryTest : public IpcLayerTest {
 protected:
  /// The error of receive() about a directory, with its remedy.
  std::string error_of(const std::string& path) {
    const auto layer = m_plugin.make(path);
    try {
      const auto subscription = layer->receive(m_channel, [](const Message&) {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unavailable);
      EXPECT_EQ(layer->send(m_channel, numbered("s", 0)), SendResult::unavailable);
      m_hint = error.hint();
      return error.what();
    }
    return "nothing";
  }
  std::string refusal(const std::string& path, const std::string& found) {
    return "channel_layer.directory: " + path + ": expected a folder of user " + user(::geteuid()) +
           " that nobody else can write to, got " + found;
  }

  std::string m_hint;
};

TEST_F(IpcDirectoryTest, MissingFoldersAreCreatedForThisUserOnly) {
  const std::string path = m_folder.path() / "a" / "b";
  const auto layer = m_plugin.make(path);
  EXPECT_EQ(layer->send(m_channel, numbered("s", 0)), SendResult::accepted);
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0700u);
}

TEST_F(IpcDirectoryTest, AFolderThatAGroupCanWriteToIsRefused) {
  const std::string path = directory();
  std::filesystem::create_directory(path);
  ASSERT_EQ(::chmod(path.c_str(), 0770), 0);
  EXPECT_EQ(error_of(path), refusal(path, "one of user " + user(::geteuid()) + " with mode 0770"));
  EXPECT_EQ(m_hint, "remove it, or name another folder in channel_layer.directory");
  EXPECT_TRUE(files().empty());
}

TEST_F(IpcDirectoryTest, AnotherUsersFolderIsRefused) {
  std::string path = "/usr";
  uid_t owner = 0;
  if (::geteuid() == 0) {
    path = directory();
    owner = 65534;
    std::filesystem::create_directory(path);
    ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
    ASSERT_EQ(::chown(path.c_str(), owner, owner), 0);
  }
  const std::string mode = ::geteuid() == 0 ? "0700" : "0755";
  EXPECT_EQ(error_of(path), refusal(path, "one of user " + user(owner) + " with mode " + mode));
}

TEST_F(IpcDirectoryTest, AFileAndALinkAreRefused) {
  const std::string path = directory();
  write_text(path, "text");
  EXPECT_EQ(error_of(path), refusal(path, "a file"));
  std::filesystem::remove(path);
  std::filesystem::create_directory_symlink(m_folder.path(), path);
  EXPECT_EQ(error_of(path), refusal(path, "a symbolic link"));
}

TEST_F(IpcDirectoryTest, AFolderThatCannotBeCreatedIsNamed) {
  write_text(m_folder.path() / "file", "text");
  const std::string path = m_folder.path() / "file" / "meet";
  EXPECT_EQ(error_of(path), "channel_layer.directory: cannot create " + path + ": Not a directory");
}

TEST_F(IpcDirectoryTest, TheReasonIsLoggedOnceAndNotForEachMessage) {
  write_text(directory(), "text");
  const auto layer = make();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(layer->send(m_channel, numbered("s", 0)), SendResult::unavailable);
  EXPECT_EQ(m_plugin.log.lines().size(), 1u);
  EXPECT_THAT(m_plugin.log.lines(), Contains(HasSubstr("got a file; remove it, or name another folder")));
}

TEST_F(IpcDirectoryTest, APathThatLeavesNoRoomForSocketsIsRefusedAtOnce) {
  const std::string path = "/tmp/" + std::string(79, 'x');
  try {
    m_plugin.make(config_in_file("/study/config.json", path));
    FAIL() << "the path was accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(
        error.what(),
        "/study/config.json:4:20: channel_layer.directory: expected a folder with a path of at most 83 bytes, got "
        "84 (\"" +
            path + "\"): the sockets in it would have paths over the 107 bytes that the kernel accepts");
  }
  EXPECT_NO_THROW(m_plugin.make(config_in_file("/study/config.json", path.substr(0, 83))));
}

TEST_F(IpcDirectoryTest, TheLongestPathWorks) {
  const std::string start = m_folder.path().string() + "/";
  const std::string path = start + std::string(83 - start.size(), 'x');
  const auto receiver = m_plugin.make(path);
  const auto sender = m_plugin.make(path);
  ReceivedMessages book;
  const auto subscription = receiver->receive(m_channel, book.receiver());
  EXPECT_EQ(sender->send(m_channel, numbered("s", 0)), SendResult::accepted);
  EXPECT_TRUE(book.waits_for(1));
}

TEST_F(IpcDirectoryTest, ARelativePathStartsAtTheConfigFilesFolder) {
  const std::string file = m_folder.path() / "config.json";
  const auto layer = m_plugin.make(config_in_file(file, "./meet"));
  EXPECT_EQ(layer->send(m_channel, numbered("s", 0)), SendResult::accepted);
  EXPECT_EQ(files().size(), 2u);
}

TEST_F(IpcDirectoryTest, WithoutADirectoryInstancesWithTheSameConfigFileMeet) {
  const std::string file = m_folder.path() / "config.json";
  write_text(file, "{}");
  std::filesystem::create_symlink(file, m_folder.path() / "link.json");
  const auto receiver = m_plugin.make(config_in_file(file, ""));
  const auto sender = m_plugin.make(config_in_file(m_folder.path() / "." / "link.json", ""));
  const auto stranger = m_plugin.make(config_in_file(m_folder.path() / "other.json", ""));
  ReceivedMessages book;
  ReceivedMessages none;
  const auto subscription = receiver->receive(m_channel, book.receiver());
  const auto elsewhere = stranger->receive(m_channel, none.receiver());
  for (Sequence i = 0; i < 10; ++i) EXPECT_EQ(sender->send(m_channel, numbered("s", i)), SendResult::accepted);
  EXPECT_TRUE(book.waits_for(10));
  EXPECT_EQ(none.count(), 0u);
}

TEST_F(IpcDirectoryTest, TheDefaultAvoidsAFolderThatSomebodyElseHasMade) {
  const std::string usual = m_folder.path() / "tellina-0";
  EXPECT_EQ(ipc::choose_base(usual, ::geteuid()), usual) << "the folder does not exist yet";
  ASSERT_TRUE(std::filesystem::create_directory(usual));
  EXPECT_EQ(ipc::choose_base(usual, ::geteuid()), usual);
  const std::string home = ::getpwuid(::geteuid())->pw_dir;
  constexpr uid_t somebody_else = 65'534;
  ASSERT_EQ(::chown(usual.c_str(), somebody_else, somebody_else), 0) << "run this test as root";
  EXPECT_EQ(ipc::choose_base(usual, ::geteuid()), home + "/.tellina");
  std::filesystem::remove(usual);
  std::filesystem::create_symlink("/etc", usual);
  ASSERT_EQ(::lchown(usual.c_str(), somebody_else, somebody_else), 0);
  EXPECT_EQ(ipc::choose_base(usual, ::geteuid()), home + "/.tellina");
}

}  // namespace
}  // namespace tellina::testing
