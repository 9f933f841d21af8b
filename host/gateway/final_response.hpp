#pragma once

/// The last response on a connection.

#include <array>
#include <memory>
#include <string>

#include "host/gateway/http_stream.hpp"
#include "host/gateway/lane.hpp"

namespace tellina {

/// If a socket is closed while it has unread bytes, the kernel resets the connection, and the client may lose the
/// response. So this class writes the response, shuts down the sending side, discards input for at most 1 s, and then
/// closes the socket. Threads: the lane's loop. Pending operations keep the object alive.
class FinalResponse final : public LaneMember {
 public:
  FinalResponse(std::shared_ptr<Lane> lane, HttpStream stream, ConnectionLimit::Slot slot, std::string head,
                std::shared_ptr<const std::string> body);
  ~FinalResponse() override;

  void start();
  void close_gracefully() override;
  void close_now() override;

 private:
  void end_tls();
  void discard();

  const std::shared_ptr<Lane> m_lane;
  HttpStream m_stream;
  const ConnectionLimit::Slot m_slot;
  const WaitGroup::Token m_active;
  const std::string m_head;
  const std::shared_ptr<const std::string> m_body;
  bool m_written = false;
  std::array<char, 4096> m_discarded{};
};

}  // namespace tellina
