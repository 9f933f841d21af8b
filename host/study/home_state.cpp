#include "host/study/home_state.hpp"

#include "host/study/output_judge.hpp"
#include "host/study/tree_compare.hpp"

namespace tellina {

bool has_states(const Task& task) {
  return task.type != TaskType::output || task.output_match == OutputMatch::paths ||
         task.output_match == OutputMatch::records;
}

double distance_of(const Task& task, const Progress& progress) {
  if (progress.score) return 1 - *progress.score;
  const int counted = progress.missing + progress.incorrect + (allows_extra_output(task) ? 0 : progress.extra);
  if (task.type == TaskType::command && counted == 0 && progress.matched == 0) return progress.passed ? 0 : 1;
  return counted;
}

std::optional<Progress> verdict_at_start(const Task& task, const FileTree& home) {
  if (task.type == TaskType::filesystem) {
    return compare_trees(task.initial, task.filesystem_answer, home, task.root, task.answer_ranges);
  }
  if (!OutputJudge::is_for(task)) return std::nullopt;
  HomeNames names("");
  names.add(home);
  return OutputJudge(task).judge(CommandOutput(), names);
}

}  // namespace tellina
