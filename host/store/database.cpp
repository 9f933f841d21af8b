#include "host/store/database.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/system.hpp"
#include "host/text/utf8.hpp"

namespace tellina {

namespace {

class Diagnosis {
 public:
  ErrorCode code;
  const char* name;
  const char* hint;
};

Diagnosis diagnose(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::busy, "SQLITE_BUSY", "end the program that keeps the database locked"};
    case SQLITE_FULL:
      return {ErrorCode::unavailable, "SQLITE_FULL", "free space on the disk that holds the database"};
    case SQLITE_IOERR:
      return {ErrorCode::unavailable, "SQLITE_IOERR", "check the disk: free space, quota, and the kernel's log"};
    case SQLITE_READONLY:
      return {ErrorCode::permission_denied, "SQLITE_READONLY",
              "make the database file and its folder writable for this user"};
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::permission_denied, "SQLITE_PERM",
              "make the database file and its folder writable for this user"};
    case SQLITE_CANTOPEN:
      return {ErrorCode::unavailable, "SQLITE_CANTOPEN",
              "check the owner and the permissions of the folder and the file"};
    case SQLITE_CORRUPT:
      return {ErrorCode::incompatible, "SQLITE_CORRUPT",
              "stop the study, keep the file, and recover a copy of it with: sqlite3 FILE .recover"};
    case SQLITE_NOTADB:
      return {ErrorCode::incompatible, "SQLITE_NOTADB", "name another file, or move this one away"};
    case SQLITE_CONSTRAINT:
      return {ErrorCode::bad_request, "SQLITE_CONSTRAINT", ""};
    case SQLITE_NOMEM:
      return {ErrorCode::unavailable, "SQLITE_NOMEM", "free memory"};
    default:
      return {ErrorCode::internal, "SQLite", ""};
  }
}

std::string shorten(std::string_view sql) {
  std::string line;
  for (const char c : sql) {
    const bool space = c == ' ' || c == '\n';
    if (space && (line.empty() || line.back() == ' ')) continue;
    line += space ? ' ' : c;
    if (line.size() == limits::shown_sql) return line + "...";
  }
  return line;
}

}  // namespace

Query::~Query() {
  sqlite3_reset(m_statement);
  sqlite3_clear_bindings(m_statement);
}

bool Query::next() {
  const int code = sqlite3_step(m_statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  m_database.fail(code, sqlite3_sql(m_statement));
}

std::string Query::text(int column) const {
  const void* bytes = sqlite3_column_blob(m_statement, checked(column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

void Query::bind(int place, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  check(sqlite3_bind_text64(m_statement, place, data, text.size(), m_lifetime, SQLITE_UTF8));
}

void Query::bind(int place, Blob blob) {
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  check(sqlite3_bind_blob64(m_statement, place, data, blob.bytes.size(), m_lifetime));
}

void Query::bind(int place, ShellText text) {
  if (is_utf8_without_nul(text.bytes)) {
    bind(place, text.bytes);
  } else {
    bind(place, Blob(text.bytes));
  }
}

void Query::bind(int place, WallTime time) {
  const std::string text = to_iso_8601(time);
  check(sqlite3_bind_text64(m_statement, place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::check(int code) const {
  if (code != SQLITE_OK) m_database.fail(code, sqlite3_sql(m_statement));
}

Database::Database(const std::string& path, std::string name, Opening opening) : m_name(std::move(name)) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (opening == Opening::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &m_handle, flags, nullptr);
  if (code == SQLITE_OK) return;
  try {
    fail(code, {});
  } catch (...) {
    sqlite3_close(m_handle);
    throw;
  }
}

Database::~Database() {
  for (const auto& [sql, statement] : m_statements) sqlite3_finalize(statement);
  const int code = sqlite3_close(m_handle);
  TELLINA_ASSERT_PROCESS(code == SQLITE_OK);  // no statement is left
}

sqlite3_stmt* Database::prepare(std::string_view sql) {
  const auto known = m_statements.find(sql);
  if (known != m_statements.end()) {
    if (!sqlite3_stmt_busy(known->second)) return known->second;
    throw StoreError(ErrorCode::internal,
                     m_name + ": a statement was run while an earlier run of it is active: " + shorten(sql));
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(m_handle, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  // Null if the text contains no statement.
  TELLINA_ASSERT_PROCESS(statement);
  m_statements.emplace(sql, statement);
  return statement;
}

std::int64_t Database::integer(std::string_view sql) {
  Query row = query(sql);
  return row.next() ? row.integer(0) : 0;
}

void Database::run_script(const char* sql) {
  const int code = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
}

void Database::roll_back() {
  if (in_transaction()) execute("ROLLBACK");
  TELLINA_ASSERT_PROCESS(!in_transaction());
}

void Database::fail(int code, std::string_view sql) const {
  Diagnosis diagnosis = diagnose(code);
  std::string text = m_name + ": " + (m_handle ? sqlite3_errmsg(m_handle) : sqlite3_errstr(code));
  text += std::string(" (") + diagnosis.name + " " + std::to_string(code);
  const int system_error = m_handle ? sqlite3_system_errno(m_handle) : 0;
  const bool of_the_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  if (of_the_system && (system_error == ENOSPC || system_error == EDQUOT)) diagnosis.hint = diagnose(SQLITE_FULL).hint;
  if (of_the_system && system_error != 0) text += std::string(", ") + std::strerror(system_error);
  text += ")";
  if (!sql.empty()) text += " in: " + shorten(sql);
  throw StoreError(diagnosis.code, text, diagnosis.hint);
}

}  // namespace tellina
