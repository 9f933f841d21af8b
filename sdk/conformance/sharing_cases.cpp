/// Several receivers, several senders, several instances, several processes.

#include "cases.hpp"
#include "channel_cases.hpp"
#include "peer.hpp"

namespace tellina::conformance {
namespace {

void receivers_share_each_message_once(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto one = layer->receive(channel, inbox.receiver());
  const auto two = layer->receive(channel, inbox.receiver());
  const auto three = layer->receive(channel, inbox.receiver());
  constexpr std::uint64_t count = 300;
  for (std::uint64_t number = 0; number < count; ++number) deliver(*layer, channel, numbered("one", number));
  inbox.wait_for(count);
  inbox.has_received(count + 1, silence);
  expect_equal("messages that three receivers of one channel got in all", count, inbox.size());
}

void senders_keep_their_order(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  const auto send = [&](const std::string& name) {
    for (std::uint64_t number = 0; number < 150; ++number) deliver(*layer, channel, numbered(name, number));
  };
  Worker one([&] { send("one"); });
  Worker two([&] { send("two"); });
  Worker three([&] { send("three"); });
  Worker four([&] { send("four"); });
  one.join();
  two.join();
  three.join();
  four.join();
  inbox.has_received(600, std::chrono::seconds(5));
  expect_order_of_senders(inbox.messages());
}

std::unique_ptr<ChannelLayer> make_shared_layer(Probe& probe) {
  auto layer = probe.make<ChannelLayer>();
  if (layer->is_process_local()) throw Skip("is_process_local(): its messages stay within one instance");
  return layer;
}

void instances_share_their_channels(Probe& probe) {
  const auto one = make_shared_layer(probe);
  const auto two = probe.make<ChannelLayer>();
  const ChannelName there = channel_of(probe, ".there");
  const ChannelName back = channel_of(probe, ".back");
  Inbox at_two;
  Inbox at_one;
  const auto received_by_two = two->receive(there, at_two.receiver());
  const auto received_by_one = one->receive(back, at_one.receiver());
  for (std::uint64_t number = 0; number < 100; ++number) deliver(*one, there, numbered("one", number));
  for (std::uint64_t number = 0; number < 100; ++number) deliver(*two, back, numbered("two", number));
  for (Inbox* inbox : {&at_two, &at_one}) {
    expect_order_of_senders(inbox->wait_for(100));
    expect_equal("messages that the other instance got", 100, inbox->size());
  }
}

void messages_wait_for_another_instance(Probe& probe) {
  const auto one = make_shared_layer(probe);
  const ChannelName channel = channel_of(probe);
  for (std::uint64_t number = 0; number < 20; ++number) deliver(*one, channel, numbered("one", number));
  const auto two = probe.make<ChannelLayer>();
  Inbox inbox;
  const auto subscription = two->receive(channel, inbox.receiver());
  const std::vector<Message> got = inbox.wait_for(20);
  for (std::uint64_t number = 0; number < 20; ++number) expect_equal("sequence", number, got[number].sequence);
}

void processes_share_their_channels(Probe& probe) {
  Peer peer([&](Wire& wire) {
    const auto layer = make_shared_layer(probe);
    const auto subscription = layer->receive(channel_of(probe, ".there"), [&](Message message) {
      message.connection = "back";
      deliver(*layer, channel_of(probe, ".back"), message);
    });
    wire.send_line("ready");
    wire.receive_line(std::chrono::seconds(60));
  });
  const auto layer = make_shared_layer(probe);
  peer.expect_line("ready");
  Inbox inbox;
  const auto subscription = layer->receive(channel_of(probe, ".back"), inbox.receiver());
  for (std::uint64_t number = 0; number < 200; ++number) {
    deliver(*layer, channel_of(probe, ".there"), numbered("there", number, number));
  }
  const std::vector<Message> got = inbox.wait_for(200);
  expect_equal("messages that the other process returned", 200, got.size());
  for (std::uint64_t number = 0; number < 200; ++number) {
    expect_equal("sequence", number, got[number].sequence);
    expect_equal("bytes of the body", number, got[number].body.size());
  }
}

void processes_share_a_channel_without_duplicates(Probe& probe) {
  const auto take = [&](Wire& wire) {
    const auto layer = make_shared_layer(probe);
    const auto subscription = layer->receive(
        channel_of(probe), [&](Message message) { deliver(*layer, channel_of(probe, ".back"), message); });
    wire.send_line("ready");
    wire.receive_line(std::chrono::seconds(60));
  };
  Peer one(take);
  Peer two(take);
  const auto layer = make_shared_layer(probe);
  one.expect_line("ready");
  two.expect_line("ready");
  Inbox inbox;
  const auto subscription = layer->receive(channel_of(probe, ".back"), inbox.receiver());
  for (std::uint64_t number = 0; number < 200; ++number) {
    deliver(*layer, channel_of(probe), numbered("one", number));
  }
  inbox.wait_for(200);
  inbox.has_received(201, silence);
  expect_no_duplicates(inbox.messages());
}

}  // namespace

void add_sharing_cases(std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {{"ReceiversShareEachMessageOnce",
        "Several receivers of one channel share its messages; each goes to one of them.",
        receivers_share_each_message_once},
       {"SendersKeepTheirOrder", "Messages of each of several threads to one channel arrive in that thread's order.",
        senders_keep_their_order},
       {"InstancesShareTheirChannels",
        "Two instances with equal settings in one process share their channels, unless is_process_local().",
        instances_share_their_channels},
       {"MessagesWaitForAnotherInstance",
        "Messages sent before there is a receiver reach an instance that starts later.",
        messages_wait_for_another_instance},
       {"ProcessesShareTheirChannels", "Instances with equal settings in two processes share their channels.",
        processes_share_their_channels, std::chrono::seconds(30)},
       {"ProcessesShareAChannelWithoutDuplicates",
        "Receivers of one channel in two processes share its messages without duplicates.",
        processes_share_a_channel_without_duplicates, std::chrono::seconds(30)}});
}

}  // namespace tellina::conformance
