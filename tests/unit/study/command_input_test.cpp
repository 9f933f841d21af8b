#include "host/study/command_input.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"

namespace tellina::testing {
namespace {

Timestamp second(int number) {
  Timestamp moment;
  moment.monotonic = MonotonicTime(std::chrono::seconds(number));
  return moment;
}

class CommandInputTest : public ::testing::Test {
 protected:
  void type(const std::string& bytes) {
    input.typed(bytes, offset);
    offset += bytes.size();
  }
  /// "FROM-TO @SECOND" or "unknown".
  std::string start(std::uint64_t lines_ahead = 0, std::uint64_t lines_read = 1) {
    const std::optional<TypedSpan> span = input.command_started(lines_ahead, lines_read);
    if (!span) return "unknown";
    const auto at = std::chrono::duration_cast<std::chrono::seconds>(span->prompt.monotonic.time_since_epoch());
    return std::to_string(span->from) + "-" + std::to_string(span->to) + " @" + std::to_string(at.count());
  }

  CommandInput input{100};
  std::uint64_t offset = 100;
};

TEST_F(CommandInputTest, ACommandEndsAtItsEnterAlthoughMoreIsTyped) {
  input.prompt_shown(second(1));
  type("ls\rpwd\r");
  EXPECT_EQ(start(), "100-103 @1");
  input.prompt_shown(second(2));
  EXPECT_EQ(start(1), "107-107 @2") << "all of it was typed ahead";
  input.prompt_shown(second(3));
  type("true\n");
  EXPECT_EQ(start(), "107-112 @3");
}

TEST_F(CommandInputTest, TheEndOfALineThatWasBegunAheadCounts) {
  type("sle");
  input.prompt_shown(second(1));
  type("ep 1\r");
  EXPECT_EQ(start(), "103-108 @1");
}

TEST_F(CommandInputTest, APromptThatIsDrawnAgainBeginsNoCommand) {
  type("\r");
  input.prompt_shown(second(1));
  type("ca\t");
  input.prompt_shown(second(2));
  type("t x\r");
  EXPECT_EQ(start(), "101-108 @1");
}

TEST_F(CommandInputTest, ANewPromptAfterCtrlCOrAnEmptyLineBeginsAgain) {
  for (const std::string key : {"\x03", "\r", "\n", "\x0f"}) {
    input = CommandInput(offset);
    type("rm -r");
    input.prompt_shown(second(1));
    type(" x" + key);
    const std::uint64_t from = offset;
    input.prompt_shown(second(2));
    type("ls\r");
    EXPECT_EQ(start(), std::to_string(from) + "-" + std::to_string(offset) + " @2") << int(key[0]);
  }
}

TEST_F(CommandInputTest, ACommandOfSeveralLinesEndsAtItsLastLine) {
  type("\r");
  input.prompt_shown(second(1));
  type("for x in 1 2\rdo echo\rdone\rls\r");
  EXPECT_EQ(start(0, 3), "101-127 @1");
  input.prompt_shown(second(2));
  EXPECT_EQ(start(1, 1), "130-130 @2");
}

TEST_F(CommandInputTest, LinesTypedAheadCountFirst) {
  type("for x in 1 2\r");
  input.prompt_shown(second(1));
  type("do :\rdone\r");
  EXPECT_EQ(start(1, 3), "113-123 @1");
}

TEST_F(CommandInputTest, WithoutAPromptNothingIsKnown) {
  type("ls\r");
  EXPECT_EQ(start(), "unknown");
  input.prompt_shown(second(1));
  type("a\r");
  EXPECT_EQ(start(), "103-105 @1");
  type("b\r");
  EXPECT_EQ(start(), "unknown") << "a second command at the same prompt";
}

TEST_F(CommandInputTest, AMacroThatTypesTheLineEndHasNoInput) {
  type("\r");
  input.prompt_shown(second(1));
  type("\x07");
  EXPECT_EQ(start(), "101-101 @1");
}

TEST_F(CommandInputTest, RemembersABoundedNumberOfLineEnds) {
  type("\r");
  input.prompt_shown(second(1));
  type(std::string(10 * limits::remembered_line_ends, '\r'));
  EXPECT_EQ(start(0, 5 * limits::remembered_line_ends),
            "101-" + std::to_string(101 + limits::remembered_line_ends) + " @1");
}

}  // namespace
}  // namespace tellina::testing
