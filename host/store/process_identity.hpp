#pragma once

/// Finds out whether a process that the store names is still alive.

#include "host/store/ownership.hpp"

namespace tellina {

/// Describes this process as the worker `id`. Throws Error(internal) if /proc cannot be read.
WorkerIdentity identify_this_process(std::string id);

/// False if the process is gone or a zombie, if its number now belongs to another process, or if it ran before the last
/// boot.
bool is_alive(const WorkerIdentity& worker, const std::string& current_boot_id);

}  // namespace tellina
