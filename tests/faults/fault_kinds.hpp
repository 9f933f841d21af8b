#pragma once

/// The faults that the driver knows.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tellina::faults {

enum class FaultKind : std::uint8_t {
  kill_server,
  end_server,
  stop_server,
  kill_gateway,
  stop_gateway,
  kill_worker,
  kill_workers,
  end_worker,
  stop_worker,
  kill_redis,
  pause_redis,
  cut_redis,
  kill_engine,
  freeze_engine,
  kill_sandbox,
  lock_database,
  move_database,
  fill_disk,
  break_disk,
  jump_clock,
  few_descriptors,
  reload_config,
  reset_connections,
  silent_clients,
  slow_clients,
  unplug,
  delay,
  lose,
  reorder,
};

class SetUp;

/// One row of the table.
class FaultDefinition {
 public:
  FaultKind kind;
  std::string_view name;  ///< on the command line and in the report
  std::string_view text;  ///< what the fault does, in words
  bool (*applies)(const SetUp& set_up);
};

const std::vector<FaultDefinition>& fault_definitions();
const FaultDefinition& definition_of(FaultKind kind);
/// Throws std::runtime_error, with the known names, if there is no such fault.
FaultKind fault_kind(std::string_view name);

}  // namespace tellina::faults
