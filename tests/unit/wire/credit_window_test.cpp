#include "host/wire/credit_window.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(CreditWindow, HasRoomUntilTheLimitIsOwed) {
  CreditWindow window(10);
  EXPECT_TRUE(window.has_room(10));
  window.take(6);
  EXPECT_TRUE(window.has_room(4));
  EXPECT_FALSE(window.has_room(5));
  EXPECT_TRUE(window.has_room(0)) << "a text frame owes nothing";
  window.return_credit(2);
  EXPECT_TRUE(window.has_room(6));
  window.return_credit(100);
  EXPECT_EQ(window.outstanding(), 0U);
}

TEST(CreditWindow, AcceptsOneFrameThatIsLargerThanItself) {
  CreditWindow window(10);
  EXPECT_TRUE(window.has_room(30));
  window.take(30);
  EXPECT_FALSE(window.has_room(1));
  window.return_credit(29);
  EXPECT_TRUE(window.has_room(9));
}

TEST(CreditWindow, IsNotOverrun) {
  CreditWindow window(10);
  window.take(10);
  EXPECT_THROW(window.take(1), AssertionFailure);
}

}  // namespace
}  // namespace tellina
