#include <gmock/gmock.h>

#include <deque>
#include <fstream>
#include <thread>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"
#include "host/gateway/static_files.hpp"
#include "host/limits.hpp"

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class LimitsTest : public GatewayTest {
 protected:
  /// Sends one byte at a time until the gateway closes; returns false after 5 s.
  static bool dribble_until_cut(RawClient& client, const std::string& bytes) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    for (std::size_t i = 0; std::chrono::steady_clock::now() < end; ++i) {
      if (!client.send(bytes.substr(i % bytes.size(), 1))) return true;
      std::this_thread::sleep_for(2ms);  // a slow client is under test
    }
    return false;
  }
  /// Requests more than the buffers on the way can hold, with these header lines, and reads the answer only after the
  /// gateway has cut the connection.
  void expect_cut_while_written(const std::string& header_lines) {
    std::ofstream(folder / "static" / "large.bin") << std::string(limits::served_file / 2, 'x');
    config.limits.write_timeout = 300ms;
    config.limits.download_rate = limits::served_file * 1000;
    config.connections_per_address = 1;
    start();
    const auto begin = std::chrono::steady_clock::now();
    RawClient client(port, 4096);
    client.send("GET /static/large.bin HTTP/1.1\r\nHost: a\r\n" + header_lines + "\r\n");
    EXPECT_TRUE(another_is_served());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, config.limits.write_timeout) << "cut too early";
    EXPECT_EQ(client.read_answer().status, 0) << "the client got the whole answer";
    EXPECT_TRUE(client.is_closed());
  }
  /// Waits until one of the allowed connections ends; returns false after 30 s. On a busy machine, ThreadSanitizer
  /// needs seconds for the ETag of a large file, and that loop answers nobody meanwhile.
  bool another_is_served() const {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < end) {
      if (RawClient(port).get("/healthz").status == 200) return true;
      std::this_thread::sleep_for(10ms);  // refused requests take the loops' time too
    }
    return false;
  }
};

TEST_F(LimitsTest, CutsAClientThatDoesNotReadItsResponse) { expect_cut_while_written(""); }

TEST_F(LimitsTest, CutsAClientThatDoesNotReadItsFinalResponse) { expect_cut_while_written("Connection: close\r\n"); }

TEST_F(LimitsTest, CutsAClientThatDribblesItsHeaders) {
  config.limits.header_timeout = 100ms;
  start();
  RawClient client(port);
  client.send("GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
  EXPECT_TRUE(dribble_until_cut(client, "x"));
}

TEST_F(LimitsTest, CutsAClientThatDribblesItsBody) {
  config.limits.body_timeout = 100ms;
  start();
  RawClient client(port);
  client.send("POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  EXPECT_TRUE(dribble_until_cut(client, "x"));
}

TEST_F(LimitsTest, ClosesIdleConnections) {
  config.limits.idle_timeout = 50ms;
  start();
  RawClient silent(port);
  EXPECT_TRUE(silent.is_closed());
  RawClient client(port);
  EXPECT_EQ(client.get("/healthz").status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(LimitsTest, LimitsTheConnectionsOfAnAddress) {
  config.connections_per_address = 3;
  start();
  std::deque<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(port);
    EXPECT_EQ(clients.back().get("/healthz").status, 200);
  }
  RawClient fourth(port);
  const RawAnswer answer = fourth.get("/healthz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"too_many_connections")"));
  EXPECT_TRUE(fourth.is_closed());

  clients.pop_back();
  EXPECT_TRUE(another_is_served());
}

TEST_F(LimitsTest, LimitsThePendingRequests) {
  config.limits.requests_in_flight = 1;
  start();
  worker->answers = false;
  std::deque<RawClient> clients;
  for (std::size_t i = 0; i < 2 * loop_count; ++i) {
    clients.emplace_back(port);
    clients.back().send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  int refused_at_once = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = loop_count; i < 2 * loop_count; ++i) {
    EXPECT_EQ(clients[i].read_answer().status, 503);
    if (std::chrono::steady_clock::now() - begin < 1s) ++refused_at_once;
  }
  EXPECT_EQ(refused_at_once, static_cast<int>(loop_count)) << "the first request on each loop waits for 2 s";
}

TEST_F(LimitsTest, NamesTheReasonIfItCannotListen) {
  start();
  GatewayConfig second = config;
  second.port = port;
  second.id = "second";
  Gateway other(second, *layer, {loops.front().get()}, clock, random, log);
  try {
    other.start();
    FAIL() << "a second gateway listens on the same port";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(port)));
    EXPECT_THAT(error.what(), HasSubstr("Address already in use"));
    EXPECT_THAT(error.what(), HasSubstr("--port"));
  }
  second.address = "192.0.2.1";
  Gateway elsewhere(second, *layer, {loops.front().get()}, clock, random, log);
  EXPECT_THROW(elsewhere.start(), Error);
}

TEST_F(LimitsTest, RefusesAnIdThatIsNotValidInAChannelName) {
  config.id = "not a name";
  EXPECT_THROW(start(), Error);
  EXPECT_THROW(Gateway(GatewayConfig(), *layer, {}, clock, random, log), Error);
}

}  // namespace
}  // namespace tellina::testing
