#include "host/study/shell_marks.hpp"

#include <gmock/gmock.h>

#include "host/limits.hpp"
#include "scanned.hpp"

namespace tellina::testing {
namespace {

TEST(OutputScannerTest, PassesPlainTextInOnePiece) {
  const std::string text(100'000, 'x');
  const Scanned scanned = scan(text);
  EXPECT_EQ(scanned.text, text);
  EXPECT_EQ(scanned.pieces, 1);
}

TEST(OutputScannerTest, CollectsShortLines) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "y\r\n";
  const Scanned scanned = scan(bytes);
  EXPECT_EQ(scanned.text.size(), 2000u);
  EXPECT_EQ(scanned.pieces, 1);
}

class CleanTextCase {
 public:
  CleanTextCase(std::string bytes_, std::string text_) : bytes(std::move(bytes_)), text(std::move(text_)) {}
  std::string bytes;
  std::string text;
};

TEST(OutputScannerTest, SeparatesTextFromEscapeSequences) {
  const std::vector<CleanTextCase> cases = {
      {"a\x1b[31mb\x1b[0mc", "abc"},
      {"a\x1b[?2004h\x1b[1;2;3 qb", "ab"},
      {"a\x1b(Bb\x1b#8c\x1b=d\x1b"
       "7e",
       "abcde"},
      {"a\x1b]0;title\x07"
       "b\x1b]0;title\x1b\\c",
       "abc"},
      {"a\x1bP1$r0m\x1b\\b\x1b_app\x1b\\c\x1b^pm\x1b\\d\x1bXsos\x1b\\e", "abcde"},
      {"a\x1bPbell \x07 inside\x1b\\b", "ab"},
      {"a\x1b[12\x18"
       "b\x1b[12\x1a"
       "c\x1b]0;x\x18"
       "d",
       "abcd"},
      {"a\x1b[1\x1b[31mb", "ab"},
      {"a\x1b]0;title\x1b[31mb", "ab"},
      {"a\x1b[3\n1mb", "a\nb"},
      {"a\x1b\x7f[31mb", "ab"},
      {"a\x1b[31\xc3\xa9"
       "b",
       "a\xc3\xa9"
       "b"},
      {"\xc2\x9b"
       "31m \xe2\x80\x9d",
       "\xc2\x9b"
       "31m \xe2\x80\x9d"},
      {"a\tb\x08"
       "c\x07",
       "a\tb\x08"
       "c\x07"},
  };
  for (const CleanTextCase& c : cases) EXPECT_EQ(scan(c.bytes).text, c.text);
}

TEST(OutputScannerTest, RemovesCarriageReturnsBeforeNewlines) {
  const std::vector<CleanTextCase> cases = {
      {"a\r\nb\r\n", "a\nb\n"}, {"a\r\r\nb", "a\nb"},     {"10%\r20%\r\n", "10%\r20%\n"},
      {"a\r\rb", "a\r\rb"},     {"a\r\x1b[K\nb", "a\nb"}, {"a\n\rb", "a\n\rb"},
  };
  for (const CleanTextCase& c : cases) EXPECT_EQ(scan(c.bytes).text, c.text);
}

TEST(OutputScannerTest, CountsAHeldCarriageReturnAsTextBeforeAMark) {
  const Scanned scanned = scan("x\r" + mark("A") + "\ny");
  EXPECT_EQ(scanned.events.front(), "x\r");
  EXPECT_EQ(scanned.events.back(), "\ny");
}

TEST(OutputScannerTest, FindsMarksWithExactOffsets) {
  const std::string before = "hello\r\n\x1b[1m";
  const std::string bytes = before + start_of("ls") + "out";
  const Scanned scanned = scan(bytes, 1000);
  ASSERT_EQ(scanned.marks.size(), 1u);
  EXPECT_EQ(scanned.marks[0].kind, ShellMark::Kind::command_start);
  EXPECT_EQ(scanned.marks[0].text, "ls");
  EXPECT_EQ(scanned.marks[0].cwd, "/home/me");
  EXPECT_EQ(scanned.marks[0].from, 1000 + before.size());
  EXPECT_EQ(scanned.marks[0].to, 1000 + bytes.size() - 3);
  EXPECT_EQ(scanned.text, "hello\nout");
}

TEST(OutputScannerTest, RecognisesAllKindsAndBothTerminators) {
  const Scanned scanned = scan(prompt() + start_of("x") + end_of(130) + "\x1b]133;D;1;nonce=" + nonce + "\x1b\\");
  ASSERT_EQ(scanned.marks.size(), 5u);
  EXPECT_EQ(scanned.marks[0].kind, ShellMark::Kind::prompt_start);
  EXPECT_EQ(scanned.marks[1].kind, ShellMark::Kind::prompt_end);
  EXPECT_EQ(scanned.marks[2].kind, ShellMark::Kind::command_start);
  EXPECT_EQ(scanned.marks[3].exit_status, 130);
  EXPECT_EQ(scanned.marks[3].cwd, "/home/me");
  EXPECT_EQ(scanned.marks[4].exit_status, 1);
}

TEST(OutputScannerTest, UndoesTheEscapingOfText) {
  EXPECT_EQ(scan(start_of(R"(a\x3bb\\x3b\x0a\x7F\\\\)")).marks.at(0).text, "a;b\\x3b\n\x7f\\\\");
  EXPECT_EQ(scan(start_of(R"(bad \q \x1 \xzz \)")).marks.at(0).text, R"(bad \q \x1 \xzz \)");
}

TEST(OutputScannerTest, IgnoresForeignMarks) {
  for (const std::string& other : {std::string("\x1b]133;C;nonce=other;cmd=ls\x07"), std::string("\x1b]133;A\x07"),
                                   "\x1b]133;Z;nonce=" + nonce + "\x07", "\x1b]134;A;nonce=" + nonce + "\x07",
                                   "\x1b]133;A;nonce=" + nonce + "x\x07", "\x1bP133;A;nonce=" + nonce + "\x1b\\",
                                   "\x1b]133;A;nonce=" + nonce + "\x18", "\x1b]133;A;nonce=" + nonce + "\x1b[m"}) {
    const Scanned scanned = scan("a" + other + "b");
    EXPECT_TRUE(scanned.marks.empty()) << ::testing::PrintToString(other);
    EXPECT_EQ(scanned.text, "ab") << ::testing::PrintToString(other);
  }
  Scanned scanned;
  OutputScanner without_nonce("", 0);
  without_nonce.feed("\x1b]133;A;nonce=\x07", scanned);
  EXPECT_TRUE(scanned.marks.empty());
}

TEST(OutputScannerTest, AcceptsFieldsInAnyOrderAndUnknownOnes) {
  const Scanned scanned = scan("\x1b]133;D;x;aid=7;cwd=/tmp;nonce=" + nonce + "\x07");
  ASSERT_EQ(scanned.marks.size(), 1u);
  EXPECT_EQ(scanned.marks[0].cwd, "/tmp");
  EXPECT_EQ(scanned.marks[0].exit_status, std::nullopt);
}

TEST(OutputScannerTest, DropsAMarkThatIsTooLong) {
  const std::size_t fixed = std::string("133;C;nonce=" + nonce + ";cmd=").size();
  const auto with_text_of = [](std::size_t size) {
    return "a\x1b]133;C;nonce=" + nonce + ";cmd=" + std::string(size, 'x') + "\x07" + "b";
  };
  const Scanned fits = scan(with_text_of(limits::mark - fixed));
  const Scanned too_long = scan(with_text_of(limits::mark - fixed + 1));
  ASSERT_EQ(fits.marks.size(), 1u);
  EXPECT_EQ(fits.marks[0].text.size(), limits::mark - fixed);
  EXPECT_TRUE(too_long.marks.empty());
  EXPECT_EQ(too_long.text, "ab");
}

TEST(OutputScannerTest, AbandonsAnEndlessSequence) {
  for (const std::string start : {"\x1b]0;", "\x1bP", "\x1b[", "\x1b("}) {
    const char filler = start == "\x1b(" ? ' ' : '1';
    const std::string bytes = start + std::string(limits::escape_sequence - start.size(), filler) + "back\r\n";
    Scanned scanned = scan(bytes + prompt());
    EXPECT_EQ(scanned.text, "back\n$ ") << ::testing::PrintToString(start);
    EXPECT_EQ(scanned.marks.size(), 2u);
  }
}

/// Pieces in every order, which cutting must not affect.
std::string random_stream(std::mt19937& generator) {
  const std::vector<std::string> pieces = {
      "text",
      "\r\n",
      "\r",
      "\n",
      "\x1b[31m",
      "\x1b]0;t\x07",
      "\x1b]0;t\x1b\\",
      "\x1b",
      "\x18",
      "\x1b[",
      "\x1b]",
      "\xc3\xa9",
      "\x1bPq\x1b\\",
      "\x07",
      prompt(),
      start_of("ls"),
      end_of(0),
      "\\",
      "\x1b]133;",
      "\x1b(B",
      "\r\r\n",
      start_of(R"(a\x3b \\ b)"),
      "\x1b]133;A\x07",
      "7",
      std::string(2000, 'z'),
      "\x7f",
  };
  std::string stream;
  const int count = std::uniform_int_distribution<int>(1, 60)(generator);
  for (int i = 0; i < count; ++i) {
    stream += pieces[std::uniform_int_distribution<std::size_t>(0, pieces.size() - 1)(generator)];
  }
  return stream + "\x18";
}

TEST(OutputScannerTest, FindsTheSameInAnyPieces) {
  std::mt19937 generator(133);
  for (int round = 0; round < 500; ++round) {
    const std::string stream = random_stream(generator);
    const Scanned whole = scan(stream, 17);
    for (const std::size_t longest : {1, 3, 40}) {
      Scanned scanned;
      OutputScanner scanner(nonce, 17);
      for (const std::string& piece : cut(stream, generator, longest)) scanner.feed(piece, scanned);
      ASSERT_EQ(scanned.events, whole.events) << ::testing::PrintToString(stream);
      ASSERT_EQ(scanner.offset(), 17 + stream.size());
    }
  }
}

}  // namespace
}  // namespace tellina::testing
