#include "host/session/terminal_io.hpp"
#include "host/limits.hpp"
#include "host/wire/protocol.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include "support/virtual_loop.hpp"

namespace tellina::testing {
namespace {

/// A real pty in raw mode, whose other end the test has instead of a program.
class TerminalIoTest : public ::testing::Test {
 protected:
  TerminalIoTest() {
    if (openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) throw std::runtime_error("openpty");
    termios settings{};
    tcgetattr(slave, &settings);
    cfmakeraw(&settings);
    tcsetattr(slave, TCSANOW, &settings);
    for (const int descriptor : {master, slave}) fcntl(descriptor, F_SETFL, O_NONBLOCK);
    TerminalIo::Callbacks callbacks;
    callbacks.on_output = [this](Bytes& frame) {
      largest = std::max(largest, frame.size() - limits::frame_header);
      output.append(frame, limits::frame_header);
    };
    callbacks.on_written = [this](std::size_t bytes) { written += bytes; };
    callbacks.may_read = [this] { return may_read; };
    terminal = std::make_unique<TerminalIo>(loop, master, std::move(callbacks));
  }
  ~TerminalIoTest() override {
    terminal.reset();
    close(master);
    if (slave >= 0) close(slave);
  }
  void print(const std::string& text) const {
    ASSERT_EQ(::write(slave, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string typed() const {
    std::string text;
    char part[4096];
    for (ssize_t got = 0; (got = ::read(slave, part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(got));
    return text;
  }

  VirtualLoop loop;
  int master = -1;
  int slave = -1;
  bool may_read = true;
  Bytes output;
  std::size_t largest = 0;
  std::size_t written = 0;
  std::unique_ptr<TerminalIo> terminal;
};

TEST_F(TerminalIoTest, CarriesBothWays) {
  print("out");
  ASSERT_TRUE(loop.run_until([&] { return output == "out"; }));
  terminal->write("in");
  EXPECT_EQ(written, 2U);
  ASSERT_TRUE(loop.run_until([&] { return typed() == "in"; }));
}

TEST_F(TerminalIoTest, ReadsOnlyWhileItMay) {
  may_read = false;
  print("first");
  loop.run_until_idle();
  loop.run_until_idle();
  EXPECT_EQ(output, "") << "a pending read did not ask again whether it may";
  may_read = true;
  terminal->resume();
  ASSERT_TRUE(loop.run_until([&] { return output == "first"; }));
}

TEST_F(TerminalIoTest, GathersAfterAFullReadAndNotAfterAnEcho) {
  print("echo");
  ASSERT_TRUE(loop.run_until([&] { return output == "echo"; }));
  // The kernel passes a pty's bytes on at its own pace, so some are read in smaller pieces than printed.
  std::string many;
  const auto is_full = [&] { return largest >= 4095; };
  do {
    print(std::string(5000, 'x'));
    many.append(5000, 'x');
  } while (!loop.run_until(is_full, std::chrono::milliseconds(50)) && many.size() < 1'000'000);
  ASSERT_TRUE(is_full());
  const std::size_t taken = output.size();
  print("more");
  ASSERT_FALSE(loop.run_until([&] { return output.size() > taken; }, std::chrono::milliseconds(50)));
  loop.advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(loop.run_until([&] { return output == "echo" + many + "more"; }));
  print("echo");
  ASSERT_TRUE(loop.run_until([&] { return output.ends_with("moreecho"); })) << "it waits for more after a small read";
}

TEST_F(TerminalIoTest, KeepsTheOrderThroughAFullTerminal) {
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = std::to_string(i) + ' ' + std::string(80, 'x');
    terminal->write(piece);
    all += piece;
  }
  EXPECT_LT(written, all.size());
  std::string got;
  ASSERT_TRUE(loop.run_until([&] { return (got += typed()).size() >= all.size(); }));
  EXPECT_EQ(got, all);
  EXPECT_EQ(written, all.size());
}

TEST_F(TerminalIoTest, ReturnsBytesThatTheTerminalDidNotAccept) {
  const std::string all(300'000, 'x');
  terminal->write(all);
  EXPECT_EQ(terminal->take_unwritten().size(), all.size() - written);
  EXPECT_EQ(terminal->take_unwritten(), "");
}

TEST_F(TerminalIoTest, DrainsTheLastOutputAfterAHangUp) {
  may_read = false;
  print("last output");
  close(std::exchange(slave, -1));
  terminal->drain(1024);
  EXPECT_EQ(output, "last output");
  may_read = true;
  terminal->resume();
  loop.run_until_idle();
  EXPECT_EQ(output, "last output");
}

TEST_F(TerminalIoTest, MakesPiecesThatFitAFrame) {
  may_read = false;
  std::size_t printed = 0;
  const std::string piece(1000, 'y');
  for (ssize_t put = 0; (put = ::write(slave, piece.data(), piece.size())) > 0;)
    printed += static_cast<std::size_t>(put);
  may_read = true;
  terminal->resume();
  ASSERT_TRUE(loop.run_until([&] { return output.size() == printed; }));
  EXPECT_LE(largest, 64U * 1024);
}

}  // namespace
}  // namespace tellina::testing
