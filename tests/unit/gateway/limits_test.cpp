#include <gtest/gtest.h>

#include "host/gateway/address_key.hpp"
#include "host/gateway/connection_limit.hpp"

namespace tellina {
namespace {

TEST(ConnectionLimit, FreesSlots) {
  const auto limit = std::make_shared<ConnectionLimit>(2);
  auto first = limit->take("a");
  auto second = limit->take("a");
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(limit->take("a"));
  EXPECT_TRUE(limit->take("b"));
  const ConnectionLimit::Slot moved = std::move(*first);
  first.reset();
  EXPECT_FALSE(limit->take("a")) << "a moved slot still counts";
  second.reset();
  EXPECT_TRUE(limit->take("a"));
}

TEST(ConnectionLimit, CountsAllKeysTogether) {
  const auto limit = std::make_shared<ConnectionLimit>(2, 3);
  EXPECT_EQ(limit->free(), 3U);
  auto first = limit->take("a");
  auto second = limit->take();
  auto third = limit->take();
  ASSERT_TRUE(first && second && third) << "connections without a key only count in the sum";
  EXPECT_EQ(limit->free(), 0U);
  EXPECT_FALSE(limit->take("b"));
  EXPECT_FALSE(limit->take());
  second.reset();
  EXPECT_EQ(limit->free(), 1U);
  EXPECT_TRUE(limit->take("b"));
}

TEST(AddressKey, GivesOnePersonOneKey) {
  const auto key = [](const char* text) { return address_key(boost::asio::ip::make_address(text)); };
  EXPECT_EQ(key("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(key("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(key("2001:db8:1:2::5"), key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(key("2001:db8:1:2::5"), key("2001:db8:1:3::5"));
}

TEST(IsLoopback, RecognisesAllForms) {
  const auto test = [](const char* text) { return is_loopback(boost::asio::ip::make_address(text)); };
  EXPECT_TRUE(test("127.0.0.1") && test("127.1.2.3") && test("::1") && test("::ffff:127.0.0.1"));
  EXPECT_FALSE(test("10.0.0.1") || test("::2") || test("::ffff:10.0.0.1"));
}

}  // namespace
}  // namespace tellina
