#pragma once

/// Accepts new connections and distributes them to the loops in turn.

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>

#include "host/gateway/lane.hpp"
#include "host/gateway/sockets.hpp"

namespace tellina {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor>;

/// Binds and listens. Throws Error, which names the address, the port, the cause and a remedy.
Acceptor open_acceptor(boost::asio::io_context& context, const GatewayConfig& config);

/// Threads: the first lane's loop, except for open(), which is called before everything else.
class Listener final : public LaneMember {
 public:
  explicit Listener(std::shared_ptr<Lane> lane);
  ~Listener() override;

  /// See open_acceptor(); returns the port.
  std::uint16_t open();
  void start();
  void close_gracefully() override { close_now(); }
  void close_now() override;

 private:
  void accept();
  /// Waits for a new client, and then closes an idle connection for it.
  void wait_and_make_room();
  void on_accept(const std::shared_ptr<Lane>& lane, SocketError error, Socket socket);
  void hand_over(const std::shared_ptr<Lane>& lane, Socket socket);
  /// Closes an HTTP connection that waits for its client, if there is one.
  void make_room();
  /// How many HTTP connections wait for their client.
  std::size_t closable() const;

  const std::shared_ptr<Lane> m_lane;
  const WaitGroup::Token m_active;
  Acceptor m_acceptor;
  const std::unique_ptr<Loop::Timer> m_retry;
  const std::shared_ptr<ConnectionLimit> m_refusals;
  std::size_t m_next_lane = 0;
};

}  // namespace tellina
