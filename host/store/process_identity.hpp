#pragma once

/// Tells whether a process that left its name in the store is still there.

#include "host/store/ownership.hpp"

namespace tellina {

/// This process as the worker `id`. Throws Error(internal) where /proc cannot be read.
WorkerIdentity identify_this_process(std::string id);

/// False where the process is gone, is a zombie, is another one with the same number, or was of an earlier boot.
bool is_alive(const WorkerIdentity& worker, const std::string& current_boot_id);

}  // namespace tellina
