#pragma once

/// A store in a temporary folder, and a second connection that reads it like a researcher.

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>

#include "host/runtime/system.hpp"
#include "host/store/process_identity.hpp"
#include "host/store/store.hpp"
#include "support/collecting_log.hpp"
#include "support/virtual_loop.hpp"

namespace tellina::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tellina_store_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    m_path = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(m_path, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(m_path, ignored);
  }
  std::string operator/(const std::string& name) const { return m_path + "/" + name; }
  const std::string& path() const { return m_path; }

 private:
  std::string m_path;
};

/// A plain SQLite connection in addition to the store's. Throws std::runtime_error with SQLite's message.
class Reader {
 public:
  explicit Reader(const std::string& path, int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
    if (sqlite3_open_v2(path.c_str(), &m_handle, flags, nullptr) != SQLITE_OK) fail();
  }
  ~Reader() { sqlite3_close(m_handle); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Every row with its columns joined by "|", null as "NULL".
  std::vector<std::string> rows(const std::string& sql) {
    std::vector<std::string> result;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(m_handle, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail();
    int code = SQLITE_DONE;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      std::string line;
      for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        if (column > 0) line += '|';
        const void* bytes = sqlite3_column_blob(statement, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
        if (sqlite3_column_type(statement, column) == SQLITE_NULL)
          line += "NULL";
        else if (size > 0)
          line.append(static_cast<const char*>(bytes), size);
      }
      result.push_back(std::move(line));
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) fail();
    return result;
  }
  std::string value(const std::string& sql) {
    const std::vector<std::string> found = rows(sql);
    return found.empty() ? "(no row)" : found.front();
  }
  void execute(const std::string& sql) {
    if (sqlite3_exec(m_handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }

 private:
  [[noreturn]] void fail() { throw std::runtime_error(sqlite3_errmsg(m_handle)); }
  sqlite3* m_handle = nullptr;
};

/// Empty if it is not a regular file.
inline std::string read_bytes(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Returns the call's exception; fails the test if it does not throw.
inline Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing was thrown");
}

/// Uses a virtual clock, which advances only while the store is idle.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { open(); }

  void open() { store = Store::open(path, clock, log); }
  void reopen() {
    store.reset();
    open();
  }

  Timestamp now() const { return Timestamp(clock); }
  void pass(std::chrono::nanoseconds duration) { clock.set(clock.now() + duration); }

  template <typename Value>
  Value get(const std::function<Value(StoreTransaction&)>& job) {
    Value value{};
    store->run([&](StoreTransaction& transaction) { value = job(transaction); });
    return value;
  }
  void run(const Store::Job& job) { store->run(job); }

  /// A worker of this process, so it is alive.
  void add_worker(const std::string& id) {
    run([&](StoreTransaction& t) { t.register_worker(identify_this_process(id), now()); });
  }
  ParticipantId add_participant(const std::string& access_code) {
    return get<ParticipantId>([&](StoreTransaction& t) {
      t.add_participant(access_code, now());
      return *t.find_participant(access_code);
    });
  }
  LeaseResult acquire(ParticipantId participant, const std::string& worker) {
    return get<LeaseResult>([&](StoreTransaction& t) { return t.acquire_lease(participant, worker, now()); });
  }
  TaskSessionRow begin(const Fence& fence, int task_number = 1) {
    return get<TaskSessionRow>([&](StoreTransaction& t) {
      return t.begin_task_session(fence, task_number, "stdout", "stream", "sandbox", now());
    });
  }
  void end(const Fence& fence, TaskSessionId session, TaskSessionState state,
           std::chrono::nanoseconds charged = std::chrono::seconds(1)) {
    run([&](StoreTransaction& t) { t.end_task_session(fence, session, state, charged, now()); });
  }
  void append(const Fence& fence, TaskSessionId session, const std::vector<Record>& records) {
    run([&](StoreTransaction& t) { t.append(fence, session, records); });
  }
  ParticipantProgress progress(ParticipantId participant) {
    return *get<std::optional<ParticipantProgress>>([&](StoreTransaction& t) { return t.find_progress(participant); });
  }

  TemporaryFolder folder;
  const std::string path = folder / "db.sqlite3";
  VirtualClock clock;
  CollectingLog log;
  std::unique_ptr<Store> store;
};

}  // namespace tellina::testing
