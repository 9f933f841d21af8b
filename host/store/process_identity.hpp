#pragma once

/// Finds out whether a process that the store names is still alive.

#include "host/store/ownership.hpp"

namespace tellina {

/// Returns the identity of this process as the worker `id`. Throws Error(internal) if /proc cannot be read.
WorkerIdentity identify_this_process(std::string id);

/// Returns false only if it is certain that the process has ended: no process has its number (ESRCH), or it is a
/// zombie, started at another time, or ran before the last boot. A process that cannot be examined, for example because
/// no descriptor or memory is left, counts as alive: if a live worker counted as dead, its participants would lose
/// their shells.
bool is_alive(const WorkerIdentity& worker, const std::string& current_boot_id);

}  // namespace tellina
