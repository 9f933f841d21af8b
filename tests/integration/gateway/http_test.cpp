#include <gmock/gmock.h>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class HttpTest : public GatewayTest {
 protected:
  HttpTest() { start(); }
};

class Case {
 public:
  std::string method;
  std::string path;
  std::string header_lines;
  int status;
  std::string body_part;
};

TEST_F(HttpTest, ShowsItsMetricsToOthersOnlyIfConfigured) {
  const char* through_a_proxy = "X-Forwarded-For: 10.0.0.1\r\n";
  EXPECT_EQ(RawClient(port).request("GET", "/metrics", through_a_proxy).status, 403);
  stop();
  config.allow_metrics_from_anywhere = true;
  start();
  const RawAnswer answer = RawClient(port).request("GET", "/metrics", through_a_proxy);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("# EOF\n"));
}

TEST_F(HttpTest, AnswersEveryPathWithItsStatus) {
  const std::string cookie = "Cookie: a=b; tellina_session=token-bob\r\n";
  const std::vector<Case> cases{
      {"GET", "/", "", 302, ""},
      {"GET", "/static/html/index.html", "", 200, "<title>study</title>"},
      {"GET", "/static/html/index.html?access_code=bob", "", 200, "<title>study</title>"},
      {"GET", "/static/nothing.js", "", 404, "Not found"},
      {"GET", "/static/", "", 404, "Not found"},
      {"GET", "/nothing", "", 404, "Not found"},
      {"GET", "/api/v1/nothing", "", 404, R"({"error":{"code":"not_found","message":")"},
      {"GET", "/api", "", 404, R"("code":"not_found")"},
      {"POST", "/static/html/index.html", "", 405, R"("code":"method_not_allowed")"},
      {"GET", "/api/v1/login", "", 405, R"("code":"method_not_allowed")"},
      {"DELETE", "/api/v1/study", cookie, 405, R"("code":"method_not_allowed")"},
      {"GET", "/api/v1/about", "", 200, R"({"title":"A study","contact":"a@example.org","records_bytes":true})"},
      {"POST", "/api/v1/about", "", 405, R"("code":"method_not_allowed")"},
      {"GET", "/api/v1/study", "", 401, R"("code":"not_logged_in")"},
      {"GET", "/api/v1/study", "Cookie: tellina_session=wrong\r\n", 401, R"("code":"not_logged_in")"},
      {"GET", "/api/v1/study", "Cookie: tellina_session=\"; drop\r\n", 401, R"("code":"not_logged_in")"},
      {"GET", "/api/v1/study", cookie, 200, R"({"state":"ready"})"},
      {"GET", "/healthz", "", 200, "ok\n"},
      {"GET", "/readyz", "", 200, "ready\n"},
      {"GET", "/metrics", "", 200, "# EOF\n"},
      {"GET", "/metrics", "X-Forwarded-For: 10.0.0.1\r\n", 403, R"("code":"forbidden")"},
      {"GET", "/metrics", "Via: 1.1 proxy\r\n", 403, R"("code":"forbidden")"},
      {"GET", "/metrics", "x-real-ip: 10.0.0.1\r\n", 403, R"("code":"forbidden")"},
      {"GET", "/metrics", "Forwarded: for=10.0.0.1\r\n", 403, R"("code":"forbidden")"},
      {"GET", "/metrics", "X-Forwarded-Host:\r\n", 403, R"("code":"forbidden")"},
      {"GET", "/api/v1/terminal", cookie, 426, R"("code":"upgrade_required")"},
      {"GET", "/%zz", "", 400, R"("code":"bad_request")"},
      {"GET", "/static/%00", "", 400, R"("code":"bad_request")"},
      {"GET", "http://elsewhere/healthz", "", 200, "ok\n"},
      {"GET", "/healthz", "Expect: wonders\r\n", 417, R"("code":"expectation_failed")"},
  };
  for (const Case& each : cases) {
    RawClient client(port);
    const RawAnswer answer = client.request(each.method, each.path, each.header_lines);
    EXPECT_EQ(answer.status, each.status) << each.method << " " << each.path;
    EXPECT_THAT(answer.body, HasSubstr(each.body_part)) << each.method << " " << each.path;
    EXPECT_EQ(answer["x-content-type-options"], "nosniff") << each.path;
    EXPECT_EQ(answer["referrer-policy"], "no-referrer") << each.path;
    EXPECT_EQ(answer["x-frame-options"], "DENY") << each.path;
    EXPECT_EQ(answer["cross-origin-opener-policy"], "same-origin") << each.path;
    EXPECT_EQ(answer["cross-origin-resource-policy"], "same-origin") << each.path;
    if (each.path.starts_with("/api")) {
      EXPECT_EQ(answer["cache-control"], "no-store") << each.path;
    }
  }
}

TEST_F(HttpTest, SaysWhichMethodsAreAllowed) {
  RawClient client(port);
  EXPECT_EQ(client.request("PUT", "/api/v1/login")["allow"], "POST");
  EXPECT_EQ(client.request("POST", "/healthz")["allow"], "GET, HEAD");
}

TEST_F(HttpTest, RedirectsToThePageWithItsQuery) {
  RawClient client(port);
  EXPECT_EQ(client.get("/")["location"], "static/html/index.html");
  EXPECT_EQ(client.get("/?access_code=a%26b&x")["location"], "static/html/index.html?access_code=a%26b&x");
}

TEST_F(HttpTest, KeepsTheConnectionUnlessRequestedOtherwise) {
  RawClient client(port);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/healthz").status, 200);
  const RawAnswer last = client.get("/healthz", "Connection: close\r\n");
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last["connection"], "close");
  EXPECT_TRUE(client.is_closed());

  RawClient old(port);
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_answer().body, "ok\n");
  EXPECT_TRUE(old.is_closed());
}

TEST_F(HttpTest, AnswersPipelinedRequestsInOrder) {
  RawClient client(port);
  const std::string host = "Host: " + client.host() + "\r\n";
  client.send("GET /readyz HTTP/1.1\r\n" + host + "\r\nGET /nothing HTTP/1.1\r\n" + host + "\r\n" +
              "GET /healthz HTTP/1.1\r\n" + host + "\r\n");
  EXPECT_EQ(client.read_answer().body, "ready\n");
  EXPECT_EQ(client.read_answer().status, 404);
  EXPECT_EQ(client.read_answer().body, "ok\n");
}

TEST_F(HttpTest, GivesHeadTheHeadersWithoutTheBody) {
  RawClient client(port);
  const RawAnswer head = client.request("HEAD", "/static/html/index.html");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head["content-length"], "35");
  EXPECT_EQ(client.get("/healthz").body, "ok\n") << "the response to HEAD had a body";
}

TEST_F(HttpTest, ReadsAChunkedBody) {
  RawClient client(port);
  client.send("POST /api/v1/login HTTP/1.1\r\nHost: " + client.host() +
              "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
              "a\r\n{\"access_c\r\na\r\node\":\"bob\"\r\n1\r\n}\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpTest, TellsAClientThatAsksToContinue) {
  RawClient client(port);
  const std::string body = R"({"access_code":"bob"})";
  client.send("POST /api/v1/login HTTP/1.1\r\nHost: " + client.host() +
              "\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.read_answer(false).status, 100);
  client.send(body);
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpTest, RefusesInvalidHttp) {
  const std::vector<std::pair<std::string, int>> cases{
      {"nonsense\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400},
      {"GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n", 400},
      {"POST /api/v1/login HTTP/1.1\r\nHost: a\r\n\r\n", 411},
      {"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400},
      {"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", 413},
      {"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Forwarded-For: "
       "192.0.2.1\r\n\r\n",
       400},
      {"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n", 431},
      {"GET /" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
  };
  for (const auto& [text, status] : cases) {
    RawClient client(port);
    client.send(text);
    const RawAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, status) << text.substr(0, 80);
    EXPECT_THAT(answer.body, HasSubstr("{\"error\":{\"code\":"));
    EXPECT_TRUE(client.is_closed()) << text.substr(0, 80);
  }
}

TEST_F(HttpTest, RefusesABodyWhoseEndAnotherProgramCouldFindElsewhere) {
  // Each body is followed by a request that a server would answer if it read the body by another header.
  const std::string hidden = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(hidden.size()) + "\r\n";
  const std::vector<std::pair<std::string, int>> cases{
      {"Transfer-Encoding: xchunked\r\n" + length, 400},
      {length + "Transfer-Encoding: xchunked\r\n", 400},
      {length + "Transfer-Encoding: identity\r\n", 400},
      {length + "Transfer-Encoding:\r\n", 400},
      {length + "Transfer-Encoding:\r\n chunked\r\n", 400},
      {"Transfer-Encoding: xchunked\r\n", 501},
      {"Transfer-Encoding: identity\r\n", 501},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"Transfer-Encoding: chunked, identity\r\n", 501},
      {"Transfer-Encoding: chunked;q=1\r\n", 501},
      {"Transfer-Encoding: \"chunked\"\r\n", 501},
      {"Transfer-Encoding: chun\r\n ked\r\n", 501},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding : chunked\r\n", 400},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       400},
      {"Transfer-Encoding: chunked\x01\r\n", 400},
      {length + "Content-Length: 0\r\n", 400},
      {"Content-Length: +2\r\n", 400},
      {"Content-Length: 2,3\r\n", 400},
      {"Content-Length: 1\r\n 0\r\n", 400},
      {"Content-Length: 18446744073709551618\r\n", 400},
  };
  for (const char* method : {"GET /healthz", "POST /api/v1/login"}) {
    for (const auto& [lines, status] : cases) {
      RawClient client(port);
      client.send(std::string(method) + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + hidden);
      EXPECT_EQ(client.read_answer().status, status) << method << "\n" << lines;
      EXPECT_TRUE(client.is_closed()) << method << "\n" << lines;
    }
  }
  RawClient old(port);
  old.send("POST /api/v1/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(old.read_answer().status, 400);
  EXPECT_TRUE(old.is_closed());
}

TEST_F(HttpTest, ReadsAFoldedLineAsOneWithSpaces) {
  // RFC 9112, section 5.2: a server refuses a folded line, or replaces each fold by spaces before anything reads it.
  RawClient client(port);
  client.send("POST /api/v1/login HTTP/1.1\r\nHost: " + client.host() +
              "\r\nTransfer-Encoding:\r\n chunked\r\nContent-Type:\r\n\tapplication/json\r\n\r\n"
              "15\r\n{\"access_code\":\"bob\"}\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  for (const char* lines : {" Host: a\r\n", "\tX: a\r\nHost: a\r\n", "Host: a\r\n\r b: c\r\n", "Host: a\n b\r\n"}) {
    RawClient other(port);
    other.send("GET /healthz HTTP/1.1\r\n" + std::string(lines) + "\r\n");
    EXPECT_EQ(other.read_answer().status, 400) << lines;
    EXPECT_TRUE(other.is_closed()) << lines;
  }
}

TEST_F(HttpTest, RefusesBytesThatNoRequestMayHave) {
  const std::vector<std::string> requests{
      "GET /?a=\xff HTTP/1.1\r\nHost: a\r\n",
      "GET /?a=\xc3\xa4 HTTP/1.1\r\nHost: a\r\n",
      "GET /\x80 HTTP/1.1\r\nHost: a\r\n",
      "GET /?a=\r HTTP/1.1\r\nHost: a\r\n",
      "GET /?a=\x7f HTTP/1.1\r\nHost: a\r\n",
      "GET /?a=\t HTTP/1.1\r\nHost: a\r\n",
      "GET\t/ HTTP/1.1\r\nHost: a\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n",
      "GET / HTTP/1.1\rHost: a\r\n",
      "GET / HTTP/1.1\nHost: a\r\n",
      "GET / HTTP/1.1\r\nHost: a\rX: b\r\n",
      "GET / HTTP/1.1\r\nHost: a\nX: b\r\n",
      "GET / HTTP/1.1\r\nHost: a" + std::string(1, '\0') + "\r\n",
      "GET /" + std::string(1, '\0') + " HTTP/1.1\r\nHost: a\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX" + std::string(1, '\0') + ": b\r\n",
      "GET / HTTP/1.1\r\nHost : a\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n",
      "GET / HTTP/1.1\r\nhost: a\r\nHOST:\r\n",
  };
  for (const std::string& request : requests) {
    RawClient client(port);
    client.send(request + "\r\n");
    const RawAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, 400) << request;
    EXPECT_EQ(answer["location"], "") << request;
  }
}

TEST_F(HttpTest, AnswersOnlyForItsOwnNames) {
  stop();
  config.hosts = {"study.example.org"};
  start();
  const auto ask = [&](const std::string& target, const std::string& host, const std::string& method = "GET") {
    RawClient client(port);
    client.send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n\r\n");
    return client.read_answer();
  };
  for (const char* target : {"/", "/healthz", "/metrics", "/static/html/index.html", "/nothing"}) {
    const RawAnswer answer = ask(target, "evil.example:" + std::to_string(port));
    EXPECT_EQ(answer.status, 421) << target;
    EXPECT_THAT(answer.body, HasSubstr("This server does not answer for the host \"evil.example:")) << target;
    EXPECT_THAT(answer.body, HasSubstr("\"server.hosts\"")) << target;
  }
  EXPECT_THAT(log.text(), HasSubstr("refused a request for the host \"evil.example:"));
  EXPECT_THAT(ask("/api/v1/login", "evil.example", "POST").body, HasSubstr(R"("code":"unknown_host")"));
  EXPECT_EQ(ask("/api/v1/terminal", "evil.example").status, 421);
  EXPECT_EQ(ask("/healthz", "").status, 421);
  EXPECT_EQ(ask("http://evil.example/healthz", "localhost").status, 421) << "the host in the target was ignored";
  EXPECT_EQ(ask("http://localhost/healthz", "evil.example").status, 200);
  for (const char* host : {"study.example.org", "localhost:10411", "127.0.0.1", "10.0.0.1", "lab7:10411", "[::1]"}) {
    EXPECT_EQ(ask("/healthz", host).status, 200) << host;
  }
  stop();
  config.trusted_proxies = {boost::asio::ip::make_network_v6("::ffff:127.0.0.1/128")};
  start();
  EXPECT_EQ(ask("/healthz", "elsewhere.example").status, 200) << "a trusted proxy may forward any host";
  stop();
  config.allows_only_listed_hosts = true;
  start();
  EXPECT_EQ(ask("/healthz", "elsewhere.example").status, 421);
  EXPECT_EQ(ask("/healthz", "10.0.0.1").status, 421);
}

TEST_F(HttpTest, CountsItsResponses) {
  const long before = metric("http_requests_total{status=\"4xx\"}");
  RawClient client(port);
  client.get("/nothing");
  client.get("/nothing");
  EXPECT_EQ(metric("http_requests_total{status=\"4xx\"}"), before + 2);
  EXPECT_TRUE(wait_for_metric("http_connections", 2)) << "this client's connection and that of the metrics request";
}

TEST_F(HttpTest, IsNotReadyWithoutAReadyWorker) {
  worker->ready = false;
  RawClient client(port);
  EXPECT_EQ(client.get("/readyz").status, 503);
  EXPECT_EQ(client.get("/healthz").status, 200);
}

}  // namespace
}  // namespace tellina::testing
