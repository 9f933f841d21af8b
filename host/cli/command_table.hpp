#pragma once

/// Which commands and options there are: what the parser reads and the help prints.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/cli/arguments.hpp"

namespace tellina {

class OptionRow {
 public:
  const char* name;   ///< with its two dashes
  const char* value;  ///< what --help calls it; null for a switch
  const char* help;
  /// Stores the value; throws UsageError. `text` is empty for a switch.
  void (*store)(Arguments& arguments, const std::string& text);
  bool repeatable = false;
};

class CommandRow {
 public:
  CommandName command;
  const char* group;    ///< the first of two words, or empty
  const char* word;     ///< the last word
  const char* operand;  ///< what --help calls it; null where there is none
  const char* help;
  std::vector<const OptionRow*> options;
  const char* second_operand = nullptr;

  /// "participants add".
  std::string words() const;
};

std::span<const CommandRow> command_table();
/// Of `tellina bench`; a part of the table.
const std::vector<const OptionRow*>& bench_options();

/// Of one command: its usage and options.
std::string command_help(const CommandRow& command);
/// Of a group ("config"), or of all commands where it is empty.
std::string group_help(std::string_view group);

}  // namespace tellina
