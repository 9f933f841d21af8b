#pragma once

/// Writes Progress::detail within its limits.

#include <string>
#include <vector>

#include "tellina/bytes.hpp"

namespace tellina {

class DetailEntry {
 public:
  /// Copies the name, because callers pass a view into their buffer.
  DetailEntry(BytesView name_, const char* status_, std::vector<const char*> differs_ = {})
      : name(name_), status(status_), differs(std::move(differs_)) {}
  Bytes name;
  const char* status = "";
  std::vector<const char*> differs;
};

/// A line as a detail shows it: at most limits::detail_line bytes, cut between characters, with an ellipsis.
Bytes shortened_line(BytesView line);

/// Returns the JSON array. `key`: "path" or "line". Leaves out entries beyond the limits.
std::string detail_json(const char* key, const std::vector<DetailEntry>& entries);

}  // namespace tellina
