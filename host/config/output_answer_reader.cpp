#include "host/config/output_answer_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "host/config/home_paths.hpp"
#include "host/config/task_defaults.hpp"
#include "host/study/home_names.hpp"
#include "host/study/record_match.hpp"
#include "host/study/tree_compare.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

/// The terminal's line ends become LF before output is compared, so the same is done to an answer's.
Bytes with_line_feeds(const std::string& text) {
  Bytes result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    result += text[i];
  }
  return result;
}

OutputMatch read_match(const Config& value) {
  const std::string name = value.string_or("match", "lines");
  constexpr std::array<std::pair<const char*, OutputMatch>, 7> matches{{{"lines", OutputMatch::lines},
                                                                        {"contains", OutputMatch::contains},
                                                                        {"exact", OutputMatch::exact},
                                                                        {"unordered", OutputMatch::unordered},
                                                                        {"set", OutputMatch::set},
                                                                        {"paths", OutputMatch::paths},
                                                                        {"records", OutputMatch::records}}};
  const auto found = std::find_if(matches.begin(), matches.end(), [&](const auto& one) { return name == one.first; });
  return found == matches.end() ? OutputMatch::lines : found->second;
}

bool compares_lines(OutputMatch match) {
  return match == OutputMatch::exact || match == OutputMatch::unordered || match == OutputMatch::set;
}

bool has_paths(OutputMatch match) { return match == OutputMatch::paths || match == OutputMatch::records; }

class Reader {
 public:
  Reader(const Config& value, Task& task, Diagnostics& diagnostics)
      : m_value(value), m_answer(value.at("answer")), m_task(task), m_diagnostics(diagnostics) {}

  void read() {
    if (m_task.type == TaskType::file_search) {
      m_task.root = read_root(m_value, m_task.initial, m_diagnostics);
      m_task.files_may_change = m_value.bool_or("files_may_change", false);
      return read_paths(!m_task.files_may_change);
    }
    m_task.output_match = read_match(m_value);
    check_keys();
    if (has_paths(m_task.output_match)) m_task.root = read_root(m_value, m_task.initial, m_diagnostics);
    switch (m_task.output_match) {
      case OutputMatch::paths:
        return read_paths(false);
      case OutputMatch::records:
        m_task.allows_extra_lines = m_value.string_or("extra_lines", "refuse") == "allow";
        return read_records();
      default:
        return read_text();
    }
  }

 private:
  /// Keys that the match does not use.
  void check_keys() {
    const OutputMatch match = m_task.output_match;
    const bool searches = match == OutputMatch::lines || match == OutputMatch::contains;
    check_key("max_extra_lines", searches, "\"lines\" or \"contains\"");
    check_key("ignore", compares_lines(match), "\"exact\", \"unordered\" or \"set\"");
    check_key("extra_lines", match == OutputMatch::records, "\"records\"");
    check_key("root", has_paths(match), "\"paths\" or \"records\"");
  }

  void check_key(const char* key, bool is_used, const std::string& matches) {
    const Config* found = m_value.find(key);
    // A default is for the tasks that use it.
    if (!found || is_used || is_task_default(*found)) return;
    m_diagnostics.add(*found, "expected this key only with the match " + matches + ", got the match " +
                                  in_quotes(m_value.string_or("match", "lines")));
  }

  void read_text() {
    if (!m_answer.is_string()) return report_kind("text");
    m_task.output_answer = with_line_feeds(m_answer.as_string());
    if (const Config* bound = m_value.find("max_extra_lines")) m_task.max_extra_lines = bound->as_integer();
    const Config* ignored = m_value.find("ignore");
    if (!ignored) return;
    IgnoredParts& parts = m_task.ignored;
    const std::array<std::pair<const char*, bool*>, 5> names{{{"blank_lines", &parts.blank_lines},
                                                              {"outer_space", &parts.outer_space},
                                                              {"inner_space", &parts.inner_space},
                                                              {"case", &parts.letter_case},
                                                              {"total_lines", &parts.total_lines}}};
    for (const auto& [name, part] : names) {
      *part = std::any_of(ignored->items().begin(), ignored->items().end(),
                          [name = name](const Config& item) { return item.as_string() == name; });
    }
  }

  void report_kind(const std::string& kind) {
    m_diagnostics.add(m_answer, "expected " + kind + ", as the match is " +
                                    in_quotes(m_value.string_or("match", "lines")) + ", got " + describe(m_answer));
  }

  void read_paths(bool must_exist) {
    if (!m_answer.is_array()) return report_kind("a list of paths");
    for (const Config& item : m_answer.items()) {
      if (!item.is_string()) {
        m_diagnostics.add(item, "expected a path, got " + describe(item));
        continue;
      }
      const std::optional<Bytes> name = read_name(item, must_exist);
      if (!name) continue;
      const bool is_known =
          std::find(m_task.path_answer.begin(), m_task.path_answer.end(), *name) != m_task.path_answer.end();
      if (is_known && m_task.type == TaskType::file_search) {
        m_diagnostics.add(item, "expected each path once, got " + describe(item) + " twice");
      }
      m_task.path_answer.push_back(*name);
    }
  }

  std::optional<Bytes> read_name(const Config& item, bool must_exist) {
    const std::optional<Bytes> name = name_below(m_task.root, item.as_string());
    if (!name || *name == m_task.root) {
      m_diagnostics.add(item,
                        "expected a path in the home directory other than \"root\" itself, got " + describe(item));
      return std::nullopt;
    }
    if (must_exist && !find_node(*name)) {
      const FileNode* root = find_node(m_task.root);
      const std::vector<std::string> names = root ? names_below(*root) : std::vector<std::string>();
      m_diagnostics.add(item, "expected a path in \"initial_filesystem\", got " + describe(item) +
                                  suggestion(item.as_string(), names));
      return std::nullopt;
    }
    return name;
  }

  const FileNode* find_node(const Bytes& name) const { return node_at(m_task.initial.root, name); }

  void read_records() {
    if (!m_answer.is_array()) return report_kind("a list of records");
    for (const Config& item : m_answer.items()) {
      if (!item.is_object()) {
        m_diagnostics.add(item, "expected an object with \"path\", \"pattern\" or \"text\", got " + describe(item));
        continue;
      }
      OutputRecordAnswer record;
      if (const Config* path = item.find("path")) record.name = read_name(*path, false).value_or(Bytes());
      record.text = item.string_or("text", "");
      if (const Config* pattern = item.find("pattern")) {
        record.expression = pattern->as_string();
        const std::string error = expression_error(record.expression);
        if (!error.empty()) {
          m_diagnostics.add(*pattern, "expected a regular expression (RE2), got " + describe(*pattern) + ": " + error);
          continue;
        }
      }
      if (!item.find("path") && !item.find("pattern") && !item.find("text")) {
        m_diagnostics.add(item, "expected \"path\", \"pattern\" or \"text\", got none of them");
      }
      m_task.record_answer.push_back(std::move(record));
    }
  }

  const Config& m_value;
  const Config& m_answer;
  Task& m_task;
  Diagnostics& m_diagnostics;
};

}  // namespace

void read_output_answer(const Config& value, Task& task, Diagnostics& diagnostics) {
  Reader(value, task, diagnostics).read();
}

Bytes read_root(const Config& value, const FileTree& initial, Diagnostics& diagnostics) {
  const Config* root = value.find("root");
  if (!root) return "";
  const std::optional<Bytes> name = name_below("", root->as_string() == "~" ? "" : root->as_string().substr(2));
  if (!name) {
    diagnostics.add(*root, "expected a directory in the home directory, got " + describe(*root));
    return "";
  }
  const FileNode* const node = node_at(initial.root, *name);
  if (node && node->kind == FileKind::directory) return *name;
  if (!is_task_default(*root)) {
    diagnostics.add(*root, "expected a directory of \"initial_filesystem\", got " + describe(*root));
    return *name;
  }
  // The default may be right for other tasks, so this task is named.
  const Config* tree = value.find("initial_filesystem");
  diagnostics.add(tree && !is_task_default(*tree) ? *tree : value,
                  "expected a tree with the directory " + describe(*root) + " (" + root->path() + "), got none");
  return *name;
}

}  // namespace tellina
