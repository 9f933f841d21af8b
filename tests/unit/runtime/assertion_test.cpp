#include "host/runtime/assertion.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tellina {
namespace {

/// A count from 0 to 3.
class Count {
 public:
  void add(int by) {
    const InvariantScope scope(*this);
    m_count += by;
  }
  void add_and_throw(int by) {
    const InvariantScope scope(*this);
    m_count += by;
    throw std::runtime_error("another error");
  }
  void check_invariant() const { TELLINA_ASSERT(m_count >= 0 && m_count <= 3); }

 private:
  int m_count = 0;
};

TEST(AssertionTest, NamesExpressionFileAndLine) {
  try {
    TELLINA_ASSERT(1 + 1 == 3);
    FAIL() << "nothing was thrown";
  } catch (const AssertionFailure& failure) {
    const std::string line = std::to_string(__LINE__ - 3);
    EXPECT_NE(std::string(failure.what()).find("assertion failed: 1 + 1 == 3 ("), std::string::npos) << failure.what();
    EXPECT_NE(std::string(failure.what()).find("assertion_test.cpp:" + line + ")"), std::string::npos)
        << failure.what();
  }
}

TEST(AssertionTest, HoldsWithoutASideEffect) { EXPECT_NO_THROW(TELLINA_ASSERT(true)); }

TEST(AssertionTest, AnInvariantIsCheckedOnEntryAndOnExit) {
  Count count;
  EXPECT_NO_THROW(count.add(3));
  EXPECT_THROW(count.add(1), AssertionFailure) << "broken at the end";
  EXPECT_THROW(count.add(-1), AssertionFailure) << "broken at the start";
}

TEST(AssertionTest, AnExceptionIsNotReplacedByABrokenInvariant) {
  Count count;
  try {
    count.add_and_throw(7);
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "another error");
  }
}

TEST(AssertionDeathTest, ABrokenProcessInvariantEndsTheProcess) {
  EXPECT_DEATH(TELLINA_ASSERT_PROCESS(2 < 1), "tellina: assertion failed: 2 < 1 .*assertion_test.cpp:[0-9]+.*ends");
}

}  // namespace
}  // namespace tellina
