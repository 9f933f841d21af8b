#include <deque>
#include <string>

#include <gmock/gmock.h>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"
#include "gateway/websocket_client.hpp"
#include "host/limits.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

/// The limits of connections, in total and for each participant, and which connection the gateway closes at a limit.
class ConnectionsTest : public GatewayTest {
 protected:
  static constexpr std::size_t all = 16;

  void start_with(std::size_t connections) {
    config.connections = connections;
    start();
  }
  RawClient& connect() { return clients.emplace_back(port); }
  static const char* half_a_request() { return "GET /healthz HTTP/1.1\r\nHost: a\r\nX: "; }
  static int status_of_refused_websocket(std::uint16_t port) {
    RawClient client(port);
    return client
        .get("/api/v1/terminal",
             "Cookie: tellina_session=token-bob\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        .status;
  }

  std::deque<RawClient> clients;
};

TEST_F(ConnectionsTest, ClosesTheOneIdleForLongestFirst) {
  start_with(all);
  for (std::size_t i = 0; i < all - all / limits::free_connections_share; ++i)
    EXPECT_EQ(connect().get("/healthz").status, 200);
  EXPECT_EQ(clients.front().get("/healthz").status, 200) << "this makes the first connection the most recently used";
  EXPECT_EQ(connect().get("/healthz").status, 200);
  EXPECT_TRUE(clients[1].is_closed());
  EXPECT_EQ(clients.front().get("/healthz").status, 200);
  EXPECT_GE(metric("closed_for_others_total"), 1);
}

TEST_F(ConnectionsTest, HalfSentRequestsKeepNobodyOut) {
  start_with(all);
  for (int round = 0; round < 50; ++round) {
    for (std::size_t i = 0; i < all / 4; ++i) connect().send(half_a_request());
    EXPECT_EQ(RawClient(port).get("/healthz").status, 200) << round;
  }
  EXPECT_LE(metric("http_connections"), static_cast<long>(all));
}

TEST_F(ConnectionsTest, AWebSocketIsNeverClosedForOthers) {
  start_with(all);
  std::deque<WebSocketClient> sockets;
  for (std::size_t i = 0; i < all / 2; ++i) sockets.emplace_back(port);
  for (std::size_t i = 0; i < 4 * all; ++i) connect().send(half_a_request());
  EXPECT_EQ(RawClient(port).get("/healthz").status, 200);
  for (WebSocketClient& socket : sockets) {
    socket.send_text("here");
    EXPECT_EQ(socket.read().payload, "here");
  }
}

TEST_F(ConnectionsTest, WhereAllAreWebSocketsNewOnesAreRefusedUntilOneEnds) {
  start_with(8);
  std::deque<WebSocketClient> sockets;
  for (int i = 0; i < 8; ++i) sockets.emplace_back(port);
  RawClient refused(port);
  const RawAnswer answer = refused.get("/healthz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("the server has too many connections"));
  EXPECT_THAT(log.text(), HasSubstr("all 8 connections"));
  sockets.front().send_text("here");
  EXPECT_EQ(sockets.front().read().payload, "here");
  sockets.pop_back();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < end) status = RawClient(port).get("/healthz").status;
  EXPECT_EQ(status, 200);
}

TEST_F(ConnectionsTest, AParticipantHasSoManyWebSocketsAlsoBehindAProxy) {
  for (const bool is_proxied : {false, true}) {
    SCOPED_TRACE(is_proxied);
    if (is_proxied) config.trusted_proxies = {boost::asio::ip::make_network_v6("::ffff:127.0.0.0/104")};
    start();
    std::deque<WebSocketClient> sockets;
    for (std::size_t i = 0; i < limits::participant_connections; ++i) sockets.emplace_back(port);
    EXPECT_EQ(status_of_refused_websocket(port), 503);
    EXPECT_EQ(status_of_refused_websocket(port), 503);
    sockets.pop_front();
    ASSERT_TRUE(wait_for_metric("websocket_connections", limits::participant_connections - 1));
    sockets.emplace_back(port);
    sockets.clear();
    stop();
  }
}

}  // namespace
}  // namespace tellina::testing
