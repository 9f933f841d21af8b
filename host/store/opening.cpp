#include "host/store/opening.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/limits.hpp"
#include "host/store/schema.hpp"

namespace tellina {

namespace {

/// Root may write a file without write permission. If someone removed the permission, the file is meant to be
/// read-only, so this checks the bits.
void check_writable(const std::string& path, const std::string& what) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return;
  if ((status.st_mode & 0222) != 0 && access(path.c_str(), W_OK) == 0) return;
  const std::string why = (status.st_mode & 0222) == 0 ? "no write permission" : std::strerror(errno);
  throw StoreError(ErrorCode::permission_denied, what + " is read-only (" + why + ")",
                   "make the database file and its folder writable for this user, or name another file");
}

/// Checks names and permissions only. Opening and closing the file here would drop the locks that this process may hold
/// on it elsewhere (fcntl(2), advisory record locking).
void check_path(const std::string& path, const std::string& name) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) {
    throw StoreError(ErrorCode::not_found, name + ": folder " + folder + ": " + std::strerror(errno),
                     "create the folder, or name another file");
  }
  if (!S_ISDIR(status.st_mode)) {
    throw StoreError(ErrorCode::not_found, name + ": " + folder + " is not a folder", "name another file");
  }
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    const char* found = S_ISDIR(status.st_mode) ? "a folder" : "something that is not a regular file";
    throw StoreError(ErrorCode::not_found, name + ": expected a database file, found " + found, "name another file");
  }
  check_writable(path, name + ": the file");
  check_writable(path + "-wal", name + ": its companion file " + name + "-wal");
  check_writable(path + "-shm", name + ": its companion file " + name + "-shm");
  check_writable(folder, name + ": the folder " + folder);
}

/// SQLite deletes the log of a missing or empty database (pagerOpenWalIfPresent() in its pager.c), and with the log
/// everything that was recorded since the last checkpoint.
void check_presence(const std::string& path, const std::string& name, Opening opening) {
  struct stat status {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && status.st_size > 0) return;
  const std::string found = exists ? "is empty" : "is missing";
  if (stat((path + "-wal").c_str(), &status) == 0 && status.st_size > 0) {
    throw StoreError(ErrorCode::unavailable, name + ": " + found + ", while its log " + name + "-wal has data",
                     "move the database back to " + path + "; to start a new one instead, move the log away");
  }
  if (opening == Opening::create) return;
  throw StoreError(ErrorCode::unavailable, name + ": " + found + ", although the server has created it",
                   "move the database back to " + path + "; to start a new one instead, restart the server");
}

std::string octal(mode_t mode) {
  std::string digits = "0000";
  for (std::size_t i = 0; i < digits.size(); ++i) digits[3 - i] = static_cast<char>('0' + (mode >> (3 * i) & 7));
  return digits;
}

/// The record has access codes, answers and everything that participants typed. SQLite gives -wal and -shm the
/// permissions of the file.
void keep_private(const std::string& path, const std::string& name, Opening opening, Log& log) {
  if (opening == Opening::create) {
    // Closed only if this call creates the file: a close drops the locks of this process on an existing file.
    const int created = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (created >= 0) close(created);
  }
  std::string changed;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    if (stat((path + suffix).c_str(), &status) != 0 || (status.st_mode & 0077) == 0) continue;
    if (chmod((path + suffix).c_str(), 0600) != 0) {
      log.warning(name + suffix + ": other users may open it (mode " + octal(status.st_mode & 07777) +
                  "), and its permissions cannot be changed: " + std::strerror(errno));
      continue;
    }
    changed += (changed.empty() ? "" : ", ") + name + suffix + " (was " + octal(status.st_mode & 07777) + ")";
  }
  if (!changed.empty()) log.warning("only the owner may open the record now (mode 0600): " + changed);
}

void check_owner_and_version(Database& database) {
  // Read in one snapshot, because another process may be creating the store at this moment.
  database.execute("BEGIN");
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  const std::int64_t objects = database.integer("SELECT count(*) FROM sqlite_master");
  database.execute("COMMIT");
  const bool is_new = application == 0 && version == 0 && objects == 0;
  if (!is_new && application != store_application_id) {
    throw StoreError(ErrorCode::incompatible,
                     database.name() +
                         ": expected a study's database, found the database of another program (application_id " +
                         std::to_string(application) + ", " + std::to_string(objects) + " tables, indexes and views)",
                     "name another file, or move this one away");
  }
  if (version < 0 || version > newest_schema_version()) {
    throw StoreError(ErrorCode::incompatible,
                     database.name() + ": its version is " + std::to_string(version) + ", this program knows up to " +
                         std::to_string(newest_schema_version()),
                     "use the newer program that created it, or name another file");
  }
}

void check_content(Database& database) {
  const std::int64_t bytes = database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size");
  if (bytes > limits::checked_database) return;
  Query check = database.query("PRAGMA quick_check(1)");
  if (!check.next() || check.text(0) == "ok") return;
  std::string found = check.text(0);
  std::replace(found.begin(), found.end(), '\n', ' ');
  throw StoreError(ErrorCode::incompatible, database.name() + ": the database is corrupt: " + found,
                   "keep the file, recover a copy of it with: sqlite3 FILE .recover");
}

/// If several processes switch a new file to WAL at once, SQLite does not use the busy timeout.
void switch_to_wal(Database& database) {
  constexpr std::chrono::milliseconds pause(10);
  for (auto waited = pause;; waited += pause) {
    try {
      Query mode = database.query("PRAGMA journal_mode = WAL");
      if (mode.next() && mode.text(0) == "wal") return;
      throw StoreError(ErrorCode::unavailable,
                       database.name() + ": cannot switch to a write-ahead log, the journal mode is " + mode.text(0),
                       "keep the database on a local disk");
    } catch (const StoreError& error) {
      if (error.code() != ErrorCode::busy || waited >= limits::database_busy) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

void keep_log_when_closed(Database& database, bool keep) {
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

}  // namespace

std::unique_ptr<Database> open_database(const std::string& path, Opening opening, const Clock& clock, Log& log) {
  if (path.empty()) throw StoreError(ErrorCode::not_found, "the database has no file name");
  // Absolute, because SQLite gives names such as ":memory:" a special meaning.
  const std::string absolute = std::filesystem::absolute(path).string();
  check_path(absolute, path);
  check_presence(absolute, path, opening);
  keep_private(absolute, path, opening, log);
  auto database = std::make_unique<Database>(absolute, path, opening);
  // If the file is refused below, it must not change, even if its last writer died and left a log.
  keep_log_when_closed(*database, true);
  sqlite3_busy_timeout(database->handle(), static_cast<int>(limits::database_busy.count()));
  try {
    check_owner_and_version(*database);
    check_content(*database);
    if (sqlite3_db_readonly(database->handle(), "main") == 1) {
      throw StoreError(ErrorCode::permission_denied, path + ": the file is read-only",
                       "make the database file and its folder writable for this user, or name another file");
    }
    switch_to_wal(*database);
    database->run_script(
        "PRAGMA synchronous = NORMAL;"
        "PRAGMA cache_size = -6144;"  // in KiB; room for the last pages of 200 sessions' streams
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA journal_size_limit = 67108864");
    migrate(*database, clock);
    // Not earlier: a migration may make a table again that others refer to.
    database->run_script("PRAGMA foreign_keys = ON");
  } catch (const StoreError& error) {
    if (error.code() != ErrorCode::busy) throw;
    throw StoreError(ErrorCode::busy,
                     path + ": is locked by another program, waited " +
                         std::to_string(limits::database_busy.count() / 1000) + " s (" + error.what() + ")",
                     "close the program that has it open for writing; \"fuser " + path + "\" names it");
  }
  keep_log_when_closed(*database, false);
  return database;
}

std::unique_ptr<Database> open_database_to_read(const std::string& path) {
  const std::string absolute = std::filesystem::absolute(path).string();
  check_presence(absolute, path, Opening::existing);
  auto database = std::make_unique<Database>(absolute, path, Opening::existing);
  // When the last connection closes, SQLite copies the log into the database. Only writers may do that.
  keep_log_when_closed(*database, true);
  sqlite3_busy_timeout(database->handle(), static_cast<int>(limits::database_busy.count()));
  database->run_script("PRAGMA query_only = ON");
  check_owner_and_version(*database);
  return database;
}

std::unique_ptr<Database> open_current_database_to_read(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return nullptr;
  auto database = open_database_to_read(path);
  // A file that another process has just created has no tables yet.
  const std::int64_t version = database->integer("PRAGMA user_version");
  if (version == 0) return nullptr;
  if (version < newest_schema_version()) {
    throw StoreError(
        ErrorCode::incompatible,
        path + ": its version is " + std::to_string(version) + ", expected " + std::to_string(newest_schema_version()),
        "make a backup, then start the server: it brings the file up to date");
  }
  return database;
}

}  // namespace tellina
