#include "host/gateway/login_limiter.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"

namespace tellina {
namespace {

using namespace std::chrono_literals;
using Outcome = LoginLimiter::Outcome;

const MonotonicTime start{1h};

/// A limiter and the verdicts that it has given, by the number of the login.
class LoginLimiterTest : public ::testing::Test {
 protected:
  ~LoginLimiterTest() override { limiter.check_invariant(); }

  /// Returns the number of the login.
  std::size_t ask(const std::string& address) {
    verdicts.emplace_back();
    const std::size_t number = verdicts.size() - 1;
    limiter.ask(boost::asio::ip::make_address(address), now,
                [this, number](const LoginLimiter::Verdict& verdict) { verdicts[number] = verdict; });
    return number;
  }
  std::optional<std::chrono::nanoseconds> finish(std::size_t login, Outcome outcome) {
    return limiter.finish(verdicts.at(login).value().ticket.value(), outcome, now);
  }
  /// Whether the code was tried.
  bool guess(const std::string& address) {
    const std::size_t login = ask(address);
    if (!verdicts[login]->ticket) return false;
    finish(login, Outcome::unknown);
    return true;
  }
  bool is_refused(std::size_t login) const { return verdicts[login] && !verdicts[login]->ticket; }
  bool is_admitted(std::size_t login) const { return verdicts[login] && verdicts[login]->ticket; }
  bool is_waiting(std::size_t login) const { return !verdicts[login]; }

  MonotonicTime now = start;
  LoginLimiter limiter{LoginRates()};
  std::vector<std::optional<LoginLimiter::Verdict>> verdicts;
};

TEST_F(LoginLimiterTest, RefusesAfterTenUnknownCodesInAMinute) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(guess("192.0.2.1"));
    now += 1s;
  }
  EXPECT_EQ(verdicts[ask("192.0.2.1")]->wait, 50s);
  EXPECT_TRUE(guess("192.0.2.2"));
  now = start + 59s;
  EXPECT_FALSE(guess("192.0.2.1"));
  now = start + 60s;
  const std::size_t login = ask("192.0.2.1");
  ASSERT_TRUE(is_admitted(login)) << "the oldest attempt was a minute ago";
  EXPECT_EQ(finish(login, Outcome::unknown), 1s);
}

TEST_F(LoginLimiterTest, CountsALoginWhenItIsRequested) {
  std::vector<std::size_t> logins;
  for (int i = 0; i < 1000; ++i) logins.push_back(ask("192.0.2.1"));
  for (std::size_t i = 0; i < 10; ++i) EXPECT_TRUE(is_admitted(logins[i])) << i;
  for (std::size_t i = 10; i < 1000; ++i) EXPECT_TRUE(is_waiting(logins[i])) << i;
  for (std::size_t i = 0; i < 10; ++i) finish(logins[i], Outcome::unknown);
  for (std::size_t i = 10; i < 1000; ++i) EXPECT_TRUE(is_refused(logins[i])) << i;
}

TEST_F(LoginLimiterTest, DoesNotCountLoginsWithKnownCodes) {
  std::vector<std::size_t> logins;
  for (int i = 0; i < 300; ++i) logins.push_back(ask("192.0.2.1"));
  for (const std::size_t login : logins) {
    ASSERT_TRUE(is_admitted(login)) << login;
    EXPECT_FALSE(finish(login, Outcome::known));
  }
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(guess("192.0.2.1"));
  for (int i = 0; i < 9; ++i) finish(ask("192.0.2.1"), Outcome::not_tried);
  EXPECT_TRUE(guess("192.0.2.1"));
  EXPECT_FALSE(guess("192.0.2.1"));
}

TEST_F(LoginLimiterTest, RefusesWhenTooManyLoginsWait) {
  for (std::size_t i = 0; i < 10 + limits::waiting_logins; ++i) ask("192.0.2.1");
  const std::size_t one_more = ask("192.0.2.1");
  ASSERT_TRUE(is_refused(one_more));
  EXPECT_EQ(verdicts[one_more]->wait, limits::login_retry);
  EXPECT_TRUE(is_admitted(ask("192.0.2.2"))) << "only logins of one address wait";
}

TEST_F(LoginLimiterTest, CountsNetworksOfIpv6Together) {
  int tried = 0;
  for (int i = 0; i < 100; ++i) tried += guess("2001:db8:1:1::" + std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(tried, 10) << "a /64";
  for (int i = 0; i < 100; ++i) tried += guess("2001:db8:1:" + std::to_string(2 + i) + "::1") ? 1 : 0;
  EXPECT_EQ(tried, 40) << "a /48";
  for (int i = 0; i < 1000; ++i) tried += guess("2001:db8:" + std::to_string(2 + i) + "::1") ? 1 : 0;
  EXPECT_EQ(tried, 400) << "a /32";
  EXPECT_TRUE(guess("2001:db9::1"));
  for (int i = 0; i < 100; ++i) tried += guess("::ffff:192.0.2." + std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(tried, 500) << "mapped IPv4 addresses count separately";
  EXPECT_TRUE(guess("192.0.2.1"));
}

TEST_F(LoginLimiterTest, DelaysAllAddressesTogether) {
  const auto address = [](int number) {
    return std::to_string(1 + number / 65536) + "." + std::to_string(number / 256 % 256) + "." +
           std::to_string(number % 256) + ".7";
  };
  finish(ask("198.51.100.1"), Outcome::known);
  for (int i = 0; i < 600; ++i) {
    const std::size_t login = ask(address(i));
    EXPECT_EQ(verdicts[login]->wait, 0ns) << i;
    finish(login, Outcome::unknown);
  }
  for (int i = 1; i <= 200; ++i) {
    const std::size_t login = ask(address(600 + i));
    ASSERT_TRUE(is_admitted(login)) << i;
    EXPECT_EQ(verdicts[login]->wait, i * 100ms) << i;
    finish(login, Outcome::unknown);
  }
  EXPECT_EQ(verdicts[ask(address(801))]->wait, 100ms);
  EXPECT_TRUE(is_refused(verdicts.size() - 1));
  for (int i = 0; i < 50; ++i) {
    const std::size_t login = ask("198.51.100.1");
    EXPECT_EQ(verdicts[login]->wait, 0ns) << "a login from this address has succeeded";
    finish(login, Outcome::known);
  }
  EXPECT_EQ(verdicts[ask(address(801))]->wait, 100ms) << "logins with known codes used up turns";
  now += 80s;
  EXPECT_EQ(verdicts[ask(address(900))]->wait, 0ns);
}

TEST_F(LoginLimiterTest, KeepsLockedAddressesAndForgetsOldOnes) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(guess("203.0.113.1"));
  std::size_t most = 0;
  // The limiter only stores the addresses whose guesses get a turn, and not a million others.
  for (int number = 0; number < 1'000'000; ++number) {
    const std::string address = std::to_string(1 + number / 65536) + "." + std::to_string(number / 256 % 256) + "." +
                                std::to_string(number % 256) + ".7";
    guess(address);
    now += 50us;  // 50 s in all
    if (number % 1000 == 0) most = std::max(most, limiter.buckets());
  }
  EXPECT_FALSE(guess("203.0.113.1")) << "the limiter forgot a locked address";
  EXPECT_LT(most, 1500U);
  now += 600s;
  for (int i = 0; i < 600; ++i) guess("198.18." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  EXPECT_LE(limiter.buckets(), 1024U);
  now += 600s;
  for (int i = 0; i < 600; ++i) guess("198.19." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  EXPECT_LE(limiter.buckets(), 1024U);
}

}  // namespace
}  // namespace tellina
