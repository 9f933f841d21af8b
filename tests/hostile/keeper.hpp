#pragma once

/// Ends everything that a program has started, however the program ends.

#include <functional>

namespace tellina::hostile {

/// Runs `body` in a process and a session of its own, and returns its exit status, or 128 + the signal that ended it or
/// this process. Passes SIGINT, SIGTERM, SIGHUP and SIGQUIT on as SIGTERM. After the end of `body`, waits for the
/// processes that it has left, kills those that do not end by themselves, and calls `clean_up`. A body whose keeper is
/// killed gets SIGTERM.
///
/// Call it on the only thread of the process. To survive SIGKILL to any one process, keep a keeper.
int keep(const std::function<int()>& body, const std::function<void()>& clean_up);

}  // namespace tellina::hostile
