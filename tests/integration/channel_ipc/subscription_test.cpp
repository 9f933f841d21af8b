#include <atomic>

#include "integration/channel_ipc/ipc_fixture.hpp"

namespace tellina::testing {
namespace {

TEST_F(IpcLayerTest, NoCallRunsOrStartsOnceASubscriptionHasEnded) {
  const auto receiver = make();
  const auto sender = make();
  for (int round = 0; round < 50; ++round) {
    std::atomic<bool> is_over = false;
    std::atomic<int> late = 0;
    std::atomic<int> calls = 0;
    auto subscription = receiver->receive(m_channel, [&](const Message&) {
      ++calls;
      std::this_thread::yield();
      if (is_over) ++late;
    });
    for (Sequence i = 0; i < 100; ++i) sender->send(m_channel, numbered("s", i));
    ASSERT_TRUE(eventually([&] { return calls > 0; }));
    subscription.reset();
    is_over = true;
    EXPECT_EQ(late, 0);
  }
}

TEST_F(IpcLayerTest, AReceiverMayEndItsOwnSubscription) {
  const auto layer = make();
  const auto kept = std::make_shared<int>(1);
  std::unique_ptr<Subscription> subscription;
  std::atomic<int> calls = 0;
  std::promise<void> is_set;
  subscription = layer->receive(m_channel, [&, kept, set = is_set.get_future().share()](const Message&) {
    set.wait();
    ++calls;
    subscription.reset();
  });
  is_set.set_value();
  layer->send(m_channel, numbered("s", 0));
  layer->send(m_channel, numbered("s", 1));
  ASSERT_TRUE(eventually([&] { return calls == 1 && kept.use_count() == 1; }));
  ReceivedMessages book;
  const auto next = layer->receive(m_channel, book.receiver());
  EXPECT_TRUE(book.waits_for(1));
  EXPECT_EQ(book.of("s"), row(1, 1));
  EXPECT_EQ(calls, 1);
}

TEST_F(IpcLayerTest, AReceiverMayBeginAndEndOthers) {
  const auto layer = make();
  ReceivedMessages book;
  std::unique_ptr<Subscription> second = layer->receive(ChannelName("second"), book.receiver());
  std::unique_ptr<Subscription> third;
  std::promise<void> is_done;
  const auto first = layer->receive(m_channel, [&](const Message&) {
    second.reset();
    third = layer->receive(ChannelName("third"), book.receiver());
    is_done.set_value();
  });
  layer->send(m_channel, numbered("s", 0));
  is_done.get_future().wait();
  layer->send(ChannelName("second"), numbered("second", 0));
  layer->send(ChannelName("third"), numbered("third", 0));
  EXPECT_TRUE(book.waits_for(1));
  EXPECT_EQ(book.of("third"), row(0, 1));
}

TEST_F(IpcLayerTest, AReceiverIsDestroyedWithItsSubscription) {
  const auto layer = make();
  const auto kept = std::make_shared<int>(1);
  auto subscription = layer->receive(m_channel, [kept](const Message&) {});
  EXPECT_EQ(kept.use_count(), 2);
  subscription.reset();
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_F(IpcLayerTest, SubscriptionsOfOneInstanceShare) {
  const auto layer = make();
  const auto sender = make();
  ReceivedMessages first;
  ReceivedMessages second;
  const auto one = layer->receive(m_channel, first.receiver());
  auto two = layer->receive(m_channel, second.receiver());
  for (Sequence i = 0; i < 100; ++i) sender->send(m_channel, numbered("s", i));
  EXPECT_TRUE(eventually([&] { return first.count() == 50 && second.count() == 50; }));
  two.reset();
  for (Sequence i = 100; i < 200; ++i) sender->send(m_channel, numbered("s", i));
  EXPECT_TRUE(first.waits_for(150));
  EXPECT_EQ(first.faults() + second.faults(), 0u);
  EXPECT_EQ(second.count(), 50u);
}

TEST_F(IpcLayerTest, MessagesBetweenTwoSubscriptionsWait) {
  const auto receiver = start_ready("receive", "worker.1");
  const auto layer = make();
  layer->send(m_channel, numbered("s", 0));
  ASSERT_TRUE(receiver->waits_for("s 0"));
  Sequence next = 1;
  for (int round = 0; round < 20; ++round) {
    const auto said = [&](const std::string& word, int times) {
      return receiver->waits_until(
          [&](const auto& lines) { return std::count(lines.begin(), lines.end(), word) == times; });
    };
    receiver->tell("stop");
    ASSERT_TRUE(said("stopped", round + 1));
    // The message may be sent before this instance notices the withdrawal.
    for (int i = 0; i < 20; ++i) EXPECT_EQ(layer->send(m_channel, numbered("s", next++)), SendResult::accepted);
    receiver->tell("start");
    ASSERT_TRUE(said("ready", round + 2));
    ASSERT_TRUE(receiver->waits_for("s " + std::to_string(next - 1)));
    ASSERT_EQ(numbers_of(receiver->lines(), "s"), row(0, next)) << round;
  }
}

TEST_F(IpcLayerTest, WhenOneOfTwoReceiversStopsTheOtherGetsAllLaterMessagesInOrder) {
  const auto steady = start_ready("receive", "websocket.connect");
  const auto leaving = start_ready("receive", "websocket.connect");
  const auto sender = start("send", "websocket.connect", {"s", "0", "20000", "1"});
  ASSERT_TRUE(leaving->waits_until([](const auto& lines) { return lines.size() > 2000; }));
  leaving->tell("stop");
  ASSERT_TRUE(leaving->waits_for("stopped"));
  ASSERT_TRUE(steady->waits_for("s0 19999"));
  auto all = numbers_of(steady->lines(), "s0");
  const auto others = numbers_of(leaving->lines(), "s0");
  EXPECT_EQ(leaving->lines().back(), "stopped");
  EXPECT_TRUE(is_rising(all));
  EXPECT_TRUE(is_rising(others));
  all.insert(all.end(), others.begin(), others.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, row(0, 20'000));
}

TEST_F(IpcLayerTest, AMessageThatComesTooLateForItsReceiverGoesToAnother) {
  const auto leaving = make();
  const auto sender = make();
  auto subscription = leaving->receive(m_channel, [](const Message&) {});
  ASSERT_EQ(sender->send(m_channel, numbered("s", 0)), SendResult::accepted);
  // The sender may not have noticed the withdrawal, or the message may already wait. It must not get lost in either
  // case.
  for (Sequence i = 1; i < 200; ++i) {
    subscription.reset();
    EXPECT_EQ(sender->send(m_channel, numbered("s", i)), SendResult::accepted);
    std::promise<Sequence> arrival;
    subscription = leaving->receive(m_channel, [&](const Message& message) {
      if (message.sequence == i) arrival.set_value(i);
    });
    ASSERT_EQ(arrival.get_future().wait_for(enough), std::future_status::ready) << i;
  }
}

}  // namespace
}  // namespace tellina::testing
