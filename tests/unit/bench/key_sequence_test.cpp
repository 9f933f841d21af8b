#include "host/bench/key_sequence.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tellina::bench {
namespace {

std::string keys(std::uint64_t from, std::uint64_t to) {
  std::string text;
  for (std::uint64_t i = from; i < to; ++i) text += key_of(i);
  return text;
}

KeyChecker after(const std::string& bytes) {
  KeyChecker checker;
  for (const char byte : bytes) checker.take(byte);
  return checker;
}

TEST(KeySequence, NeverContainsTheEndKey) { EXPECT_EQ(keys(0, 1000).find(end_key), std::string::npos); }

TEST(KeySequence, AcceptsCompleteSequences) {
  const KeyChecker checker = after(keys(0, 10000));
  EXPECT_EQ(checker.received(), 10000U);
  EXPECT_EQ(checker.lost(10000), 0U);
  EXPECT_EQ(checker.doubled(), 0U);
  EXPECT_EQ(checker.reordered(), 0U);
}

TEST(KeySequence, ReportsWhichKeyCame) {
  KeyChecker checker;
  for (std::uint64_t i = 0; i < 600; ++i) EXPECT_EQ(checker.take(key_of(i)), i);
  EXPECT_EQ(checker.take(key_of(610)), 610U);
  EXPECT_EQ(checker.take(key_of(605)), 605U);
}

TEST(KeySequence, FindsLostKeys) {
  EXPECT_EQ(after(keys(0, 100) + keys(103, 200)).lost(200), 3U);
  EXPECT_EQ(after(keys(0, 100)).lost(150), 50U);
  EXPECT_EQ(after("").lost(5), 5U);
  const KeyChecker checker = after(keys(1, 300));
  EXPECT_EQ(checker.lost(300), 1U);
  EXPECT_EQ(checker.reordered(), 0U);
}

TEST(KeySequence, FindsDuplicatedKeys) {
  const KeyChecker checker = after(keys(0, 100) + keys(95, 200));
  EXPECT_EQ(checker.doubled(), 5U);
  EXPECT_EQ(checker.lost(200), 0U);
  EXPECT_EQ(checker.reordered(), 0U);
  EXPECT_EQ(after(keys(0, 1) + keys(0, 1)).doubled(), 1U);
}

TEST(KeySequence, FindsReorderedKeys) {
  const KeyChecker checker = after(keys(0, 100) + keys(101, 102) + keys(100, 101) + keys(102, 200));
  EXPECT_EQ(checker.reordered(), 1U);
  EXPECT_EQ(checker.lost(200), 0U);
  EXPECT_EQ(checker.doubled(), 0U);
}

TEST(KeySequence, TakeAllEqualsTakingOneByOne) {
  const std::string bytes = keys(0, 500) + keys(510, 600) + keys(505, 506) + keys(590, 900);
  const KeyChecker one_by_one = after(bytes);
  KeyChecker at_once;
  at_once.take_all(bytes);
  EXPECT_EQ(at_once.received(), one_by_one.received());
  EXPECT_EQ(at_once.lost(900), one_by_one.lost(900));
  EXPECT_EQ(at_once.doubled(), one_by_one.doubled());
  EXPECT_EQ(at_once.reordered(), one_by_one.reordered());
  EXPECT_EQ(at_once.lost(900), 9U);
  EXPECT_EQ(at_once.doubled(), 10U);
  EXPECT_EQ(at_once.reordered(), 1U);
}

}  // namespace
}  // namespace tellina::bench
