#include <gmock/gmock.h>

#include <deque>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"
#include "gateway/websocket_client.hpp"

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;

class WebSocketFaultTest : public GatewayTest {
 protected:
  /// The status of the response.
  static int upgrade(RawClient& client) {
    const RawAnswer answer =
        client.get("/api/v1/terminal",
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: tellina_session=token-bob\r\n");
    return answer.status;
  }
  void expect_service() {
    EXPECT_TRUE(wait_for_metric("websocket_connections", 0));
    WebSocketClient another(port);
    another.send_text("{}");
    EXPECT_EQ(another.read().payload, "{}");
  }
};

TEST_F(WebSocketFaultTest, ClosesIfNoWorkerAccepts) {
  config.limits.accept_timeout = 50ms;
  start();
  worker->accepts = false;
  WebSocketClient client(port);
  std::string reason;
  EXPECT_EQ(client.read_close(&reason), 1013);
  EXPECT_EQ(reason, "busy");
  EXPECT_EQ(metric("accept_timeouts_total"), 1);

  worker->accept(worker->connection());
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 1; }))
      << "a worker that accepts too late gets a close";
  EXPECT_EQ(worker->received().front().kind, MessageKind::disconnect);
  EXPECT_EQ(worker->received().front().sequence, 1U);
}

TEST_F(WebSocketFaultTest, ClosesIfTheConnectChannelIsFull) {
  start();
  layer->refuse("websocket.connect", SendResult::full, 1);
  WebSocketClient client(port);
  std::string reason;
  EXPECT_EQ(client.read_close(&reason), 1013);
  EXPECT_EQ(reason, "busy");
}

TEST_F(WebSocketFaultTest, WaitsForRoomInTheOwnersChannel) {
  start();
  WebSocketClient client(port);
  client.send_text("0");
  client.read();
  layer->refuse(FakeWorker::channel, SendResult::full, 5);
  for (const char* text : {"1", "2", "3"}) client.send_text(text);
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(client.read().payload, text);
  EXPECT_EQ(layer->refusals_left(), 0);
  EXPECT_EQ(worker->received().back().sequence, 4U);
  EXPECT_EQ(metric("full_channels_total"), 5);
}

TEST_F(WebSocketFaultTest, ClosesIfTheOwnersChannelStaysFull) {
  config.limits.retries = 3;
  start();
  WebSocketClient client(port);
  client.send_text("0");
  client.read();
  layer->refuse(FakeWorker::channel, SendResult::full, 4);
  client.send_text("1");
  EXPECT_EQ(client.read_close(), 1013);
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 2; }));
  EXPECT_EQ(worker->received().back().kind, MessageKind::disconnect);
  EXPECT_EQ(worker->received().back().sequence, 2U) << "the frame that the layer refused used up a number";
}

TEST_F(WebSocketFaultTest, ClosesIfTheLayerIsDown) {
  start();
  WebSocketClient client(port);
  client.send_text("0");
  client.read();
  layer->refuse(FakeWorker::channel, SendResult::unavailable, 1);
  client.send_text("1");
  EXPECT_EQ(client.read_close(), 1012);
}

TEST_F(WebSocketFaultTest, SendsTheDisconnectOnceThereIsRoom) {
  start();
  {
    WebSocketClient client(port);
    client.send_text("0");
    client.read();
    layer->refuse(FakeWorker::channel, SendResult::full, 3);
  }
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 2; }));
  EXPECT_EQ(worker->received().back().kind, MessageKind::disconnect);
}

TEST_F(WebSocketFaultTest, RefusesABinaryFrameWithoutAnOffset) {
  start();
  WebSocketClient client(port);
  client.send_binary("1234567");
  std::string reason;
  EXPECT_EQ(client.read_close(&reason), 1002);
  EXPECT_EQ(reason, "binary frame without offset");
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 1; }));
  EXPECT_EQ(worker->received().front().kind, MessageKind::disconnect);
}

TEST_F(WebSocketFaultTest, RefusesAFrameOverTheLimit) {
  start();
  WebSocketClient client(port);
  client.send_binary(std::string(64 * 1024 + 9, 'x'));
  EXPECT_EQ(client.read_close(), 1009);
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 1; }));
  EXPECT_TRUE(worker->received().front().body.starts_with("1009 "));
}

TEST_F(WebSocketFaultTest, RefusesTextThatIsNotUtf8) {
  start();
  WebSocketClient client(port);
  client.send_text("\xff\xfe");
  EXPECT_EQ(client.read_close(), 1007);
}

TEST_F(WebSocketFaultTest, RefusesAnUnmaskedFrame) {
  start();
  RawClient client(port);
  ASSERT_EQ(upgrade(client), 101);
  client.send(std::string("\x81\x02{}", 4));
  EXPECT_TRUE(client.is_closed());
}

TEST_F(WebSocketFaultTest, CutsAPeerThatDoesNotAnswerAClose) {
  config.limits.handshake_timeout = 300ms;
  start();
  RawClient client(port);
  ASSERT_EQ(upgrade(client), 101);
  const std::string id = worker->connection();
  const auto begin = std::chrono::steady_clock::now();
  worker->send(MessageKind::close, id, "4001 replaced");
  EXPECT_TRUE(client.is_closed());
  const auto passed = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(passed, config.limits.handshake_timeout) << "cut too early";
  EXPECT_LT(passed, 3s) << "it was not cut by this limit, but by the one for every close that the gateway begins";
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return !received.empty(); }));
  EXPECT_EQ(worker->received().front().body, "4001 replaced");
  expect_service();
}

TEST_F(WebSocketFaultTest, ClosesIfAMessageOfTheWorkerIsLost) {
  start();
  std::size_t number = 0;
  for (const MessageKind lost : {MessageKind::text, MessageKind::data, MessageKind::credit}) {
    WebSocketClient client(port);
    const std::string id = worker->connection(number++);
    worker->send(MessageKind::text, id, "{}");
    EXPECT_EQ(client.read().payload, "{}");
    worker->lose(id);
    worker->send(lost, id, lost == MessageKind::credit ? "1" : data_frame(0, "x"));
    std::string reason;
    EXPECT_EQ(client.read_close(&reason), 4002);
    EXPECT_EQ(reason, "messages were lost on the way");
    ASSERT_TRUE(worker->wait_for([&](const auto& received) {
      return !received.empty() && received.back().connection == id && received.back().kind == MessageKind::disconnect;
    })) << "the worker does not hear of the end";
  }
}

TEST_F(WebSocketFaultTest, IgnoresAMessageThatComesTwice) {
  start();
  worker->echoes = false;
  WebSocketClient client(port);
  client.send_text("{}");
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return !received.empty(); })) << "it was not accepted";
  const std::string id = worker->connection();
  worker->send(MessageKind::text, id, "{\"first\":1}");
  worker->repeat(id);
  worker->send(MessageKind::text, id, "{\"first\":2}");
  worker->send(MessageKind::text, id, "{\"second\":1}");
  EXPECT_EQ(client.read().payload, "{\"first\":1}");
  EXPECT_EQ(client.read().payload, "{\"second\":1}");
}

TEST_F(WebSocketFaultTest, CutsAPeerThatClosesAndKeepsItsSocketOpen) {
  config.limits.websocket_idle_timeout = 1s;
  start();
  RawClient client(port);
  ASSERT_EQ(upgrade(client), 101);
  client.send(std::string("\x88\x82\0\0\0\0\x03\xe8", 8));  // close, masked, 1000
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return !received.empty(); }));
  EXPECT_EQ(worker->received().front().kind, MessageKind::disconnect);
  expect_service();
}

TEST_F(WebSocketFaultTest, CutsAReaderThatIsAMebibyteBehind) {
  start();
  WebSocketClient client(port);
  client.send_text("{}");
  client.read();
  const std::string id = worker->connection();
  const auto is_told = [](const std::vector<Message>& received) {
    return received.back().kind == MessageKind::disconnect;
  };
  // The kernel's buffers hold some mebibytes first.
  for (int i = 0; i < 1000 && !is_told(worker->received()); ++i) {
    worker->send_in_turn(MessageKind::data, id, data_frame(0, std::string(64 * 1024, 'x')));
  }
  ASSERT_TRUE(worker->wait_for(is_told));
  EXPECT_EQ(worker->received().back().body, "1008 too much unwritten output");
  EXPECT_EQ(metric("slow_readers_total"), 1);
}

TEST_F(WebSocketFaultTest, DetectsASilentPeer) {
  config.limits.websocket_idle_timeout = 200ms;
  start();
  WebSocketClient client(port);  // answers no ping, because nothing reads
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return !received.empty(); }));
  EXPECT_EQ(worker->received().front().kind, MessageKind::disconnect);
  EXPECT_TRUE(worker->received().front().body.starts_with("1006 "));
}

TEST_F(WebSocketFaultTest, KeepsAConnectionWhoseWindowStaysFull) {
  config.limits.websocket_idle_timeout = 100ms;
  start();
  worker->gives_credit = false;
  worker->echoes = false;
  WebSocketClient client(port);
  for (std::uint64_t i = 0; i < 2; ++i) client.send_binary(data_frame(i * 65'536, std::string(65'536, 'x')));
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 1; }));
  ASSERT_TRUE(wait_for_metric("input_stalls_total", 1));
  const auto end = std::chrono::steady_clock::now() + 5 * config.limits.websocket_idle_timeout;
  while (std::chrono::steady_clock::now() < end) ASSERT_EQ(metric("websocket_connections"), 1);
  worker->send(MessageKind::credit, worker->connection(), "65536");
  EXPECT_TRUE(worker->wait_for([](const auto& received) { return received.size() >= 2; }));
  EXPECT_EQ(worker->received()[1].kind, MessageKind::data);
}

TEST_F(WebSocketFaultTest, AWorkerThatIsSilentLosesItsConnections) {
  config.limits.owner_interval = 20ms;
  config.limits.owner_timeout = 200ms;
  start();
  layer->is_remote = true;
  WebSocketClient client(port);
  client.send_text("accepted");
  client.read();
  worker->is_alive = false;
  EXPECT_EQ(client.read_close(), 1012);
}

TEST_F(WebSocketFaultTest, NoAmountOfRequestsMakesAWorkerSeemDead) {
  config.limits.requests_in_flight = 1;
  config.limits.owner_interval = 20ms;
  config.limits.owner_timeout = 200ms;
  start();
  layer->is_remote = true;
  WebSocketClient client(port);
  client.send_text("accepted");
  client.read();
  worker->answers = false;
  std::deque<RawClient> clients;
  for (std::size_t i = 0; i < 2 * loop_count; ++i) {
    clients.emplace_back(port);
    clients.back().send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  const auto end = std::chrono::steady_clock::now() + 3 * config.limits.owner_timeout;
  while (std::chrono::steady_clock::now() < end) ASSERT_EQ(metric("websocket_connections"), 1);
  client.send_text("still here");
  EXPECT_EQ(client.read().payload, "still here");
}

TEST_F(WebSocketFaultTest, IgnoresUnexpectedMessagesOfAWorker) {
  start();
  WebSocketClient client(port);
  client.send_text("accepted");
  client.read();
  const std::string id = worker->connection();
  worker->send(MessageKind::credit, id, "many");
  worker->send(MessageKind::credit, id, "99999999999999999999999");
  worker->send(MessageKind::accept, id, "worker.other");
  worker->send(MessageKind::connect, id, "");
  client.send_text("still here");
  EXPECT_EQ(client.read().payload, "still here");
  worker->send(MessageKind::close, id, "1006 " + std::string(200, 'x'));
  std::string reason;
  EXPECT_EQ(client.read_close(&reason), 1011);
  EXPECT_EQ(reason, std::string(123, 'x'));
}

}  // namespace
}  // namespace tellina::testing
