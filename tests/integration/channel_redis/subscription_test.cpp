#include <atomic>
#include <future>
#include <stdexcept>

#include "redis_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Lt;

TEST_F(RedisLayerTest, AReceiverMaySendAndIsAnswered) {
  const auto layer = make();
  const auto other = make();
  const ChannelName back("gateway.1-0");
  Receipts receipts;
  const auto echo = other->receive(m_channel, [&](Message message) { other->send(back, std::move(message)); });
  const auto subscription = layer->receive(back, receipts.receiver());
  for (Sequence i = 0; i < 500; ++i) ASSERT_TRUE(send_surely(*layer, m_channel, numbered(i)));
  ASSERT_TRUE(receipts.wait_for(500));
  EXPECT_EQ(receipts.disorders(), 0u);
}

TEST_F(RedisLayerTest, TheEndOfASubscriptionWaitsForARunningCall) {
  const auto layer = make();
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> call_ended = false;
  auto subscription = layer->receive(m_channel, [&](Message) {
    entered.set_value();
    leave.get_future().wait();
    call_ended = true;
  });
  layer->send(m_channel, numbered(0));
  entered.get_future().wait();
  auto end = std::async(std::launch::async, [&] {
    subscription.reset();
    return call_ended.load();
  });
  EXPECT_EQ(end.wait_for(50ms), std::future_status::timeout);
  leave.set_value();
  ASSERT_EQ(end.wait_for(5s), std::future_status::ready);
  EXPECT_TRUE(end.get());
}

TEST_F(RedisLayerTest, MessagesAfterTheEndGoToTheNextReceiver) {
  const auto layer = make();
  const auto other = make();
  Receipts first;
  auto subscription = layer->receive(m_channel, first.receiver());
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(first.wait_for(1));
  subscription.reset();
  // This instance's BLMPOP no longer includes the channel: the message stays in Redis.
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(1)));
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"LLEN", key()}) == "1"; }));
  Receipts next;
  const auto second = other->receive(m_channel, next.receiver());
  ASSERT_TRUE(next.wait_for(1));
  EXPECT_THAT(first.numbers(), ElementsAre(0));
  EXPECT_THAT(next.numbers(), ElementsAre(1));
}

TEST_F(RedisLayerTest, AReceiverMayEndItsOwnSubscriptionAndLaterMessagesAreReturned) {
  const auto layer = make();
  for (Sequence i = 0; i < 50; ++i) layer->send(m_channel, numbered(i));
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"LLEN", key()}) == "50"; }));
  Receipts first;
  std::promise<std::unique_ptr<Subscription>*> handed_over;
  std::unique_ptr<Subscription> subscription;
  const std::shared_future<std::unique_ptr<Subscription>*> own = handed_over.get_future().share();
  subscription = layer->receive(m_channel, [&first, own](Message message) {
    std::unique_ptr<Subscription>* const mine = own.get();
    const bool is_last = message.sequence == 9;
    first.note(std::move(message));
    if (is_last) mine->reset();
  });
  handed_over.set_value(&subscription);
  ASSERT_TRUE(first.wait_for(10));
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"LLEN", key()}) == "40"; }));
  EXPECT_GT(std::stoi(server().command({"PTTL", key()})), 0);
  Receipts next;
  const auto other = make();
  const auto second = other->receive(m_channel, next.receiver());
  ASSERT_TRUE(next.wait_for(40));
  EXPECT_EQ(first.count(), 10u);
  EXPECT_EQ(next.numbers().front(), 10u);
  EXPECT_EQ(next.disorders(), 0u);
}

TEST_F(RedisLayerTest, NothingIsLostOrReorderedWhileReceiversStartAndStop) {
  const auto layer = make();
  const auto other = make();
  constexpr Sequence total = 5000;
  Receipts receipts;
  std::atomic<bool> sent = false;
  std::thread sender([&] {
    for (Sequence i = 0; i < total; ++i) EXPECT_TRUE(send_surely(*layer, m_channel, numbered(i)));
    sent = true;
  });
  std::size_t rounds = 0;
  while (!sent || rounds < 50) {
    std::atomic<bool> ended = false;
    auto subscription = (++rounds % 2 ? layer : other)->receive(m_channel, [&](Message message) {
      EXPECT_FALSE(ended) << "called after its end";
      receipts.note(std::move(message));
    });
    if (rounds % 3 == 0) receipts.wait_for(receipts.count() + 1, 5ms);
    subscription.reset();
    ended = true;
  }
  sender.join();
  const auto last = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(receipts.wait_for(total)) << receipts.count();
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
}

TEST_F(RedisLayerTest, AReceiverThatThrowsIsLoggedAndTheNextMessageArrives) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, [&](Message message) {
    receipts.note(message);
    if (message.sequence == 0) throw std::runtime_error("oops");
  });
  for (Sequence i = 0; i < 2; ++i) layer->send(m_channel, numbered(i));
  ASSERT_TRUE(receipts.wait_for(2));
  EXPECT_THAT(whole_log(),
              HasSubstr("channel worker.ab12-0: a receiver threw an exception, which the SDK forbids: oops"));
}

TEST_F(RedisLayerTest, ABusyChannelDoesNotStarveAnother) {
  const auto layer = make();
  const ChannelName busy("a.busy");
  const ChannelName quiet("b.quiet");
  Receipts receipts;
  std::atomic<std::size_t> flood = 0;
  const auto first = layer->receive(busy, [&](Message) { ++flood; });
  const auto second = layer->receive(quiet, receipts.receiver());
  const auto sending = make();
  std::atomic<bool> stop = false;
  std::thread sender([&] {
    for (Sequence i = 0; !stop; ++i) sending->send(busy, numbered(i));
  });
  EXPECT_TRUE(eventually(5s, [&] { return flood > 1000; }));
  for (Sequence i = 0; i < 20; ++i) {
    EXPECT_TRUE(send_surely(*sending, quiet, numbered(i)));
    EXPECT_TRUE(receipts.wait_for(i + 1, 2s));
  }
  stop = true;
  sender.join();
}

TEST_F(RedisLayerTest, ManyChannelsOfOneInstanceEachKeepTheirOrder) {
  const auto layer = make();
  const auto sending = make();
  std::vector<Receipts> receipts(100);
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  std::vector<ChannelName> channels;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    channels.emplace_back("worker.x!" + std::to_string(i));
    subscriptions.push_back(layer->receive(channels.back(), receipts[i].receiver()));
  }
  for (Sequence n = 0; n < 50; ++n) {
    for (const ChannelName& channel : channels) ASSERT_TRUE(send_surely(*sending, channel, numbered(n)));
  }
  for (const Receipts& part : receipts) {
    ASSERT_TRUE(part.wait_for(50));
    EXPECT_EQ(part.disorders(), 0u);
  }
}

}  // namespace
}  // namespace tellina::testing
