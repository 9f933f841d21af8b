#pragma once

/// Values that describe the owner of a participant.

#include <compare>
#include <cstdint>
#include <string>

#include "host/study/participant.hpp"

namespace tellina {

/// Identifies a worker to other processes of this machine, so that they can find out whether it is still alive.
class WorkerIdentity {
 public:
  WorkerIdentity() = default;
  std::string id;
  std::int64_t process_id = 0;
  std::uint64_t process_start_ticks = 0;  ///< field 22 of /proc/PID/stat
  std::string boot_id;
};

/// The backend that runs a worker's sandboxes.
class SandboxBackendChoice {
 public:
  SandboxBackendChoice() = default;
  std::string plugin;    ///< its name; empty if unknown
  std::string settings;  ///< its section of the configuration, as JSON
  auto operator<=>(const SandboxBackendChoice&) const = default;
};

/// A retired worker whose sandboxes may not be removed yet.
class UnsweptWorker {
 public:
  UnsweptWorker() = default;
  std::string id;
  SandboxBackendChoice backend;
};

/// The right to write for one participant. No two owners get the same number. Every write checks that its number is the
/// newest.
class Fence {
 public:
  Fence() = default;
  ParticipantId participant = 0;
  std::string worker;
  std::int64_t number = 0;
};

}  // namespace tellina
