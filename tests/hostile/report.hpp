#pragma once

/// What attacks came to, as tables for docs/security.md.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hostile/attacks.hpp"
#include "hostile/victim.hpp"

namespace tellina::hostile {

/// The measured effects of one attack.
class Outcome {
 public:
  std::set<std::string> failures;
  std::string remark;
  Figures victim;
  std::chrono::milliseconds start{0};  ///< how long a new participant waited for a shell
  std::size_t processes = 0;
  double server_cores = 0;
  std::uint64_t growth = 0;  ///< of the record, in bytes
};

/// The outcomes on one set-up, by the attack's name.
class Results {
 public:
  std::string title;
  std::map<std::string_view, Outcome> outcomes;
};

std::string join(const std::set<std::string>& sentences);
/// Median, 99th percentile, maximum, and start, in milliseconds.
std::string figures_of(const Outcome& outcome);

/// A sentence about this machine, now.
std::string describe_machine();

/// The sentence about the machine, and a table for each topic. A set-up on which nothing of a topic was tried has no
/// column there.
std::string tables_of(const std::vector<Results>& all, const std::string& machine);

/// Replaces the part between the lines "<!-- hostile..." and "<!-- end of hostile -->". A file without them gets the
/// tables as its whole content.
void write_report(const std::filesystem::path& file, const std::string& tables);

}  // namespace tellina::hostile
