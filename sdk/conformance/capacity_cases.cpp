/// The behaviour of a channel that nobody receives.

#include "channel_cases.hpp"

namespace tellina::conformance {
namespace {

constexpr std::uint64_t most = 1'000'000;

/// Sends until the answer is `full`; returns how many messages were accepted. Throws Skip if that never happens.
std::uint64_t fill(ChannelLayer& layer, const ChannelName& channel) {
  deliver(layer, channel, numbered("one", 0));
  std::uint64_t accepted = 1;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  while (accepted < most && std::chrono::steady_clock::now() < end) {
    const SendResult result = layer.send(channel, numbered("one", accepted));
    if (result == SendResult::full) return accepted;
    expect(result == SendResult::accepted, "accepted or full", "another result");
    ++accepted;
  }
  throw Skip("a million messages, or 15 s of sending, do not fill the channel: set a smaller capacity");
}

void full_channel_is_reported(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  fill(*layer, channel_of(probe));
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
  const std::uint64_t accepted = fill(*layer, channel);
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
  const std::uint64_t accepted = fill(*layer, channel);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  inbox.wait_for(accepted);
  deliver(*layer, channel, numbered("two", 1));
  inbox.wait_for(accepted + 1);
}

void full_channel_affects_no_other(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  fill(*layer, channel_of(probe, ".full"));
  const ChannelName other = channel_of(probe, ".other");
  Inbox inbox;
  const auto subscription = layer->receive(other, inbox.receiver());
  for (std::uint64_t number = 0; number < 100; ++number) deliver(*layer, other, numbered("one", number));
  inbox.wait_for(100);
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
