#include "integration/channel_ipc/ipc_fixture.hpp"

namespace tellina::testing {
namespace {

TEST_F(IpcLayerTest, MessagesSentBeforeThereIsAReceiverWaitInOrder) {
  const auto sender = start("send", "worker.1", {"s", "0", "3000", "1"});
  ASSERT_TRUE(sender->waits_for("sent"));
  const auto receiver = start_ready("receive", "worker.1");
  const auto late = start("send", "worker.1", {"late", "0", "10", "1"});
  ASSERT_TRUE(receiver->waits_until([](const auto& lines) { return lines.size() > 3010; }));
  EXPECT_EQ(numbers_of(receiver->lines(), "s0"), row(0, 3000));
  EXPECT_EQ(numbers_of(receiver->lines(), "late0"), row(0, 10));
}

TEST_F(IpcLayerTest, OrderHoldsWhileAReceiverAppears) {
  const auto layer = make();
  Sequence next = 0;
  const auto send_some = [&] {
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(eventually([&] { return layer->send(m_channel, numbered("s", next)) == SendResult::accepted; }));
      ++next;
    }
  };
  send_some();
  const auto receiver = start("receive", "worker.1");
  while (receiver->lines().size() < 1000) send_some();
  ASSERT_TRUE(receiver->waits_until([&](const auto& lines) { return lines.size() == next + 1; }));
  EXPECT_EQ(numbers_of(receiver->lines(), "s"), row(0, next));
}

TEST_F(IpcLayerTest, AChannelWithoutAReceiverFills) {
  const auto layer = make_with_capacity(100);
  for (Sequence i = 0; i < 100; ++i) ASSERT_EQ(layer->send(m_channel, numbered("s", i)), SendResult::accepted);
  EXPECT_EQ(layer->send(m_channel, numbered("s", 100)), SendResult::full);
  EXPECT_EQ(layer->send(ChannelName("worker.2"), numbered("s", 0)), SendResult::accepted);
  ReceivedMessages book;
  const auto receiver = make();
  const auto subscription = receiver->receive(m_channel, book.receiver());
  ASSERT_TRUE(book.waits_for(100));
  EXPECT_EQ(book.of("s"), row(0, 100));
  EXPECT_EQ(layer->send(m_channel, numbered("s", 100)), SendResult::accepted);
  ASSERT_TRUE(book.waits_for(101));
}

/// What the layer accepts for a receiver that hangs is bounded; after that it refuses at once.
TEST_F(IpcLayerTest, AReceiverThatHangsFillsItsChannelAndNoOther) {
  const auto hanging = start_ready("hang", "worker.1");
  const auto good = start_ready("receive", "worker.2");
  const auto layer = make_with_capacity(1000);
  std::size_t accepted = 0;
  while (layer->send(m_channel, numbered("s", accepted)) == SendResult::accepted) {
    ASSERT_LT(++accepted, 100'000u);
  }
  EXPECT_GE(accepted, 1000u);
  EXPECT_EQ(layer->send(m_channel, numbered("s", accepted)), SendResult::full);
  EXPECT_EQ(layer->send(ChannelName("worker.2"), numbered("s", 0)), SendResult::accepted);
  EXPECT_TRUE(good->waits_for("s 0"));
}

TEST_F(IpcLayerTest, AReceiverThatIsStoppedAndContinuesGetsEverythingInOrder) {
  const auto receiver = start_ready("receive", "worker.1");
  const auto layer = make();
  layer->send(m_channel, numbered("s", 0));
  ASSERT_TRUE(receiver->waits_for("s 0"));
  receiver->signal(SIGSTOP);
  Sequence next = 1;
  while (layer->send(m_channel, numbered("s", next)) == SendResult::accepted) ++next;
  receiver->signal(SIGCONT);
  ASSERT_TRUE(receiver->waits_until([&](const auto& lines) { return lines.size() == next + 1; }));
  EXPECT_EQ(layer->send(m_channel, numbered("s", next)), SendResult::accepted);
  ASSERT_TRUE(receiver->waits_for("s " + std::to_string(next)));
  EXPECT_EQ(numbers_of(receiver->lines(), "s"), row(0, next + 1));
}

TEST_F(IpcLayerTest, IfOneOfTwoReceiversHangsTheOtherGetsTheMessages) {
  const auto hanging = start_ready("receive", "websocket.connect");
  const auto good = start_ready("receive", "websocket.connect");
  const auto layer = make();
  hanging->signal(SIGSTOP);
  const ChannelName shared("websocket.connect");
  Sequence next = 0;
  for (; next < 20'000; ++next) {
    ASSERT_TRUE(eventually([&] { return layer->send(shared, numbered("s", next)) == SendResult::accepted; }));
  }
  ASSERT_TRUE(good->waits_for("s " + std::to_string(next - 1)));
  hanging->signal(SIGCONT);
  ASSERT_TRUE(eventually([&] { return hanging->lines().size() + good->lines().size() == next + 2; }));
  auto all = numbers_of(good->lines(), "s");
  const auto others = numbers_of(hanging->lines(), "s");
  EXPECT_TRUE(is_rising(all));
  EXPECT_TRUE(is_rising(others));
  all.insert(all.end(), others.begin(), others.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, row(0, next));
}

}  // namespace
}  // namespace tellina::testing
