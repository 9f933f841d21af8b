#include "host/study/output_check.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "host/limits.hpp"
#include "scanned.hpp"

namespace tellina::testing {
namespace {

/// A check during a command, without any typed input.
class RunningCheck {
 public:
  explicit RunningCheck(BytesView answer, OutputMatch match = OutputMatch::lines, std::int64_t max_extra_lines = 100)
      : check(answer, match, max_extra_lines) {
    check.prompt_started();
    check.typed("run\r");
    check.command_started("run", 0);
  }
  Progress judge(BytesView output) {
    check.printed(output);
    return check.command_ended();
  }
  OutputCheck check;
};

bool passes(BytesView answer, BytesView output, OutputMatch match = OutputMatch::lines) {
  return RunningCheck(answer, match).judge(output).passed;
}

TEST(OutputCheckTest, FindsTheAnswerAsWholeConsecutiveLines) {
  EXPECT_TRUE(passes("hello", "hello\n"));
  EXPECT_TRUE(passes("hello\n", "hello"));
  EXPECT_TRUE(passes("b\nc\n", "a\nb\nc\nd\n"));
  EXPECT_TRUE(passes("a\na\nb", "a\na\na\nb\n"));
  EXPECT_TRUE(passes("a\n\nb", "x\na\n\nb\n"));
  EXPECT_TRUE(passes("a\r\nb\r\n", "a\nb\n"));
  EXPECT_TRUE(passes("caf\xc3\xa9\t1", "caf\xc3\xa9\t1\n"));
  EXPECT_FALSE(passes("hello", "hello world\n"));
  EXPECT_FALSE(passes("hello", " hello\n"));
  EXPECT_FALSE(passes("hello", "hello \n"));
  EXPECT_FALSE(passes("hello", "Hello\n"));
  EXPECT_FALSE(passes("hello", ""));
  EXPECT_FALSE(passes("a\nb", "a\nx\nb\n"));
  EXPECT_FALSE(passes("a\nb", "b\na\n"));
  EXPECT_FALSE(passes("a\n\nb", "a\nb\n"));
  EXPECT_FALSE(passes("a\n\n", "a\n"));
  EXPECT_TRUE(passes("a\n\n", "a\n\n"));
  EXPECT_FALSE(passes("hello", "hel\rhello\n"));
  EXPECT_TRUE(passes("hello", "\r\rhello\n"));
}

TEST(OutputCheckTest, FindsTheAnswerAsTextIfConfigured) {
  const auto contains = [](BytesView answer, BytesView output) {
    return passes(answer, output, OutputMatch::contains);
  };
  EXPECT_TRUE(contains("ell", "hello\n"));
  EXPECT_TRUE(contains("lo\nwor", "hello\nworld\n"));
  EXPECT_TRUE(contains("aab", "aaaab"));
  EXPECT_TRUE(contains("abab\nab", "ababab\nab"));
  EXPECT_TRUE(contains("hello\n", "hello"));
  EXPECT_FALSE(contains("hello", "hel\nlo\n"));
  EXPECT_FALSE(contains("hello\nworld", "hello world\n"));
}

TEST(OutputCheckTest, AnAnswerWithoutLinesIsInEveryOutput) {
  EXPECT_TRUE(passes("", ""));
  EXPECT_TRUE(passes("", "x\n", OutputMatch::contains));
  EXPECT_FALSE(passes("\n", ""));
  EXPECT_TRUE(passes("\n", "x\n\ny\n"));
}

TEST(OutputCheckTest, JudgesEachCommandByItself) {
  RunningCheck running("a\nb");
  EXPECT_FALSE(running.judge("a\n").passed);
  running.check.prompt_started();
  running.check.command_started("next", 0);
  EXPECT_FALSE(running.judge("b\n").passed);
  running.check.command_started("both", 0);
  EXPECT_TRUE(running.judge("a\nb\n").passed);
  running.check.command_started("none", 0);
  EXPECT_FALSE(running.judge("").passed);
}

TEST(OutputCheckTest, FindsNoTextThatTwoCommandsPrintedTogether) {
  RunningCheck running("hello\nworld", OutputMatch::contains);
  EXPECT_FALSE(running.judge("hello\n").passed);
  running.check.command_started("next", 0);
  EXPECT_FALSE(running.judge("world\n").passed);
  running.check.command_started("both", 0);
  EXPECT_TRUE(running.judge("hello\nworld\n").passed);
}

TEST(OutputCheckTest, CountsAndNamesTheParticipantsOwnLines) {
  const Progress progress = RunningCheck("a\nb\nc\nd").judge("x\nb\nc\ny\na\n");
  EXPECT_FALSE(progress.passed);
  EXPECT_EQ(progress.matched, 2);
  EXPECT_EQ(progress.missing, 2);
  EXPECT_EQ(progress.extra, 3);
  EXPECT_EQ(progress.incorrect, 0);
  EXPECT_EQ(boost::json::parse(progress.detail), boost::json::parse(R"([
      {"line": "x", "status": "extra"}, {"line": "b", "status": "matched"}, {"line": "c", "status": "matched"},
      {"line": "y", "status": "extra"}, {"line": "a", "status": "extra"}])"));
}

TEST(OutputCheckTest, CountsTheLinesOfATextThatWasFound) {
  const Progress progress = RunningCheck("lo\nwo", OutputMatch::contains).judge("a\nhello\nworld\nb\n");
  EXPECT_TRUE(progress.passed);
  EXPECT_EQ(progress.matched, 2);
  EXPECT_EQ(progress.extra, 2);
  EXPECT_EQ(boost::json::parse(progress.detail).at(1).at("status").as_string(), "matched");
  EXPECT_EQ(boost::json::parse(progress.detail).at(3).at("status").as_string(), "extra");
  EXPECT_EQ(RunningCheck("\n\n", OutputMatch::contains).judge("x\n").extra, 0);
}

TEST(OutputCheckTest, ShortensLongLinesBetweenCharacters) {
  const Progress progress = RunningCheck("a").judge(Bytes(199, 'x') + "\xc3\xa9\xc3\xa9\nz\n");
  const boost::json::value detail = boost::json::parse(progress.detail);
  EXPECT_EQ(detail.at(0).at("line").as_string(), std::string(199, 'x') + "\xe2\x80\xa6");
  EXPECT_EQ(detail.at(1).at("line").as_string(), "z");
  const Progress at_the_limit = RunningCheck("a").judge(Bytes(200, 'x') + "\n" + Bytes(201, 'x') + "\n");
  const boost::json::value lines = boost::json::parse(at_the_limit.detail);
  EXPECT_EQ(lines.at(0).at("line").as_string(), std::string(200, 'x'));
  EXPECT_EQ(lines.at(1).at("line").as_string(), std::string(200, 'x') + "\xe2\x80\xa6");
}

TEST(OutputCheckTest, TheVerdictDoesNotDependOnThePieces) {
  std::mt19937 generator(5);
  const Bytes line = Bytes(5000, 'l');
  const Bytes output = "a\n\rb\n\n" + line + "\na\nb\nc\n\nd";
  for (const OutputMatch match : {OutputMatch::lines, OutputMatch::contains}) {
    for (const char* answer : {"a\nb\nc", "\nd", "b\n\nc", "lll\na", "a\nb\n\n"}) {
      const Progress whole = RunningCheck(answer, match).judge(output);
      for (int round = 0; round < 50; ++round) {
        RunningCheck running(answer, match);
        for (const std::string& piece : cut(output, generator, round % 2 == 0 ? 4 : 3000)) running.check.printed(piece);
        ASSERT_EQ(running.check.command_ended(), whole) << answer;
      }
    }
  }
}

TEST(OutputCheckTest, FindsTheAnswerAnywhereInAFlood) {
  for (const OutputMatch match : {OutputMatch::lines, OutputMatch::contains}) {
    RunningCheck running("needle one\nneedle two", match, limits::extra_lines);
    const Bytes noise = Bytes(63, 'x') + "\n" + Bytes(100'000, 'y') + "\nneedle one\n";
    for (int i = 0; i < 200; ++i) running.check.printed(noise);
    running.check.printed("needle two\n");
    for (int i = 0; i < 200; ++i) running.check.printed(noise);
    const Progress progress = running.check.command_ended();
    EXPECT_TRUE(progress.passed);
    EXPECT_EQ(progress.extra, 1199);
  }
}

TEST(OutputCheckTest, FindsARepetitiveAnswerInAFloodOfTheSameLines) {
  Bytes answer;
  for (int i = 0; i < 20'000; ++i) answer += "y\n";
  for (const OutputMatch match : {OutputMatch::lines, OutputMatch::contains}) {
    RunningCheck running(answer + "n\n", match, limits::extra_lines);
    for (int i = 0; i < 50; ++i) running.check.printed(answer);
    EXPECT_TRUE(running.judge("n\n").passed);
  }
}

Bytes numbers(int first, int last, const char* separator = "\n") {
  Bytes text;
  for (int number = first; number <= last; ++number) text += std::to_string(number) + separator;
  return text;
}

TEST(OutputCheckTest, PrintingEverythingDoesNotPass) {
  EXPECT_FALSE(passes("17", numbers(1, 100'000)));
  EXPECT_FALSE(passes("99999", numbers(1, 100'000)));
  EXPECT_FALSE(passes("17", numbers(1, 100'000, " "), OutputMatch::contains)) << "a list in one line";
  Bytes yes;
  for (int i = 0; i < 1000; ++i) yes += "y\n";
  EXPECT_FALSE(passes("y", yes));
  EXPECT_FALSE(passes("y", yes, OutputMatch::contains));
  const Progress progress = RunningCheck("17").judge(numbers(1, 100'000));
  EXPECT_TRUE(progress.has_too_much_output);
  EXPECT_EQ(progress.matched, 1);
  EXPECT_EQ(progress.extra, 99'999);
  EXPECT_FALSE(RunningCheck("no number").judge(numbers(1, 100'000)).has_too_much_output);
  EXPECT_FALSE(RunningCheck("17").judge("17\n").has_too_much_output);
}

TEST(OutputCheckTest, CountsLinesBesideTheAnswer) {
  for (const OutputMatch match : {OutputMatch::lines, OutputMatch::contains}) {
    const auto passes_with = [match](std::int64_t bound, const Bytes& output) {
      return RunningCheck("a\nb", match, bound).judge(output).passed;
    };
    EXPECT_TRUE(passes_with(0, "a\nb\n"));
    EXPECT_TRUE(passes_with(0, "a\nb"));
    EXPECT_FALSE(passes_with(0, "a\nb\nc\n"));
    EXPECT_FALSE(passes_with(0, "a\nb\nc")) << "a line without an end counts";
    EXPECT_FALSE(passes_with(0, "\na\nb\n"));
    EXPECT_TRUE(passes_with(2, "1\na\nb\n2\n"));
    EXPECT_FALSE(passes_with(1, "1\na\nb\n2\n"));
    EXPECT_TRUE(passes_with(2, "a\nb\n" + Bytes(2 * limits::bytes_per_line, 'x')));
    EXPECT_FALSE(passes_with(2, "a\nb\n" + Bytes(2 * limits::bytes_per_line + 1, 'x')));
    EXPECT_TRUE(passes_with(2, "a\nb\n" + Bytes(2 * limits::bytes_per_line, 'x') + "\n"));
    EXPECT_FALSE(passes_with(2, "a\nb\n" + Bytes(2 * limits::bytes_per_line + 1, 'x') + "\n"));
    EXPECT_TRUE(passes_with(limits::extra_lines, "a\nb\n" + numbers(1, 100'000)));
  }
  const Bytes long_line(10 * limits::bytes_per_line, 'x');
  EXPECT_TRUE(RunningCheck(long_line, OutputMatch::lines, 0).judge(long_line + "\n").passed)
      << "its own length is free";
}

TEST(OutputCheckTest, CountsFromTheLastTypedLineOn) {
  RunningCheck python("42", OutputMatch::lines, 10);
  python.check.printed(numbers(1000, 2000) + ">>> ");
  python.check.typed("print(42)\r");
  python.check.printed("print(42)\n42\n>>> ");
  EXPECT_TRUE(python.check.has_found());
  python.check.typed("help()\r");
  python.check.printed(numbers(1000, 2000));
  EXPECT_TRUE(python.check.command_ended().passed) << "it was passed before";

  RunningCheck flood("42", OutputMatch::lines, 10);
  flood.check.printed(numbers(1, 1000));
  EXPECT_FALSE(flood.check.has_found());
  flood.check.typed("\r");
  EXPECT_FALSE(flood.check.has_found()) << "an earlier answer is not one of the new line";
  flood.check.typed("x");
  flood.check.printed("\n41\n42\n");
  EXPECT_TRUE(flood.check.has_found());
  flood.check.printed(numbers(1, 20));
  EXPECT_FALSE(flood.check.command_ended().passed);
}

TEST(OutputCheckTest, AnEchoOfTypedLinesIsNoOtherOutput) {
  RunningCheck running("done", OutputMatch::lines, 0);
  running.check.typed("done\r");
  running.check.printed("done\n");
  EXPECT_FALSE(running.check.has_found());
  running.check.typed("x");
  running.check.printed("x\ndone\n");
  EXPECT_FALSE(running.check.command_ended().passed);
}

/// One step of an attempt to pass by typing: typed bytes and output in the order in which a host sees them.
class Step {
 public:
  enum class Kind { type, print };
  Step(Kind kind_, Bytes bytes_) : kind(kind_), bytes(std::move(bytes_)) {}
  Kind kind;
  Bytes bytes;
};
Step type(Bytes bytes) { return Step(Step::Kind::type, std::move(bytes)); }
Step print(Bytes bytes) { return Step(Step::Kind::print, std::move(bytes)); }

class Try {
 public:
  Try(std::string name_, Bytes answer_, Bytes typed_at_prompt_, std::string command_, std::vector<Step> under_it_,
      bool passes_ = false, OutputMatch match_ = OutputMatch::lines)
      : name(std::move(name_)),
        answer(std::move(answer_)),
        typed_at_prompt(std::move(typed_at_prompt_)),
        command(std::move(command_)),
        under_it(std::move(under_it_)),
        passes(passes_),
        match(match_) {}
  std::string name;
  Bytes answer;
  Bytes typed_at_prompt;
  std::string command;
  std::vector<Step> under_it;
  bool passes;
  OutputMatch match;
};

class TypingTest : public ::testing::TestWithParam<Try> {};

TEST_P(TypingTest, PassesOnlyWithOutputOfACommand) {
  const Try& attempt = GetParam();
  OutputCheck check(attempt.answer, attempt.match);
  check.prompt_started();
  check.typed(attempt.typed_at_prompt);
  check.command_started(attempt.command, 0);
  for (const Step& step : attempt.under_it) {
    if (step.kind == Step::Kind::type) {
      check.typed(step.bytes);
    } else {
      check.printed(step.bytes);
    }
  }
  EXPECT_EQ(check.command_ended().passed, attempt.passes);
}

constexpr OutputMatch contains = OutputMatch::contains;

INSTANTIATE_TEST_SUITE_P(
    , TypingTest,
    ::testing::Values(
        Try{"SleepEchoesALine", "hello", "sleep 9\r", "sleep 9", {type("hello\r"), print("hello\n")}},
        Try{"EchoOutrunsNothing",
            "hello",
            "sleep 9\r",
            "sleep 9",
            {type("h"), print("h"), type("ello"), print("ello"), type("\r"), print("\n")}},
        Try{"SleepEchoesAPartialLine", "hello", "sleep 9\r", "sleep 9", {type("hello"), print("hello")}},
        Try{"SeveralLines", "a\nb", "sleep 9\r", "sleep 9", {type("a\rb\r"), print("a\nb\n")}},
        Try{"TypedTwice", "hello", "sleep 9\r", "sleep 9", {type("hello\rhello\r"), print("hello\nhello\n")}},
        Try{"WithLineFeed", "hello", "sleep 9\r", "sleep 9", {type("hello\n"), print("hello\n")}},
        Try{"PastedWithTheCommand", "hello", "cat\rhello\r", "cat", {print("hello\n")}},
        Try{"CatRepeats", "hello", "cat\r", "cat", {type("hello\r"), print("hello\nhello\n")}},
        Try{"CatRepeatsAfterBackspace", "hello", "cat\r", "cat", {type("hellox\x7f\r"), print("hellox\b \b\nhello\n")}},
        Try{"CatRepeatsAfterUtf8Backspace",
            "hello",
            "cat\r",
            "cat",
            {type("hello\xc3\xa9\x7f\r"), print("hello\xc3\xa9\b \b\nhello\n")}},
        Try{"CatRepeatsAfterCtrlU",
            "hello",
            "cat\r",
            "cat",
            {type("abc\x15hello\r"), print("abc\b \b\b \b\b \bhello\nhello\n")}},
        Try{"CatRepeatsAfterCtrlW",
            "hello you",
            "cat\r",
            "cat",
            {type("hello me\x17you\r"), print("hello me\b \b\b \byou\nhello you\n")}},
        Try{"CatRepeatsAfterCursorKeys",
            "hello",
            "cat\r",
            "cat",
            {type("\x1b[Ahe\x1b[1;5Dllo\r"), print("^[[Ahe^[[1;5Dllo\nhello\n")}},
        Try{"CatWithoutEchoAfterCtrlD",
            "hello",
            "stty -echo; cat\r",
            "stty -echo; cat",
            {type("hello\x04"), print("hello")}},
        Try{"TypedTrailingSpace", "hello", "sleep 9\r", "sleep 9", {type("hello \r"), print("hello \n")}},
        Try{"TypedThenBackspaced", "hello", "sleep 9\r", "sleep 9", {type("hello\x7f"), print("hello\b \b")}},
        Try{"TypedBeforeCtrlC", "hello", "sleep 9\r", "sleep 9", {type("hello\x03"), print("hello^C\n")}},
        Try{"TypedAfterCtrlA", "hello", "sleep 9\r", "sleep 9", {type("\x01hello\r"), print("^Ahello\n")}},
        Try{"Tabs", "a\tb", "sleep 9\r", "sleep 9", {type("a\tb\r"), print("a\tb\n")}},
        Try{"Utf8", "caf\xc3\xa9", "sleep 9\r", "sleep 9", {type("caf\xc3"), type("\xa9\r"), print("caf\xc3\xa9\n")}},
        Try{"NewlineOfTheProgramCutsAfterIt",
            "hello",
            "loop\r",
            "loop",
            {type("hello"), print("hello\n"), type(" world\r"), print(" world\n")}},
        Try{"NewlineOfTheProgramCutsBeforeIt",
            "world",
            "loop\r",
            "loop",
            {type("hello "), print("hello \n"), type("world\r"), print("world\n")}},
        Try{"InTwoPiecesAroundOutput",
            "hello world",
            "loop\r",
            "loop",
            {type("hello "), print("hello tick\n"), type("world\r"), print("world\n")}},
        Try{"ProgramPrintsItToo", "hello", "loop\r", "loop", {type("hello\r"), print("hello\n"), print("hello\n")}},
        Try{"EmptyLinesAlone", "\n", "sleep 9\r", "sleep 9", {type("\r"), print("\n")}},
        Try{"TypedBeforeTheShellSaidSo", "hello", "", "sleep 9", {type("hello\r"), print("hello\n")}},
        Try{"AsText", "ell", "sleep 9\r", "sleep 9", {type("hello\r"), print("hello\n")}, false, contains},
        Try{"AsTextOverLines",
            "lo\nwor",
            "sleep 9\r",
            "sleep 9",
            {type("hello\rworld\r"), print("hello\nworld\n")},
            false,
            contains},
        Try{"AsTextOfPartialLine", "ell", "sleep 9\r", "sleep 9", {type("hello"), print("hello")}, false, contains},
        Try{"AsTextAcrossAnEcho", "a\nb", "loop\r", "loop", {type("xa\r"), print("xa\nb\n")}, false, contains},

        Try{"PrintedBeforeItIsTyped",
            "hello",
            "loop\r",
            "loop",
            {print("hello\n"), type("hello\r"), print("hello\n")},
            true},
        Try{"Command", "hello", "echo hello\r", "echo hello", {print("hello\n")}, true},
        Try{"CommandOfTheSameName", "hello", "hello\r", "hello", {print("hello\n")}, true},
        Try{"CommandOfSeveralLines", "hello", "cat <<E\rhello\rE\r", "cat <<E\nhello\nE", {print("hello\n")}, true},
        Try{"ErasedAtThePrompt",
            "hello",
            "hello\x15"
            "cat f\r",
            "cat f",
            {print("hello\n")},
            true},
        Try{"OtherLinesTyped",
            "hello",
            "loop\r",
            "loop",
            {type("hell\rhello!\r"), print("hell\nhello!\nhello\n")},
            true},
        Try{"NestedShellEchoes",
            "hello",
            "bash\r",
            "bash",
            {print("$ "), type("echo hello\r"), print("echo hello\nhello\n$ ")},
            true},
        Try{"NestedPython",
            "42",
            "python3\r",
            "python3",
            {print(">>> "), type("print(42)\r"), print("print(42)\n42\n>>> ")},
            true},
        Try{"ImpatientEnterAmidEmptyLines",
            "a\n\nb",
            "more f\r",
            "more f",
            {print("a\n"), type("\r"), print("\nb\n")},
            true},
        Try{"AsTextOfCommand", "ell", "echo hello\r", "echo hello", {print("hello\n")}, true, contains},
        Try{"AsTextNextToOtherTyping",
            "ell",
            "loop\r",
            "loop",
            {type("zzz\r"), print("zzz\nhello\n")},
            true,
            contains}),
    [](const auto& instance) { return instance.param.name; });

TEST(OutputCheckTest, ForgetsEarlierInputAtThePrompt) {
  OutputCheck check("hello", OutputMatch::lines);
  check.prompt_started();
  check.typed("sleep 9\r");
  check.command_started("sleep 9", 0);
  check.typed("hello\r");
  check.printed("hello\n");
  EXPECT_FALSE(check.command_ended().passed);
  check.prompt_started();
  check.typed("cat f\r");
  check.command_started("cat f", 0);
  check.printed("hello\n");
  EXPECT_TRUE(check.command_ended().passed);
}

TEST(OutputCheckTest, ExcludesEverythingRatherThanForgetTypedLines) {
  OutputCheck check("ell", OutputMatch::contains);
  check.prompt_started();
  check.command_started("sleep 9", 0);
  check.typed("first hello\r");
  for (int i = 0; i < 10'000; ++i) check.typed("hello " + std::to_string(i) + "\r");
  check.printed("first hello\n");
  EXPECT_FALSE(check.command_ended().passed);
  check.prompt_started();
  check.command_started("echo hello", 0);
  check.printed("hello\n");
  EXPECT_TRUE(check.command_ended().passed);
}

TEST(OutputCheckTest, AnyTextContainsAnEmptyLine) {
  for (const Bytes& output : {Bytes("x"), Bytes("\n"), Bytes(1, '\0'), Bytes(100, '\0')}) {
    EXPECT_TRUE(passes("\n", output + "\n", OutputMatch::contains));
  }
  EXPECT_FALSE(passes("\n", "", OutputMatch::contains));
}

TEST(OutputCheckTest, TypedLineLongerThanAnyAnswerIsNotItsStart) {
  OutputCheck check(Bytes(4096, 'x'), OutputMatch::lines);
  check.prompt_started();
  check.command_started("loop", 0);
  check.typed(Bytes(10'000, 'x') + "\r");
  check.printed(Bytes(4096, 'x') + "\n");
  EXPECT_TRUE(check.command_ended().passed);
}

}  // namespace
}  // namespace tellina::testing
