#pragma once

/// The parts of the launcher. They run in static, single-threaded processes and throw nothing; they report failures in
/// errno.

#include <cstddef>
#include <cstdint>

#include "plugins/sandbox_chroot/launcher_protocol.hpp"

namespace tellina::launcher {

struct SandboxParameters {
  std::uint64_t disk_in_bytes = 0;
  std::uint64_t tmp_in_bytes = 0;
  const char* host_name = "";
  const char* memory = "";  ///< the text of /proc/meminfo
  bool has_root = false;    ///< user 0 exists in the sandbox
  int root_mount = -1;      ///< the root file system's mount, created by the plugin; -1: not created yet
  bool has_folder = false;  ///< the sandbox has a folder /check
  int launcher = -1;        ///< a socket to the launcher, which receives the sandbox's /proc, and the folder to fill
};

/// Builds the sandbox around the calling process, which becomes its init. That process must be process 1 of a new
/// process namespace, in the session's user namespace, with the root file system as its working directory. Does not
/// return: it reports a failure over init's control socket.
[[noreturn]] void become_init(const SandboxParameters& parameters);

/// Restricts the calling process, and every process that it starts, to the system calls of a sandbox's programs. Closes
/// the descriptors of the filters. Requires PR_SET_NO_NEW_PRIVS. Returns false with errno.
bool install_filters();

}  // namespace tellina::launcher
