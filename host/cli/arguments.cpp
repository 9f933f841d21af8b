#include "host/cli/arguments.hpp"

#include <algorithm>
#include <set>

#include "host/cli/command_table.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

bool is_help(const std::string& word) { return word == "--help" || word == "-h"; }

[[noreturn]] void fail_command(const std::string& given, const std::string& group) {
  std::vector<std::string> names;
  for (const CommandRow& command : command_table()) {
    if (!group.empty() && group != command.group) continue;
    const std::string name = group.empty() && *command.group ? command.group : command.word;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  const std::string where = group.empty() ? "" : group + ": ";
  const std::string got = given.empty() ? "got none" : "got " + in_quotes(given) + suggestion(given, names);
  throw UsageError(where + "expected a command: " + joined(names, "or") + "; " + got);
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& words) : m_words(words) {}

  Arguments parse() {
    const CommandRow* command = read_command();
    if (!command) return std::move(m_arguments);
    m_arguments.command = command->command;
    std::vector<std::string> operands;
    while (m_next < m_words.size()) {
      const std::string& word = m_words[m_next++];
      if (is_help(word)) {
        m_arguments.help = command_help(*command);
        return std::move(m_arguments);
      }
      if (word.starts_with("-") && word != "-") {
        read_option(*command, word);
      } else if (operand_name(*command, operands.size())) {
        operands.push_back(word);
      } else if (command->more_operands) {
        m_arguments.names.push_back(word);
      } else {
        throw UsageError(command->words() + ": expected an option, got " + in_quotes(word));
      }
    }
    operands.resize(2);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const char* const name = operand_name(*command, i);
      if (name && operands[i].empty()) throw UsageError(command->words() + ": expected " + name + ", got none");
    }
    m_arguments.operand = operands[0];
    m_arguments.second_operand = operands[1];
    return std::move(m_arguments);
  }

 private:
  /// Null if the command has no operand with that index.
  static const char* operand_name(const CommandRow& command, std::size_t index) {
    return index == 0 ? command.operand : index == 1 ? command.second_operand : nullptr;
  }

  /// Null if the command line only asks for help.
  const CommandRow* read_command() {
    std::string group;
    for (;;) {
      std::string word = m_next < m_words.size() ? m_words[m_next++] : "";
      // Users expect --version from every program.
      if (group.empty() && word == "--version") word = "version";
      if (is_help(word)) {
        m_arguments.help = group_help(group);
        return nullptr;
      }
      bool is_group = false;
      for (const CommandRow& command : command_table()) {
        if (group == command.group && word == command.word) return &command;
        is_group = is_group || (group.empty() && !word.empty() && word == command.group);
      }
      if (!is_group) fail_command(word, group);
      group = word;
    }
  }

  void read_option(const CommandRow& command, const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto found = std::find_if(command.options.begin(), command.options.end(),
                                    [&](const OptionRow* option) { return name == option->name; });
    if (found == command.options.end()) fail_option(command, name);
    const OptionRow& option = **found;
    if (!m_given.insert(name).second && !option.repeatable) throw UsageError(name + ": expected once, got twice");
    std::string value;
    if (!option.value) {
      if (equals != std::string::npos) throw UsageError(name + ": expected no value, got " + in_quotes(word));
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (m_next < m_words.size()) {
      value = m_words[m_next++];
    }
    if (option.value && value.empty()) throw UsageError(name + ": expected " + option.value + ", got nothing");
    option.store(m_arguments, value);
  }

  [[noreturn]] static void fail_option(const CommandRow& command, const std::string& name) {
    std::vector<std::string> names{"--help"};
    for (const OptionRow* option : command.options) names.emplace_back(option->name);
    const std::optional<std::string> meant = nearest(name, names);
    throw UsageError(command.words() + ": unknown option " + name + (meant ? "; did you mean " + *meant + "?" : ""));
  }

  const std::vector<std::string>& m_words;
  std::size_t m_next = 0;
  Arguments m_arguments;
  std::set<std::string> m_given;
};

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words) { return Parser(words).parse(); }

}  // namespace tellina
