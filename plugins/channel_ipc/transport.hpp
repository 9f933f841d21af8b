#pragma once

/// The open layer: one receiving socket, one way to each other instance, and the thread that waits for all of them: its
/// own, or the one that dispatches.

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

/// Threads: those of ChannelLayer. Lifetime: until after the last subscription.
class Transport final : private MembershipObserver {
 public:
  /// Enters the folder; knows who is there when it returns. Throws Error(unavailable).
  Transport(const Settings& settings, const PluginContext& context);
  /// Gives what was taken 0.4 s to leave.
  ~Transport() override;

  SendResult send(const std::string& name, Message message);

  /// Throws Error(unavailable).
  std::shared_ptr<Channel> subscribe(const std::string& name, const std::shared_ptr<Subscriber>& subscriber);
  /// Waits for what is on its way to the subscriber, at most a tenth of a second and not on the layer's own thread.
  void unsubscribe(const std::shared_ptr<Channel>& channel, const std::shared_ptr<Subscriber>& subscriber);

  /// As of ChannelLayer: the calling thread is the layer's until end_dispatching(), and its own one is away.
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

  // Of the layer's thread.
  void run();
  void close();
  /// Returns after the first thing that happens, or when `limit_in_ms` is over (-1: never). True where messages moved
  /// on.
  bool wait(int limit_in_ms);
  bool something_leaves();
  void drain_peers();
  int timeout_in_ms() const;
  void enter();
  void read_changes();
  void enter_again();
  void watch_blocked();
  void resume(std::map<int, std::shared_ptr<Peer>>::iterator blocked);
  // False where no message could be handed on.
  bool flush_scheduled();
  bool flush(const std::shared_ptr<Channel>& channel);
  /// Before the other sources are looked at again.
  static constexpr std::size_t most_at_once = 256;
  /// False where there were none.
  bool receive_frames(std::size_t most);
  void handle(zmq::message_t& frame);
  void take_back(Envelope& envelope);
  void give_back(zmq::message_t& frame, InstanceId origin);
  void note_malformed(std::size_t size);
  void drop_old();

  const Exchange m_exchange;
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

  // Of the layer's thread.
  std::map<InstanceId, std::shared_ptr<Peer>> m_peers;
  std::map<int, std::shared_ptr<Peer>> m_blocked;
  std::optional<MonotonicTime> m_next_return;
  std::optional<MonotonicTime> m_next_drop;
  std::optional<MonotonicTime> m_closing_end;
  std::uint64_t m_malformed = 0;
  bool m_has_more = false;
  unsigned m_hurried = 0;  ///< messages came before another source was looked at
  bool m_has_left = false;

  std::mutex m_schedule_mutex;
  std::vector<std::shared_ptr<Channel>> m_scheduled;
  std::atomic<bool> m_something_waits = false;
  std::atomic<bool> m_is_lent = false;  ///< to begin_dispatching(): the thread is to leave, or has left
  std::atomic<bool> m_is_stopping = false;
  std::atomic<std::thread::id> m_thread_id;
  std::thread m_thread;
};

}  // namespace tellina::ipc
