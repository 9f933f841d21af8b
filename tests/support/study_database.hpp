#pragma once

/// Reads a study's database as an outsider does: with SQL, while the server writes.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct sqlite3;

namespace tellina::testing {

class StudyDatabase {
 public:
  explicit StudyDatabase(const std::filesystem::path& file);
  StudyDatabase(const StudyDatabase&) = delete;
  StudyDatabase& operator=(const StudyDatabase&) = delete;
  ~StudyDatabase();

  /// All rows as text (NULL as "NULL"); `values` are bound to ?1, ?2, ... Throws std::runtime_error.
  std::vector<std::vector<std::string>> rows(const std::string& sql, const std::vector<std::string>& values = {}) const;
  /// First column of the first row; "" where there is none.
  std::string value(const std::string& sql, const std::vector<std::string>& values = {}) const;

  /// One stream ("input" or "output") put together from its view. Throws where its chunks neither follow one another
  /// nor jump as the view gaps says. A jump is filled with bytes of 0.
  std::string stream(const std::string& name, const std::string& access_code, int task_number) const;

 private:
  sqlite3* m_database = nullptr;
};

}  // namespace tellina::testing
