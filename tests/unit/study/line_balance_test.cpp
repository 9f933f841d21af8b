#include "host/study/line_balance.hpp"

#include <gtest/gtest.h>

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;

class LineBalanceTest : public ::testing::Test {
 protected:
  static MonotonicTime at(std::chrono::milliseconds time) { return MonotonicTime(time); }
  void show_prompt(std::chrono::milliseconds time) {
    balance.prompt_started();
    balance.prompt_shown(at(time));
  }

  LineBalance balance;
};

TEST_F(LineBalanceTest, EachCommandNeedsALineEnd) {
  show_prompt(0s);
  EXPECT_FALSE(balance.command_started(0)) << "nothing was typed";
  for (const char* ending : {"\r", "\n", "\x0f"}) {
    show_prompt(1s);
    balance.typed("ls", at(2s));
    balance.typed(ending, at(2s));
    EXPECT_TRUE(balance.command_started(1));
    EXPECT_FALSE(balance.command_started(1)) << "its line end is used";
  }
}

TEST_F(LineBalanceTest, LineEndsMayBeTypedAhead) {
  show_prompt(0s);
  balance.typed("sleep 9\rls\rpwd\r", at(1s));
  EXPECT_TRUE(balance.command_started(1));
  show_prompt(10s);
  EXPECT_TRUE(balance.command_started(1));
  show_prompt(10s);
  balance.typed("x", at(10900ms));
  EXPECT_TRUE(balance.command_started(1)) << "the shell may not have read it yet";
  EXPECT_FALSE(balance.command_started(1));
}

TEST_F(LineBalanceTest, ALineTypedAtThePromptWaitsForAStoppedShell) {
  show_prompt(0s);
  balance.typed("ls\r", at(5s));
  balance.typed("\x11", at(60s));
  EXPECT_TRUE(balance.command_started(1));
}

TEST_F(LineBalanceTest, WhatAProgramHasReadStartsNoCommand) {
  show_prompt(0s);
  balance.typed("cat\r", at(1s));
  EXPECT_TRUE(balance.command_started(1));
  balance.typed("one\rtwo\r", at(2s));
  show_prompt(3s);
  balance.typed("f", at(4s));
  EXPECT_FALSE(balance.command_started(0));
}

TEST_F(LineBalanceTest, AnEmptyLineIsUsedByTheNextPrompt) {
  show_prompt(0s);
  balance.typed("\rforge\r", at(1s));
  show_prompt(1s);
  EXPECT_TRUE(balance.command_started(1));
  EXPECT_FALSE(balance.command_started(0));
  show_prompt(1s);
  show_prompt(1s);
  balance.typed("ls\r", at(2s));
  EXPECT_TRUE(balance.command_started(1)) << "Ctrl-C shows a prompt too, and uses no line end";
}

TEST_F(LineBalanceTest, AContinuedCommandUsesItsLines) {
  show_prompt(0s);
  balance.typed("forge \\\rnow\r", at(1s));
  EXPECT_TRUE(balance.command_started(2));
  EXPECT_FALSE(balance.command_started(0));
}

TEST_F(LineBalanceTest, WithEarlierLinesNothingIsDoubtfulBeforeALineIsTyped) {
  balance.expect_earlier_lines();
  balance.typed("x", at(0s));
  EXPECT_TRUE(balance.command_started(0));
  EXPECT_TRUE(balance.command_started(0));
  balance.typed("\r", at(1s));
  EXPECT_TRUE(balance.command_started(0));
  EXPECT_FALSE(balance.command_started(0));
}

}  // namespace
}  // namespace tellina::testing
