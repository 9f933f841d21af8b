/// A proxy in front of the gateway. Like every peer here its address is 127.0.0.1; only the configuration makes it
/// trusted.

#include <gmock/gmock.h>

#include <deque>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"
#include "gateway/websocket_client.hpp"

namespace tellina::testing {
namespace {

using boost::beast::websocket::request_type;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class ProxyTest : public GatewayTest {
 protected:
  void start_trusting(const char* network) {
    config.trusted_proxies = {boost::asio::ip::make_network_v6(network)};
    start();
  }
  void start_trusting_the_peer() { start_trusting("::ffff:127.0.0.1/128"); }

  static std::string forwarded(const std::string& addresses) { return "X-Forwarded-For: " + addresses + "\r\n"; }

  int login(const std::string& code, const std::string& header_lines) {
    return RawClient(port).login(code, header_lines).status;
  }
  void fail_ten_times(const std::string& header_lines) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(login("eve" + std::to_string(i), header_lines), 401);
  }
  std::string recorded_address(const std::string& forwarded_for) {
    const std::size_t number = worker->connects().size();
    WebSocketClient client(port, [&](request_type& request) { request.set("X-Forwarded-For", forwarded_for); });
    worker->connection(number);
    return worker->connects().at(number).body;
  }
};

TEST_F(ProxyTest, LocksOutOnlyTheClientThatGuesses) {
  start_trusting_the_peer();
  fail_ten_times(forwarded("203.0.113.5"));
  EXPECT_EQ(login("bob", forwarded("203.0.113.5")), 429);
  EXPECT_EQ(login("bob", forwarded("203.0.113.6")), 200);
  EXPECT_EQ(login("bob", forwarded("203.0.113.6, 203.0.113.5")), 429)
      << "the part of the header that the client sent was trusted";
  EXPECT_EQ(login("bob", forwarded("203.0.113.6") + forwarded("203.0.113.5")), 429) << "the lines are not joined";
  EXPECT_EQ(login("bob", ""), 200) << "the proxy's own address is not locked out";
}

TEST_F(ProxyTest, CountsANetworkOfIPv6AsOneClient) {
  start_trusting_the_peer();
  fail_ten_times(forwarded("[2001:db8:1:2::5]:4711"));
  EXPECT_EQ(login("bob", forwarded("2001:db8:1:2:ffff::9")), 429);
  EXPECT_EQ(login("bob", forwarded("2001:db8:1:3::5")), 200);
}

TEST_F(ProxyTest, CountsAsOneClientIfItNamesNone) {
  start_trusting_the_peer();
  fail_ten_times(forwarded("unknown"));
  EXPECT_EQ(login("bob", ""), 429);
  EXPECT_EQ(login("bob", forwarded("203.0.113.5")), 200);
}

TEST_F(ProxyTest, IsIgnoredUnlessItIsTrusted) {
  start_trusting("::ffff:10.0.0.0/104");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(login("eve", forwarded("203.0.113." + std::to_string(i))), 401);
  }
  EXPECT_EQ(login("bob", forwarded("203.0.113.100")), 429);
  EXPECT_EQ(recorded_address("203.0.113.5"), R"({"participant":7,"address":"127.0.0.1"})");
  const RawAnswer metrics = RawClient(port).get("/metrics");
  EXPECT_EQ(metrics.status, 200);
}

TEST_F(ProxyTest, HasItsClientsRecorded) {
  start_trusting_the_peer();
  EXPECT_EQ(recorded_address("192.0.2.1, 203.0.113.5"), R"({"participant":7,"address":"203.0.113.5"})");
  EXPECT_EQ(recorded_address("::ffff:203.0.113.5"), R"({"participant":7,"address":"203.0.113.5"})");
  EXPECT_EQ(recorded_address("nonsense"), R"({"participant":7,"address":"127.0.0.1"})");
}

TEST_F(ProxyTest, MakesTheCookieSecureIfItServesHttps) {
  start_trusting_the_peer();
  RawClient client(port);
  const std::string https = "X-Forwarded-Proto: https\r\n";
  EXPECT_THAT(client.login("bob", https)["set-cookie"], EndsWith("; Max-Age=2592000; Secure"));
  EXPECT_THAT(client.login("bob", "X-Forwarded-Proto: http\r\n")["set-cookie"], EndsWith("; Max-Age=2592000"));
  EXPECT_THAT(client.login("bob")["set-cookie"], EndsWith("; Max-Age=2592000"));
  stop();
  config.trusted_proxies.clear();
  start();
  EXPECT_THAT(RawClient(port).login("bob", https)["set-cookie"], Not(HasSubstr("Secure")));
}

TEST_F(ProxyTest, PassesTheOriginOfItsOwnPages) {
  start_trusting_the_peer();
  const auto login_at = [&](const std::string& host, const std::string& origin) {
    const std::string body = R"({"access_code":"bob"})";
    RawClient client(port);
    client.send("POST /api/v1/login HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + origin +
                "\r\nX-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: https\r\nContent-Type: application/json\r\n" +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_answer().status;
  };
  EXPECT_EQ(login_at("study.example.org", "https://study.example.org"), 200);
  EXPECT_EQ(login_at("study.example.org:8443", "https://study.example.org:8443"), 200);
  EXPECT_EQ(login_at("study.example.org", "https://study.example.org:8443"), 403);
  EXPECT_EQ(login_at("study.example.org", "https://evil.example"), 403);
}

TEST_F(ProxyTest, NamesTheHostThatItsClientsAskFor) {
  const std::string origin = "Origin: https://study.example.org\r\n";
  const std::string host = "X-Forwarded-Host: study.example.org\r\n";
  start_trusting_the_peer();
  EXPECT_EQ(login("bob", origin), 403);
  EXPECT_EQ(login("bob", origin + host), 200);
  EXPECT_EQ(login("bob", origin + "X-Forwarded-Host: study.example.org, inner:8080\r\n"), 200) << "with two proxies";
  EXPECT_EQ(login("bob", origin + "X-Forwarded-Host: other.example.org\r\n"), 403);
  stop();
  config.trusted_proxies.clear();
  start();
  EXPECT_EQ(login("bob", origin + host), 403) << "the header of a client that is no trusted proxy was used";
}

TEST_F(ProxyTest, MayHaveMoreConnectionsThanAClient) {
  config.connections_per_address = 1;
  start_trusting_the_peer();
  std::deque<RawClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back(port);
    EXPECT_EQ(clients.back().get("/healthz").status, 200);
  }
}

TEST_F(ProxyTest, DoesNotShowTheMetricsOfThisMachine) {
  start_trusting_the_peer();
  const auto status = [&](const std::string& header_lines) {
    return RawClient(port).get("/metrics", header_lines).status;
  };
  EXPECT_EQ(status(""), 200);
  EXPECT_EQ(status(forwarded("203.0.113.5")), 403);
  EXPECT_EQ(status(forwarded("127.0.0.1")), 403);
  EXPECT_EQ(status("X-Forwarded-For:\r\n"), 403);
  EXPECT_EQ(status("X-Forwarded-Proto: https\r\n"), 403);
  EXPECT_EQ(status("Forwarded: for=127.0.0.1\r\n"), 403);
}

}  // namespace
}  // namespace tellina::testing
