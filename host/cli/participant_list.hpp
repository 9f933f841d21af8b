#pragma once

/// The list that `tellina participants list` shows.

#include <chrono>
#include <ostream>
#include <vector>

#include "host/config/host_config.hpp"
#include "host/store/store.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// The participants of a study at one point in time.
class ParticipantList {
 public:
  /// Reads the database without changing it. Codes of the config file that are not in the database yet follow at the
  /// end. Throws StoreError.
  static ParticipantList read(const HostConfig& config, const Clock& clock);

  /// The columns of version 0.1.0 come first.
  void print_table(std::ostream& out) const;
  /// Prints one JSON object per line.
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
