#pragma once

#include <cstdint>

namespace tellina::bots {

/// What a bot does with a task whose solution it does not know.
enum class Unsolved : std::uint8_t {
  give_up,  ///< gives up, if the task can be given up
  clock     ///< leaves it to its clock, if it has one
};

struct BotSettings {
  std::int64_t seed = 1;  ///< of all that bots decide; at least 0
  double dropout = 0;     ///< probability that a bot leaves at some step and never comes back; below 1
  double speed = 1;       ///< of reading, filling in and typing, as a multiple of a person's; above 0
  Unsolved unsolved = Unsolved::give_up;
};

}  // namespace tellina::bots
