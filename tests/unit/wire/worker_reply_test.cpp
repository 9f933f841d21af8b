#include "host/wire/worker_reply.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(WorkerReply, IsReadInFull) {
  const auto reply =
      parse_worker_reply(R"({"status":200,"body":{"a":[1]},"cookie":"ab-1","participant":7,"affinity":3})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, R"({"a":[1]})");
  EXPECT_EQ(reply->cookie, "ab-1");
  EXPECT_EQ(reply->participant, 7);
  EXPECT_EQ(reply->affinity, 3U);
}

TEST(WorkerReply, RefusesWhatWasNotAgreed) {
  for (const char* text :
       {"", "[]", "{}", "{\"status\":\"200\"}", "{\"status\":99}", "{\"status\":200,\"affinity\":-1}",
        "{\"status\":200,\"cookie\":\"a\\r\\nb\"}", "{\"status\":200,\"cookie\":7}",
        "{\"status\":200,\"participant\":\"x\"}", "{\"status\":200"}) {
    EXPECT_FALSE(parse_worker_reply(text)) << text;
  }
}

TEST(IsToken, TakesOnlyWhatCanBeOne) {
  EXPECT_TRUE(is_token("0aZ-_"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
  EXPECT_FALSE(is_token("a\"b"));
  EXPECT_FALSE(is_token(std::string(201, 'a')));
}

}  // namespace
}  // namespace tellina
