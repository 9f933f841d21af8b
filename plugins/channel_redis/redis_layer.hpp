#pragma once

/// The channel layer that uses a Redis server, between processes and machines.

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

/// A channel is a Redis list. One thread writes, if the sender cannot do so at once, and one reads; each has its own
/// connection. Both start at the first use, reconnect when Redis returns, and never run while there is no work. Unless
/// something is wrong, the dispatching thread reads instead of the reader's thread.
class RedisLayer final : public ChannelLayer {
 public:
  /// Opens no connection.
  explicit RedisLayer(const PluginContext& context);
  /// Waits up to one second for accepted messages to reach Redis.
  ~RedisLayer() override;

  SendResult send(const ChannelName& channel, Message message) override;
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override;
  bool is_process_local() const override { return false; }
  int begin_dispatching() override;
  bool dispatch() override { return m_reader.dispatch(); }
  void end_dispatching() override { m_reader.end_dispatching(); }
  Reachability probe() override;

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
