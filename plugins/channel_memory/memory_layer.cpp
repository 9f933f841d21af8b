#include "memory_layer.hpp"

#include <utility>

namespace tellina::memory {
namespace {

class MemorySubscription final : public Subscription {
 public:
  MemorySubscription(ChannelMap<MemoryChannel>& channels, std::shared_ptr<MemoryChannel> channel,
                     std::shared_ptr<Subscriber> subscriber)
      : m_channels(channels), m_channel(std::move(channel)), m_subscriber(std::move(subscriber)) {}

  ~MemorySubscription() override {
    m_channel->remove(m_subscriber);
    m_channels.forget_if_idle(m_channel);
  }

 private:
  ChannelMap<MemoryChannel>& m_channels;
  const std::shared_ptr<MemoryChannel> m_channel;
  const std::shared_ptr<Subscriber> m_subscriber;
};

std::size_t read_capacity(const Config& config) {
  const Config* capacity = config.find("capacity");
  if (!capacity) return static_cast<std::size_t>(MemoryLayer::default_capacity);
  if (capacity->as_integer() < 1) capacity->fail("expected at least 1 message, got " + capacity->describe());
  return static_cast<std::size_t>(capacity->as_integer());
}

}  // namespace

MemoryLayer::MemoryLayer(const PluginContext& context)
    : m_capacity(read_capacity(context.config)),
      m_log(context.log),
      m_channels([this](const std::string& name) { return std::make_shared<MemoryChannel>(name, m_capacity, m_log); }) {
}

SendResult MemoryLayer::send(const ChannelName& channel, Message message) {
  if (message.body.size() > max_body_size) return SendResult::too_large;
  for (;;) {
    if (const auto result = m_channels.find_or_make(channel.text())->send(message)) return *result;
  }
}

std::unique_ptr<Subscription> MemoryLayer::receive(const ChannelName& channel, Receiver receiver) {
  const auto subscriber = std::make_shared<Subscriber>(std::move(receiver), std::this_thread::get_id());
  for (;;) {
    const std::shared_ptr<MemoryChannel> found = m_channels.find_or_make(channel.text());
    if (found->add(subscriber)) return std::make_unique<MemorySubscription>(m_channels, found, subscriber);
  }
}

}  // namespace tellina::memory
