#pragma once

/// Sends messages with descriptors over the sequenced-packet sockets between a plugin and its sandboxes' processes.
/// Static programs use it too, so it neither allocates nor throws; it reports failures in errno.

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace tellina::control {

/// Bytes of one message; well below the smallest socket buffer.
inline constexpr std::size_t max_message = 64 * 1024;
inline constexpr std::size_t max_descriptors = 4;

/// Descriptors that arrived with a message; the receiver closes them.
struct Descriptors {
  int values[max_descriptors] = {-1, -1, -1, -1};
  std::size_t count = 0;
};

/// Returns false with errno if the message was not sent. Never raises SIGPIPE.
inline bool send(int socket, const void* data, std::size_t size, const int* descriptors = nullptr,
                 std::size_t count = 0) {
  iovec piece{const_cast<void*>(data), size};
  alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int) * max_descriptors)] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = ancillary;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
  }
  ssize_t sent;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(size);
}

/// Returns the message's size, 0 if the other end is gone, or -1 with errno. The descriptors are close-on-exec.
inline ssize_t receive(int socket, void* buffer, std::size_t capacity, Descriptors& descriptors, int flags = 0) {
  iovec piece{buffer, capacity};
  alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int) * max_descriptors)];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = ancillary;
  message.msg_controllen = sizeof ancillary;
  ssize_t size;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  } while (size < 0 && errno == EINTR);
  descriptors.count = 0;
  if (size < 0) return size;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    descriptors.count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    std::memcpy(descriptors.values, CMSG_DATA(header), sizeof(int) * descriptors.count);
  }
  return size;
}

}  // namespace tellina::control
