#pragma once

/// The channel layer that goes through a Redis server, between processes and machines.

#include <memory>
#include <mutex>
#include <string>

#include "health.hpp"
#include "reader.hpp"
#include "settings.hpp"
#include "subscribers.hpp"
#include "tellina/channel_layer.hpp"
#include "writer.hpp"

namespace tellina::redis {

/// A channel is a list of Redis. One thread writes, where the sender cannot do so itself at once, and one reads, each
/// on a connection of its own; both start at the first use, come back by themselves when Redis does, and never run
/// while there is nothing to do. Who dispatches reads in the thread's place while all is well.
class RedisLayer final : public ChannelLayer {
 public:
  /// Touches no network.
  explicit RedisLayer(const PluginContext& context);
  /// Gives what was accepted up to a second to reach Redis.
  ~RedisLayer() override;

  SendResult send(const ChannelName& channel, Message message) override;
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override;
  bool is_process_local() const override { return false; }
  int begin_dispatching() override;
  bool dispatch() override { return m_reader.dispatch(); }
  void end_dispatching() override { m_reader.end_dispatching(); }

 private:
  void start_once();

  const Settings m_settings;
  const std::string m_instance;
  WakeUp m_stop;
  Health m_health;
  Writer m_writer;
  Subscribers m_subscribers;
  Reader m_reader;
  std::once_flag m_started;
};

}  // namespace tellina::redis
