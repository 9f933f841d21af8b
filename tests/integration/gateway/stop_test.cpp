#include <gtest/gtest.h>

#include <deque>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"
#include "gateway/websocket_client.hpp"

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;

class StopTest : public GatewayTest {
 protected:
  std::chrono::steady_clock::duration timed_stop() {
    const auto begin = std::chrono::steady_clock::now();
    stop();
    return std::chrono::steady_clock::now() - begin;
  }
};

TEST_F(StopTest, ClosesWebSocketsInOrder) {
  start();
  worker->affinity = 1;
  WebSocketClient client(port);
  client.send_text("{}");
  client.read();
  std::uint16_t code = 0;
  std::thread reader([&] { code = client.read_close(); });
  EXPECT_LT(timed_stop(), 1500ms);
  reader.join();
  EXPECT_EQ(code, 1001);
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 2; }));
  EXPECT_EQ(worker->received().back().body, "1001 the server is stopping");
  EXPECT_THROW(RawClient(port).get("/healthz"), std::runtime_error);
}

TEST_F(StopTest, CutsClientsThatDoNotLeave) {
  config.limits.stop_timeout = 100ms;
  start();
  worker->accepts = false;
  RawClient idle(port);
  EXPECT_EQ(idle.get("/healthz").status, 200);
  RawClient half(port);
  half.send("GET /healthz HTTP/1.1\r\nHo");
  WebSocketClient waiting(port);
  ASSERT_FALSE(worker->connection().empty());
  worker->accepts = true;
  WebSocketClient silent(port);
  ASSERT_FALSE(worker->connection(1).empty());
  worker->answers = false;
  RawClient asking(port);
  asking.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_LT(timed_stop(), 1s);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(half.is_closed());
  EXPECT_EQ(log.text(), "");
}

TEST_F(StopTest, IsDoneWithinItsTimeWhileBusy) {
  start();
  std::atomic<bool> ends{false};
  std::vector<std::thread> threads;
  for (int number = 0; number < 6; ++number) {
    threads.emplace_back([&, number] {
      while (!ends) {
        try {
          worker->affinity = static_cast<std::uint64_t>(number);
          WebSocketClient client(port);
          for (std::uint64_t i = 0; i < 500; ++i) {
            client.send_binary(data_frame(i, "x"));
            client.read();
          }
        } catch (const std::exception&) {
          // The gateway stops meanwhile, so any end is acceptable.
        }
      }
    });
  }
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() > 2'000; }));
  EXPECT_LT(timed_stop(), 4s);
  ends = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(log.text(), "");
}

TEST_F(StopTest, MayBeCalledTwiceAndWithoutAStart) {
  start();
  stop();
  stop();
  std::vector<AsioLoop*> worker_loops{loops.front().get()};
  config.id = "never";
  Gateway never_started(config, *layer, worker_loops, clock, random, log);
  never_started.stop();
}

TEST_F(StopTest, LeavesTheAddressFreeForTheNext) {
  start();
  WebSocketClient client(port);
  ASSERT_FALSE(worker->connection().empty());
  stop();
  config.port = port;
  start();
  EXPECT_EQ(RawClient(port).get("/healthz").status, 200);
}

}  // namespace
}  // namespace tellina::testing
