#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "plugins/sandbox_common/tree_protocol.hpp"
#include "plugins/sandbox_init/control_socket.hpp"

namespace tellina::tree_protocol {
namespace {

/// Reads the numbers of a memory file. Returns 0 or an errno.
int read_wanted(int file, home_tree::Wanted& wanted) {
  static std::uint64_t paths[home_tree::max_wanted];
  const ssize_t size = pread(file, paths, sizeof paths, 0);
  if (size < 0) return errno;
  wanted.are_all = false;
  wanted.paths = paths;
  wanted.count = static_cast<std::size_t>(size) / sizeof paths[0];
  return 0;
}

int take_snapshot(int socket, const Snapshot& asked, const int* descriptors, std::size_t count,
                  home_tree::Outcome& outcome) {
  home_tree::Wanted files;
  if (count > request_descriptor_count) {
    if (const int error = read_wanted(descriptors[wanted], files); error != 0) return error;
  }
  return home_tree::read(descriptors[home], descriptors[tree], asked.limits, files, {socket, POLLHUP}, outcome);
}

}  // namespace

void report_failure(int socket, const char* what, int error_number) {
  char message[8192];
  Failed header;
  header.error_number = error_number;
  std::memcpy(message, &header, sizeof header);
  const std::size_t length = strnlen(what, sizeof message - sizeof header);
  std::memcpy(message + sizeof header, what, length);
  control::send(socket, message, sizeof header + length);
}

void serve(int socket, const char* request, std::size_t size, const int* descriptors, std::size_t descriptor_count) {
  int error = EPROTO;
  Done answer;
  char what[8192] = "read the plugin's message";
  const bool has_wanted = request[0] == snapshot && descriptor_count == request_descriptor_count + 1;
  if (descriptor_count == request_descriptor_count || has_wanted) {
    if (request[0] == seed) {
      error = home_tree::write(descriptors[home], descriptors[tree], what, sizeof what);
    } else if (size == sizeof(Snapshot)) {
      Snapshot asked;
      std::memcpy(&asked, request, sizeof asked);
      std::strcpy(what, "write the snapshot");
      error = take_snapshot(socket, asked, descriptors, descriptor_count, answer.outcome);
    }
  }
  if (error != 0) {
    report_failure(socket, what, error);
  } else {
    control::send(socket, &answer, sizeof answer);
  }
}

}  // namespace tellina::tree_protocol
