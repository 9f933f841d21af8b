#pragma once

/// The set-up of one run, which the seed decides before anything starts.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faults/fault_kinds.hpp"
#include "faults/random_numbers.hpp"

namespace tellina::faults {

/// The parts of the set-up that the command line fixes; the seed decides the rest.
class Choices {
 public:
  std::optional<std::string> layer;
  std::optional<std::string> ordering;
  std::optional<std::string> sandbox;
  std::optional<int> sessions;
  std::optional<std::vector<FaultKind>> faults;
  std::chrono::seconds duration{300};
};

class SetUp {
 public:
  /// The bounds of the time from the start of one fault to the start of the next.
  static constexpr Milliseconds shortest_pause{500};
  static constexpr Milliseconds longest_pause{6000};
  static constexpr int most_faults_at_a_time = 3;

  std::uint64_t seed = 0;
  std::string layer;     ///< memory, ipc or redis
  std::string ordering;  ///< strict or slight
  std::string sandbox;   ///< chroot or docker
  int workers = 2;
  int sessions = 20;
  std::chrono::seconds duration{300};
  bool has_small_disk = false;    ///< the database is on a separate disk, which can become full
  bool has_failing_disk = false;  ///< that disk can fail; the server acknowledges only what the disk has
  bool has_network = false;       ///< clients reach the server through a network that can fail
  bool has_clock = false;         ///< the server's wall clock can jump
  std::vector<FaultKind> faults;

  bool has_processes() const { return layer != "memory"; }
  std::string describe() const;
};

/// The same set-up for the same seed and choices. Throws std::runtime_error if no fault is left.
SetUp draw_set_up(std::uint64_t seed, const Choices& choices);

}  // namespace tellina::faults
