#pragma once

/// Writes an answer after which the connection ends.

#include <array>
#include <memory>
#include <string>

#include "host/gateway/lane.hpp"
#include "host/gateway/sockets.hpp"

namespace tellina {

/// Closing a socket that still holds unread bytes makes the kernel reset the connection, and the client may lose the
/// answer. So this ends its own direction, then reads what comes, for a second at most, and closes then.
/// Threads: the lane's loop. Its own operations hold it.
class LastAnswer final : public LaneMember {
 public:
  LastAnswer(std::shared_ptr<Lane> lane, TimedStream stream, ConnectionLimit::Slot slot, std::string head,
             std::shared_ptr<const std::string> body);
  ~LastAnswer() override;

  void start();
  void leave() override;
  void cut() override;

 private:
  void discard();

  const std::shared_ptr<Lane> m_lane;
  TimedStream m_stream;
  const ConnectionLimit::Slot m_slot;
  const LiveCount::Token m_living;
  const std::string m_head;
  const std::shared_ptr<const std::string> m_body;
  bool m_written = false;
  std::array<char, 4096> m_discarded{};
};

}  // namespace tellina
