#pragma once

/// The supervisor's messages to the plugin, over one sequenced-packet socket: a Started and, when the program has
/// ended, its wait status, an int in the form of wait(2). The plugin sends nothing. To end the sandbox, it closes its
/// end.

namespace local_sandbox {

struct Started {
  int error_number = 0;  ///< 0: the program runs
  char step[60] = {};    ///< otherwise the failed action
};

}  // namespace local_sandbox
