#include "host/study/checker_run.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"

namespace tellina {
namespace {

constexpr const char* commands_file = "session.jsonl";

}  // namespace

void prepare_checker_run(RunSpec& run, const Task& task, Bytes commands) {
  const Checker& checker = task.checker;
  run.folder = checker.folder;
  run.folder.root.children[commands_file] = FileNode::regular(std::move(commands));
  run.arguments = checker.arguments;
  run.time_limit = checker.time_limit;
  run.max_output = limits::checker_output;
  run.max_errors = limits::checker_errors;
  run.options = task.sandbox_options;
}

bool lacks_content(const FileNode& home) {
  if (home.kind == FileKind::regular && !home.content && home.size.value_or(0) > 0) return true;
  return std::any_of(home.children.begin(), home.children.end(),
                     [](const auto& child) { return lacks_content(child.second); });
}

}  // namespace tellina
