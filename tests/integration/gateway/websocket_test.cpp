#include <gmock/gmock.h>

#include <random>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"
#include "gateway/websocket_client.hpp"
#include "host/wire/connection_messages.hpp"

namespace tellina::testing {
namespace {

using boost::beast::http::field;
using boost::beast::websocket::request_type;
using ::testing::HasSubstr;

class WebSocketTest : public GatewayTest {
 protected:
  WebSocketTest() { start(); }

  static std::string handshake_lines() {
    return "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: tellina_session=token-bob\r\n";
  }
  RawAnswer try_handshake(const std::string& header_lines) {
    RawClient client(port);
    return client.get("/api/v1/terminal", header_lines);
  }
};

TEST_F(WebSocketTest, AuthenticatesBeforeItUpgrades) {
  const std::string bare =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  EXPECT_EQ(try_handshake(bare).status, 401);
  const RawAnswer wrong = try_handshake(bare + "Cookie: tellina_session=wrong\r\n");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.body, HasSubstr(R"("code":"not_logged_in")"));
  const RawAnswer right = try_handshake(handshake_lines());
  EXPECT_EQ(right.status, 101);
  EXPECT_EQ(right["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(right["sec-websocket-extensions"], "");
}

TEST_F(WebSocketTest, ChecksTheOrigin) {
  const std::string host = "127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(try_handshake(handshake_lines() + "Origin: http://" + host + "\r\n").status, 101);
  EXPECT_EQ(try_handshake(handshake_lines() + "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(try_handshake(handshake_lines() + "Origin: null\r\n").status, 403);
}

TEST_F(WebSocketTest, RefusesAnInvalidHandshake) {
  const RawAnswer old = try_handshake(
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  EXPECT_EQ(old.status, 426);
  EXPECT_EQ(old["sec-websocket-version"], "13");
  EXPECT_EQ(try_handshake("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: short\r\n")
                .status,
            400);
}

TEST_F(WebSocketTest, NamesTheSubprotocolOnlyIfItWasOffered) {
  const auto answer_to = [this](const char* offer) {
    WebSocketClient client(port, [offer](request_type& request) {
      if (offer) request.set(field::sec_websocket_protocol, offer);
    });
    return std::string(client.answer()[field::sec_websocket_protocol]);
  };
  EXPECT_EQ(answer_to("tellina.v1"), "tellina.v1");
  EXPECT_EQ(answer_to("tellina.v2, tellina.v1"), "tellina.v1");
  EXPECT_EQ(answer_to("other"), "");
  EXPECT_EQ(answer_to(nullptr), "");
}

TEST_F(WebSocketTest, TellsTheWorkerWhoConnects) {
  WebSocketClient client(port);
  const std::string id = worker->connection();
  ASSERT_FALSE(id.empty());
  const Message connect = worker->connects().front();
  EXPECT_EQ(connect.kind, MessageKind::connect);
  EXPECT_EQ(connect.sequence, 0U);
  EXPECT_EQ(connect.body, R"({"participant":7,"address":"127.0.0.1"})");
  EXPECT_EQ(connect.reply_channel, "gateway.test-0");
}

TEST_F(WebSocketTest, MovesToTheLoopThatTheWorkerNames) {
  worker->affinity = 5;
  WebSocketClient client(port);
  ASSERT_FALSE(worker->connection().empty());
  EXPECT_EQ(worker->connects().front().reply_channel, "gateway.test-1");
  client.send_text("{}");
  EXPECT_EQ(client.read().payload, "{}");
}

TEST_F(WebSocketTest, CarriesEveryByteOfEitherKind) {
  WebSocketClient client(port);
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  client.send_binary(data_frame(1, bytes));
  ClientFrame frame = client.read();
  EXPECT_FALSE(frame.is_text);
  EXPECT_EQ(frame.payload, data_frame(1, bytes));
  client.send_text(R"({"type":"ping","t":1})");
  frame = client.read();
  EXPECT_TRUE(frame.is_text);
  EXPECT_EQ(frame.payload, R"({"type":"ping","t":1})");
}

TEST_F(WebSocketTest, CarriesTheLargestFrame) {
  WebSocketClient client(port);
  const std::string frame = data_frame(0, std::string(64 * 1024, 'x'));
  client.send_binary(frame);
  EXPECT_EQ(client.read().payload, frame);
}

TEST_F(WebSocketTest, EchoesTenThousandKeysInOrder) {
  WebSocketClient client(port);
  client.exchange(
      10'000, [](std::size_t i) { return data_frame(i, std::string(1, static_cast<char>('a' + i % 26))); },
      [](std::size_t i, const std::string& frame) {
        ASSERT_EQ(frame, data_frame(i, std::string(1, static_cast<char>('a' + i % 26))));
      });
  const std::vector<Message> received = worker->received();
  ASSERT_EQ(received.size(), 10'000U);
  for (std::size_t i = 0; i < received.size(); ++i) ASSERT_EQ(received[i].sequence, i + 1);
  EXPECT_EQ(metric("frames_total{direction=\"out\"}"), 10'000);
  EXPECT_EQ(metric("frame_bytes_total{direction=\"in\"}"), 90'000);
}

TEST_F(WebSocketTest, KeepsTheOrderOfAWorkerOnAnotherThread) {
  worker->on_other_thread = true;
  WebSocketClient client(port);
  client.exchange(
      5'000, [](std::size_t i) { return data_frame(i, "k"); },
      [](std::size_t i, const std::string& frame) { ASSERT_EQ(frame, data_frame(i, "k")); });
}

TEST_F(WebSocketTest, StopsReadingWhileTheWindowIsFull) {
  worker->gives_credit = false;
  worker->echoes = false;
  WebSocketClient client(port);
  for (std::uint64_t i = 0; i < 10; ++i) client.send_binary(data_frame(i * 16'384, std::string(16'384, 'x')));
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 4; }));
  EXPECT_TRUE(wait_for_metric("input_stalls_total", 1));
  EXPECT_EQ(worker->bytes_received(), 65'536U) << "not a byte more than the window";

  worker->send(MessageKind::credit, worker->connection(), "16384");
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 5; }));
  EXPECT_TRUE(wait_for_metric("input_stalls_total", 2));
  EXPECT_EQ(worker->bytes_received(), 81'920U);

  worker->gives_credit = true;
  worker->send(MessageKind::credit, worker->connection(), "65536");
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 10; }));
  const std::vector<Message> received = worker->received();
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(received[i].sequence, i + 1);
}

TEST_F(WebSocketTest, StopsReadingWhileTheWindowOfTextFramesIsFull) {
  worker->gives_credit = false;
  worker->echoes = false;
  WebSocketClient client(port);
  const std::size_t most = limits::frame_window / limits::smallest_text_frame_units;
  for (std::size_t i = 0; i < 2 * most; ++i) client.send_text(R"({"type":"resize"})");
  ASSERT_TRUE(worker->wait_for([&](const auto& received) { return received.size() == most; }));
  EXPECT_TRUE(wait_for_metric("input_stalls_total", 1));
  EXPECT_EQ(worker->received().size(), most) << "not a frame more than the window";

  worker->send(MessageKind::credit, worker->connection(), encode_frame_credit(16 * limits::smallest_text_frame_units));
  ASSERT_TRUE(worker->wait_for([&](const auto& received) { return received.size() == most + 16; }));
  EXPECT_TRUE(wait_for_metric("input_stalls_total", 2));

  worker->gives_credit = true;
  worker->send(MessageKind::credit, worker->connection(), encode_frame_credit(limits::frame_window));
  ASSERT_TRUE(worker->wait_for([&](const auto& received) { return received.size() == 2 * most; }));
  const std::vector<Message> received = worker->received();
  for (std::size_t i = 0; i < received.size(); ++i) ASSERT_EQ(received[i].sequence, i + 1);
}

TEST_F(WebSocketTest, EmptyBinaryFramesHaveAWindowToo) {
  worker->gives_credit = false;
  worker->echoes = false;
  WebSocketClient client(port);
  const std::size_t most = limits::frame_window / limits::binary_frame_units;
  for (std::size_t i = 0; i < 2 * most; ++i) client.send_binary(data_frame(0, ""));
  ASSERT_TRUE(worker->wait_for([&](const auto& received) { return received.size() == most; }));
  EXPECT_TRUE(wait_for_metric("input_stalls_total", 1));
  EXPECT_EQ(worker->received().size(), most);
}

TEST_F(WebSocketTest, LargeTextFramesPassOneByOne) {
  WebSocketClient client(port);
  for (int i = 0; i < 20; ++i) client.send_text(std::string(60'000, 'x'));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.read().payload.size(), 60'000U);
}

TEST_F(WebSocketTest, TextPassesAFullWindowOfInput) {
  worker->gives_credit = false;
  worker->echoes = false;
  WebSocketClient client(port);
  client.send_binary(data_frame(0, std::string(65'536, 'x')));
  client.send_text("an acknowledgement of output passes a full window of input");
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 2; }));
  EXPECT_EQ(metric("input_stalls_total"), 0);
}

TEST_F(WebSocketTest, ReadsNothingBeforeTheAccept) {
  worker->accepts = false;
  WebSocketClient client(port);
  client.send_text("early");
  const std::string id = worker->connection();
  ASSERT_FALSE(id.empty());
  EXPECT_EQ(metric("frames_total{direction=\"in\"}"), 0);
  worker->accept(id);
  EXPECT_EQ(client.read().payload, "early");
}

TEST_F(WebSocketTest, WritesItsQueueBeforeItCloses) {
  worker->echoes = false;
  WebSocketClient client(port);
  const std::string id = worker->connection();
  for (int i = 0; i < 3; ++i) worker->send(MessageKind::text, id, std::string(60'000, 'x'));
  worker->send(MessageKind::text, id, R"({"type":"replaced"})");
  worker->send(MessageKind::close, id, "4001 replaced");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.read().payload.size(), 60'000U);
  EXPECT_EQ(client.read().payload, R"({"type":"replaced"})");
  std::string reason;
  EXPECT_EQ(client.read_close(&reason), 4001);
  EXPECT_EQ(reason, "replaced");
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return !received.empty(); }));
  EXPECT_EQ(worker->received().back().kind, MessageKind::disconnect);
  EXPECT_EQ(worker->received().back().body, "4001 replaced");
}

TEST_F(WebSocketTest, TellsTheWorkerThatTheClientLeft) {
  {
    WebSocketClient client(port);
    client.send_text("{}");
    client.read();
    client.close(4999, "bye");
  }
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 2; }));
  const Message last = worker->received().back();
  EXPECT_EQ(last.kind, MessageKind::disconnect);
  EXPECT_EQ(last.sequence, 2U);
  EXPECT_EQ(last.body, "4999 bye");
}

TEST_F(WebSocketTest, TellsTheWorkerThatTheConnectionBroke) {
  {
    WebSocketClient client(port);
    client.send_text("{}");
    client.read();
  }
  ASSERT_TRUE(worker->wait_for([](const auto& received) { return received.size() == 2; }));
  EXPECT_EQ(worker->received().back().kind, MessageKind::disconnect);
  EXPECT_TRUE(worker->received().back().body.starts_with("1006 "));
  EXPECT_TRUE(wait_for_metric("websocket_connections", 0));
}

TEST_F(WebSocketTest, ServesManyOnAllLoopsUnderLoad) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int number = 0; number < 8; ++number) {
    threads.emplace_back([&, number] {
      for (int round = 0; round < 5; ++round) {
        worker->affinity = static_cast<std::uint64_t>(number + round);
        WebSocketClient client(port);
        client.exchange(
            200, [](std::size_t i) { return data_frame(i, "x"); },
            [&](std::size_t i, const std::string& frame) { good += frame == data_frame(i, "x"); });
        client.close(1000, "");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8 * 5 * 200);
  EXPECT_TRUE(wait_for_metric("websocket_connections", 0));
}

}  // namespace
}  // namespace tellina::testing
