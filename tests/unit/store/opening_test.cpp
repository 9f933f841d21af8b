#include <gmock/gmock.h>
#include <sys/stat.h>

#include "host/store/reader.hpp"
#include "host/store/schema.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The permission bits of the file and its companions, or "-" for one that does not exist.
std::string modes_of(const std::string& path) {
  std::string text;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    const bool exists = ::stat((path + suffix).c_str(), &status) == 0;
    char mode[8];
    std::snprintf(mode, sizeof mode, "%o ", status.st_mode & 07777U);
    text += exists ? mode : "- ";
  }
  return text;
}

class OpeningTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(const std::string& file) { return Store::open(file, clock, log); }

  /// Opening must fail with a hint and not change the file.
  std::string expect_refused(const std::string& file, ErrorCode code) {
    const std::string before = read_bytes(file);
    const Error error = error_of([&] { open(file); });
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(file));
    EXPECT_FALSE(error.hint().empty()) << error.what();
    EXPECT_EQ(read_bytes(file), before) << "the file was changed";
    return error.what();
  }
  void make_store(const std::string& file) {
    auto store = open(file);
    store->run([&](StoreTransaction& t) { t.sync_access_codes({"bob", "alice"}, Timestamp(clock)); });
  }

  TemporaryFolder folder;
  const std::string path = folder / "db.sqlite3";
  VirtualClock clock;
  CollectingLog log;
};

TEST_F(OpeningTest, AMissingOrEmptyFileWithALogIsRefusedAndTheLogStays) {
  make_store(path);
  // The copies are what a killed server leaves.
  const std::string moved = folder / "moved.sqlite3";
  auto store = open(path);
  store->run([&](StoreTransaction& t) { t.sync_access_codes({"carol"}, Timestamp(clock)); });
  std::filesystem::copy_file(path, moved);
  std::filesystem::copy_file(path + "-wal", moved + "-wal");
  store.reset();
  const std::string log_bytes = read_bytes(moved + "-wal");
  ASSERT_GT(log_bytes.size(), 0U);
  std::filesystem::rename(moved, path);
  for (const char* found : {"is missing", "is empty"}) {
    const Error error = error_of([&] { open(moved); });
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.what(), HasSubstr("moved.sqlite3: " + std::string(found) + ", while its log"));
    EXPECT_THAT(error.hint(), HasSubstr("move the database back to " + moved));
    EXPECT_EQ(read_bytes(moved + "-wal"), log_bytes);
    std::ofstream(moved).close();
    if (found == std::string("is empty")) {
      EXPECT_THROW(StoreReader::open(moved, clock), StoreError);
    }
  }
  std::filesystem::rename(path, moved);
  Reader reader(moved);
  EXPECT_EQ(reader.rows("SELECT access_code FROM participants WHERE access_code = 'carol'").size(), 1U);
}

TEST_F(OpeningTest, AMissingFileIsNotCreatedIfItShouldExist) {
  const auto open_existing = [&] { return Store::open(path, clock, log, Durability::second, Opening::existing); };
  const Error error = error_of([&] { open_existing(); });
  EXPECT_EQ(error.code(), ErrorCode::unavailable);
  EXPECT_THAT(error.what(), HasSubstr("db.sqlite3: is missing, although the server has created it"));
  EXPECT_FALSE(std::filesystem::exists(path));
  make_store(path);
  EXPECT_TRUE(open_existing());
}

TEST_F(OpeningTest, AReaderWorksDuringAWriteAndChangesNothing) {
  EXPECT_EQ(StoreReader::open(path, clock), nullptr);
  EXPECT_FALSE(std::filesystem::exists(path)) << "reading created a file";
  const auto store = open(path);
  store->run([&](StoreTransaction& t) { t.sync_access_codes({"bob"}, Timestamp(clock)); });
  const auto reader = StoreReader::open(path, clock);
  ASSERT_TRUE(reader);
  std::vector<ParticipantSummary> found;
  // During an uncommitted write, which a reader neither waits for nor sees.
  store->run([&](StoreTransaction& writing) {
    writing.add_participant("carol", Timestamp(clock));
    reader->run([&](StoreTransaction& reading) { found = reading.list_participants(1); });
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].access_code, "bob");
  EXPECT_THROW(reader->run([&](StoreTransaction& t) { t.add_participant("dave", Timestamp(clock)); }), StoreError);
  reader->run([&](StoreTransaction& t) { found = t.list_participants(1); });
  EXPECT_EQ(found.size(), 2U);
}

TEST_F(OpeningTest, AReaderLeavesAnOlderFileToTheServer) {
  make_store(path);
  Reader(path).execute("PRAGMA user_version = 4");
  const std::string before = read_bytes(path);
  const Error error = error_of([&] { StoreReader::open(path, clock); });
  EXPECT_EQ(error.code(), ErrorCode::incompatible);
  EXPECT_THAT(error.what(), HasSubstr("its version is 4, expected 12"));
  EXPECT_THAT(error.hint(), HasSubstr("start the server"));
  EXPECT_EQ(read_bytes(path), before);
}

TEST_F(OpeningTest, ANewFileGetsTheNewestTables) {
  make_store(path);
  Reader reader(path);
  EXPECT_EQ(reader.value("PRAGMA user_version"), std::to_string(newest_schema_version()));
  EXPECT_EQ(reader.value("PRAGMA application_id"), std::to_string(store_application_id));
  EXPECT_EQ(reader.value("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(reader.value("PRAGMA integrity_check"), "ok");
  EXPECT_THAT(reader.rows("SELECT version, migrated_at FROM schema_versions"),
              ElementsAre("1|" + to_iso_8601(clock.wall_time()), "2|" + to_iso_8601(clock.wall_time()),
                          "3|" + to_iso_8601(clock.wall_time()), "4|" + to_iso_8601(clock.wall_time()),
                          "5|" + to_iso_8601(clock.wall_time()), "6|" + to_iso_8601(clock.wall_time()),
                          "7|" + to_iso_8601(clock.wall_time()), "8|" + to_iso_8601(clock.wall_time()),
                          "9|" + to_iso_8601(clock.wall_time()), "10|" + to_iso_8601(clock.wall_time()),
                          "11|" + to_iso_8601(clock.wall_time()), "12|" + to_iso_8601(clock.wall_time())));
}

TEST_F(OpeningTest, AFileOfVersion1GetsTheNewerViewsAndKeepsItsRows) {
  {
    Database older(path, path, Opening::create);
    older.run_script(migration_script(0));
    older.run_script("PRAGMA user_version = 1");
    older.run_script(("PRAGMA application_id = " + std::to_string(store_application_id)).c_str());
    older.run_script(
        "INSERT INTO schema_versions VALUES (1, 'then');"
        "INSERT INTO participants (id, access_code, added_at) VALUES (7, 'bob', 'then');"
        "INSERT INTO tasks VALUES (3, 1, 'hash', 'stdout', 'print it', 'it', 60, 1, 'then');"
        "INSERT INTO task_sessions (id, participant_id, attempt, task_number, task_type, task_id, state, started_at, "
        "started_at_ns, stream, sandbox) VALUES (1, 7, 1, 1, 'stdout', 3, 'passed', 'then', 0, 's-1', '');"
        "INSERT INTO events (participant_id, task_session_id, kind, detail, at, at_ns) "
        "VALUES (7, NULL, 'input_times', '{\"stream\":\"s-1\",\"times\":[[0,1.5],[3,2.5]]}', 'now', 0);"
        "INSERT INTO recorded_commands (task_session_id, command_number, text, started_at, started_at_ns, ended_at, "
        "ended_at_ns, output_from, output_to, output) VALUES (1, 1, 'ls', 'then', 0, 'now', 1, 0, 2, 'a');"
        "INSERT INTO workers VALUES ('retired', 1, 1, 'boot', 'then', 1, 'later'), "
        "('working', 1, 1, 'boot', 'then', 1, NULL)");
  }
  make_store(path);
  Reader reader(path);
  EXPECT_EQ(reader.value("PRAGMA user_version"), "12");
  EXPECT_THAT(reader.rows("SELECT version FROM schema_versions"),
              ElementsAre("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"));
  EXPECT_THAT(reader.rows("SELECT access_code, kind, at FROM event_log"), ElementsAre("bob|input_times|now"));
  EXPECT_THAT(reader.rows("SELECT access_code, task_number, stream_offset, typed_at_in_milliseconds FROM input_times"),
              ElementsAre("bob|1|0|1.5", "bob|1|3|2.5"));
  EXPECT_THAT(reader.rows("SELECT * FROM tasks"),
              ElementsAre("3|1|hash|stdout|print it|it|60.0|1|then|NULL|task-1|NULL"));
  reader.execute(
      "INSERT INTO tasks VALUES (4, 2, 'hash', 'file_search', 'find it', NULL, 60, 1, 'then', '{}', 'x', 'X')");
  reader.execute("PRAGMA foreign_keys = ON");
  EXPECT_THROW(reader.execute("DELETE FROM tasks WHERE id = 3"), std::runtime_error) << "its session refers to it";
  reader.execute("UPDATE task_sessions SET state = 'interrupted'");
  EXPECT_THROW(reader.execute("UPDATE task_sessions SET state = 'nothing of ours'"), std::runtime_error);
  EXPECT_EQ(reader.value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(reader.value("SELECT state FROM results"), "interrupted");
  EXPECT_THAT(reader.rows("SELECT state, duration_in_seconds, bytes_recorded, feedback FROM results"),
              ElementsAre("interrupted|NULL|NULL|NULL"))
      << "values that were not recorded must be null";
  EXPECT_THAT(
      reader.rows("SELECT participant_id, stage, is_excluded, task, group_name, position, try_number, "
                  "is_practice, ended_by, definition_hash, commands, errors, first_key_in_seconds FROM results"),
      ElementsAre("P007|main|0|task-1|NULL|1|1|0|NULL|hash|0|0|NULL"));
  EXPECT_THAT(reader.rows("SELECT reveal, hand_in, boot_id, environment_id, reading_in_seconds FROM results"),
              ElementsAre("NULL|NULL|NULL|NULL|NULL"));
  EXPECT_THAT(reader.rows("SELECT participant_id, task, treatment FROM commands"), ElementsAre("P007|task-1|NULL"));
  EXPECT_THAT(reader.rows("SELECT prompt_at_ns, input_from, input_to, compose_in_seconds, run_in_seconds, keys, "
                          "is_pasted, missing_after FROM commands"),
              ElementsAre("NULL|NULL|NULL|NULL|1.0e-09|NULL|NULL|NULL"));
  EXPECT_THAT(reader.rows("SELECT participant_id, task FROM event_log"), ElementsAre("P007|NULL"));
  EXPECT_THAT(reader.rows("SELECT participant_id, stage, is_bot, tasks_passed, tasks_ended FROM people"),
              ElementsAre("P007|main|0|0|1", "P008|main|0|0|0"));
  reader.execute(
      "INSERT INTO task_sessions (participant_id, attempt, task_number, task_type, state, started_at, started_at_ns, "
      "stream, sandbox, position, try_number) VALUES (7, 1, 1, 'stdout', 'failed', 'then', 0, 's-2', '', 1, 2)");
  EXPECT_THROW(reader.execute("UPDATE task_sessions SET try_number = 1"), std::runtime_error)
      << "each try is recorded once";
  EXPECT_THAT(reader.rows("SELECT text, output, ended_by, shell_level, text_is_cut, output_is_cut, is_full_screen, "
                          "typed, printed, is_doubtful FROM commands"),
              ElementsAre("ls|a|NULL|NULL|NULL|NULL|NULL|NULL|a|NULL"));
  EXPECT_THAT(reader.rows("SELECT id, sandbox_plugin, sweeper_id, sandboxes_removed_at FROM workers ORDER BY id"),
              ElementsAre("retired|NULL|NULL|later", "working|NULL|NULL|NULL"))
      << "the older version has swept those that it retired";
}

TEST_F(OpeningTest, AnEmptyFileIsANewOne) {
  write_bytes(path, "");
  make_store(path);
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM participants"), "2");
}

TEST_F(OpeningTest, ASecondStartChangesNothing) {
  make_store(path);
  const std::string before = Reader(path).value("SELECT group_concat(sql) FROM sqlite_master");
  make_store(path);
  Reader reader(path);
  EXPECT_EQ(reader.value("SELECT group_concat(sql) FROM sqlite_master"), before);
  EXPECT_EQ(reader.value("SELECT count(*) FROM participants"), "2");
  EXPECT_EQ(reader.value("SELECT count(*) FROM schema_versions"), "12");
}

TEST_F(OpeningTest, SeveralAtOnceMigrateOnce) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<std::string> failures;
  for (int count = 0; count < 6; ++count) {
    threads.emplace_back([&] {
      try {
        open(path);
      } catch (const std::exception& error) {
        std::lock_guard lock(mutex);
        failures.emplace_back(error.what());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(failures, ElementsAre());
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM schema_versions"), "12");
}

TEST_F(OpeningTest, ANewerVersionIsRefused) {
  make_store(path);
  Reader(path).execute("PRAGMA user_version = 99");
  EXPECT_THAT(expect_refused(path, ErrorCode::incompatible), HasSubstr("its version is 99"));
}

TEST_F(OpeningTest, AVersionBelowTheFirstIsRefused) {
  make_store(path);
  for (const char* version : {"-1", "-2147483648"}) {
    Reader(path).execute(std::string("PRAGMA user_version = ") + version);
    EXPECT_THAT(expect_refused(path, ErrorCode::incompatible), HasSubstr(std::string("its version is ") + version));
  }
}

TEST_F(OpeningTest, AnotherProgramsDatabaseIsRefused) {
  Reader(path).execute("CREATE TABLE bookmarks (url TEXT)");
  EXPECT_THAT(expect_refused(path, ErrorCode::incompatible), HasSubstr("another program"));
}

TEST_F(OpeningTest, AFileThatIsNotADatabaseIsRefused) {
  write_bytes(path, "Dear diary, today we ran the study and it was fine. " + std::string(5000, '.'));
  EXPECT_THAT(expect_refused(path, ErrorCode::incompatible), HasSubstr("not a database"));
}

TEST_F(OpeningTest, ACorruptDatabaseIsRefused) {
  make_store(path);
  const auto page_size = std::stoul(Reader(path).value("PRAGMA page_size"));
  std::string bytes = read_bytes(path);
  ASSERT_GT(bytes.size(), 4 * page_size);
  bytes.replace(page_size, 2 * page_size, std::string(2 * page_size, '\xa5'));
  write_bytes(path, bytes);
  EXPECT_THAT(expect_refused(path, ErrorCode::incompatible), HasSubstr("is corrupt"));
}

TEST_F(OpeningTest, ATruncatedDatabaseIsRefused) {
  make_store(path);
  std::string bytes = read_bytes(path);
  write_bytes(path, bytes.substr(0, bytes.size() / 2));
  expect_refused(path, ErrorCode::incompatible);
}

TEST_F(OpeningTest, DamageInsideATableIsFound) {
  make_store(path);
  Reader reader(path);
  const auto page = std::stoul(reader.value("SELECT rootpage FROM sqlite_master WHERE name = 'participants'"));
  const auto page_size = std::stoul(reader.value("PRAGMA page_size"));
  reader.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  std::string bytes = read_bytes(path);
  bytes.replace((page - 1) * page_size, page_size, std::string(page_size, '\xa5'));
  write_bytes(path, bytes);
  EXPECT_THAT(expect_refused(path, ErrorCode::incompatible), HasSubstr("corrupt"));
}

TEST_F(OpeningTest, AReadOnlyFileIsRefusedEvenForRoot) {
  make_store(path);
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  EXPECT_THAT(expect_refused(path, ErrorCode::permission_denied), HasSubstr("the file is read-only"));
}

TEST_F(OpeningTest, AReadOnlyFolderIsRefused) {
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_THAT(expect_refused(path, ErrorCode::permission_denied), HasSubstr("folder " + folder.path()));
}

TEST_F(OpeningTest, AFolderIsRefused) {
  EXPECT_THAT(expect_refused(folder.path(), ErrorCode::not_found), HasSubstr("found a folder"));
}

TEST_F(OpeningTest, AMissingFolderIsNamed) {
  EXPECT_THAT(expect_refused(folder / "no/such/db.sqlite3", ErrorCode::not_found),
              AllOf(HasSubstr("no/such"), HasSubstr("No such file")));
}

TEST_F(OpeningTest, AnExclusiveLockIsAwaitedAndThenReported) {
  make_store(path);
  Reader other(path);
  other.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; UPDATE participants SET attempt = 1");
  EXPECT_THAT(expect_refused(path, ErrorCode::busy), AllOf(HasSubstr("locked by another program"), HasSubstr("5 s")));
}

TEST_F(OpeningTest, ALockThatIsSoonReleasedDoesNoHarm) {
  write_bytes(path, "");
  Reader other(path);
  other.execute("BEGIN EXCLUSIVE");
  std::thread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    other.execute("COMMIT");
  });
  EXPECT_NO_THROW(make_store(path));
  holder.join();
}

TEST_F(OpeningTest, ARefusedStoreKeepsTheLogThatADeadWriterLeft) {
  make_store(path);
  auto writer = std::make_unique<Reader>(path);
  writer->execute("INSERT INTO participants (access_code, added_at) VALUES ('carol', 'now'); PRAGMA user_version = 99");
  // The state after a writer was killed: the file and its log, which nobody has open.
  const std::string copy = folder / "copy.sqlite3";
  write_bytes(copy, read_bytes(path));
  write_bytes(copy + "-wal", read_bytes(path + "-wal"));
  const std::string log_before = read_bytes(copy + "-wal");
  ASSERT_FALSE(log_before.empty());
  expect_refused(copy, ErrorCode::incompatible);
  EXPECT_EQ(read_bytes(copy + "-wal"), log_before);
  EXPECT_EQ(Reader(copy).value("SELECT count(*) FROM participants"), "3");
}

TEST_F(OpeningTest, TheRecordIsForItsOwnerOnlyWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const auto store = open(path);
  ::umask(before);
  EXPECT_EQ(modes_of(path), "600 600 600 ");
  EXPECT_EQ(log.text().find("mode 0600"), std::string::npos);
}

TEST_F(OpeningTest, ARecordThatOthersMayReadIsChangedAtTheStart) {
  auto store = open(path);
  for (const char* suffix : {"", "-wal", "-shm"}) ASSERT_EQ(::chmod((path + suffix).c_str(), 0664), 0);
  const auto second = open(path);
  EXPECT_EQ(modes_of(path), "600 600 600 ");
  const std::string said = log.text();
  EXPECT_NE(said.find("only the owner may open the record now (mode 0600): " + path + " (was 0664)"), std::string::npos)
      << said;
  open(path);
  EXPECT_EQ(log.text(), said) << "the second start logged it again";
}

}  // namespace
}  // namespace tellina::testing
