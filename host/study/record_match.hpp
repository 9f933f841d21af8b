#pragma once

/// Matches an answer's records with the lines that a command printed.

#include <memory>
#include <string>
#include <vector>

#include "host/study/output_record_answer.hpp"
#include "host/study/path_scan.hpp"
#include "host/study/progress.hpp"

namespace re2 {
class RE2;
}

namespace tellina {

/// Threads: any; match() does not change it.
class RecordMatch {
 public:
  /// `allows_extra`: whether lines that name entries may match no record. The expressions must be valid (see
  /// expression_error). Records without any part match every line.
  RecordMatch(std::vector<OutputRecordAnswer> records, bool allows_extra);
  ~RecordMatch();
  RecordMatch(const RecordMatch&) = delete;
  RecordMatch& operator=(const RecordMatch&) = delete;

  /// Passes if each record has a line of its own, and each line that names an entry a record of its own.
  Progress match(const std::vector<ScannedLine>& lines) const;

 private:
  /// Apart from the name.
  bool fits(std::size_t record, BytesView line) const;

  std::vector<OutputRecordAnswer> m_records;
  std::vector<std::unique_ptr<re2::RE2>> m_expressions;
  bool m_allows_extra;
};

/// Why an expression is not valid RE2 syntax; empty if it is.
std::string expression_error(const std::string& expression);
/// Whether a valid expression matches the whole text.
bool matches_whole(const std::string& expression, std::string_view text);

}  // namespace tellina
