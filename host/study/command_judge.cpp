#include "host/study/command_judge.hpp"

#include "host/runtime/assertion.hpp"
#include "host/study/tree_compare.hpp"

namespace tellina {

JudgedCommand judge_commands(const Task& task, const OutputJudge& judge, const std::vector<EndedCommand>& commands,
                             const FileTree& before, const FileTree* home) {
  TELLINA_ASSERT(!commands.empty() && (home || !judge.needs_names()));
  JudgedCommand judged;
  std::optional<HomeNames> names;
  for (const EndedCommand& command : commands) {
    if (!names || names->home() != command.home) {
      names.emplace(command.home);
      if (home) {
        names->add(before);
        names->add(*home);
      }
    }
    CommandOutput output;
    output.text = command.text;
    output.working_directory = command.working_directory;
    output.output = command.output;
    output.is_cut = command.is_cut;
    judged.number = command.number;
    Progress& progress = judged.progress = judge.judge(output, *names);
    if (home && (home->raced || home->truncated)) progress.passed = false;
    if (task.type == TaskType::file_search && !task.files_may_change) {
      progress.has_changed_names = !have_same_names(task.initial, *home, task.root);
      if (progress.has_changed_names) progress.passed = false;
    }
    if (progress.passed) break;
  }
  return judged;
}

}  // namespace tellina
