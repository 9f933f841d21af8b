#pragma once

/// Who owns a participant, as plain values.

#include <cstdint>
#include <string>

#include "host/study/participant.hpp"

namespace tellina {

/// A worker as other processes of this machine can recognise it, and tell whether it still lives.
class WorkerIdentity {
 public:
  WorkerIdentity() = default;
  std::string id;
  std::int64_t process_id = 0;
  std::uint64_t process_start_ticks = 0;  ///< field 22 of /proc/PID/stat
  std::string boot_id;
};

/// The right to write for one participant. A number is given out once; every write checks that it is the newest.
class Fence {
 public:
  Fence() = default;
  ParticipantId participant = 0;
  std::string worker;
  std::int64_t number = 0;
};

}  // namespace tellina
