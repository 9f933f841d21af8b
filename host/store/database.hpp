#pragma once

/// A thin wrapper around SQLite's C interface: it prepares each statement once, gives values types, and reports errors
/// with their context.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sqlite3.h>

#include "host/runtime/assertion.hpp"
#include "host/store/store.hpp"

namespace tellina {

/// Binds bytes as a blob.
struct Blob {
  BytesView bytes;
};

/// Binds text from a shell: as text if it is well-formed UTF-8 without zero bytes, and otherwise as a blob. So readers
/// never get malformed text, and no byte is lost.
struct ShellText {
  BytesView bytes;
};

class Database;

/// One run of a prepared statement. Its destructor ends the run and releases its locks. Two runs of the same statement
/// must not overlap.
class Query {
 public:
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Moves to the next row; false if there is none.
  bool next();

  // Columns of the current row, from 0; any other column ends the process. NULL reads as 0 and as an empty string.
  std::int64_t integer(int column) const { return sqlite3_column_int64(m_statement, checked(column)); }
  double real(int column) const { return sqlite3_column_double(m_statement, checked(column)); }
  std::string text(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(m_statement, checked(column)) == SQLITE_NULL; }

 private:
  friend class Database;
  /// `lifetime`: SQLITE_TRANSIENT copies text and blobs; use SQLITE_STATIC if the values outlive the run.
  template <typename... Values>
  Query(Database& database, sqlite3_stmt* statement, sqlite3_destructor_type lifetime, const Values&... values)
      : m_database(database), m_statement(statement), m_lifetime(lifetime) {
    // SQLite treats an unbound parameter as NULL.
    TELLINA_ASSERT_PROCESS(sqlite3_bind_parameter_count(statement) == static_cast<int>(sizeof...(values)));
    int place = 0;
    (bind(++place, values), ...);
  }

  /// Checks the column, because SQLite returns NULL for one that does not exist.
  int checked(int column) const {
    TELLINA_ASSERT_PROCESS(column >= 0 && column < sqlite3_data_count(m_statement));
    return column;
  }
  void bind(int place, std::nullopt_t) { check(sqlite3_bind_null(m_statement, place)); }
  void bind(int place, std::integral auto value) {
    check(sqlite3_bind_int64(m_statement, place, static_cast<sqlite3_int64>(value)));
  }
  void bind(int place, double value) { check(sqlite3_bind_double(m_statement, place, value)); }
  void bind(int place, std::string_view text);
  void bind(int place, const std::string& text) { bind(place, std::string_view(text)); }
  void bind(int place, const char* text) { bind(place, std::string_view(text)); }
  void bind(int place, Blob blob);
  void bind(int place, ShellText text);
  void bind(int place, WallTime time);
  void bind(int place, MonotonicTime time) { bind(place, time.time_since_epoch().count()); }
  void bind(int place, std::chrono::nanoseconds duration) { bind(place, duration.count()); }
  template <typename Value>
  void bind(int place, const std::optional<Value>& value) {
    if (value) {
      bind(place, *value);
    } else {
      bind(place, std::nullopt);
    }
  }
  void check(int code) const;

  Database& m_database;
  sqlite3_stmt* m_statement;
  sqlite3_destructor_type m_lifetime;
};

/// One connection. Threads: one at a time. Every method throws StoreError.
class Database {
 public:
  /// `name`: the file's name in messages.
  Database(const std::string& path, std::string name, Opening opening);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Values are bound to the question marks in order.
  template <typename... Values>
  Query query(std::string_view sql, const Values&... values) {
    return Query(*this, prepare(sql), SQLITE_TRANSIENT, values...);
  }

  /// Runs to the end; returns how many rows were inserted, changed or deleted.
  template <typename... Values>
  int execute(std::string_view sql, const Values&... values) {
    Query query(*this, prepare(sql), SQLITE_STATIC, values...);
    while (query.next()) {
    }
    return sqlite3_changes(m_handle);
  }

  /// The first column of the first row.
  std::int64_t integer(std::string_view sql);

  /// Runs several statements that have no values to bind.
  void run_script(const char* sql);

  std::int64_t last_inserted_id() const { return sqlite3_last_insert_rowid(m_handle); }
  /// Becomes false if SQLite rolls a transaction back by itself, for example because the disk is full.
  bool in_transaction() const { return sqlite3_get_autocommit(m_handle) == 0; }
  /// Does nothing outside of a transaction.
  void roll_back();
  sqlite3* handle() { return m_handle; }
  const std::string& name() const { return m_name; }
  /// Absolute.
  std::string path() const { return sqlite3_db_filename(m_handle, "main"); }

  /// Throws a StoreError for SQLite's last error. `sql` may be empty. The message never shows bound values.
  [[noreturn]] void fail(int code, std::string_view sql) const;

 private:
  class TextHash {
   public:
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  sqlite3_stmt* prepare(std::string_view sql);

  std::string m_name;
  sqlite3* m_handle = nullptr;
  std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> m_statements;
};

}  // namespace tellina
