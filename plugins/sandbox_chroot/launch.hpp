#pragma once

#include <sys/types.h>

#include "plugins/sandbox_chroot/settings.hpp"
#include "plugins/sandbox_chroot/system_call_filter.hpp"
#include "tellina/clock.hpp"
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

/// Starts a launcher, whose life is bound to that of the calling thread. Throws Error(not_found) where one of its
/// parts is missing, with the way out.
LaunchedProcess start_launcher(const Settings& settings, const SystemCallFilter& filter);

/// Whether this process runs as root, so that every session gets a user of its own.
bool runs_as_root();

/// As root: makes a free host user the user `me` of a launcher that waits for it. Throws Error.
void map_session_user(pid_t launcher, Random& random);

}  // namespace tellina::chroot_sandbox
