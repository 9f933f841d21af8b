#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/gateway/metrics.hpp"
#include "host/gateway/response.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

using testing::HasSubstr;
using testing::Not;

const WallTime moment{std::chrono::seconds(784111777)};

TEST(Response, HasEverySecurityHeader) {
  const std::string head = serialize_head(Response(200, "text/plain", "hello"), 11, true, moment);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  for (const char* line :
       {"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "Content-Length: 5\r\n", "X-Content-Type-Options: nosniff\r\n",
        "X-Frame-Options: DENY\r\n", "Referrer-Policy: no-referrer\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n", "Content-Security-Policy: default-src 'none'; "}) {
    EXPECT_THAT(head, HasSubstr(line));
  }
  EXPECT_THAT(head, Not(HasSubstr("Connection:")));
}

TEST(Response, SaysWhetherTheConnectionStaysOpen) {
  const Response response(200, "text/plain", "hello");
  EXPECT_THAT(serialize_head(response, 11, false, moment), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(serialize_head(response, 10, true, moment), HasSubstr("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(serialize_head(response, 10, true, moment), HasSubstr("Connection: keep-alive\r\n"));
}

TEST(Response, HasNoLengthIfNothingWasModified) {
  Response response;
  response.status = 304;
  EXPECT_THAT(serialize_head(response, 11, true, moment), Not(HasSubstr("Content-Length")));
}

TEST(Response, KeepsItsOwnPolicy) {
  Response response(200, "text/html", "");
  response.with("Content-Security-Policy", std::string(page_content_security_policy));
  const std::string head = serialize_head(response, 11, true, moment);
  EXPECT_THAT(head, HasSubstr("script-src 'self'"));
  EXPECT_THAT(head, Not(HasSubstr("frame-ancestors")));
}

TEST(JsonError, EscapesItsText) {
  const Response response = json_error(400, "bad_json", "a \"quote\"");
  EXPECT_EQ(*response.body, R"({"error":{"code":"bad_json","message":"a \"quote\""}})");
  EXPECT_EQ(*response.find("Content-Type"), "application/json");
  EXPECT_EQ(*response.find("Cache-Control"), "no-store");
}

TEST(Metrics, AreSummedOverLoopsAndEndWithEof) {
  Metrics first;
  Metrics second;
  first.frames_in.add(3);
  second.frames_in.add(4);
  second.answers[4].add();
  first.http_connections.add(2);
  first.http_connections.add(-1);
  const std::string text = render_metrics({&first, &second}, {});
  EXPECT_THAT(text, HasSubstr("# TYPE tellina_gateway_frames counter\n"));
  EXPECT_THAT(text, HasSubstr("tellina_gateway_frames_total{direction=\"in\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("tellina_gateway_http_requests_total{status=\"4xx\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tellina_gateway_http_connections 1\n"));
  EXPECT_TRUE(text.ends_with("# EOF\n"));
}

TEST(Metrics, ListWorkersSamplesUnderTheirFamily) {
  const auto samples =
      decode_numbers(
          R"({"samples":[["tellina_worker_overtakings","_total","{worker=\"1\"}",3],["tellina_worker_connections","","{worker=\"1\"}",2],)"
          R"(["tellina_worker_connections","","{worker=\"0\"}",0.5],["tellina_of_tomorrow","","",1]]})")
          .samples;
  ASSERT_EQ(samples.size(), 4U);
  const std::string text = render_metrics({}, samples);
  EXPECT_THAT(text, HasSubstr("# TYPE tellina_worker_overtakings counter\n"));
  EXPECT_THAT(text, HasSubstr("tellina_worker_overtakings_total{worker=\"1\"} 3\n"));
  EXPECT_THAT(text,
              HasSubstr("tellina_worker_connections{worker=\"1\"} 2\ntellina_worker_connections{worker=\"0\"} 0.5\n"));
  EXPECT_THAT(text, Not(HasSubstr("of_tomorrow")));
  EXPECT_THAT(text, HasSubstr("tellina_build_info{version=\""));
}

TEST(Metrics, ListThePluginsFiguresWithTheirHelp) {
  const auto samples =
      decode_numbers(
          R"({"samples":[["tellina_plugin_waiting","","{plugin=\"a\"}",2,"Starts that wait."],)"
          R"(["tellina_plugin_starts","_total","{plugin=\"a\"}",3,"Starts."],["tellina_plugin_waiting","","{plugin=\"b\"}",4],)"
          R"(["tellina_plugin_waiting","_total","{plugin=\"c\"}",5],["tellina_plugin_","","",6],)"
          R"(["tellina_plugin_x\"y","","",7],["tellina_plugin_X","","",8]]})")
          .samples;
  ASSERT_EQ(samples.size(), 7U);
  const std::string text = render_metrics({}, samples);
  EXPECT_THAT(text,
              HasSubstr("# TYPE tellina_plugin_starts counter\n# HELP tellina_plugin_starts Starts.\n"
                        "tellina_plugin_starts_total{plugin=\"a\"} 3\n# TYPE tellina_plugin_waiting gauge\n"
                        "# HELP tellina_plugin_waiting Starts that wait.\ntellina_plugin_waiting{plugin=\"a\"} 2\n"
                        "tellina_plugin_waiting{plugin=\"b\"} 4\n"));
  for (const char* absent : {"\"c\"", "tellina_plugin_ ", "x\"y", "_X"}) EXPECT_THAT(text, Not(HasSubstr(absent)));
}

}  // namespace
}  // namespace tellina
