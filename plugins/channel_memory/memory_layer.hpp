#pragma once

/// The channel layer of a server that is one process: messages are moved in memory, most of them inside send().

#include <cstddef>
#include <memory>
#include <string>

#include "memory_channel.hpp"
#include "plugins/channel_common/channel_map.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina::memory {

/// A message goes to a receiver that subscribed on the sender's thread if there is one, else to the receivers in turn;
/// each receiver is called on the sender's thread, or on the thread that is delivering on that channel already.
/// Messages that waited for a first receiver are delivered to it inside receive(), before its subscription is returned.
class MemoryLayer final : public ChannelLayer {
 public:
  static constexpr std::int64_t default_capacity = 10'000;

  explicit MemoryLayer(const PluginContext& context);

  SendResult send(const ChannelName& channel, Message message) override;
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override;
  bool is_process_local() const override { return true; }

 private:
  const std::size_t m_capacity;
  Log& m_log;
  ChannelMap<MemoryChannel> m_channels;
};

}  // namespace tellina::memory
