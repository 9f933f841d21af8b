#include "plugins/sandbox_exec/packet_socket.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "plugins/sandbox_exec/packets.hpp"

namespace tellina::exec_sandbox {
namespace {

std::vector<Descriptor> take_descriptors(msghdr& message) {
  std::vector<Descriptor> descriptors;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
      descriptors.emplace_back(descriptor);
    }
  }
  return descriptors;
}

/// After a packet without octets: whether that was the end, of which recvmsg() says the same.
bool is_at_end(int socket) {
  pollfd watched{socket, POLLRDHUP, 0};
  if (poll(&watched, 1, 0) != 1) return false;
  int unread = 0;
  return ioctl(socket, SIOCINQ, &unread) != 0 || unread == 0;
}

}  // namespace

bool send_packet(int socket, const std::string& text, const Descriptor* attached) {
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (attached != nullptr) {
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int descriptor = attached->get();
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

Packet receive_packet(int socket) {
  Packet packet;
  packet.text.resize(largest_packet);
  iovec part{packet.text.data(), packet.text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) {
    packet.kind = errno == EAGAIN || errno == EINTR ? Packet::Kind::none : Packet::Kind::end;
    return packet;
  }
  packet.descriptors = take_descriptors(message);
  packet.text.resize(static_cast<std::size_t>(size));
  packet.lost_descriptors = (message.msg_flags & MSG_CTRUNC) != 0;
  if ((message.msg_flags & MSG_TRUNC) != 0) {
    packet.kind = Packet::Kind::too_large;
  } else {
    packet.kind =
        size == 0 && packet.descriptors.empty() && is_at_end(socket) ? Packet::Kind::end : Packet::Kind::complete;
  }
  return packet;
}

}  // namespace tellina::exec_sandbox
