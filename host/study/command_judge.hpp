#pragma once

/// Judges commands that have ended, for tasks where that needs a command's whole output. Pure.

#include <vector>

#include "host/study/output_judge.hpp"
#include "host/study/records.hpp"

namespace tellina {

/// What is kept of a command until it is judged.
class EndedCommand {
 public:
  EndedCommand() = default;
  explicit EndedCommand(const CommandRecord& command)
      : number(command.number),
        text(command.text),
        working_directory(command.cwd),
        home(command.home),
        output(command.judged_output()),
        is_cut(command.output_is_cut) {}
  std::size_t size() const { return text.size() + working_directory.size() + home.size() + output.size(); }

  std::int64_t number = 0;
  Bytes text;
  Bytes working_directory;
  Bytes home;  ///< what $HOME was
  Bytes output;
  bool is_cut = false;
};

class JudgedCommand {
 public:
  std::int64_t number = 0;
  Progress progress;
};

/// The verdict on the first command that passes, or on the last one; there is at least one. `before`, `home`: the home
/// as it was before the commands, and after them. `home` may be null if `judge` needs no names.
JudgedCommand judge_commands(const Task& task, const OutputJudge& judge, const std::vector<EndedCommand>& commands,
                             const FileTree& before, const FileTree* home);

}  // namespace tellina
