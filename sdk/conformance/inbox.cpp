#include "inbox.hpp"

#include <map>
#include <set>

namespace tellina::conformance {
namespace {

std::string name_of(const Message& message) {
  return message.connection + " number " + std::to_string(message.sequence);
}

const char* to_string(SendResult result) {
  switch (result) {
    case SendResult::accepted:
      return "accepted";
    case SendResult::full:
      return "full";
    case SendResult::too_large:
      return "too_large";
    case SendResult::unavailable:
      return "unavailable";
  }
  return "an unknown result";
}

/// Deterministic octets for a message.
Bytes padding_of(const Message& message, std::size_t size) {
  std::mt19937 random(static_cast<std::uint32_t>(message.sequence * 31 + message.connection.size()));
  Bytes bytes(size, '\0');
  for (char& octet : bytes) octet = static_cast<char>(random());
  return bytes;
}

}  // namespace

Receiver Inbox::receiver() {
  auto busy = std::make_shared<std::atomic<bool>>(false);
  return [state = m_state, busy](Message message) {
    if (busy->exchange(true)) ++state->overlaps;
    {
      const std::lock_guard lock(state->mutex);
      state->messages.push_back(std::move(message));
    }
    state->grown.notify_all();
    busy->store(false);
  };
}

bool Inbox::has_received(std::size_t count, std::chrono::milliseconds within) {
  std::unique_lock lock(m_state->mutex);
  return m_state->grown.wait_for(lock, within, [&] { return m_state->messages.size() >= count; });
}

std::vector<Message> Inbox::wait_for(std::size_t count) {
  const bool all = has_received(count, delivery_time);
  std::vector<Message> found = messages();
  expect(all, std::to_string(count) + " messages within 10 s", std::to_string(found.size()) + " that arrived");
  return found;
}

std::vector<Message> Inbox::messages() const {
  const std::lock_guard lock(m_state->mutex);
  return m_state->messages;
}

Message numbered(const std::string& sender, std::uint64_t number, std::size_t padding) {
  Message message(MessageKind::data, sender, number, {});
  message.body = padding_of(message, padding);
  return message;
}

void deliver(ChannelLayer& layer, const ChannelName& channel, const Message& message) {
  SendResult result = SendResult::unavailable;
  eventually(
      [&] {
        result = layer.send(channel, message);
        return result == SendResult::accepted || result == SendResult::too_large;
      },
      delivery_time);
  expect(result == SendResult::accepted, "that " + name_of(message) + " is accepted",
         std::string("the result ") + to_string(result));
}

void expect_no_duplicates(const std::vector<Message>& messages) {
  std::set<std::pair<std::string, Sequence>> seen;
  for (const Message& message : messages) {
    expect(seen.emplace(message.connection, message.sequence).second, "each message at most once",
           name_of(message) + " twice");
  }
}

void expect_order_of_senders(const std::vector<Message>& messages) {
  std::map<std::string, Sequence> last;
  for (const Message& message : messages) {
    const auto [place, first] = last.emplace(message.connection, message.sequence);
    if (first) continue;
    expect(message.sequence > place->second, "the messages of a sender in the order sent",
           name_of(message) + " after number " + std::to_string(place->second));
    place->second = message.sequence;
  }
}

void expect_intact(const std::vector<Message>& messages) {
  for (const Message& message : messages) {
    if (message.body == padding_of(message, message.body.size())) continue;
    throw Failure("expected the body of " + name_of(message) + " unchanged, found other octets");
  }
}

std::size_t check_order_and_count_lost(const std::vector<Message>& messages, const std::vector<std::string>& senders,
                                       std::uint64_t count) {
  expect_no_duplicates(messages);
  expect_order_of_senders(messages);
  const std::size_t sent = senders.size() * count;
  expect(messages.size() <= sent, "at most the " + std::to_string(sent) + " messages that were sent",
         std::to_string(messages.size()));
  return sent - messages.size();
}

void expect_separate(ChannelLayer& layer, const std::vector<ChannelName>& channels) {
  std::vector<Inbox> inboxes(channels.size());
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (std::size_t i = 0; i < channels.size(); ++i)
    subscriptions.push_back(layer.receive(channels[i], inboxes[i].receiver()));
  // With one message each, a layer that mixes channels up by turns would give each the right one.
  std::size_t sent = 0;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    for (std::size_t number = 0; number <= i; ++number, ++sent)
      deliver(layer, channels[i], numbered(channels[i].text(), number));
  }
  const auto arrived = [&] {
    std::size_t count = 0;
    for (const Inbox& inbox : inboxes) count += inbox.size();
    return count;
  };
  eventually([&] { return arrived() >= sent; }, delivery_time);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string& name = channels[i].text();
    const std::vector<Message> got = inboxes[i].messages();
    for (const Message& message : got) expect_equal("the channel of a message in " + name, name, message.connection);
    expect_equal("messages in the channel " + name, i + 1, got.size());
  }
}

ChannelName channel_of(Probe& probe, const std::string& suffix) {
  return ChannelName("check." + probe.mark() + suffix);
}

}  // namespace tellina::conformance
