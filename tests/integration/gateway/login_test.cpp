#include <gmock/gmock.h>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LoginTest : public GatewayTest {};

TEST_F(LoginTest, SetsACookieThatNoScriptCanRead) {
  start();
  RawClient client(port);
  const RawAnswer answer = client.login("bob");
  EXPECT_EQ(answer.status, 200);
  const std::string attributes = "=token-bob; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000";
  EXPECT_EQ(answer["set-cookie"], "tellina_session" + attributes + ", tellina_session_7" + attributes);
  EXPECT_EQ(answer.body, R"({"participant":"7"})");
  EXPECT_EQ(answer["cache-control"], "no-store");
}

TEST_F(LoginTest, UsesTheCookieOfTheParticipantThatARequestNames) {
  start();
  RawClient client(port);
  const auto status = [&](const std::string& query, const std::string& cookies) {
    return client.get("/api/v1/study" + query, "Cookie: " + cookies + "\r\n").status;
  };
  const std::string both = "tellina_session=token-alice; tellina_session_7=token-bob; tellina_session_8=token-alice";
  EXPECT_EQ(status("?participant=7", both), 200);
  EXPECT_EQ(status("?access_code=x&participant=7", both), 200);
  EXPECT_EQ(status("", both), 401) << "the cookie of the latest login";
  EXPECT_EQ(status("?participant=7", "tellina_session=token-bob"), 200) << "the cookie of an earlier login";
  EXPECT_EQ(status("?participant=8", "tellina_session=token-bob"), 403) << "the cookie of another participant";
  EXPECT_EQ(status("?participant=", "tellina_session=token-bob"), 200);
  EXPECT_EQ(status("?participant=%20", "tellina_session=token-bob"), 200) << "the request has no key";
}

TEST_F(LoginTest, KeepsTheCookiesOfTwoStudiesApart) {
  config.study_key = "4f1c09ab";
  start();
  RawClient client(port);
  const std::string attributes = "=token-bob; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000";
  EXPECT_EQ(client.login("bob")["set-cookie"], "tellina_session" + attributes + ", tellina_session_4f1c09ab" +
                                                   attributes + ", tellina_session_4f1c09ab_7" + attributes);
  const auto status = [&](const std::string& query, const std::string& cookies) {
    return client.get("/api/v1/study" + query, "Cookie: " + cookies + "\r\n").status;
  };
  const std::string others =
      "tellina_session=other; tellina_session_11111111=other; tellina_session_11111111_7=other; ";
  EXPECT_EQ(status("?participant=7", others + "tellina_session_4f1c09ab_7=token-bob"), 200);
  EXPECT_EQ(status("", others + "tellina_session_4f1c09ab=token-bob"), 200);
  EXPECT_EQ(status("?participant=7", others + "tellina_session_4f1c09ab=token-bob"), 200);
  EXPECT_EQ(status("", others), 401);
  EXPECT_EQ(status("?participant=7", "tellina_session_7=token-bob"), 200) << "a cookie name of an earlier version";
  EXPECT_EQ(status("?participant=7", "tellina_session=token-bob"), 200) << "a client that keeps only one cookie";
}

TEST_F(LoginTest, KeepsTheCookiesOfTwentyOthers) {
  start();
  RawClient client(port);
  std::string cookies = "Cookie: a=b";
  for (int i = 100; i < 122; ++i) cookies += "; tellina_session_" + std::to_string(i) + "=t";
  const std::string set = client.login("bob", cookies + "\r\n")["set-cookie"];
  EXPECT_THAT(set, HasSubstr("tellina_session_100=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
  EXPECT_THAT(set, HasSubstr("tellina_session_101=; "));
  EXPECT_THAT(set, Not(HasSubstr("tellina_session_102=")));
}

TEST_F(LoginTest, LogsWhyAPageIsRefused) {
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/api/v1/study?participant=7").status, 401);
  EXPECT_THAT(log.text(), HasSubstr("a request for participant P007 has no session cookie: if it is"));
  EXPECT_EQ(client.login("bob", "Origin: https://study.example.org\r\n").status, 403);
  EXPECT_THAT(log.text(),
              HasSubstr("a page of \"https://study.example.org\" was refused because the request's Host is \"" +
                        client.host() + "\"; let the proxy pass Host on unchanged"));
  EXPECT_EQ(client.get("/study/api/v1/login?access_code=secret").status, 404);
  EXPECT_THAT(log.text(), HasSubstr("no such path: \"/study/api/v1/login\" (404); if a proxy serves this server "
                                    "under the path \"/study\", set server.base_path to it"));
  EXPECT_EQ(client.get("/api/v1/terminal", "Cookie: tellina_session=token-bob\r\n").status, 426);
  EXPECT_THAT(log.text(), HasSubstr("without a WebSocket handshake (426): a proxy must pass on the headers Upgrade"));
  EXPECT_THAT(log.text(), Not(HasSubstr("secret")));
  const std::string before = log.text();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/wp-login.php").status, 404);
  EXPECT_EQ(log.text(), before) << "more than one line of a kind was logged in ten seconds";
}

TEST_F(LoginTest, DoesNotLogAKeyThatIsNotANumber) {
  for (const std::string key : {"bobs-secret", "-7", "0", "7x", "99999999999999999999"}) {
    start();
    EXPECT_EQ(RawClient(port).get("/api/v1/study?participant=" + key).status, 401);
    EXPECT_THAT(log.text(), HasSubstr("a request for a participant has no session cookie"));
    EXPECT_THAT(log.text(), Not(HasSubstr(key + " has")));
    stop();
  }
}

TEST_F(LoginTest, WorksBelowABasePath) {
  config.base_path = "/lab/study";
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/lab/study/?access_code=b")["location"], "static/html/index.html?access_code=b");
  EXPECT_EQ(client.get("/lab/study?access_code=b")["location"], "study/static/html/index.html?access_code=b");
  EXPECT_EQ(client.get("/")["location"], "static/html/index.html") << "behind a proxy that removes the base path";
  EXPECT_EQ(client.get("/lab/study/static/html/index.html").status, 200);
  EXPECT_EQ(client.get("/static/html/index.html").status, 200);
  EXPECT_EQ(client.get("/lab/study/healthz").status, 200);
  for (const char* path : {"/lab", "/lab/studyx", "/lab/study2/healthz", "/lab/study/lab/study/healthz"}) {
    EXPECT_EQ(client.get(path).status, 404) << path;
  }
  const RawAnswer login = client.request("POST", "/lab/study/api/v1/login", "Content-Type: application/json\r\n",
                                         R"({"access_code":"bob"})");
  EXPECT_EQ(login.status, 200);
  EXPECT_THAT(login["set-cookie"], HasSubstr("; Path=/lab/study/; "));
  const RawAnswer terminal = client.get("/lab/study/api/v1/terminal", "Cookie: tellina_session=token-bob\r\n");
  EXPECT_EQ(terminal.status, 426);
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
  stop();
  config.public_host = "study.example.org";
  start();
  EXPECT_EQ(RawClient(port).login("bob", "Origin: https://study.example.org\r\n").status, 200);
  EXPECT_EQ(RawClient(port).login("bob", "Origin: https://evil.example\r\n").status, 403);
}

TEST_F(LoginTest, MakesGuessingSlow) {
  start();
  RawClient client(port);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.login("bob").status, 200) << "a successful login must not count";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.login("eve" + std::to_string(i)).status, 401);
  const RawAnswer answer = client.login("bob");
  EXPECT_EQ(answer.status, 429);
  const int wait = std::stoi("0" + answer["retry-after"]);
  EXPECT_GT(wait, 50);
  EXPECT_LE(wait, 60);
}

TEST_F(LoginTest, TriesTenCodesOfAThousandConnections) {
  worker->holds_logins = true;
  start();
  constexpr int clients = 1000;
  std::vector<std::unique_ptr<RawClient>> guesses;
  for (int i = 0; i < clients; ++i) {
    guesses.push_back(std::make_unique<RawClient>(port));
    guesses.back()->send_login("eve" + std::to_string(i));
  }
  ASSERT_TRUE(wait_for_metric("logins_waiting", clients - 10));
  EXPECT_EQ(worker->logins_tried, 10);
  worker->release_logins();
  std::map<int, int> statuses;
  for (const auto& guess : guesses) ++statuses[guess->read_answer().status];
  EXPECT_EQ(statuses, (std::map<int, int>{{401, 10}, {429, clients - 10}}));
  EXPECT_EQ(worker->logins_tried, 10);
}

TEST_F(LoginTest, LetsAClassroomInAtOnce) {
  config.limits.logins.per_code = 100;  // the worker knows one code only
  worker->holds_logins = true;
  start();
  std::vector<std::unique_ptr<RawClient>> people;
  for (int i = 0; i < 100; ++i) {
    people.push_back(std::make_unique<RawClient>(port));
    people.back()->send_login("bob");
  }
  ASSERT_TRUE(wait_for_metric("logins_waiting", 90));
  worker->release_logins();
  for (const auto& person : people) EXPECT_EQ(person->read_answer().status, 200);
}

TEST_F(LoginTest, SlowsWhoLogsInAgainAndAgain) {
  config.limits.logins.per_code = 3;
  config.limits.logins.code_interval = std::chrono::milliseconds(300);
  config.limits.logins.longest_pause = std::chrono::milliseconds(400);
  start();
  RawClient client(port);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.login("bob").status, 200) << "later, and not refused";
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(400));
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back(std::make_unique<RawClient>(port));
    many.back()->send_login("bob");
  }
  std::map<int, int> statuses;
  for (const auto& one : many) ++statuses[one->read_answer().status];
  EXPECT_GE(statuses[503], 30) << "they would have had to wait for seconds";
  EXPECT_EQ(statuses[200] + statuses[503], 50);
  EXPECT_LT(worker->logins_tried, 40);
}

TEST_F(LoginTest, GivesTurnsToLoginsBeyondTheRateOfAll) {
  config.limits.logins.at_once = 2;
  config.limits.logins.turn = std::chrono::milliseconds(50);
  start();
  RawClient client(port);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.login("eve").status, 401);
  std::vector<std::unique_ptr<RawClient>> later;
  for (int i = 0; i < 5; ++i) {
    later.push_back(std::make_unique<RawClient>(port));
    later.back()->send_login("eve");
  }
  for (const auto& guess : later) EXPECT_EQ(guess->read_answer().status, 401);
  EXPECT_THAT(log.text(), HasSubstr("logins from addresses without an earlier login wait for their turn"));
}

TEST_F(LoginTest, AnswersALoginThatWaitsForItsTurnWhenItStops) {
  config.limits.logins.at_once = 1;
  config.limits.logins.turn = std::chrono::hours(1);
  config.limits.logins.longest_delay = std::chrono::minutes(90);
  start();
  EXPECT_EQ(RawClient(port).login("eve").status, 401);
  RawClient waiting(port);
  waiting.send_login("bob");
  ASSERT_TRUE(wait_for_metric("logins_waiting", 1));
  EXPECT_EQ(RawClient(port).login("bob").status, 429) << "a login whose turn would come in two hours is refused";
  stop();
  EXPECT_EQ(waiting.read_answer().status, 503);
  EXPECT_EQ(log.text().find("did not end"), std::string::npos) << log.text();
}

TEST_F(LoginTest, AcceptsLoginsAgainAfterTheWindow) {
  config.limits.logins.per_address = 1;
  config.limits.logins.window = std::chrono::milliseconds(300);
  start();
  RawClient client(port);
  EXPECT_EQ(client.login("eve").status, 401);
  EXPECT_EQ(client.login("bob").status, 429);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  int status = 429;
  while (status == 429 && std::chrono::steady_clock::now() < end) status = client.login("bob").status;
  EXPECT_EQ(status, 200);
}

TEST_F(LoginTest, IsBusyIfNoWorkerAnswers) {
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

TEST_F(LoginTest, IsBusyIfTheChannelIsFull) {
  start();
  RawClient client(port);
  // Waits for the request that a gateway sends when it starts.
  EXPECT_EQ(client.get("/readyz").status, 200);
  layer->refuse("http.request", SendResult::full, 1);
  EXPECT_EQ(client.login("bob").status, 503);
  EXPECT_EQ(client.login("bob").status, 200);
}

}  // namespace
}  // namespace tellina::testing
