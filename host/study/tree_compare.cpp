#include "host/study/tree_compare.hpp"

#include <vector>

#include "host/limits.hpp"
#include "host/study/progress_detail.hpp"

namespace tellina {
namespace {

/// The attributes in which the actual node differs from the expected one.
std::vector<const char*> differences(const FileNode& expected, const FileNode& actual) {
  if (expected.kind != actual.kind) return {"kind"};
  std::vector<const char*> differs;
  if (expected.content) {
    if (expected.content != actual.content) differs.push_back("content");
  } else if (expected.size && expected.size != actual.size) {
    differs.push_back("size");
  }
  if (!expected.target.empty() && expected.target != actual.target) differs.push_back("target");
  if (expected.mode && expected.mode != actual.mode) differs.push_back("mode");
  if (expected.modified_at && expected.modified_at != actual.modified_at) differs.push_back("modified_at");
  if (expected.owner && expected.owner != actual.owner) differs.push_back("owner");
  return differs;
}

class Comparison {
 public:
  explicit Comparison(const FileTree& initial) : m_initial(initial) {}

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
    std::vector<const char*> differs = differences(expected, actual);
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
      if (prefix.empty() && name.starts_with('.') && !m_initial.root.children.contains(name)) continue;
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

  const FileTree& m_initial;
  int m_matched_count = 0;
  int m_missing_count = 0;
  int m_extra_count = 0;
  int m_incorrect_count = 0;
  std::vector<DetailEntry> m_missing;
  std::vector<DetailEntry> m_matched;
  std::vector<DetailEntry> m_extra;
  std::vector<DetailEntry> m_incorrect;
};

}  // namespace

Progress compare_trees(const FileTree& initial, const FileTree& expected, const FileTree& actual) {
  Comparison comparison(initial);
  comparison.compare_root(expected.root, actual.root);
  Progress progress = comparison.progress();
  progress.passed = progress.missing == 0 && progress.extra == 0 && progress.incorrect == 0 && !actual.truncated;
  return progress;
}

}  // namespace tellina
