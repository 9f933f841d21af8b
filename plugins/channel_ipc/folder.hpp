#pragma once

/// The folder where the instances of one study meet, and its file names.
///
///     ID.new       an instance that is starting: it holds the lock, and has no socket yet
///     ID.lock      the same file, renamed once the socket is bound; while the lock is held, others can send to it
///     ID.socket    the socket on which the instance receives
///     ID@CHANNEL   the instance receives this channel

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tellina/descriptor.hpp"

namespace tellina::ipc {

/// Identifies an instance from its entry into the folder until it leaves: a random number, which is never reused, not
/// even by a restarted process.
using InstanceId = std::uint64_t;

/// 16 lower-case hexadecimal digits.
std::string to_text(InstanceId id);

inline constexpr std::size_t longest_socket_path = 107;
/// Leaves room for "/ID.socket".
inline constexpr std::size_t longest_directory = longest_socket_path - 24;

/// The parts of a name in the folder.
class Entry {
 public:
  enum class Kind { starting, lock, socket, receiver };

  Entry(Kind kind_, InstanceId id_, std::string channel_ = {}) : kind(kind_), id(id_), channel(std::move(channel_)) {}
  /// Returns nothing for names of other programs.
  static std::optional<Entry> parse(std::string_view name);
  std::string name() const;

  Kind kind;
  InstanceId id;
  std::string channel;  ///< of a receiver
};

/// The folder that contains one folder for each config file: `usual`, or, if that name belongs to another user,
/// ".tellina" in the user's home directory (according to passwd), where nobody else can create files.
std::string choose_base(const std::string& usual, uid_t user);

/// Creates the missing part of the folder with mode 0700, and checks that nobody else can write to it. Throws
/// Error(unavailable) with what was found. Returns a descriptor of the folder that makes cleaners of /tmp skip it.
Descriptor open_folder(const std::string& base, const std::string& directory);

/// All current entries. Throws Error(unavailable).
std::vector<Entry> list_folder(const std::string& directory);

/// Throws Error(unavailable) "WHAT: STRERROR(errno)".
[[noreturn]] void throw_errno(const std::string& what);

}  // namespace tellina::ipc
