#include "unit/plugins/memory_layer_fixture.hpp"

#include <atomic>
#include <future>
#include <map>
#include <thread>

namespace tellina::testing {
namespace {

constexpr auto limit = std::chrono::seconds(20);

/// Sends until the channel accepts the message.
void send_surely(ChannelLayer& layer, const ChannelName& channel, Sequence sequence, const std::string& sender) {
  while (layer.send(channel, Message(MessageKind::data, sender, sequence, sender)) == SendResult::full) {
    std::this_thread::yield();
  }
}

/// Received messages: each sender's numbers must be 0, 1, 2, ...
class OrderBook {
 public:
  void note(const Message& message) {
    std::lock_guard lock(m_mutex);
    Sequence& expected = m_next[message.connection];
    if (message.sequence != expected) ++m_faults;
    expected = message.sequence + 1;
    ++m_count;
  }
  std::size_t count() const { return std::lock_guard(m_mutex), m_count; }
  std::size_t faults() const { return std::lock_guard(m_mutex), m_faults; }

 private:
  mutable std::mutex m_mutex;
  std::map<std::string, Sequence> m_next;
  std::size_t m_count = 0;
  std::size_t m_faults = 0;
};

TEST_F(MemoryLayerTest, EachSendersMessagesStayInOrderAndCallsComeOneAtATime) {
  const auto layer = make(config_with_number("capacity", 100));
  constexpr Sequence each = 20'000;
  OrderBook book;
  std::atomic<int> inside = 0;
  std::atomic<int> overlaps = 0;
  const auto subscription = layer->receive(m_channel, [&](Message message) {
    if (inside.fetch_add(1) != 0) ++overlaps;
    book.note(message);
    inside.fetch_sub(1);
  });
  std::vector<std::thread> senders;
  for (int s = 0; s < 4; ++s) {
    senders.emplace_back([&, name = "s" + std::to_string(s)] {
      for (Sequence i = 0; i < each; ++i) send_surely(*layer, m_channel, i, name);
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(book.faults(), 0u);
  EXPECT_EQ(book.count(), 4 * each);
}

TEST_F(MemoryLayerTest, SharedMessagesGoToExactlyOneReceiver) {
  const auto layer = make();
  constexpr Sequence each = 5'000;
  OrderBook book;
  std::vector<std::atomic<std::size_t>> taken(3);
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (std::size_t r = 0; r < taken.size(); ++r) {
    subscriptions.push_back(layer->receive(m_channel, [&, r](Message message) {
      ++taken[r];
      book.note(message);
    }));
  }
  std::vector<std::thread> senders;
  for (int s = 0; s < 3; ++s) {
    senders.emplace_back([&, name = "s" + std::to_string(s)] {
      for (Sequence i = 0; i < each; ++i) send_surely(*layer, m_channel, i, name);
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(book.count(), 3 * each);
  EXPECT_EQ(book.faults(), 0u) << "a receiver got messages out of order";
  for (const auto& count : taken)
    EXPECT_EQ(count, each) << "no receiver was subscribed on a sender's thread, so they take turns";
}

TEST_F(MemoryLayerTest, ManyThreadsEachUseTheirOwnReceiver) {
  const auto layer = make();
  std::atomic<int> strangers = 0;
  std::atomic<int> subscribed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, name = "t" + std::to_string(t)] {
      const auto subscription = layer->receive(m_channel, [&](Message message) {
        if (message.connection != name) ++strangers;
      });
      ++subscribed;
      while (subscribed < 4) std::this_thread::yield();
      for (Sequence i = 0; i < 5'000; ++i) send_surely(*layer, m_channel, i, name);
      // This thread's messages may still wait behind another thread's delivery, so its receiver must stay until they
      // are delivered.
      ++subscribed;
      while (subscribed < 8) std::this_thread::yield();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(strangers, 0);
}

TEST_F(MemoryLayerTest, NothingIsLostWhileReceiversStartAndStop) {
  const auto layer = make(config_with_number("capacity", 64));
  constexpr Sequence total = 20'000;
  OrderBook book;
  std::atomic<bool> sent = false;
  std::thread sender([&] {
    for (Sequence i = 0; i < total; ++i) send_surely(*layer, m_channel, i, "s");
    sent = true;
  });
  std::size_t rounds = 0;
  while (!sent) {
    std::atomic<bool> ended = false;
    auto subscription = layer->receive(m_channel, [&](Message message) {
      EXPECT_FALSE(ended) << "called after its end";
      book.note(message);
    });
    if (++rounds % 2 == 0) std::this_thread::yield();
    subscription.reset();
    ended = true;
  }
  sender.join();
  const auto last = layer->receive(m_channel, [&](Message message) { book.note(message); });
  EXPECT_EQ(book.count(), total);
  EXPECT_EQ(book.faults(), 0u);
}

TEST_F(MemoryLayerTest, TheEndOfASubscriptionWaitsForARunningCall) {
  const auto layer = make();
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> call_ended = false;
  auto subscription = layer->receive(m_channel, [&](Message) {
    entered.set_value();
    leave.get_future().wait();
    call_ended = true;
  });
  std::thread sender([&] { layer->send(m_channel, numbered(0)); });
  entered.get_future().wait();
  std::promise<void> ending;
  auto end = std::async(std::launch::async, [&] {
    ending.set_value();
    subscription.reset();
    return call_ended.load();
  });
  ending.get_future().wait();
  EXPECT_EQ(end.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  // During the call, the channel accepts messages and does not block their senders.
  EXPECT_EQ(layer->send(m_channel, numbered(1)), SendResult::accepted);
  EXPECT_FALSE(call_ended);
  leave.set_value();
  ASSERT_EQ(end.wait_for(limit), std::future_status::ready);
  EXPECT_TRUE(end.get());
  sender.join();
}

TEST_F(MemoryLayerTest, ChannelsThatSendToEachOtherDoNotDeadlock) {
  const auto layer = make();
  const ChannelName one("one");
  const ChannelName two("two");
  std::atomic<std::size_t> arrived = 0;
  const auto first = layer->receive(one, [&](Message message) {
    if (message.body == "on")
      layer->send(two, Message(MessageKind::data, "c", 0, "end"));
    else
      ++arrived;
  });
  const auto second = layer->receive(two, [&](Message message) {
    if (message.body == "on")
      layer->send(one, Message(MessageKind::data, "c", 0, "end"));
    else
      ++arrived;
  });
  const auto flood = [&](const ChannelName& channel) {
    for (int i = 0; i < 10'000; ++i) layer->send(channel, Message(MessageKind::data, "c", 0, "on"));
  };
  auto other = std::async(std::launch::async, [&] { flood(one); });
  flood(two);
  ASSERT_EQ(other.wait_for(limit), std::future_status::ready);
  const auto end = std::chrono::steady_clock::now() + limit;
  while (arrived < 20'000 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(arrived, 20'000u);
}

}  // namespace
}  // namespace tellina::testing
