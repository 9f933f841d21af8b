#pragma once

/// Reads a study's database from outside: with SQL, while the server writes it.

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
  /// The first column of the first row; "" if there is none.
  std::string value(const std::string& sql, const std::vector<std::string>& values = {}) const;

  /// One stream ("input" or "output"), assembled from its view. Throws if chunks are neither consecutive nor separated
  /// by a gap of the view gaps. Gaps are filled with 0 bytes, except for input that was recorded and not handed over.
  std::string stream(const std::string& name, const std::string& access_code, int task_number) const;

 private:
  sqlite3* m_database = nullptr;
};

}  // namespace tellina::testing
