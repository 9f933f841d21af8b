#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RedrawTest : public SessionTest {
 protected:
  RedrawTest() {
    begin_task();
    session->detach(port, "gone");
    backend.shell().resizes.clear();
  }
  /// Lines of ten bytes, printed while no page is connected.
  void print(std::size_t bytes) {
    std::string text;
    while (text.size() < 20'000) text += "123456789\n";
    for (std::size_t printed = 0; printed < bytes; printed += text.size()) {
      backend.shell().print(text);
      loop.advance(milliseconds(10));  // floods are gathered
      store->run([](StoreTransaction&) {});
      loop.run_until_idle();
    }
  }
  void reconnect(std::uint64_t output_offset) {
    port = KeepingPort();
    session->attach(port);
    say("{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"output_offset\":" + std::to_string(output_offset) + "}");
  }
};

TEST_F(RedrawTest, ATruncatedReplayBeginsWithALineAndResizesTheWindow) {
  print(3 * 1024 * 1024);
  reconnect(0);
  EXPECT_TRUE(port.output.starts_with("123456789\n"));
  EXPECT_THAT(backend.shell().resizes, ElementsAre(TerminalSize(80, 23)));
  loop.advance(milliseconds(49));
  EXPECT_THAT(backend.shell().resizes, ElementsAre(TerminalSize(80, 23)));
  loop.advance(milliseconds(1));
  EXPECT_THAT(backend.shell().resizes, ElementsAre(TerminalSize(80, 23), TerminalSize(80, 24)));
  EXPECT_EQ(stored("SELECT count(*) FROM events WHERE kind = 'resize'"), "0")
      << "the participant did not resize the terminal";
}

TEST_F(RedrawTest, ACompleteReplayResizesNothing) {
  print(100'000);
  reconnect(0);
  loop.advance(milliseconds(100));
  EXPECT_THAT(backend.shell().resizes, IsEmpty());
}

TEST_F(RedrawTest, AResizeDuringTheRedrawWins) {
  print(3 * 1024 * 1024);
  reconnect(0);
  say(R"({"type":"resize","columns":100,"rows":30})");
  loop.advance(milliseconds(100));
  EXPECT_THAT(backend.shell().resizes, ElementsAre(TerminalSize(80, 23), TerminalSize(100, 30)));
}

}  // namespace
}  // namespace tellina::testing
