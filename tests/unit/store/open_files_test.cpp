#include <gmock/gmock.h>

#include "host/store/log_sync.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OpenFilesTest : public StoreTest {
 protected:
  void expect_refused(const std::string& words, const std::string& hint) {
    const Error error = error_of([this] { add_participant("carol"); });
    EXPECT_EQ(error.code(), ErrorCode::unavailable) << "with this code, the session's record waits";
    EXPECT_THAT(error.what(), HasSubstr(words));
    EXPECT_THAT(error.hint(), AllOf(HasSubstr("move it back to " + path), HasSubstr(hint)));
  }
  std::vector<std::string> participants(const std::string& file) {
    return Reader(file).rows("SELECT access_code FROM participants ORDER BY id");
  }
};

TEST_F(OpenFilesTest, NothingIsRecordedInADatabaseThatWasMovedUntilItIsBack) {
  add_participant("bob");
  fs::rename(path, path + ".old");
  expect_refused("db.sqlite3: was moved or deleted", "restore the file from a backup");
  fs::rename(path + ".old", path);
  add_participant("alice");
  EXPECT_THAT(participants(path), ElementsAre("bob", "alice"));
}

TEST_F(OpenFilesTest, NothingIsRecordedWhereAnotherFileHasTakenItsPlace) {
  add_participant("bob");
  fs::copy_file(path, path + ".copy");
  fs::rename(path + ".copy", path);
  expect_refused("db.sqlite3: was replaced", "restore the file from a backup");
}

TEST_F(OpenFilesTest, AnOrderlyStopSavesWhatWasInADeletedLog) {
  add_participant("bob");
  fs::remove(path + "-wal");
  expect_refused("db.sqlite3-wal: was moved or deleted", "stop the server in order (SIGTERM)");
  reopen();
  add_participant("alice");
  EXPECT_THAT(participants(path), ElementsAre("bob", "alice"));
}

TEST_F(OpenFilesTest, AMovedLogOrIndexIsNoticedToo) {
  add_participant("bob");
  for (const char* suffix : {"-wal", "-shm"}) {
    fs::rename(path + suffix, path + ".away");
    expect_refused(std::string("db.sqlite3") + suffix + ": was moved or deleted", "stop the server in order");
    fs::rename(path + ".away", path + suffix);
  }
  add_participant("alice");
  EXPECT_THAT(participants(path), ElementsAre("bob", "alice"));
}

class LogSyncTest : public ::testing::Test {
 protected:
  /// The thread looks once a second, by real time.
  bool wait_for_syncs(const LogSync& sync, std::uint64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (sync.count() < count) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  TemporaryFolder folder;
  CollectingLog log;
};

TEST_F(LogSyncTest, SyncsOnceForAllCommitsOfASecondAndNotWithoutAny) {
  std::ofstream(folder / "wal") << "pages";
  LogSync sync(folder / "wal", "wal", log);
  for (int i = 0; i < 100; ++i) sync.note_commit();
  ASSERT_TRUE(wait_for_syncs(sync, 1));
  // Longer than one interval, in which nothing is committed, because that is under test.
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(sync.count(), 1U);
  sync.note_commit();
  EXPECT_TRUE(wait_for_syncs(sync, 2));
  EXPECT_THAT(log.lines(), ::testing::IsEmpty());
}

TEST_F(LogSyncTest, LogsOnceThatItCannotSyncAndTriesAgain) {
  LogSync sync(folder / "wal", "wal", log);
  sync.note_commit();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  while (log.lines().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::ofstream(folder / "wal") << "pages";
  ASSERT_TRUE(wait_for_syncs(sync, 1));
  EXPECT_THAT(log.lines(), Contains(AllOf(HasSubstr("may not survive a loss of power"), HasSubstr("No such file"))));
}

}  // namespace
}  // namespace tellina::testing
