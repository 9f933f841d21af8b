#pragma once

/// Compares the record with what the participants typed and saw.

#include <string>
#include <vector>

#include "faults/fault_log.hpp"
#include "faults/participant.hpp"
#include "support/study_database.hpp"

namespace tellina::faults {

/// Sums over all participants of a run. All but the first two must be 0.
class Verdict {
 public:
  std::uint64_t acknowledged_bytes = 0;
  std::uint64_t shown_records = 0;
  std::uint64_t lost_bytes = 0;       ///< acknowledged, but not in the record, or in a gap
  std::uint64_t wrong_bytes = 0;      ///< in the record, but different from what was typed
  std::uint64_t doubled_records = 0;  ///< the screen showed it twice
  std::uint64_t reordered_records = 0;
  std::uint64_t missing_records = 0;  ///< a living shell got it, but the screen did not show it
  std::uint64_t unnamed_gaps = 0;
  std::uint64_t untrue_gaps = 0;      ///< a gap although no worker was lost
  std::uint64_t replaced_shells = 0;  ///< although nothing had died
  std::uint64_t stuck_participants = 0;
  std::vector<std::string> findings;  ///< a sentence for each of them

  bool is_good() const { return findings.empty(); }
  void add(std::uint64_t& counter, std::uint64_t amount, std::string sentence);
};

/// Adds what the record of one participant shows. The server must have stopped.
void check_record(const testing::StudyDatabase& database, const Receipts& receipts, const FaultLog& fault_log,
                  Verdict& verdict);

}  // namespace tellina::faults
