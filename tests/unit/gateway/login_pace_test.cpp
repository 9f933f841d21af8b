#include "host/gateway/login_pace.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"

namespace tellina {
namespace {

using namespace std::chrono_literals;

class LoginPaceTest : public ::testing::Test {
 protected:
  ~LoginPaceTest() override { pace.check_invariant(); }
  std::optional<std::chrono::nanoseconds> log_in(const std::string& code) { return pace.reserve(code, now); }

  MonotonicTime now{1h};
  LoginPace pace{3, 1s, 2s};
};

TEST_F(LoginPaceTest, LoginsAfterABurstWaitForOneAnother) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in("bob"), 0s);
  EXPECT_EQ(log_in("bob"), 1s);
  EXPECT_EQ(log_in("bob"), 2s);
  EXPECT_EQ(log_in("alice"), 0s) << "nobody else waits";
}

TEST_F(LoginPaceTest, ALoginThatWouldWaitTooLongIsRefusedAndDoesNotCount) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(log_in("bob"));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(log_in("bob"), std::nullopt);
  now += 1s;
  EXPECT_EQ(log_in("bob"), 2s);
}

TEST_F(LoginPaceTest, ABurstIsPossibleAgainAfterItsTime) {
  for (int i = 0; i < 3; ++i) log_in("bob");
  now += 3s;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in("bob"), 0s);
  EXPECT_EQ(log_in("bob"), 1s);
}

TEST_F(LoginPaceTest, ForgetsCodesThatMayHaveABurst) {
  for (std::size_t i = 0; i < 100 * limits::swept_login_buckets; ++i) {
    log_in(std::to_string(i));
    now += 100ms;
  }
  EXPECT_LE(pace.codes(), 2 * limits::swept_login_buckets);
}

}  // namespace
}  // namespace tellina
