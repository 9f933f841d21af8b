#pragma once

/// Judges a stdout task by what commands print, and not by what the kernel echoes of typing.

#include <set>
#include <string>
#include <vector>

#include "host/study/progress.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// Fed by CommandTracker. Memory is bounded: of one command's output it keeps as many lines as the answer has
/// (match lines), or the last MiB (match contains).
///
/// Lines of output that equal a line typed since the last prompt, but for the command's own lines, do not count: the
/// kernel echoes what is typed under a running command.
class OutputCheck {
 public:
  OutputCheck(Bytes answer, OutputMatch match);

  /// A prompt starts: what is typed from here belongs to the next command.
  void prompt_started();
  /// `text`: the command as the shell has read it; as many typed lines as it has are its own.
  void command_started(BytesView text);
  /// Raw bytes as they are written to the pty.
  void typed(BytesView bytes);
  /// Cleaned text of the running command (see ScannerListener::on_text).
  void printed(BytesView text);
  /// The command has ended: the verdict on its output.
  Progress command_ended();
};

}  // namespace tellina
