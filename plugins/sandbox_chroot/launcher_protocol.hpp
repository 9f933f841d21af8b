#pragma once

/// What the chroot plugin and its launcher say to each other, over one sequenced-packet socket.
///
///   launcher -> plugin  MapMe                 only when started by root: write my user namespace's maps
///   plugin -> launcher  Mapped
///   launcher -> plugin  InitStarted           a pidfd comes with it
///   plugin -> launcher  Seed | Snapshot       two descriptors come with it: the home and a memory file
///   (tree_stream.hpp) launcher -> plugin  Done | Failed
///
/// Failed may come in place of any message of the launcher, which then ends unless it answers a request. The process
/// that is to become init says Failed over init's socket (init_protocol.hpp). The launcher ends, and ends init, when
/// the plugin's end of the socket is closed.

#include <cstddef>
#include <cstdint>

namespace tellina::launcher_protocol {

/// Descriptors the plugin gives to a launcher.
enum InheritedDescriptor : int {
  control = 3,
  init_control = 4,
  init_program = 5,
  seccomp_allow = 6,
  seccomp_refuse = 7
};
inline constexpr int first_closed_descriptor = 8;

/// The first byte of every message.
enum Kind : char {
  map_me = 'M',
  mapped = 'm',
  init_started = 'I',
  seed = 's',
  snapshot = 'n',
  done = 'D',
  failed = 'E'
};

enum RequestDescriptor : std::size_t { home = 0, tree = 1, request_descriptor_count = 2 };

struct InitStarted {
  char kind = init_started;
  std::int32_t process = 0;  ///< as the launcher and the plugin number it
};

struct Snapshot {
  char kind = snapshot;
  std::uint64_t max_entries = 0;
  std::uint64_t max_depth = 0;
  std::uint64_t max_content_per_file = 0;
  std::uint64_t max_content_in_all = 0;
  std::uint64_t deadline_in_milliseconds = 0;
};

struct Done {
  char kind = done;
  bool truncated = false;
  bool raced = false;
};

/// Followed by text: what was tried and, for Seed, on which path.
struct Failed {
  char kind = failed;
  std::int32_t error_number = 0;
};

/// The user `me` inside every sandbox.
inline constexpr unsigned sandbox_user = 1000;

}  // namespace tellina::launcher_protocol
