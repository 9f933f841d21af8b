#pragma once

/// The channel layer for a server in one process: moves messages in memory, most of them inside send().

#include <cstddef>
#include <memory>
#include <string>

#include "memory_channel.hpp"
#include "plugins/channel_common/channel_map.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina::memory {

/// A message goes to a receiver that subscribed on the sender's thread, if there is one, and otherwise to the receivers
/// in turn. Each receiver is called on the sender's thread, or on the thread that is already delivering on that
/// channel. Messages that waited for a first receiver are delivered inside its receive(), before the subscription is
/// returned.
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
