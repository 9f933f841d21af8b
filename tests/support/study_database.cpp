#include "support/study_database.hpp"

#include <memory>
#include <stdexcept>

#include <sqlite3.h>

namespace tellina::testing {

StudyDatabase::StudyDatabase(const std::filesystem::path& file) {
  if (sqlite3_open_v2(file.c_str(), &m_database, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) {
    const std::string message = sqlite3_errmsg(m_database);
    sqlite3_close(m_database);
    throw std::runtime_error(file.string() + ": " + message);
  }
  sqlite3_busy_timeout(m_database, 5000);
}

StudyDatabase::~StudyDatabase() { sqlite3_close(m_database); }

std::vector<std::vector<std::string>> StudyDatabase::rows(const std::string& sql,
                                                          const std::vector<std::string>& values) const {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(m_database, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(m_database));
  }
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sqlite3_bind_text(raw, static_cast<int>(i) + 1, values[i].data(), static_cast<int>(values[i].size()),
                      SQLITE_TRANSIENT);
  }
  std::vector<std::vector<std::string>> found;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(raw)) == SQLITE_ROW) {
    std::vector<std::string>& row = found.emplace_back();
    for (int column = 0; column < sqlite3_column_count(raw); ++column) {
      if (sqlite3_column_type(raw, column) == SQLITE_NULL) {
        row.emplace_back("NULL");
        continue;
      }
      const char* bytes = static_cast<const char*>(sqlite3_column_blob(raw, column));
      row.emplace_back(bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(raw, column)));
    }
  }
  if (step != SQLITE_DONE) throw std::runtime_error(sql + ": " + sqlite3_errmsg(m_database));
  return found;
}

std::string StudyDatabase::value(const std::string& sql, const std::vector<std::string>& values) const {
  const auto found = rows(sql, values);
  return found.empty() ? std::string() : found.front().front();
}

std::string StudyDatabase::stream(const std::string& name, const std::string& access_code, int task_number) const {
  const std::vector<std::string> who{access_code, std::to_string(task_number), name};
  const auto gaps = rows(
      "SELECT from_offset, to_offset FROM gaps WHERE access_code = ?1 AND task_number = CAST(?2 AS INTEGER) AND "
      "stream = ?3 AND reason <> 'not_handed_over' ORDER BY from_offset",
      who);
  const auto chunks =
      rows("SELECT stream_offset, bytes FROM " + name +
               "_bytes WHERE access_code = ?1 AND task_number = CAST(?2 AS INTEGER) ORDER BY stream_offset",
           {who[0], who[1]});
  std::string whole;
  auto gap = gaps.begin();
  const auto skip_gaps = [&] {
    while (gap != gaps.end() && std::stoull((*gap)[0]) == whole.size()) {
      whole.resize(std::stoull((*gap)[1]), '\0');
      ++gap;
    }
  };
  for (const auto& chunk : chunks) {
    skip_gaps();
    if (std::stoull(chunk[0]) != whole.size()) {
      throw std::runtime_error(name + " of " + access_code + " continues at " + chunk[0] + ", expected " +
                               std::to_string(whole.size()));
    }
    whole += chunk[1];
  }
  skip_gaps();
  if (gap != gaps.end()) throw std::runtime_error(name + " has a gap where nothing is missing, at " + (*gap)[0]);
  return whole;
}

}  // namespace tellina::testing
