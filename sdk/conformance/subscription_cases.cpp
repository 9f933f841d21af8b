/// How deliveries begin and end, and what a receiver may do meanwhile.

#include <atomic>
#include <future>

#include "channel_cases.hpp"

namespace tellina::conformance {
namespace {

void ended_subscription_gets_nothing(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox first;
  auto subscription = layer->receive(channel, first.receiver());
  deliver(*layer, channel, numbered("one", 1));
  first.wait_for(1);
  subscription.reset();
  const std::size_t until_then = first.size();
  deliver(*layer, channel, numbered("one", 2));
  Inbox second;
  const auto next = layer->receive(channel, second.receiver());
  deliver(*layer, channel, numbered("one", 3));
  second.wait_for(1);
  expect_equal("messages for a receiver whose subscription has ended", 0, first.size() - until_then);
}

void end_waits_for_the_running_call(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  std::promise<void> entered;
  std::atomic<bool> left = false;
  auto subscription = layer->receive(channel, [&](Message) {
    entered.set_value();
    std::this_thread::sleep_for(silence);
    left = true;
  });
  Worker sender([&] { deliver(*layer, channel, numbered("one", 1)); });
  expect(entered.get_future().wait_for(delivery_time) == std::future_status::ready, "a call of the receiver", "none");
  subscription.reset();
  expect(left, "that the destructor of a subscription returns after the running call of its receiver", "before");
  sender.join();
}

void receiver_may_end_its_own_subscription(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  std::unique_ptr<Subscription> subscription;
  std::atomic<int> calls = 0;
  std::promise<void> ended;
  subscription = layer->receive(channel, [&](Message) {
    if (++calls > 1) return;
    subscription.reset();
    ended.set_value();
  });
  deliver(*layer, channel, numbered("one", 1));
  expect(ended.get_future().wait_for(delivery_time) == std::future_status::ready,
         "that a receiver can end its own subscription", "that its destructor does not return");
  deliver(*layer, channel, numbered("one", 2));
  Inbox next;
  const auto another = layer->receive(channel, next.receiver());
  deliver(*layer, channel, numbered("one", 3));
  next.wait_for(1);
  expect_equal("calls of a receiver that ended its own subscription", 1, static_cast<std::uint64_t>(calls));
}

void receiver_may_send(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName there = channel_of(probe, ".there");
  const ChannelName back = channel_of(probe, ".back");
  Inbox inbox;
  std::atomic<bool> sent = true;
  const auto answers = layer->receive(back, inbox.receiver());
  const auto subscription = layer->receive(there, [&](Message message) {
    if (message.sequence < 20 && layer->send(there, numbered("own", message.sequence + 1)) != SendResult::accepted)
      sent = false;
    if (layer->send(back, std::move(message)) != SendResult::accepted) sent = false;
  });
  deliver(*layer, there, numbered("own", 0));
  const bool all = inbox.has_received(21, delivery_time);
  expect(sent, "that a receiver's messages to its own channel and to another are accepted", "another result");
  expect(all, "21 messages that receivers passed on", std::to_string(inbox.size()));
}

void receiver_may_receive(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName first = channel_of(probe, ".first");
  const ChannelName second = channel_of(probe, ".second");
  Inbox inbox;
  std::promise<std::unique_ptr<Subscription>> made;
  const auto subscription =
      layer->receive(first, [&](Message) { made.set_value(layer->receive(second, inbox.receiver())); });
  deliver(*layer, first, numbered("one", 1));
  auto future = made.get_future();
  expect(future.wait_for(delivery_time) == std::future_status::ready, "that a receiver can call receive()",
         "that it does not return");
  const std::unique_ptr<Subscription> inner = future.get();
  deliver(*layer, second, numbered("one", 2));
  inbox.wait_for(1);
}

void calls_come_one_at_a_time(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  std::atomic<int> inside = 0;
  std::atomic<int> overlaps = 0;
  std::atomic<std::uint64_t> calls = 0;
  const auto subscription = layer->receive(channel, [&](Message) {
    if (++inside > 1) ++overlaps;
    std::this_thread::yield();
    --inside;
    ++calls;
  });
  const auto send = [&](const std::string& name) {
    for (std::uint64_t number = 0; number < 150; ++number) deliver(*layer, channel, numbered(name, number));
  };
  Worker one([&] { send("one"); });
  Worker two([&] { send("two"); });
  Worker three([&] { send("three"); });
  one.join();
  two.join();
  three.join();
  eventually([&] { return calls == 450; }, std::chrono::seconds(5));
  expect_equal("overlapping calls of a receiver", 0, static_cast<std::uint64_t>(overlaps));
}

void send_returns_while_a_receiver_runs(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> first = true;
  const auto subscription = layer->receive(channel, [&](Message) {
    if (!first.exchange(false)) return;
    entered.set_value();
    leave.get_future().wait_for(std::chrono::seconds(5));
  });
  Worker sender([&] { deliver(*layer, channel, numbered("one", 1)); });
  entered.get_future().wait_for(delivery_time);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t number = 0; number < 10; ++number) layer->send(channel, numbered("two", number));
  const bool at_once = std::chrono::steady_clock::now() - began < std::chrono::seconds(3);
  leave.set_value();
  sender.join();
  expect(at_once, "that send() returns while a receiver of the channel runs on another thread", "that it waits for it");
}

void ends_in_any_order(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inboxes[3];
  auto first = layer->receive(channel, inboxes[0].receiver());
  auto second = layer->receive(channel, inboxes[1].receiver());
  auto third = layer->receive(channel, inboxes[2].receiver());
  second.reset();
  third.reset();
  first.reset();
  auto again = layer->receive(channel, inboxes[0].receiver());
  deliver(*layer, channel, numbered("one", 1));
  inboxes[0].wait_for(1);
}

void receiver_is_destroyed_with_its_subscription(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const auto held = std::make_shared<int>(1);
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  auto subscription =
      layer->receive(channel, [held, receive = inbox.receiver()](Message message) { receive(std::move(message)); });
  deliver(*layer, channel, numbered("one", 1));
  inbox.wait_for(1);
  subscription.reset();
  expect(eventually([&] { return held.use_count() == 1; }, std::chrono::seconds(2)),
         "that a receiver is destroyed with its subscription", "that the layer keeps it");
}

}  // namespace

void add_subscription_cases(std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {{"EndedSubscriptionGetsNothing", "Once a subscription's destructor has returned, its receiver is not called.",
        ended_subscription_gets_nothing},
       {"EndWaitsForTheRunningCall", "A subscription's destructor waits for the running call of its receiver.",
        end_waits_for_the_running_call},
       {"ReceiverMayEndItsOwnSubscription", "A receiver may destroy its own subscription; that call is the last one.",
        receiver_may_end_its_own_subscription},
       {"ReceiverMaySend", "A receiver may send, to its own channel too.", receiver_may_send},
       {"ReceiverMayReceive", "A receiver may call receive().", receiver_may_receive},
       {"CallsComeOneAtATime", "Calls of one receiver never overlap, from any sender.", calls_come_one_at_a_time},
       {"SendReturnsWhileAReceiverRuns", "send() never waits for a receiver that runs on another thread.",
        send_returns_while_a_receiver_runs},
       {"SubscriptionsEndInAnyOrder",
        "Subscriptions of one channel end in any order, and the channel can be received again.", ends_in_any_order},
       {"ReceiverIsDestroyedWithItsSubscription", "A receiver is destroyed when its subscription ends.",
        receiver_is_destroyed_with_its_subscription}});
}

}  // namespace tellina::conformance
