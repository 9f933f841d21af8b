#include "host/wire/worker_requests.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(WorkerReply, IsReadCompletely) {
  const auto reply = decode_reply(R"({"status":200,"body":{"a":[1]},"cookie":"ab-1","participant":7,"affinity":3})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, R"({"a":[1]})");
  EXPECT_EQ(reply->cookie, "ab-1");
  EXPECT_EQ(reply->participant, 7);
  EXPECT_EQ(reply->affinity, 3U);
}

TEST(WorkerReply, RefusesMalformedBodies) {
  for (const char* text :
       {"", "[]", "{}", "{\"status\":\"200\"}", "{\"status\":99}", "{\"status\":200,\"affinity\":-1}",
        "{\"status\":200,\"cookie\":\"a\\r\\nb\"}", "{\"status\":200,\"cookie\":7}",
        "{\"status\":200,\"participant\":\"x\"}", "{\"status\":200"}) {
    EXPECT_FALSE(decode_reply(text)) << text;
  }
}

TEST(WorkerReply, RoundTrips) {
  WorkerReply login(200, R"({"participant":"7"})");
  login.participant = 7;
  login.cookie = "ab-1";
  EXPECT_EQ(encode_reply(login), R"({"status":200,"body":{"participant":"7"},"participant":7,"cookie":"ab-1"})");
  const auto decoded = decode_reply(encode_reply(login));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->body, login.body);
  EXPECT_EQ(decoded->participant, 7);
  EXPECT_EQ(decoded->cookie, "ab-1");
  EXPECT_EQ(decode_reply(encode_reply(busy_reply()))->status, 503);
  EXPECT_FALSE(decoded->is_new);
  EXPECT_EQ(error_code_of(*decoded), "");
  login.is_new = true;
  EXPECT_TRUE(decode_reply(encode_reply(login))->is_new);
  EXPECT_EQ(error_code_of(WorkerReply(409, error_body("already_joined", "no"))), "already_joined");
  EXPECT_EQ(error_code_of(WorkerReply(502, "<html>")), "");
  WorkerReply of_loop(200, "{}");
  of_loop.affinity = 9;
  EXPECT_EQ(decode_reply(encode_reply(of_loop))->affinity, 9U);
}

TEST(WorkerRequest, RoundTrips) {
  using Method = WorkerRequest::Method;
  for (int number = 0; number <= static_cast<int>(Method::self_test); ++number) {
    WorkerRequest request(static_cast<Method>(number));
    request.access_code = "bob \"x\"";
    request.cookie = "ab-1";
    request.participant = "7";
    request.step = "begin";
    request.parameters = R"({"PID":"1"})";
    request.browser_key = "0123";
    request.cookies = {"ab-1", "cd-2"};
    const auto decoded = decode_request(encode_request(request));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->method, request.method);
    EXPECT_EQ(decoded->access_code, request.access_code);
    EXPECT_EQ(decoded->cookie, request.cookie);
    EXPECT_EQ(decoded->participant, request.participant);
    EXPECT_EQ(decoded->step, request.step);
    EXPECT_EQ(decoded->parameters, request.parameters);
    EXPECT_EQ(decoded->browser_key, request.browser_key);
    EXPECT_EQ(decoded->cookies, request.cookies);
  }
  for (const char* body : {"", "[]", "{}", R"({"method":"fly"})", R"({"method":3})"}) {
    EXPECT_FALSE(decode_request(body)) << body;
  }
}

TEST(WorkerNumbers, RoundTrip) {
  WorkerNumbers numbers;
  numbers.samples.push_back({"tellina_worker_messages", "_total", "{worker=\"0\"}", 2.5});
  numbers.samples.push_back({"tellina_plugin_starts", "_total", "", 1, "Starts."});
  numbers.workers = {"w0", "w1"};
  const WorkerNumbers decoded = decode_numbers(encode_numbers(numbers));
  ASSERT_EQ(decoded.samples.size(), 2U);
  EXPECT_EQ(decoded.samples[0].help, "");
  EXPECT_EQ(decoded.samples[1].help, "Starts.");
  EXPECT_EQ(decoded.samples[0].family, "tellina_worker_messages");
  EXPECT_EQ(decoded.samples[0].suffix, "_total");
  EXPECT_EQ(decoded.samples[0].labels, "{worker=\"0\"}");
  EXPECT_EQ(decoded.samples[0].value, 2.5);
  EXPECT_EQ(decoded.workers, numbers.workers);
}

TEST(WorkerNumbers, ThatAreMalformedAreIgnored) {
  for (const std::string samples : {"", "{}", "[1]", R"([["a","",""]])", R"([["a","","","1"]])", R"([[1,"","",1]])",
                                    R"([["a\nb","","",1]])", R"([["a","","{x=\"\n\"}",1]])", R"([["a","","",1,2]])",
                                    R"([["a","","",1,"\n"]])", R"([["a","","",1,"",""]])"}) {
    EXPECT_TRUE(decode_numbers("{\"samples\":" + samples + "}").samples.empty()) << samples;
  }
}

TEST(IsToken, AcceptsOnlyTheFormOfAToken) {
  EXPECT_TRUE(is_token("0aZ-_"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
  EXPECT_FALSE(is_token("a\"b"));
  EXPECT_FALSE(is_token(std::string(201, 'a')));
}

}  // namespace
}  // namespace tellina
