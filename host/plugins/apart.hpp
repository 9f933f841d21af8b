#pragma once

/// Runs code of plugins in a child process, so that this process survives it.

#include <functional>
#include <string>

namespace tellina {

/// Runs `call`, which opens the plugin in `file`, in a child of this process, and returns its text. Standard output of
/// the child is standard error. At the end, the child's process group is killed.
///
/// Throws what `call` throws, as Error; and Error(internal) "FILE: expected a plugin that can be opened, found one that
/// ..." if the child crashes, exits, does not answer within limits::plugin_opening, or writes other bytes as its
/// answer. The child is forked, so the calling process should have one thread: see can_run_apart().
std::string run_apart(const std::string& file, const std::function<std::string()>& call);

/// Runs `PROGRAM plugins show FILE`, which opens the plugin in a child of its own. Throws Error(internal) with what it
/// says if it cannot open the plugin.
///
/// Threads: any, in a process with any number of them.
void show_apart(const std::string& program, const std::string& file);

/// Whether this process has only one thread, so that a lock that another thread holds cannot block the child.
bool can_run_apart();

}  // namespace tellina
