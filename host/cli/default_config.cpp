#include "host/cli/default_config.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "host/cli/command_table.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

constexpr const char* json_name = "config.json";
constexpr const char* yaml_name = "study.yaml";

bool reads_config(const CommandRow& command) {
  return std::any_of(command.options.begin(), command.options.end(), [](const OptionRow* option) {
    return std::string_view(option->name) == "--config" && std::string_view(option->value) == "FILE";
  });
}

bool exists(const char* name) {
  std::error_code ignored;
  return std::filesystem::exists(name, ignored);
}

}  // namespace

void choose_config(Arguments& arguments) {
  const auto commands = command_table();
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [&](const CommandRow& row) { return row.command == arguments.command; });
  if (command == commands.end() || !reads_config(*command) || !arguments.config.empty()) return;
  const bool has_yaml = exists(yaml_name);
  if (has_yaml && exists(json_name)) {
    throw ConfigError("tellina " + command->words() + ": expected one of " + json_name + " and " + yaml_name +
                      ", found both; name one with --config");
  }
  arguments.config = has_yaml ? yaml_name : json_name;
}

}  // namespace tellina
