#include <filesystem>
#include <fstream>
#include <map>

#include <sqlite3.h>

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A database that the server must refuse without changing it or its companion files.
class BadDatabase : public ServerTest {
 protected:
  BadDatabase() : path(folder() / "db.sqlite3") { configure(StudyConfig()); }

  /// Creates the database of a study that was started before.
  void make() {
    start();
    stop();
  }
  void execute(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  /// The database and its companion files. Do not call it while this process holds a lock on the database: see
  /// fcntl(2).
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      const std::string name = entry.path().filename();
      if (!name.starts_with("db.sqlite3") || name.ends_with("-shm")) continue;
      if (const std::string bytes = read_text(entry.path()); !bytes.empty()) found.emplace(name, bytes);
    }
    return found;
  }
  /// The server's output before it ends with status 1.
  std::string refusal() {
    const auto before = files();
    const std::string said = run();
    EXPECT_TRUE(files() == before) << "something in it was changed";
    return said;
  }
  std::string run() {
    ChildProcess child(program_file(), {"run", "--port", "0"}, folder(), "bad");
    EXPECT_EQ(child.wait(std::chrono::seconds(20)), 1);
    EXPECT_EQ(child.output(), "") << "it said that it listens";
    return child.errors();
  }

  const std::filesystem::path path;
};

TEST_F(BadDatabase, OfAnotherProgram) {
  execute("CREATE TABLE theirs (x)");
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("db.sqlite3: expected a study's database, found the database of another program"),
                    HasSubstr("name another file, or move this one away")));
}

TEST_F(BadDatabase, NoDatabaseAtAll) {
  write_text(path, std::string(5000, 'x'));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("db.sqlite3"), HasSubstr("not a database"), HasSubstr("name another file")));
}

TEST_F(BadDatabase, ReadOnly) {
  make();
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("db.sqlite3: the file is read-only"), HasSubstr("writable for this user")));
}

TEST_F(BadDatabase, Corrupt) {
  make();
  const std::size_t page = std::stoul(database().value("PRAGMA page_size"));
  ASSERT_GT(std::filesystem::file_size(path), 4 * page);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(page));
  file << std::string(2 * page, '\xA5');
  file.close();
  EXPECT_THAT(refusal(), AllOf(HasSubstr("db.sqlite3"), HasSubstr("is corrupt: "), HasSubstr("sqlite3 FILE .recover")));
}

TEST_F(BadDatabase, OfANewerVersion) {
  make();
  execute("PRAGMA user_version = 999");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("db.sqlite3: its version is 999, this program knows up to "),
                               HasSubstr("use the newer program that created it")));
}

TEST_F(BadDatabase, Locked) {
  make();
  const auto before = files();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (x)", nullptr, nullptr,
               nullptr);
  const std::string said = run();
  sqlite3_close(other);
  EXPECT_TRUE(files() == before) << "something in it was changed";
  EXPECT_THAT(said, AllOf(HasSubstr("db.sqlite3: is locked by another program"), HasSubstr("\"fuser "),
                          HasSubstr("db.sqlite3\" names it")));
}

}  // namespace
}  // namespace tellina::testing
