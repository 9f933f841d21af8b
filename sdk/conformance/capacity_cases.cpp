/// The behaviour of a channel that nobody receives.

#include "channel_cases.hpp"

namespace tellina::conformance {
namespace {

constexpr std::uint64_t most = 1'000'000;

/// The setting "capacity", or the schema's default of it; 0 if there is none.
std::uint64_t capacity_setting(const Subject& subject) {
  const Config* value = subject.section.find("capacity");
  if (!value) {
    const Config* properties = subject.schema.find("properties");
    const Config* property = properties ? properties->find("capacity") : nullptr;
    value = property ? property->find("default") : nullptr;
  }
  return value && value->kind() == Config::Kind::integer ? static_cast<std::uint64_t>(value->as_integer()) : 0;
}

/// Sends until the answer stays `full`: a layer with a queue of its own before that of a server is full for a moment
/// only. Returns how many messages were accepted. Throws Skip if that never happens.
std::uint64_t fill(Probe& probe, ChannelLayer& layer, const ChannelName& channel) {
  deliver(layer, channel, numbered("one", 0));
  std::uint64_t accepted = 1;
  const std::uint64_t capacity = capacity_setting(probe.subject());
  // A layer with several queues has the capacity in each.
  const std::uint64_t too_many = capacity == 0 ? most : 4 * capacity + 10'000;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  int refused = 0;
  while (accepted < most && std::chrono::steady_clock::now() < end) {
    const SendResult result = layer.send(channel, numbered("one", accepted));
    if (result == SendResult::full) {
      if (++refused == 20) return accepted;
      pause_a_moment();
      continue;
    }
    refused = 0;
    expect(result == SendResult::accepted, "accepted or full", "another result");
    ++accepted;
    expect(accepted <= too_many, "that a channel with a capacity of " + show(capacity) + " gets full",
           "that it took " + show(accepted) + " messages");
  }
  throw Skip("a million messages, or 15 s of sending, do not fill the channel: set a smaller capacity");
}

void full_channel_is_reported(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  fill(probe, *layer, channel_of(probe));
  const auto began = std::chrono::steady_clock::now();
  for (int again = 0; again < 10; ++again) layer->send(channel_of(probe), numbered("one", most));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  const std::string found = "that they took " + std::to_string(took.count()) + " ms";
  expect(took < std::chrono::seconds(2), "ten answers of a full channel at once", found);
  if (took > std::chrono::milliseconds(100))
    probe.warn("expected ten answers of a full channel at once, found " + found);
}

void full_channel_keeps_its_messages(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  const std::uint64_t accepted = fill(probe, *layer, channel);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  inbox.wait_for(accepted);
  const std::vector<Message> messages = inbox.messages();
  expect_equal("messages of a full channel", accepted, messages.size());
  for (std::uint64_t number = 0; number < accepted; ++number) {
    expect_equal("sequence", number, messages[number].sequence);
  }
}

void full_channel_accepts_again(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  const std::uint64_t accepted = fill(probe, *layer, channel);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  inbox.wait_for(accepted);
  deliver(*layer, channel, numbered("two", 1));
  inbox.wait_for(accepted + 1);
}

void full_channel_affects_no_other(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const std::uint64_t accepted = fill(probe, *layer, channel_of(probe, ".full"));
  const ChannelName other = channel_of(probe, ".other");
  Inbox inbox;
  const auto subscription = layer->receive(other, inbox.receiver());
  for (std::uint64_t number = 0; number < 100; ++number) deliver(*layer, other, numbered("one", number));
  inbox.wait_for(100);
  const std::uint64_t in_third = fill(probe, *layer, channel_of(probe, ".third"));
  expect(in_third >= accepted / 2, "that a channel takes about as many messages as one that is full, " + show(accepted),
         show(in_third));
}

}  // namespace

void add_capacity_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{40};
  cases.insert(
      cases.end(),
      {{"ReportsAFullChannel", "A channel at its capacity returns full at once; send() never blocks.",
        full_channel_is_reported, deadline},
       {"FullChannelKeepsItsMessages", "All messages that a channel accepted before it was full arrive, in order.",
        full_channel_keeps_its_messages, deadline},
       {"FullChannelAcceptsAgain", "A channel that was full accepts messages again once its messages were received.",
        full_channel_accepts_again, deadline},
       {"FullChannelAffectsNoOther", "A full channel does not prevent another channel from accepting and delivering.",
        full_channel_affects_no_other, deadline}});
}

}  // namespace tellina::conformance
