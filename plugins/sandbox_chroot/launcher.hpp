#pragma once

/// The rooms of the launcher. All of it runs in static, single-threaded processes and throws nothing: failures are told
/// by errno.

#include <cstddef>
#include <cstdint>

#include "plugins/sandbox_chroot/launcher_protocol.hpp"

namespace tellina::launcher {

struct Room {
  std::uint64_t disk_in_bytes = 0;
  const char* host_name = "";
  int launcher = -1;  ///< a socket to it: gets the sandbox's /proc
};

/// Builds the sandbox around the calling process and becomes its init. The process is process 1 of a new process
/// namespace, in the session's user namespace, with the root file system as its working directory. Does not return:
/// what fails is told over init's control socket.
[[noreturn]] void become_init(const Room& room);

}  // namespace tellina::launcher
