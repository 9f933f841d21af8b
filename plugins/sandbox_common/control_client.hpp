#pragma once

/// The plugin's end of the sockets to its sandboxes' processes.

#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/file_tree.hpp"

namespace tellina::sandbox_common {

struct Received {
  std::string message;  ///< not empty
  std::vector<Descriptor> descriptors;
};

/// Throws Error(gone) if the process at the other end has ended.
Received receive(const Descriptor& socket, const Deadline& deadline, const std::string& what);
void send(const Descriptor& socket, const void* data, std::size_t size, const std::string& what,
          std::initializer_list<int> descriptors = {});

template <class Struct>
Struct read_struct(const Received& received, const std::string& what) {
  Struct value;
  if (received.message.size() < sizeof value) throw Error(ErrorCode::internal, what + ": the answer is too short");
  std::memcpy(&value, received.message.data(), sizeof value);
  return value;
}

/// A process's failure message, sent instead of an answer.
struct Failure {
  int error_number = 0;
  std::string text;
};
std::optional<Failure> find_failure(const Received& received, const std::string& what);

/// Asks the process at the other end to create the tree in an empty home. Throws Error(seed_failed) with path and
/// errno.
void seed_home(const Descriptor& socket, const Descriptor& home, const FileTree& tree, const Deadline& deadline);

/// Asks the process at the other end, with a message of this kind, to create the content of /check. Throws
/// Error(seed_failed) with path and errno.
void seed_folder(const Descriptor& socket, char kind, const FileTree& folder, const Deadline& deadline);

/// Creates a tree in an empty directory in this process, with its rights. Throws Error(seed_failed) with path and
/// errno.
void write_tree_directly(const Descriptor& directory, const FileTree& tree);

/// Asks the process at the other end to read the home.
FileTree read_home(const Descriptor& socket, const Descriptor& home, const SnapshotRequest& request,
                   const Deadline& deadline);

/// Reads the home in this process, with its rights.
FileTree read_home_directly(const Descriptor& home, const SnapshotRequest& request, const Deadline& deadline);

}  // namespace tellina::sandbox_common
