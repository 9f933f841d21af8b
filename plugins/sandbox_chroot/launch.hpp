#pragma once

#include <sys/types.h>

#include "plugins/sandbox_chroot/settings.hpp"
#include "plugins/sandbox_chroot/system_call_filter.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {

/// A launcher that has just started, and our ends of its sockets.
class LaunchedProcess {
 public:
  pid_t process = -1;
  Descriptor process_descriptor;
  Descriptor launcher_socket;
  Descriptor init_socket;
};

/// Starts a launcher that ends with the calling thread. With `maps_users`, it waits until its user maps are written.
/// With `has_folder`, the sandbox has a folder /check. Throws Error(not_found) with a remedy if one of its parts is
/// missing.
LaunchedProcess start_launcher(const Settings& settings, const SystemCallFilter& filter, bool maps_users,
                               bool has_folder);

}  // namespace tellina::chroot_sandbox
