#pragma once

/// The protocol between the chroot plugin and its launcher, over one sequenced-packet socket.
///
///   launcher -> plugin  MapMe                 unless it maps itself: write my user namespace's maps
///   plugin -> launcher  Mapped | MappedRoot   the latter if root has a number, too. May carry the mount of a root file
///                                             system whose files belong to that root
///   launcher -> plugin  InitStarted           carries a pidfd
///   plugin -> launcher  WatchMemory           end programs that hold too much
///   plugin -> launcher  Seed | Snapshot       create or read the home (tree_protocol.hpp)
///   plugin -> launcher  SeedFolder            create the content of /check; carries a memory file (tree_stream.hpp)
///   launcher -> plugin  Done | Failed         to each of the last four
///
/// Instead of any of its messages, the launcher may send Failed. It then ends, unless the failure concerns a request.
/// The process that becomes init sends Failed over init's socket (init_protocol.hpp). When the plugin's end of the
/// socket is closed, the launcher ends init and then itself.

#include <cstddef>
#include <cstdint>

namespace tellina::launcher_protocol {

/// Descriptors that the launcher inherits from the plugin.
enum InheritedDescriptor : int {
  control = 3,
  init_control = 4,
  init_program = 5,
  seccomp_allow = 6,
  seccomp_refuse = 7,
  shell_marks = 8  ///< the shared object that the shell loads
};
inline constexpr int first_closed_descriptor = 9;

/// The first byte of every message.
enum Kind : char {
  map_me = 'M',
  mapped = 'm',
  mapped_root = 'r',
  init_started = 'I',
  watch_memory = 'w',
  seed_folder = 'f'
};

/// Where a program sees its folder.
inline constexpr char folder_place[] = "/check";

/// The argument FOLDER of a launcher whose sandbox has a folder /check, and of another.
inline constexpr char with_folder[] = "folder";
inline constexpr char without_folder[] = "none";

/// Descriptors that init sends to the launcher: its /proc, and with a folder the directory behind the read-only /check.
enum InitDescriptor : std::size_t { processes = 0, folder = 1 };

struct InitStarted {
  char kind = init_started;
  std::int32_t process = 0;  ///< as the launcher and the plugin number it
};

struct WatchMemory {
  char kind = watch_memory;
  std::uint64_t limit = 0;  ///< bytes that the programs of the sandbox may hold together
};

}  // namespace tellina::launcher_protocol
