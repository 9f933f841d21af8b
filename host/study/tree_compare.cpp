#include "host/study/tree_compare.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "host/limits.hpp"
#include "host/study/progress_detail.hpp"

namespace tellina {
namespace {

/// The attributes in which the actual node differs from the expected one.
std::vector<const char*> differences(const FileNode& expected, const FileNode& actual, const AttributeRange& range) {
  if (expected.kind != actual.kind) return {"kind"};
  std::vector<const char*> differs;
  if (expected.content) {
    if (expected.content != actual.content) differs.push_back("content");
  } else if ((expected.size && expected.size != actual.size) || !range.allows_size(actual)) {
    differs.push_back("size");
  }
  if (!expected.target.empty() && expected.target != actual.target) differs.push_back("target");
  if (expected.mode && expected.mode != actual.mode) differs.push_back("mode");
  if ((expected.modified_at && expected.modified_at != actual.modified_at) || !range.allows_time(actual)) {
    differs.push_back("modified_at");
  }
  if (expected.owner && expected.owner != actual.owner) differs.push_back("owner");
  return differs;
}

class Comparison {
 public:
  /// `ignores_settings`: whether entries whose name starts with "." are ignored at the top.
  Comparison(const FileNode& initial, bool ignores_settings, const AttributeRanges& ranges)
      : m_initial(initial), m_ignores_settings(ignores_settings), m_ranges(ranges) {}

  void compare_root(const FileNode& expected, const FileNode& actual) {
    if (expected.mode || expected.modified_at || expected.owner) judge(".", expected, actual);
    compare_children("", expected, actual);
  }

  Progress progress() const {
    Progress progress;
    progress.matched = m_matched_count;
    progress.missing = m_missing_count;
    progress.extra = m_extra_count;
    progress.incorrect = m_incorrect_count;
    std::vector<DetailEntry> entries = m_incorrect;
    entries.insert(entries.end(), m_extra.begin(), m_extra.end());
    entries.insert(entries.end(), m_matched.begin(), m_matched.end());
    progress.detail = detail_json("path", entries);
    progress.missing_detail = detail_json("path", m_missing);
    return progress;
  }

 private:
  static void remember(std::vector<DetailEntry>& entries, int& count, DetailEntry entry) {
    ++count;
    if (entries.size() < limits::detail_entries) entries.push_back(std::move(entry));
  }

  void judge(const Bytes& path, const FileNode& expected, const FileNode& actual) {
    static const AttributeRange any;
    const auto range = m_ranges.find(path);
    std::vector<const char*> differs = differences(expected, actual, range == m_ranges.end() ? any : range->second);
    if (differs.empty()) {
      remember(m_matched, m_matched_count, DetailEntry(path, "matched"));
    } else {
      remember(m_incorrect, m_incorrect_count, DetailEntry(path, "incorrect", std::move(differs)));
    }
  }

  /// `prefix`: path of both directories with "/" at its end, or empty.
  void compare_children(const Bytes& prefix, const FileNode& expected, const FileNode& actual) {
    for (const auto& [name, child] : expected.children) {
      const auto found = actual.children.find(name);
      if (found == actual.children.end()) {
        add_missing(prefix + name, child);
        continue;
      }
      judge(prefix + name, child, found->second);
      compare_children(prefix + name + "/", child, found->second);
    }
    for (const auto& [name, child] : actual.children) {
      if (expected.children.contains(name)) continue;
      const bool is_setting = m_ignores_settings && prefix.empty() && name.starts_with('.');
      if (is_setting && !m_initial.children.contains(name)) continue;
      add_extra(prefix + name, child);
    }
  }

  void add_extra(const Bytes& path, const FileNode& node) {
    remember(m_extra, m_extra_count, DetailEntry(path, "extra"));
    for (const auto& [name, child] : node.children) add_extra(path + "/" + name, child);
  }

  void add_missing(const Bytes& path, const FileNode& node) {
    remember(m_missing, m_missing_count, DetailEntry(path, "missing"));
    for (const auto& [name, child] : node.children) add_missing(path + "/" + name, child);
  }

  const FileNode& m_initial;
  bool m_ignores_settings;
  const AttributeRanges& m_ranges;
  int m_matched_count = 0;
  int m_missing_count = 0;
  int m_extra_count = 0;
  int m_incorrect_count = 0;
  std::vector<DetailEntry> m_missing;
  std::vector<DetailEntry> m_matched;
  std::vector<DetailEntry> m_extra;
  std::vector<DetailEntry> m_incorrect;
};

bool have_same_names(const FileNode& initial, const FileNode& actual, bool is_home) {
  for (const auto& [name, child] : initial.children) {
    const auto found = actual.children.find(name);
    if (found == actual.children.end() || !have_same_names(child, found->second, false)) return false;
  }
  return std::all_of(actual.children.begin(), actual.children.end(), [&](const auto& entry) {
    return initial.children.contains(entry.first) || (is_home && entry.first.starts_with('.'));
  });
}

}  // namespace

FileNode* node_at(FileNode& home, BytesView name) { return const_cast<FileNode*>(node_at(std::as_const(home), name)); }

const FileNode* node_at(const FileNode& home, BytesView name) {
  BytesView path = name;
  const FileNode* node = &home;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const auto found = node->children.find(Bytes(path.substr(0, end)));
    if (found == node->children.end()) return nullptr;
    node = &found->second;
    path.remove_prefix(end == BytesView::npos ? path.size() : end + 1);
  }
  return node;
}

bool have_same_names(const FileTree& initial, const FileTree& actual, BytesView root) {
  const FileNode* const before = node_at(initial.root, root);
  const FileNode* const after = node_at(actual.root, root);
  if (!before || !after) return before == after;
  return have_same_names(*before, *after, root.empty());
}

Progress compare_trees(const FileTree& initial, const FileTree& expected, const FileTree& actual, BytesView root,
                       const AttributeRanges& ranges) {
  static const FileNode nothing = FileNode::directory();
  const FileNode* const before = node_at(initial.root, root);
  const FileNode* const found = node_at(actual.root, root);
  const bool is_directory = found && found->kind == FileKind::directory;
  Comparison comparison(before ? *before : nothing, root.empty(), ranges);
  comparison.compare_root(expected.root, is_directory ? *found : nothing);
  Progress progress = comparison.progress();
  progress.passed =
      is_directory && progress.missing == 0 && progress.extra == 0 && progress.incorrect == 0 && !actual.truncated;
  return progress;
}

}  // namespace tellina
