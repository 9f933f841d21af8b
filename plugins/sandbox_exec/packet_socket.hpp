#pragma once

/// Packets with descriptors over a sequenced-packet socket, without waiting.

#include <cstdint>
#include <string>
#include <vector>

#include "tellina/descriptor.hpp"

namespace tellina::exec_sandbox {

class Packet {
 public:
  enum class Kind : std::uint8_t { none, end, too_large, complete };
  Kind kind = Kind::none;
  std::string text;
  std::vector<Descriptor> descriptors;
  bool lost_descriptors = false;  ///< there were more than are allowed
};

/// Returns false with errno set if the packet could not be sent now. `attached` may be null; the other side gets a
/// copy.
bool send_packet(int socket, const std::string& text, const Descriptor* attached);

/// Returns a packet of kind `none` if there is none yet, and of kind `end` if none will come.
Packet receive_packet(int socket);

}  // namespace tellina::exec_sandbox
