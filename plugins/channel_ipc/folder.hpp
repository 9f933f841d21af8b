#pragma once

/// The folder where the instances of one study meet, and the names in it.
///
/// | name | meaning |
/// | --- | --- |
/// | ID.new | an instance on its way: holds the lock, has no socket yet |
/// | ID.lock | the same file, renamed once the socket is bound: the instance can be sent to while the lock is held |
/// | ID.socket | where it receives |
/// | ID@CHANNEL | it receives this channel |

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tellina/descriptor.hpp"

namespace tellina::ipc {

/// Random, for one stay in the folder: never used again, also not by a restarted process.
using InstanceId = std::uint64_t;

/// 16 lower-case hexadecimal digits.
std::string to_text(InstanceId id);

inline constexpr std::size_t longest_socket_path = 107;
/// Leaves room for "/ID.socket".
inline constexpr std::size_t longest_directory = longest_socket_path - 24;

/// A name in the folder, taken apart.
class Entry {
 public:
  enum class Kind { birth, lock, socket, receiver };

  Entry(Kind kind_, InstanceId id_, std::string channel_ = {}) : kind(kind_), id(id_), channel(std::move(channel_)) {}
  /// Nothing for names that are not of this layer.
  static std::optional<Entry> parse(std::string_view name);
  std::string name() const;

  Kind kind;
  InstanceId id;
  std::string channel;  ///< of a receiver
};

/// Makes what is missing of the folder, mode 0700, and checks that nobody else can write to it.
/// Throws Error(unavailable) with what was found. Returns a descriptor of it that keeps cleaners of /tmp away.
Descriptor open_folder(const std::string& base, const std::string& directory);

/// All entries now. Throws Error(unavailable).
std::vector<Entry> list_folder(const std::string& directory);

/// Error(unavailable): "WHAT: STRERROR(errno)".
[[noreturn]] void throw_errno(const std::string& what);

}  // namespace tellina::ipc
