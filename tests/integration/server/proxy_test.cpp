/// The program behind a proxy: every request comes from 127.0.0.1 and names its client.

#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Proxy : public ServerTest {
 protected:
  void start_with(const std::string& server_section) {
    StudyConfig config;
    config.more = "\"study\": {\"record_addresses\": true}, \"server\": " + server_section + ", ";
    start(config);
  }

  HttpAnswer login(const std::string& code, const std::string& forwarded_for) {
    return http_request(server().port(),
                        "POST /api/v1/login HTTP/1.1\r\nContent-Type: application/json\r\nX-Forwarded-For: " +
                            forwarded_for + "\r\nX-Forwarded-Proto: https\r\n",
                        R"({"access_code": ")" + code + "\"}", default_limit);
  }

  /// The recorded address of a page that a proxy connects for a client.
  std::string address_recorded_of(const std::string& forwarded_for) {
    const std::string cookie = TestClient::of(server().port(), "bob").cookie();
    // The header line of the cookie is the last one.
    TestClient client(server().port(), cookie + "\r\nX-Forwarded-For: " + forwarded_for);
    client.connect();
    client.start_task(1);
    client.expect_prompt();
    settle(client);
    return database().value("SELECT json_extract(detail, '$.address') FROM event_log WHERE kind = 'attached'");
  }
};

TEST_F(Proxy, ThatIsTrustedForwardsForItsClients) {
  start_with(R"({"trusted_proxies": ["10.0.0.0/8", "127.0.0.1"]})");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(login("wrong", "192.0.2.1, 203.0.113.5").status, 401);
  EXPECT_EQ(login("bob", "203.0.113.5").status, 429);
  const HttpAnswer other = login("bob", "203.0.113.6, 10.1.2.3");
  EXPECT_EQ(other.status, 200);
  EXPECT_THAT(other.head, HasSubstr("; Secure\r\n"));
  EXPECT_EQ(address_recorded_of("192.0.2.1, 203.0.113.6:4711"), "203.0.113.6");
}

TEST_F(Proxy, ThatIsNotTrustedCountsAsTheClient) {
  start_with(R"({"trusted_proxies": ["10.0.0.0/8"]})");
  EXPECT_EQ(address_recorded_of("203.0.113.6"), "127.0.0.1");
  EXPECT_THAT(login("bob", "203.0.113.6").head, Not(HasSubstr("Secure")));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(login("wrong", "203.0.113." + std::to_string(i)).status, 401);
  EXPECT_EQ(login("bob", "203.0.113.100").status, 429);
}

}  // namespace
}  // namespace tellina::testing
