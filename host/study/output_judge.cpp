#include "host/study/output_judge.hpp"

#include <algorithm>

#include "host/runtime/assertion.hpp"
#include "host/study/shell_word.hpp"

namespace tellina {
namespace {

/// Each run of white space as one space. White space at the ends stays.
Bytes with_single_spaces(BytesView line) {
  Bytes plain;
  for (const char byte : line) {
    if (blanks_of_lines.find(byte) == BytesView::npos) {
      plain += byte;
    } else if (!plain.ends_with(' ')) {
      plain += ' ';
    }
  }
  return plain;
}

ItemOrder order_of(OutputMatch match) {
  switch (match) {
    case OutputMatch::unordered:
      return ItemOrder::unordered;
    case OutputMatch::set:
      return ItemOrder::set;
    default:
      return ItemOrder::exact;
  }
}

}  // namespace

bool OutputJudge::is_for(const Task& task) {
  if (task.type == TaskType::file_search) return true;
  return task.type == TaskType::output && task.output_match != OutputMatch::lines &&
         task.output_match != OutputMatch::contains;
}

OutputJudge::OutputJudge(const Task& task)
    : m_type(task.type), m_match(task.output_match), m_ignored(task.ignored), m_root(task.root) {
  TELLINA_ASSERT(is_for(task));
  if (m_type == TaskType::file_search || m_match == OutputMatch::paths) {
    for (const Bytes& name : task.path_answer) m_answer.push_back(path_item(name));
  } else if (m_match == OutputMatch::records) {
    m_records = std::make_unique<RecordMatch>(task.record_answer, task.allows_extra_lines);
  } else {
    m_answer = lines_of(task.output_answer);
  }
}

bool OutputJudge::needs_names() const {
  return m_type == TaskType::file_search || m_match == OutputMatch::paths || m_match == OutputMatch::records;
}

Progress OutputJudge::judge(const CommandOutput& command, const HomeNames& names) const {
  Progress progress = m_records
                          ? m_records->match(scan_paths(names, command.output, command.working_directory, command.text))
                      : needs_names() ? judge_paths(command, names)
                                      : judge_lines(command);
  if (command.is_cut) progress.passed = false;
  return progress;
}

Progress OutputJudge::judge_lines(const CommandOutput& command) const {
  return compare_items("line", m_answer, lines_of(command.output), order_of(m_match));
}

Progress OutputJudge::judge_paths(const CommandOutput& command, const HomeNames& names) const {
  const bool is_search = m_type == TaskType::file_search;
  std::vector<Item> found;
  for (const ScannedLine& line : scan_paths(names, command.output, command.working_directory, command.text)) {
    for (const Bytes& name : line.names) {
      if (!is_search || name != m_root) found.push_back(path_item(name));
    }
  }
  return compare_items("path", m_answer, found, is_search ? ItemOrder::set : ItemOrder::exact);
}

std::vector<Item> OutputJudge::lines_of(BytesView text) const {
  std::vector<Item> items;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    BytesView line = text.substr(0, end);
    text.remove_prefix(end == BytesView::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (m_ignored.blank_lines && trimmed(line).empty()) continue;
    if (m_ignored.total_lines && is_total_line(line)) continue;
    Bytes key(m_ignored.outer_space ? trimmed(line) : line);
    if (m_ignored.inner_space) key = with_single_spaces(key);
    if (m_ignored.letter_case) {
      std::transform(key.begin(), key.end(), key.begin(),
                     [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; });
    }
    items.emplace_back(std::move(key), Bytes(line));
  }
  return items;
}

/// Participants see paths relative to the root, as the answer has them.
Item OutputJudge::path_item(const Bytes& name) const {
  if (m_root.empty()) return Item(name, name.empty() ? "." : name);
  if (name == m_root) return Item(name, ".");
  if (name.starts_with(m_root + "/")) return Item(name, name.substr(m_root.size() + 1));
  return Item(name, "~/" + name);
}

}  // namespace tellina
