#pragma once

/// The parts of the launcher. All of it runs in static, single-threaded processes and throws nothing; errno reports
/// failures.

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
  int root_mount = -1;      ///< the root file system's, made by the plugin; -1: it is still to be made
  int launcher = -1;        ///< a socket to it: gets the sandbox's /proc
};

/// Builds the sandbox around the calling process and becomes its init. The process is process 1 of a new process
/// namespace, in the session's user namespace, with the root file system as its working directory. Does not return:
/// a failure is reported over init's control socket.
[[noreturn]] void become_init(const SandboxParameters& parameters);

}  // namespace tellina::launcher
