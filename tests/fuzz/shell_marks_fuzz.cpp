/// Shell output: the result does not depend on the pieces, and every mark is read as the shell wrote it.

#include "fuzz/texts.hpp"
#include "unit/study/scanned.hpp"

#include "host/limits.hpp"

namespace tellina::fuzz {
namespace {

using testing::Scanned;

Texts texts() {
  return Texts({testing::prompt() + "echo hi\r\n" + testing::start_of("echo hi") + "hi\r\n" + testing::end_of(0),
                testing::prompt() + "\x1b[31mred\x1b[0m\r\r\n" + testing::end_of(-1),
                "\x1bP1$r0m\x1b\\text\x1b]0;title\x07more\x1b(B\x18\x1a",
                testing::mark("C", ";cmd=a\\x3bb\\\\;cwd=/\\x0a") + "\xc3\xa9\xe2\x82\xac"},
               {"\x1b",
                "\x1b]",
                "\x1b]133;",
                "133;",
                "\x1b\\",
                "\x07",
                "\r",
                "\r\r",
                "\n",
                "\r\n",
                "\x18",
                "\x1a",
                "\x1b[",
                "\x1bP",
                "\x1b_",
                "A",
                "B",
                "C",
                "D",
                ";",
                ";nonce=" + testing::nonce,
                "nonce=",
                ";cmd=",
                ";cwd=",
                "\\x",
                "\\x3",
                "\\",
                "0",
                "-2147483649",
                "\x9b",
                "\x7f",
                std::string(1, '\0'),
                std::string(1500, 't'),
                std::string(limits::mark, 'm')});
}

TEST(ShellMarks, AreTheSameInAnyPieces) {
  Texts some = texts();
  std::mt19937 generator(1);
  std::size_t marks = 0;
  for (int left = Texts::rounds(1'500); left > 0; --left) {
    const std::string text = some.next() + some.next();
    const Scanned whole = testing::scan(text);
    Scanned pieces;
    OutputScanner scanner(testing::nonce, 0);
    for (const std::string& piece : testing::cut(text, generator, some.one_in(2) ? 3 : 100))
      scanner.feed(piece, pieces);
    EXPECT_EQ(pieces.events, whole.events) << shown(text);
    EXPECT_EQ(scanner.offset(), text.size());
    EXPECT_LE(whole.text.size(), text.size()) << shown(text);
    for (const ShellMark& mark : whole.marks) {
      ++marks;
      ASSERT_LT(mark.from, mark.to) << shown(text);
      ASSERT_LE(mark.to, text.size()) << shown(text);
      EXPECT_NE(text.substr(mark.from, mark.to - mark.from).find(testing::nonce), std::string::npos) << shown(text);
    }
  }
  EXPECT_GT(marks, 100U) << "the streams have too few marks to test anything";
}

TEST(ShellMarks, PreserveTheShellsText) {
  Texts some = texts();
  const auto escaped = [](const std::string& plain) {
    std::string result;
    for (const char c : plain) {
      const auto code = static_cast<unsigned char>(c);
      char octet[5];
      std::snprintf(octet, sizeof octet, "\\x%02x", static_cast<unsigned>(code));
      result += c == '\\' ? "\\\\" : c == ';' || code < 0x20 || code == 0x7f ? octet : std::string(1, c);
    }
    return result;
  };
  for (int left = Texts::rounds(10'000); left > 0; --left) {
    const std::string command = some.one_in(2) ? some.octets(60) : some.next().substr(0, 1000);
    const std::string folder = "/" + some.octets(30);
    const Scanned got = testing::scan(testing::mark("C", ";cmd=" + escaped(command) + ";cwd=" + escaped(folder)) + "x");
    ASSERT_EQ(got.marks.size(), 1U) << shown(command);
    EXPECT_EQ(got.marks[0].text, command);
    EXPECT_EQ(got.marks[0].cwd, folder);
    EXPECT_EQ(got.text, "x");
  }
}

}  // namespace
}  // namespace tellina::fuzz
