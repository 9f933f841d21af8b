#pragma once

/// The channel layer for gateways and workers that are processes of one user on one machine.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "settings.hpp"
#include "tellina/channel_layer.hpp"
#include "transport.hpp"

namespace tellina::ipc {

/// Peer to peer over ZeroMQ, without a broker, so an instance that dies does not affect others. The instances meet in a
/// folder, where each has a socket, a lock that shows that it is alive, and one empty file for each channel that it
/// receives.
///
/// Opens at the first send() or receive(). Receivers are called on the layer's own thread, which all channels share, or
/// on the dispatching thread.
class IpcLayer final : public ChannelLayer {
 public:
  explicit IpcLayer(const PluginContext& context);
  ~IpcLayer() override;

  SendResult send(const ChannelName& channel, Message message) override;
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override;
  bool is_process_local() const override { return false; }
  int begin_dispatching() override;
  bool dispatch() override;
  void end_dispatching() override;

 private:
  /// Throws Error(unavailable). Call it with m_mutex held.
  Transport& open();
  /// The same, without m_mutex held.
  Transport& opened();
  /// Null if opening failed now or less than a second ago.
  Transport* try_to_open();

  const PluginContext m_context;
  const Settings m_settings;

  std::mutex m_mutex;
  std::unique_ptr<Transport> m_transport;
  std::atomic<Transport*> m_open = nullptr;
  std::optional<MonotonicTime> m_next_try;
};

}  // namespace tellina::ipc
