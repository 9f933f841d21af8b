#pragma once

#include <sys/types.h>

#include "plugins/sandbox_chroot/settings.hpp"
#include "plugins/sandbox_chroot/system_call_filter.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {

/// A launcher that has just been started, and our ends of its sockets.
class LaunchedProcess {
 public:
  pid_t process = -1;
  Descriptor process_descriptor;
  Descriptor launcher_socket;
  Descriptor init_socket;
};

/// Starts a launcher, whose life is bound to that of the calling thread. With `maps_users` it waits for the maps of its
/// users. Throws Error(not_found) where one of its parts is missing, with the way out.
LaunchedProcess start_launcher(const Settings& settings, const SystemCallFilter& filter, bool maps_users);

}  // namespace tellina::chroot_sandbox
