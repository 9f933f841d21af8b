#pragma once

/// The requests with which a plugin asks a process beside or inside a sandbox to create or read its home, over a
/// sequenced-packet socket.
///
///   plugin -> process  Seed | Snapshot    carries two descriptors: the home and a memory file (tree_stream.hpp). A
///                                         Snapshot that does not want the content of all files carries a third, a
///                                         memory file with the numbers of home_tree::Wanted
///   process -> plugin  Done | Failed
///
/// The kinds differ from those of launcher_protocol.hpp and init_protocol.hpp, whose sockets these messages use.

#include <cstddef>
#include <cstdint>

#include "plugins/sandbox_common/home_tree.hpp"

namespace tellina::tree_protocol {

/// The first byte of every message.
enum Kind : char { seed = 's', snapshot = 'n', done = 'D', failed = 'E' };

enum RequestDescriptor : std::size_t { home = 0, tree = 1, request_descriptor_count = 2, wanted = 2 };

struct Snapshot {
  char kind = snapshot;
  home_tree::Limits limits;
};

struct Done {
  char kind = done;
  home_tree::Outcome outcome;
};

/// Followed by text: the failed action and, for Seed, the path.
struct Failed {
  char kind = failed;
  std::int32_t error_number = 0;
};

inline bool is_request(char kind) { return kind == seed || kind == snapshot; }

/// For the process that gets the request: handles it and sends the answer. The caller keeps the descriptors.
void serve(int socket, const char* request, std::size_t size, const int* descriptors, std::size_t descriptor_count);

/// Sends Failed with errno's number and the text.
void report_failure(int socket, const char* what, int error_number);

}  // namespace tellina::tree_protocol
