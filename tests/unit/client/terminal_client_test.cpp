#include "host/client/terminal_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <deque>
#include <thread>

#include "host/limits.hpp"
#include "host/runtime/system.hpp"
#include "host/wire/client_frames.hpp"
#include "host/wire/data_frame.hpp"

namespace tellina::client {
namespace {

constexpr int timeout_ms = 5000;

/// The server's end of WebSockets, driven by the test: it accepts any client, and reads and writes single frames.
class FrameServer {
 public:
  class Frame {
   public:
    bool is_text = false;
    std::string payload;
  };

  FrameServer() : m_listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(m_listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(m_listening.get(), 4);
    socklen_t size = sizeof address;
    ::getsockname(m_listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }

  void open(TerminalClient& client) {
    const SystemClock clock;
    const WaitLimit limit(clock, std::chrono::milliseconds(timeout_ms));
    std::thread accepting([this] { accept(); });
    client.open(Endpoint("127.0.0.1", port), "tellina_session=x", limit);
    accepting.join();
  }

  void send(bool is_text, std::string_view payload) {
    std::string frame(1, static_cast<char>(is_text ? 0x81 : 0x82));
    frame += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift);
    send_all(m_socket.get(), frame.append(payload));
  }
  void welcome(const std::string& stream, std::uint64_t input_offset, std::uint64_t output_offset) {
    send(true, welcome_frame("", stream, "b", input_offset, output_offset, 0, R"({"state":"running"})"));
  }

  Frame read() {
    const std::string head = read_bytes(2);
    std::size_t size = static_cast<unsigned char>(head[1]) & 0x7f;
    if (size > 125) {
      const std::string longer = read_bytes(size == 126 ? 2 : 8);
      size = 0;
      for (const char byte : longer) size = size << 8 | static_cast<unsigned char>(byte);
    }
    const std::string mask = read_bytes(4);
    Frame frame;
    frame.is_text = (head[0] & 0x0f) == 1;
    frame.payload = read_bytes(size);
    for (std::size_t i = 0; i < size; ++i) frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
    return frame;
  }
  HelloFrame read_hello() { return std::get<HelloFrame>(decode_client_frame(read().payload)); }
  bool has_more() {
    pollfd entry{m_socket.get(), POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
  }
  void hang_up() { m_socket = Descriptor(-1); }

  std::uint16_t port = 0;

 private:
  void accept() {
    m_socket = Descriptor(::accept4(m_listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request;
    while (!request.ends_with("\r\n\r\n")) request += read_bytes(1);
    EXPECT_NE(request.find("Sec-WebSocket-Protocol: tellina.v1\r\n"), std::string::npos) << request;
    send_all(m_socket.get(),
             "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  }
  std::string read_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t had = 0; had < size;) {
      pollfd entry{m_socket.get(), POLLIN, 0};
      if (::poll(&entry, 1, timeout_ms) <= 0) throw std::runtime_error("the client sends nothing");
      const ssize_t got = ::recv(m_socket.get(), bytes.data() + had, size - had, 0);
      if (got <= 0) throw std::runtime_error("the client has gone");
      had += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  Descriptor m_listening;
  Descriptor m_socket{-1};
};

class TerminalClientTest : public ::testing::Test, protected TerminalClient::Listener {
 protected:
  void on_output(std::string_view bytes) override { output.append(bytes); }
  void on_frame(const ServerFrame&, std::string_view json) override { frames.emplace_back(json); }

  /// Lets the client handle one frame from the server.
  bool take() {
    pollfd entry{client.socket()->descriptor(), POLLIN, 0};
    EXPECT_GT(::poll(&entry, 1, timeout_ms), 0);
    return client.exchange();
  }
  void begin() {
    server.open(client);
    client.send_hello();
    server.read_hello();
    server.welcome("s", 0, 0);
    take();
  }

  FrameServer server;
  TerminalClient client{*this};
  std::string output;
  std::deque<std::string> frames;
};

TEST_F(TerminalClientTest, ResendsInputFromWhereTheServerAsks) {
  server.open(client);
  client.send_hello();
  EXPECT_FALSE(server.read_hello().stream);
  client.type("early");
  EXPECT_FALSE(server.has_more()) << "nothing is sent before the welcome";
  server.welcome("s", 0, 0);
  take();
  client.type("abcdef");
  EXPECT_EQ(server.read().payload, data_frame(0, "abcdef")) << "a new stream begins with the welcome";
  server.send(true, input_ack_frame(2));
  server.send(false, data_frame(0, "out"));
  while (output != "out") take();

  client.cut();
  server.open(client);
  client.send_hello();
  const HelloFrame hello = server.read_hello();
  EXPECT_EQ(hello.stream, "s");
  EXPECT_EQ(hello.input_offset, 6U);
  EXPECT_EQ(hello.output_offset, 3U);
  server.welcome("s", 4, 3);
  take();
  EXPECT_EQ(server.read().payload, data_frame(4, "ef"));
  server.send(false, data_frame(3, "put"));
  while (output != "output") take();
}

TEST_F(TerminalClientTest, AcceptsOutputOfARunningTaskBeforeTheReplyToAStart) {
  begin();
  client.start_task(1);
  server.read();
  client.type("later");
  EXPECT_FALSE(server.has_more()) << "input waits for the welcome";
  server.send(false, data_frame(0, "out"));
  take();
  EXPECT_EQ(output, "out");
  server.welcome("s", 0, 3);
  take();
  EXPECT_EQ(server.read().payload, data_frame(0, "later"));
}

TEST_F(TerminalClientTest, StaysWithinTheInputWindow) {
  begin();
  client.type(std::string(limits::input_window + 10, 'x'));
  EXPECT_EQ(server.read().payload.size(), limits::frame_header + limits::input_window);
  EXPECT_FALSE(server.has_more());
  server.send(true, input_ack_frame(4));
  take();
  EXPECT_EQ(server.read().payload, data_frame(limits::input_window, "xxxx"));
}

TEST_F(TerminalClientTest, AcknowledgesInBatchesOrAtOnce) {
  begin();
  server.send(false, data_frame(0, "x"));
  while (output.size() < 1) take();
  EXPECT_FALSE(server.has_more());
  server.send(false, data_frame(1, std::string(32 * 1024, 'x')));
  while (output.size() < 32 * 1024 + 1) take();
  const auto ack = std::get<AckFrame>(decode_client_frame(server.read().payload));
  EXPECT_EQ(ack.output_offset, 32U * 1024 + 1);
  client.acknowledge_output(TerminalClient::Acknowledge::at_once);
  server.send(false, data_frame(32 * 1024 + 1, "y"));
  while (output.back() != 'y') take();
  EXPECT_EQ(std::get<AckFrame>(decode_client_frame(server.read().payload)).output_offset, 32U * 1024 + 2);
}

TEST_F(TerminalClientTest, RefusesViolationsOfTheProtocol) {
  const std::pair<bool, std::string> breaches[] = {
      {false, data_frame(1, "hole")},  {false, "short"}, {true, input_ack_frame(1)}, {true, "no JSON"},
      {true, R"({"type":"welcome"})"},
  };
  for (const auto& [is_text, payload] : breaches) {
    begin();
    server.send(is_text, payload);
    EXPECT_THROW(take(), ClientFailure) << payload;
    client.cut();
  }
  server.open(client);
  client.send_hello();
  server.read_hello();
  server.send(false, data_frame(0, "early"));
  EXPECT_THROW(take(), ClientFailure);
}

TEST_F(TerminalClientTest, ReportsTheEndOfTheConnection) {
  begin();
  server.send(true, R"({"type":"weather"})");
  take();
  EXPECT_EQ(frames.back(), R"({"type":"weather"})");
  server.hang_up();
  EXPECT_FALSE(take());
  EXPECT_FALSE(client.is_open());
  EXPECT_EQ(client.close_code(), 0);
  client.type("nobody reads this");
  EXPECT_FALSE(client.exchange());
}

}  // namespace
}  // namespace tellina::client
