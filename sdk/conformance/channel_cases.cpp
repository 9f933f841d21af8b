/// Promises about one message, one sender and one receiver.

#include "channel_cases.hpp"

#include <algorithm>

#include "cases.hpp"

namespace tellina::conformance {
namespace {

void delivers_in_order(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  constexpr std::uint64_t count = 2000;
  for (std::uint64_t number = 0; number < count; ++number) deliver(*layer, channel, numbered("one", number));
  // Lost messages never arrive, so check those that did before reporting the number.
  inbox.has_received(count, std::chrono::seconds(5));
  const std::vector<Message> messages = inbox.messages();
  for (std::size_t i = 1; i < messages.size(); ++i) {
    expect(messages[i - 1].sequence <= messages[i].sequence, "messages in the order sent",
           "number " + show(messages[i].sequence) + " after number " + show(messages[i - 1].sequence));
  }
}

void delivers_what_it_accepted(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  constexpr std::uint64_t count = 1000;
  for (std::uint64_t number = 0; number < count; ++number) deliver(*layer, channel, numbered("one", number));
  std::vector<Message> messages;
  inbox.has_received(count, std::chrono::seconds(5));
  std::vector<bool> came(count, false);
  for (const Message& message : inbox.messages()) came.at(message.sequence) = true;
  const auto lost = std::find(came.begin(), came.end(), false);
  expect(lost == came.end(), "all of 1000 accepted messages",
         "that number " + show(static_cast<std::uint64_t>(lost - came.begin())) + " never came");
}

void delivers_each_once(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  constexpr std::uint64_t count = 500;
  for (std::uint64_t number = 0; number < count; ++number) deliver(*layer, channel, numbered("one", number));
  inbox.has_received(count + 1, std::chrono::milliseconds(500));
  expect_no_duplicates(inbox.messages());
}

void every_field_arrives(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  std::vector<Message> sent;
  for (const MessageKind kind :
       {MessageKind::connect, MessageKind::data, MessageKind::text, MessageKind::disconnect, MessageKind::accept,
        MessageKind::credit, MessageKind::close, MessageKind::request, MessageKind::reply}) {
    sent.emplace_back(kind, std::string(100, 'c'), ~Sequence{0} - sent.size(), "body");
    if (sent.size() % 2 == 0) sent.back().reply_channel = "gateway.1!x";
  }
  sent.emplace_back(MessageKind::data, "", 0, "");
  for (const Message& message : sent) deliver(*layer, channel, message);
  const std::vector<Message> got = inbox.wait_for(sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    expect_equal("kind", static_cast<std::uint64_t>(sent[i].kind), static_cast<std::uint64_t>(got[i].kind));
    expect_equal("sequence", sent[i].sequence, got[i].sequence);
    expect_equal("connection", sent[i].connection, got[i].connection);
    expect_equal("reply_channel", sent[i].reply_channel, got[i].reply_channel);
  }
}

void body_is_binary_safe(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  Bytes all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  const std::vector<Bytes> bodies = {Bytes(1, '\0'), all, Bytes("a\0b\r\nc\xff\xfe", 8), Bytes(1000, '\0'), ""};
  for (const Bytes& body : bodies) deliver(*layer, channel, Message(MessageKind::data, "one", 0, body));
  const std::vector<Message> got = inbox.wait_for(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) expect_equal("body", bodies[i], got[i].body);
}

void accepts_one_mebibyte(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  deliver(*layer, channel, numbered("one", 1, max_body_size));
  const std::vector<Message> got = inbox.wait_for(1);
  expect_equal("bytes of the body", max_body_size, got[0].body.size());
  expect_intact(got);
}

void refuses_overlong_bodies(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  SendResult result = SendResult::unavailable;
  const Message overlong(MessageKind::data, "one", 1, Bytes(max_body_size + 1, 'x'));
  eventually([&] { return (result = layer->send(channel, overlong)) != SendResult::unavailable; }, delivery_time);
  expect(result == SendResult::too_large, "the result too_large for a body of 1 MiB + 1 byte", "another result");
  deliver(*layer, channel, numbered("one", 2));
  expect_equal("the first message that arrives", 2, inbox.wait_for(1)[0].sequence);
}

void messages_wait_for_a_receiver(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  for (std::uint64_t number = 0; number < 20; ++number) deliver(*layer, channel, numbered("one", number));
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  const std::vector<Message> got = inbox.wait_for(20);
  for (std::uint64_t number = 0; number < 20; ++number) expect_equal("sequence", number, got[number].sequence);
}

void channels_are_separate(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const std::vector<std::string> suffixes = {"", "-", "_", ".", "!", "a", "A", "a!", "aa", ".a"};
  std::vector<ChannelName> channels;
  for (const std::string& suffix : suffixes) channels.push_back(channel_of(probe, suffix));
  expect_separate(*layer, channels);
}

void accepts_names_of_100_bytes(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const std::string name = channel_of(probe).text();
  const ChannelName channel(name + std::string(100 - name.size(), 'n'));
  const ChannelName other(name + std::string(99 - name.size(), 'n') + "m");
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  deliver(*layer, other, numbered("one", 1));
  deliver(*layer, channel, numbered("one", 2));
  expect_equal("the message in a channel whose name has 100 bytes", 2, inbox.wait_for(1)[0].sequence);
}

void destroyed_with_waiting_messages(Probe& probe) {
  {
    const auto layer = probe.make<ChannelLayer>();
    for (std::uint64_t number = 0; number < 50; ++number) {
      deliver(*layer, channel_of(probe), numbered("one", number, 1000));
    }
  }
  const auto again = probe.make<ChannelLayer>();
  Inbox inbox;
  const auto subscription = again->receive(channel_of(probe, ".other"), inbox.receiver());
  deliver(*again, channel_of(probe, ".other"), numbered("one", 1));
  inbox.wait_for(1);
}

void probe_reports_reachability(Probe& probe) {
  const std::unique_ptr<ChannelLayer> layer = probe.make_with<ChannelLayer>(probe.subject().section);
  const auto began = std::chrono::steady_clock::now();
  const Reachability found = layer->probe();
  expect(std::chrono::steady_clock::now() - began < std::chrono::seconds(7), "an answer of probe() within 5 s",
         "that it takes longer");
  if (!found.usable) expect(!found.reason.empty(), "a reason if the layer is not usable", "none");
  expect(found.usable, "a layer that can be used here", "that it cannot: " + found.reason);
}

}  // namespace

void add_channel_layer_cases(std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {{"ProbeReportsReachability", "probe() says within 5 s whether the layer can be used now, and if not, why.",
        probe_reports_reachability},
       {"DeliversInOrder", "Messages that one thread sends to one channel arrive in the order sent.",
        delivers_in_order},
       {"DeliversAcceptedMessages", "An accepted message arrives while its layer and receiver exist.",
        delivers_what_it_accepted},
       {"DeliversEachOnce", "No message arrives twice.", delivers_each_once},
       {"EveryFieldArrives", "Kind, sequence (64 bits), connection and reply channel arrive unchanged.",
        every_field_arrives},
       {"BodyIsBinarySafe", "A body may have any octets or be empty, and arrives unchanged.", body_is_binary_safe},
       {"AcceptsOneMebibyte", "A body of 1 MiB is accepted and arrives complete.", accepts_one_mebibyte},
       {"RefusesOverlongBodies", "send() returns too_large for a body of more than 1 MiB and does not deliver it.",
        refuses_overlong_bodies},
       {"MessagesWaitForAReceiver", "Messages sent before there is a receiver wait in the channel.",
        messages_wait_for_a_receiver},
       {"ChannelsAreSeparate", "A message arrives only in its own channel; every character of a name counts.",
        channels_are_separate},
       {"AcceptsNamesOf100Bytes", "A channel's name may have 100 bytes, and all of them count.",
        accepts_names_of_100_bytes},
       {"DestroyedWithWaitingMessages", "A layer may be destroyed while messages wait in it.",
        destroyed_with_waiting_messages}});
  add_subscription_cases(cases);
  add_capacity_cases(cases);
  add_sharing_cases(cases);
  add_channel_volume_cases(cases);
  add_dispatch_cases(cases);
  add_channel_fault_cases(cases);
  add_cut_cases(cases);
}

}  // namespace tellina::conformance
