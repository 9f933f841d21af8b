#include <gmock/gmock.h>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class LoginTest : public GatewayTest {};

TEST_F(LoginTest, GivesACookieThatNoScriptCanRead) {
  start();
  RawClient client(port);
  const RawAnswer answer = client.login("bob");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer["set-cookie"], "tellina_session=token-bob; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000");
  EXPECT_EQ(answer["cache-control"], "no-store");
}

TEST_F(LoginTest, RefusesAnUnknownCode) {
  start();
  RawClient client(port);
  const RawAnswer answer = client.login("eve");
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"unknown_access_code")"));
  EXPECT_EQ(answer["set-cookie"], "");
  EXPECT_EQ(metric("failed_logins_total"), 1);
}

TEST_F(LoginTest, RefusesABodyThatIsNotTheObject) {
  start();
  RawClient client(port);
  const std::string type = "Content-Type: application/json\r\n";
  for (const char* body : {"", "{", "[]", "\"bob\"", "{\"access_code\": 7}", "{\"code\": \"bob\"}", "{\"a\":1}x"}) {
    EXPECT_EQ(client.request("POST", "/api/v1/login", type, body).status, 400) << body;
  }
  EXPECT_EQ(client.request("POST", "/api/v1/login", type, "{\"access_code\":\"bob\",\"later\":[]}").status, 200);
  EXPECT_EQ(client.request("POST", "/api/v1/login", "", "{\"access_code\":\"bob\"}").status, 415);
  EXPECT_EQ(client.request("POST", "/api/v1/login", "Content-Type: text/plain\r\n", "{}").status, 415);
}

TEST_F(LoginTest, RefusesAPageFromElsewhere) {
  start();
  RawClient client(port);
  EXPECT_EQ(client.login("bob", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(client.login("bob", "Origin: null\r\n").status, 403);
  EXPECT_EQ(client.login("bob", "Origin: http://" + client.host() + "\r\n").status, 200);
}

TEST_F(LoginTest, MakesGuessingSlow) {
  start();
  RawClient client(port);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.login("bob").status, 200) << "a success counts for nothing";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.login("eve" + std::to_string(i)).status, 401);
  const RawAnswer answer = client.login("bob");
  EXPECT_EQ(answer.status, 429);
  const int wait = std::stoi("0" + answer["retry-after"]);
  EXPECT_GT(wait, 50);
  EXPECT_LE(wait, 60);
}

TEST_F(LoginTest, LetsInAgainAfterTheWindow) {
  config.limits.login_failures = 1;
  config.limits.login_window = std::chrono::milliseconds(300);
  start();
  RawClient client(port);
  EXPECT_EQ(client.login("eve").status, 401);
  EXPECT_EQ(client.login("bob").status, 429);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  int status = 429;
  while (status == 429 && std::chrono::steady_clock::now() < end) status = client.login("bob").status;
  EXPECT_EQ(status, 200);
}

TEST_F(LoginTest, SaysBusyWhereNoWorkerAnswers) {
  config.limits.reply_timeout = std::chrono::milliseconds(50);
  start();
  worker->answers = false;
  RawClient client(port);
  const RawAnswer answer = client.login("bob");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"busy")"));
  EXPECT_EQ(answer["retry-after"], "1");
  EXPECT_EQ(client.get("/readyz").status, 503);
  worker->answers = true;
  EXPECT_EQ(client.login("bob").status, 200);
}

TEST_F(LoginTest, SaysBusyWhereTheChannelIsFull) {
  start();
  RawClient client(port);
  // Behind the question that a gateway asks when it starts.
  EXPECT_EQ(client.get("/readyz").status, 200);
  layer->refuse("http.request", SendResult::full, 1);
  EXPECT_EQ(client.login("bob").status, 503);
  EXPECT_EQ(client.login("bob").status, 200);
}

}  // namespace
}  // namespace tellina::testing
