#pragma once

/// The protocol between a sandbox plugin and the init in its sandbox, over one sequenced-packet socket.
///
///   init -> plugin  Ready                 a terminal exists; carries three descriptors
///   plugin -> init  StartShell            start the shell on this terminal; with two descriptors, a program without a
///                                         terminal, with these as its standard output and error
///   init -> plugin  Started or Failed
///   plugin -> init  Renew                 end every process, then Ready again, with a new terminal and the same home
///   plugin -> init  Quit                  end
///   plugin -> init  Seed | Snapshot       create or read the home (tree_protocol.hpp)
///
/// An init that inherited the socket's descriptor ends, and with it every process of the sandbox, when the plugin's end
/// is closed. An init that got `stay` and a path connects to that path, and outlives the plugin:
///
///   plugin -> init  Listener              a listening socket comes with it: a process that connects from outside the
///                                         sandbox takes the place of the plugin, and gets Ready

#include <cstddef>
#include <cstdint>

namespace tellina::init_protocol {

/// The first byte of every message.
enum Kind : char {
  ready = 'T',
  start_shell = 'G',
  started = 'S',
  failed = 'E',
  renew = 'R',
  listener = 'L',
  quit = 'Q'
};

/// The first argument of an init that outlives the plugin.
inline constexpr char stay[] = "--stay";

/// The user `me` inside every sandbox.
inline constexpr unsigned sandbox_user = 1000;

/// How many entries /tmp and /dev/shm may each have. Without a limit, a file system in memory could hold a million
/// empty files.
inline constexpr unsigned tmp_entries = 4096;

/// How many terminals a sandbox may have at a time.
inline constexpr unsigned terminals = 16;

/// Where the shell finds the shared object that writes its marks (plugins/sandbox_shell/).
inline constexpr const char* shell_marks_path = "/usr/lib/tellina/shell_marks.so";

struct Ready {
  char kind = ready;
  std::uint8_t has_shell = 0;  ///< 1: a shell was started on this terminal; it may have ended since
};

/// Descriptors of Ready, in this order: the pty's master; the home directory; a socket that gets one message, an int in
/// the form of wait(2), when the shell ends, and whose other end closes when init dies.
enum ReadyDescriptor : std::size_t { terminal = 0, home = 1, shell_end = 2, descriptor_count = 3 };

/// Descriptors that a StartShell may carry, both or none.
enum ProgramDescriptor : std::size_t { program_output = 0, program_errors = 1, program_descriptor_count = 2 };

/// Followed by NUL-terminated strings: the working directory, the arguments (the first is the program's path, or its
/// name in PATH), the environment ("NAME=value"). Without arguments, init uses the strings and limits of the previous
/// start.
struct StartShell {
  char kind = start_shell;
  std::uint16_t columns = 80;
  std::uint16_t rows = 24;
  std::uint32_t argument_count = 0;
  std::uint32_t environment_count = 0;
  std::uint64_t processes = 0;         ///< RLIMIT_NPROC; 0: unchanged
  std::uint64_t address_space = 0;     ///< RLIMIT_AS in bytes; 0: unchanged
  std::uint32_t processors = 0;        ///< how many the shell may run on, so that nproc shows its share; 0: all
  bool refuses_shared_memory = false;  ///< programs may not map shared anonymous memory
};
inline constexpr std::size_t max_strings = 256;

/// Followed by text that names the failed action, without the errno's text.
struct Failed {
  char kind = failed;
  std::int32_t error_number = 0;
};

}  // namespace tellina::init_protocol
