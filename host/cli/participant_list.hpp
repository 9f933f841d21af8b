#pragma once

/// What `tellina participants list` shows.

#include <chrono>
#include <ostream>
#include <vector>

#include "host/config/host_config.hpp"
#include "host/store/store.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// The participants of a study at one moment.
class ParticipantList {
 public:
  /// The database, which is only read, and after it the codes of the file that it does not know yet. Throws StoreError.
  static ParticipantList read(const HostConfig& config, const Clock& clock);

  /// Columns: those of version 0.1.0 first.
  void print_table(std::ostream& out) const;
  /// One JSON object a line.
  void print_json(std::ostream& out, bool with_codes) const;
  const std::vector<ParticipantSummary>& participants() const { return m_participants; }

 private:
  std::string time_left(const ParticipantSummary& participant, bool for_people) const;

  std::vector<ParticipantSummary> m_participants;  ///< id 0: not in the database yet
  int m_total = 0;
  std::chrono::nanoseconds m_task_duration{};
  WallTime m_now{};
};

}  // namespace tellina
