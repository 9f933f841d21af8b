#pragma once

/// One event loop's part of the gateway: its channel, its connections, its questions to workers.

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/gateway/gateway_state.hpp"
#include "host/gateway/metrics.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/wire/worker_requests.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina {

class WebSocketConnection;

/// Something with a socket on a lane's loop, held by its own pending operations.
class LaneMember : public std::enable_shared_from_this<LaneMember> {
 public:
  LaneMember() = default;
  LaneMember(const LaneMember&) = delete;
  LaneMember& operator=(const LaneMember&) = delete;
  virtual ~LaneMember() = default;

  /// The gateway stops: end in order, soon.
  virtual void leave() = 0;
  /// Close the socket now.
  virtual void cut() = 0;

 protected:
  template <typename Self>
  static std::shared_ptr<Self> self_of(Self* self) {
    return std::static_pointer_cast<Self>(self->shared_from_this());
  }
};

/// Threads: the loop's, except open(), close() and the accessors of what never changes.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  using Answer = std::function<void(const WorkerReply&)>;

  Lane(GatewayState& state, AsioLoop& loop, std::string channel);

  /// Begins and ends the reading of the lane's channel. After close() and once nothing lives, no task of it runs.
  void open();
  void close();

  GatewayState& state() { return m_state; }
  const GatewayLimits& limits() const { return m_state.config.limits; }
  AsioLoop& loop() { return m_loop; }
  const std::string& channel() const { return m_channel; }
  /// Where workers take new connections.
  const ChannelName& connect_channel() const { return m_connect_channel; }
  Metrics& metrics() { return m_metrics; }

  /// Asks any worker; calls `answer` once, with the worker's reply or with busy_reply() where none came in time or
  /// the layer has no room. It may be called before ask() returns.
  void ask(const WorkerRequest& request, Answer answer) {
    ask(m_request_channel, request, m_state.config.limits.reply_timeout, std::move(answer));
  }
  /// Asks whoever reads the channel, likewise.
  void ask(const ChannelName& channel, const WorkerRequest& request, std::chrono::milliseconds timeout, Answer answer);

  /// Every member adds itself when it starts and removes itself in its destructor.
  void add(const std::shared_ptr<LaneMember>& member);
  void remove(LaneMember* member) { m_members.erase(member); }
  /// Messages for `id` go to the connection until it takes itself off.
  void route(const std::string& id, std::shared_ptr<WebSocketConnection> connection);
  void unroute(const std::string& id) { m_connections.erase(id); }
  /// A worker has taken a connection, or no longer has it. While a worker has some, it is asked again and again how it
  /// is; where one that lives elsewhere does not answer, its connections are closed with 1012.
  void watch_owner(const ChannelName& owner);
  void unwatch_owner(const ChannelName& owner);

  bool is_stopping() const { return m_stopping; }
  void stop_in_order();
  void cut_all();

 private:
  class Question {
   public:
    Answer answer;
    std::unique_ptr<Loop::Timer> timer;
  };

  /// A worker that has connections of this lane.
  class Owner {
   public:
    std::size_t connections = 0;
    bool is_asked = false;
  };

  void ask_owners();
  void lose_owner(const ChannelName& owner);
  void deliver(Message message);
  void drain();
  void handle(Message message);
  void refuse_late_accept(const Message& message);
  void finish_question(const std::string& id, const WorkerReply& reply);
  std::vector<std::shared_ptr<LaneMember>> living_members() const;

  GatewayState& m_state;
  AsioLoop& m_loop;
  const std::string m_channel;
  const ChannelName m_request_channel;
  const ChannelName m_connect_channel;
  Metrics m_metrics;
  std::unique_ptr<Subscription> m_subscription;
  std::unordered_map<LaneMember*, std::weak_ptr<LaneMember>> m_members;
  std::unordered_map<std::string, std::shared_ptr<WebSocketConnection>> m_connections;
  std::unordered_map<std::string, Question> m_questions;
  std::map<ChannelName, Owner> m_owners;
  std::unique_ptr<Loop::Timer> m_owner_timer;
  bool m_stopping = false;

  /// Messages that came on another thread, or behind such: counted until they have been handled, so that one that
  /// comes on the loop's thread meanwhile does not overtake them.
  std::atomic<std::size_t> m_inbox_size{0};
  std::mutex m_inbox_mutex;
  std::deque<Message> m_inbox;
};

}  // namespace tellina
