#pragma once

/// A researcher's program that judges a task of the type `command`.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tellina/file_tree.hpp"

namespace tellina {

/// When a checker runs.
enum class CheckerRuns : std::uint8_t {
  each_command,  ///< after each command; a hand-in is judged by the last of these runs
  hand_in,       ///< for hand-ins only
  both
};

/// As config.json spells it.
inline const char* to_string(CheckerRuns when) {
  constexpr const char* names[] = {"each_command", "hand_in", "both"};
  return names[static_cast<std::size_t>(when)];
}

class Checker {
 public:
  std::string place;                   ///< of the task's type, "config.json:12:5: tasks[1].type", for messages
  std::vector<std::string> arguments;  ///< the first is the program
  FileTree folder;                     ///< the content of /check, without what the host adds
  CheckerRuns when = CheckerRuns::each_command;
  std::chrono::milliseconds time_limit{10'000};
};

}  // namespace tellina
