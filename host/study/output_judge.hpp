#pragma once

/// Judges what a finished command printed, where the complete output decides.

#include <memory>

#include "host/study/home_names.hpp"
#include "host/study/item_compare.hpp"
#include "host/study/progress.hpp"
#include "host/study/record_match.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// A command that has ended. Views, because an output may be large.
class CommandOutput {
 public:
  BytesView text;               ///< of the command, as the shell has read it
  BytesView working_directory;  ///< when it started, absolute
  BytesView output;             ///< cleaned text, without the echo of typed lines
  bool is_cut = false;          ///< there was more output; then it does not pass
};

/// For tasks of the type `file_search`, and of the type `output` with a match other than `lines` and `contains`.
/// Threads: any; judge() does not change it.
class OutputJudge {
 public:
  explicit OutputJudge(const Task& task);

  static bool is_for(const Task& task);
  /// Whether judge() needs the names of the home.
  bool needs_names() const;
  /// `names`: of the home before and after the command.
  Progress judge(const CommandOutput& command, const HomeNames& names) const;

 private:
  Progress judge_lines(const CommandOutput& command) const;
  Progress judge_paths(const CommandOutput& command, const HomeNames& names) const;
  std::vector<Item> lines_of(BytesView text) const;
  Item path_item(const Bytes& name) const;

  TaskType m_type;
  OutputMatch m_match;
  IgnoredParts m_ignored;
  Bytes m_root;
  std::vector<Item> m_answer;
  std::unique_ptr<RecordMatch> m_records;
};

}  // namespace tellina
