#include <poll.h>

#include <cerrno>
#include <cstring>

#include "plugins/sandbox_common/tree_protocol.hpp"
#include "plugins/sandbox_init/control_socket.hpp"

namespace tellina::tree_protocol {

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
  if (descriptor_count == request_descriptor_count) {
    if (request[0] == seed) {
      error = home_tree::write(descriptors[home], descriptors[tree], what, sizeof what);
    } else if (size == sizeof(Snapshot)) {
      Snapshot asked;
      std::memcpy(&asked, request, sizeof asked);
      std::strcpy(what, "write the snapshot");
      error = home_tree::read(descriptors[home], descriptors[tree], asked.limits, {socket, POLLHUP}, answer.outcome);
    }
  }
  if (error != 0) {
    report_failure(socket, what, error);
  } else {
    control::send(socket, &answer, sizeof answer);
  }
}

}  // namespace tellina::tree_protocol
