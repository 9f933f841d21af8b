#include "host/session/request_log.hpp"

#include <gmock/gmock.h>

#include "host/limits.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RequestLog, EachWaitsOnceInItsKind) {
  RequestLog log;
  for (const char* id : {"1", "2", "1"}) EXPECT_EQ(log.wait(RequestKind::reset, id), std::nullopt);
  log.wait(RequestKind::give_up, "1");
  EXPECT_THAT(log.take(RequestKind::reset), ElementsAre("1", "2"));
  EXPECT_FALSE(log.waits(RequestKind::reset));
  EXPECT_THAT(log.take(RequestKind::reset), IsEmpty());
  EXPECT_TRUE(log.waits(RequestKind::give_up));
}

TEST(RequestLog, TheOldestMakesRoom) {
  RequestLog log;
  for (std::size_t id = 0; id < limits::requests_at_once; ++id) {
    EXPECT_EQ(log.wait(RequestKind::submit, std::to_string(id)), std::nullopt);
  }
  EXPECT_EQ(log.wait(RequestKind::submit, "0"), std::nullopt) << "it waits already";
  EXPECT_EQ(log.wait(RequestKind::submit, "new"), "0");
  EXPECT_EQ(log.take(RequestKind::submit).size(), limits::requests_at_once);
}

TEST(RequestLog, AnswersBelongToAKindAndAStream) {
  RequestLog log;
  log.remember(RequestKind::reset, "s-1", "7");
  EXPECT_TRUE(log.has_answered(RequestKind::reset, "s-1", "7"));
  EXPECT_FALSE(log.has_answered(RequestKind::give_up, "s-1", "7"));
  EXPECT_FALSE(log.has_answered(RequestKind::reset, "s-2", "7"));
  EXPECT_FALSE(log.has_answered(RequestKind::reset, "s-1", "8"));
  log.forget_answers();
  EXPECT_FALSE(log.has_answered(RequestKind::reset, "s-1", "7"));
}

TEST(RequestLog, RemembersABoundedNumberOfAnswers) {
  RequestLog log;
  for (std::size_t id = 0; id < 3 * limits::answered_requests; ++id) {
    log.remember(RequestKind::reset, "s-1", std::to_string(id));
  }
  EXPECT_TRUE(log.has_answered(RequestKind::reset, "s-1", std::to_string(3 * limits::answered_requests - 1)));
}

}  // namespace
}  // namespace tellina::testing
