#pragma once

/// One event loop's part of the gateway: its channel, its connections, its requests to workers.

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/gateway/gateway_state.hpp"
#include "host/gateway/metrics.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/runtime/loop_inbox.hpp"
#include "host/wire/worker_requests.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina {

class WebSocketConnection;

/// An object with a socket on a lane's loop. Its pending operations keep it alive.
class LaneMember : public std::enable_shared_from_this<LaneMember> {
 public:
  LaneMember() = default;
  LaneMember(const LaneMember&) = delete;
  LaneMember& operator=(const LaneMember&) = delete;
  virtual ~LaneMember() = default;

  /// The gateway is stopping: ends the connection soon, with its closing handshake.
  virtual void close_gracefully() = 0;
  /// Closes the socket now.
  virtual void close_now() = 0;

 private:
  friend class Lane;
  /// Members that wait for their clients, each with the time since when; the one that has waited longest is first.
  using WaitList = std::list<std::pair<LaneMember*, MonotonicTime>>;
  std::optional<WaitList::iterator> m_wait_entry;  ///< see Lane::mark_closable()

 protected:
  template <typename Self>
  static std::shared_ptr<Self> self_of(Self* self) {
    return std::static_pointer_cast<Self>(self->shared_from_this());
  }
};

/// Threads: the loop's, except for open(), close() and the accessors of constant members.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  using Answer = std::function<void(const WorkerReply&)>;

  Lane(GatewayState& state, AsioLoop& loop, std::string channel);

  /// open() subscribes to the lane's channel, and close() unsubscribes. After close(), and once nothing is active, none
  /// of the lane's tasks runs.
  void open();
  void close();

  GatewayState& state() { return m_state; }
  const GatewayLimits& limits() const { return m_state.config.limits; }
  AsioLoop& loop() { return m_loop; }
  const std::string& channel() const { return m_channel; }
  /// The channel from which workers take new connections.
  const ChannelName& connect_channel() const { return m_connect_channel; }
  Metrics& metrics() { return m_metrics; }

  /// Sends the request to any worker and calls `answer` exactly once: with the reply, or with busy_reply() after a
  /// timeout or if the layer has no room. `answer` may run before ask() returns.
  void ask(const WorkerRequest& request, Answer answer) {
    ask(m_request_channel, request, m_state.config.limits.reply_timeout, std::move(answer));
  }
  /// The same, to the worker that reads `channel`.
  void ask(const ChannelName& channel, const WorkerRequest& request, std::chrono::milliseconds timeout, Answer answer);

  /// Every member calls add() when it starts, and remove() in its destructor.
  void add(const std::shared_ptr<LaneMember>& member);
  void remove(LaneMember* member);
  /// From now on the member waits for its client and does nothing for a participant, so the lane may close it to make
  /// room. It closes the one that has waited longest first. Call this again when the client has made progress.
  void mark_closable(LaneMember& member);
  /// The member serves its client: the lane must not close it until the next mark_closable().
  void unmark_closable(LaneMember& member);
  /// Closes the member that has waited longest, if there is one.
  void close_longest_waiting();
  /// Since when that member has waited; MonotonicTime::max() if there is none. Threads: any.
  MonotonicTime longest_waiting_since() const { return m_longest_waiting_since.load(std::memory_order_relaxed); }
  /// Messages for `id` go to the connection until unroute().
  void route(const std::string& id, std::shared_ptr<WebSocketConnection> connection);
  void unroute(const std::string& id) { m_connections.erase(id); }
  /// Called when a worker accepts a connection and when it releases one. While a worker has connections, the lane
  /// checks periodically that it answers. If a worker in another process does not, the lane closes its connections with
  /// 1012.
  void watch_owner(const ChannelName& owner);
  void unwatch_owner(const ChannelName& owner);

  void check_invariant() const;

  bool is_stopping() const { return m_stopping; }
  void stop_gracefully();
  void close_all_now();

 private:
  class PendingRequest {
   public:
    Answer answer;
    std::unique_ptr<Loop::Timer> timer;
  };

  /// A worker that has connections of this lane.
  class Owner {
   public:
    std::size_t connections = 0;
    std::string question;  ///< the id of a question without an answer; empty if there is none
    std::unique_ptr<Loop::Timer> timer;
  };

  /// These questions and answers have channels of their own, and do not count as requests in flight.
  void ask_owners();
  void ask(const ChannelName& owner, Owner& state);
  void on_alive(const Message& answer);
  void lose_owner(const ChannelName& owner);
  void handle(Message message);
  void refuse_late_accept(const Message& message);
  void finish_request(const std::string& id, const WorkerReply& reply);
  std::vector<std::shared_ptr<LaneMember>> active_members() const;

  GatewayState& m_state;
  AsioLoop& m_loop;
  const std::string m_channel;
  const ChannelName m_alive_channel;
  const ChannelName m_request_channel;
  const ChannelName m_connect_channel;
  Metrics m_metrics;
  std::unique_ptr<Subscription> m_subscription;
  std::unique_ptr<Subscription> m_alive_subscription;
  std::unordered_map<LaneMember*, std::weak_ptr<LaneMember>> m_members;
  LaneMember::WaitList m_waiting;
  std::atomic<MonotonicTime> m_longest_waiting_since = MonotonicTime::max();
  std::unordered_map<std::string, std::shared_ptr<WebSocketConnection>> m_connections;
  std::unordered_map<std::string, PendingRequest> m_pending_requests;
  std::map<ChannelName, Owner> m_owners;
  std::unique_ptr<Loop::Timer> m_owner_timer;
  bool m_stopping = false;
  LoopInbox m_inbox;
  LoopInbox m_alive_inbox;
};

}  // namespace tellina
