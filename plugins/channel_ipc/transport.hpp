#pragma once

/// The open layer: one receiving socket, a connection to each other instance, and the thread that waits for all of
/// them: the layer's own, or the dispatching thread.

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "channel.hpp"
#include "drains.hpp"
#include "membership.hpp"
#include "plugins/channel_common/channel_map.hpp"
#include "tellina/plugin.hpp"

namespace tellina::ipc {

/// Threads: as for ChannelLayer. Lifetime: must outlive the last subscription.
class Transport final : private MembershipObserver {
 public:
  /// Enters the folder, and knows all members when it returns. Throws Error(unavailable).
  Transport(const Settings& settings, const PluginContext& context);
  /// Waits up to 0.4 s for accepted messages to be sent.
  ~Transport() override;

  SendResult send(const std::string& name, Message message);

  /// Throws Error(unavailable).
  std::shared_ptr<Channel> subscribe(const std::string& name, const std::shared_ptr<Subscriber>& subscriber);
  /// Waits up to 1 s for messages that are on their way to the subscriber; does not wait on the layer's own thread.
  void unsubscribe(const std::shared_ptr<Channel>& channel, const std::shared_ptr<Subscriber>& subscriber);

  /// As for ChannelLayer: the calling thread acts as the layer's until end_dispatching(); the layer's own thread
  /// pauses.
  int begin_dispatching();
  bool dispatch();
  void end_dispatching();

 private:
  void joined(InstanceId id, const std::string& socket_path) override;
  void left(InstanceId id) override;
  void receives(InstanceId id, const std::string& name) override;
  void stopped(InstanceId id, const std::string& name) override;
  void lost_marker(const std::string& name) override;

  bool is_layer_thread() const { return m_thread_id == std::this_thread::get_id(); }
  void schedule(const std::shared_ptr<Channel>& channel);
  void note_waiting();
  void add_to_wait(int descriptor);
  void start_thread();

  // Used on the layer's thread only.
  void run();
  void close();
  /// Returns after the first event, or after `limit_in_ms` (-1: never). Returns true if messages were handled.
  bool wait(int limit_in_ms);
  bool any_deliverable();
  void drain_peers();
  int timeout_in_ms() const;
  void enter();
  void read_changes();
  void note_problem();
  void rescan();
  void enter_again();
  void watch_blocked();
  void resume(std::map<int, std::shared_ptr<Peer>>::iterator blocked);
  // Returns false if no message could be passed on.
  bool flush_scheduled();
  bool flush(const std::shared_ptr<Channel>& channel);
  /// How many messages to handle before checking the other sources.
  static constexpr std::size_t most_at_once = 256;
  /// Returns false if there were none.
  bool receive_frames(std::size_t most);
  void handle(zmq::message_t& frame);
  void requeue_returned(Envelope& envelope);
  void return_to_sender(zmq::message_t& frame, InstanceId origin);
  void note_malformed(std::size_t size);
  void drop_old();

  const ChannelContext m_channel_context;
  zmq::context_t m_context;
  zmq::socket_t m_socket;
  std::string m_endpoint;
  WakeUp m_wake_up;
  const Descriptor m_wait;
  ChannelMap<Channel> m_channels;

  /// Held while this instance's receivers and its files change together.
  std::mutex m_announcements;
  Membership m_membership;
  std::set<std::string> m_announced;
  Drains m_drains;
  std::atomic<InstanceId> m_id = 0;

  // Used on the layer's thread only.
  std::map<InstanceId, std::shared_ptr<Peer>> m_peers;
  std::map<int, std::shared_ptr<Peer>> m_blocked;
  std::optional<MonotonicTime> m_next_entry;
  std::optional<MonotonicTime> m_next_rescan;
  std::optional<MonotonicTime> m_next_drop;
  std::optional<MonotonicTime> m_closing_end;
  std::uint64_t m_malformed = 0;
  bool m_has_more = false;
  unsigned m_dispatches = 0;  ///< calls of dispatch() that handled messages
  bool m_has_left = false;

  std::mutex m_schedule_mutex;
  std::vector<std::shared_ptr<Channel>> m_scheduled;
  std::atomic<bool> m_something_waits = false;
  /// After begin_dispatching(): the layer has no thread of its own, or its thread is ending.
  std::atomic<bool> m_is_dispatched = false;
  std::atomic<bool> m_is_stopping = false;
  std::atomic<std::thread::id> m_thread_id;
  std::thread m_thread;
};

}  // namespace tellina::ipc
