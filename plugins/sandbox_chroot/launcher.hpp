#pragma once

/// The rooms of the launcher. All of it runs in static, single-threaded processes and throws nothing: failures are told
/// by errno.

#include <cstddef>
#include <cstdint>

#include "plugins/sandbox_chroot/launcher_protocol.hpp"

namespace tellina::launcher {

/// Sends Failed with errno and the text over a control socket.
void report_failure(int socket, const char* what, int error_number);

struct Room {
  std::uint64_t disk_in_bytes = 0;
  const char* host_name = "";
};

/// Builds the sandbox around the calling process and becomes its init. The process is process 1 of a new process
/// namespace, in the session's user namespace, with the root file system as its working directory. Does not return:
/// what fails is told over init's control socket.
[[noreturn]] void become_init(const Room& room);

/// Makes the tree of a memory file in an empty home. Returns 0, or an errno with `what` naming the path.
/// Runs before the shell does, so nobody moves things about meanwhile.
int write_tree(int home, int tree, char* what, std::size_t what_size);

/// Writes the home's tree to a memory file. Returns 0 or an errno. Stops early where `control` has nobody at its
/// other end any more.
int read_tree(int home, int tree, const launcher_protocol::Snapshot& request, int control,
              launcher_protocol::Done& done);

}  // namespace tellina::launcher
