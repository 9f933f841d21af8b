#pragma once

/// Keeps what another check says about recorded sessions.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/study/participant.hpp"
#include "host/study/timestamp.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

class Rescore {
 public:
  Rescore() = default;
  TaskSessionId session = no_task_session;
  std::string state;  ///< "passed", "not_passed" or "unknown"
  std::optional<std::int64_t> command_number{};
  std::optional<double> in_seconds{};
  bool is_approximate = false;
  std::string reason;  ///< why the state is unknown, or empty
};

/// The configuration and the program that gave the verdicts.
class RescoreOrigin {
 public:
  std::string name;  ///< that the researcher has given to this run
  std::string config_sha256;
  std::string program_version;
};

/// Whether the database has verdicts with this name.
bool has_rescores(const std::string& database, const std::string& name);

/// Adds the verdicts in one transaction, also while a server uses the database. Throws StoreError(bad_request) if there
/// are some with this name.
void save_rescores(const std::string& database, const RescoreOrigin& origin, const std::vector<Rescore>& rescores,
                   const Clock& clock, Log& log);

}  // namespace tellina
