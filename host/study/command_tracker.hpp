#pragma once

/// Follows one shell: which command runs, what it printed, when it ended.

#include <functional>
#include <memory>
#include <optional>

#include "host/store/records.hpp"
#include "host/study/output_check.hpp"
#include "host/study/shell_marks.hpp"

namespace tellina {

/// Threads: one loop's. Callbacks run inside the call that causes them.
class CommandTracker final : private ScannerListener {
 public:
  class Callbacks {
   public:
    std::function<void()> ready;                               ///< each time the shell can be typed at
    std::function<void(CommandRecord)> finished;               ///< a command has ended, or its shell has
    std::function<void(const Progress&)> judged;               ///< stdout tasks: the verdict, before `finished`
  };

  /// `check` may be null (filesystem tasks). `offset`: of the output stream's next byte.
  CommandTracker(std::string nonce, std::uint64_t offset, std::int64_t next_command_number, OutputCheck* check,
                 Callbacks callbacks);

  void typed(BytesView bytes);
  void printed(BytesView bytes, Moment at);
  /// The shell is gone: ends a running command without an exit status and without a verdict.
  void shell_ended(Moment at);
  bool command_runs() const;
};

}  // namespace tellina
