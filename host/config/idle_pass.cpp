#include "host/config/idle_pass.hpp"

#include "host/study/tree_compare.hpp"

namespace tellina {
namespace {

constexpr std::uint32_t directory_mode = 0755;
constexpr std::uint32_t file_mode = 0644;

/// What a sandbox makes of a node of an initial tree. The times are those of the start, which no answer can name.
void fill_in_defaults(FileNode& node) {
  if (node.kind != FileKind::symlink && !node.mode) {
    node.mode = node.kind == FileKind::directory ? directory_mode : file_mode;
  }
  if (!node.owner) node.owner = "me";
  for (auto& [name, child] : node.children) fill_in_defaults(child);
}

bool has_only_line_ends(const Bytes& text) { return text.find_first_not_of("\r\n") == Bytes::npos; }

}  // namespace

std::string why_passed_without_work(const Task& task) {
  if (task.type == TaskType::output) {
    if (!has_only_line_ends(task.output_answer)) return "";
    return "expected a line with text in it, got only line ends: nearly any command would pass the task";
  }
  FileTree start = task.initial;
  for (auto& [name, child] : start.root.children) fill_in_defaults(child);
  if (!compare_trees(task.initial, task.filesystem_answer, start).passed) return "";
  return R"(expected a tree that differs from "initial_filesystem", got the same: the task would pass at once)";
}

}  // namespace tellina
