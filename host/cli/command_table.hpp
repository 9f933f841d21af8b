#pragma once

/// The commands and options. The parser reads this table, and --help prints it.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/cli/arguments.hpp"

namespace tellina {

class OptionRow {
 public:
  const char* name;   ///< with its two dashes
  const char* value;  ///< its name in --help; null for a switch
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
  const char* operand;  ///< its name in --help; null if there is none
  const char* help;
  std::vector<const OptionRow*> options;
  const char* second_operand = nullptr;
  const char* more_operands = nullptr;  ///< any number of them, without the others

  /// "participants add".
  std::string words() const;
};

std::span<const CommandRow> command_table();
/// The options of `tellina bench`; part of the table.
const std::vector<const OptionRow*>& bench_options();

/// The usage and the options of one command.
std::string command_help(const CommandRow& command);
/// The help of a group ("config"), or of all commands if `group` is empty.
std::string group_help(std::string_view group);

}  // namespace tellina
