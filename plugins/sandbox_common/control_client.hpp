#pragma once

/// The plugin's end of the sockets to the processes of its sandboxes.

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

/// Throws Error(gone) where the process at the other end has ended.
Received receive(const Descriptor& socket, const Deadline& deadline, const std::string& what);
void send(const Descriptor& socket, const void* data, std::size_t size, const std::string& what,
          std::initializer_list<int> descriptors = {});

template <class Struct>
Struct read_struct(const Received& received, const std::string& what) {
  Struct value;
  if (received.message.size() < sizeof value) throw Error(ErrorCode::internal, what + ": an answer that is too short");
  std::memcpy(&value, received.message.data(), sizeof value);
  return value;
}

/// What a process said in place of its answer.
struct Failure {
  int error_number = 0;
  std::string text;
};
std::optional<Failure> find_failure(const Received& received, const std::string& what);

/// Has the process at the other end make the tree in an empty home. Throws Error(seed_failed) with path and errno.
void seed_home(const Descriptor& socket, const Descriptor& home, const FileTree& tree, const Deadline& deadline);

/// Has the process at the other end read the home.
FileTree read_home(const Descriptor& socket, const Descriptor& home, const SnapshotRequest& request,
                   const Deadline& deadline);

/// Reads the home itself, with this process's rights.
FileTree read_home_directly(const Descriptor& home, const SnapshotRequest& request, const Deadline& deadline);

}  // namespace tellina::sandbox_common
