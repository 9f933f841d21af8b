#include "host/wire/send_window.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(SendWindow, HasRoomUpToItsLimitBeyondTheLastAcknowledgement) {
  SendWindow window(10);
  window.restart(100);
  EXPECT_EQ(window.room(), 10U);
  window.send(7);
  EXPECT_EQ(window.sent(), 107U);
  EXPECT_EQ(window.room(), 3U);
  EXPECT_TRUE(window.acknowledge(105));
  EXPECT_TRUE(window.acknowledge(101)) << "an older one changes nothing";
  EXPECT_EQ(window.acknowledged(), 105U);
  EXPECT_EQ(window.room(), 8U);
  EXPECT_FALSE(window.acknowledge(108)) << "more was acknowledged than was sent";
  EXPECT_EQ(window.acknowledged(), 105U);
}

TEST(SendWindow, IsNotOverrun) {
  SendWindow window(10);
  window.send(10);
  EXPECT_EQ(window.room(), 0U);
  EXPECT_THROW(window.send(1), AssertionFailure);
}

}  // namespace
}  // namespace tellina
