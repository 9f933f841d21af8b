#pragma once

/// The messages between the plugin and the supervisor of a program, over one sequenced-packet socket.
///
///   plugin -> supervisor  one Order
///   supervisor -> plugin  Started, then the program's wait status: an int in the form of wait(2)
///
/// When the plugin's end closes, the supervisor ends the program. The supervisor's end closes when nothing is left.

#include "sdk/template/sandbox/supervisor.hpp"

namespace tellina::exec_supervisor {

using local_sandbox::Started;

enum Order : char {
  keep = 'k',  ///< processes that the program leaves may outlive it: their sandboxes can be adopted
  kill = 'x',  ///< ends the program at once
};

}  // namespace tellina::exec_supervisor
