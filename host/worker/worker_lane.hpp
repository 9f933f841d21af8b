#pragma once

/// One event loop's share of the worker role: connections, their gates, and the sessions that it owns.

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/session/environment.hpp"
#include "host/session/participant_session.hpp"
#include "host/worker/worker_connection.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina {

/// Owns participants by lease: takes connects from the shared channel, hands on those that another worker owns, and
/// picks up running tasks whose owner has died. Its channel is "worker." and its id.
///
/// Threads: start(), stop() and the destructor on the loop's thread; messages may come from any.
/// Lifetime: stop() and its answer before the destructor.
class WorkerLane {
 public:
  /// `index` of `count` lanes that share orphans out among themselves.
  WorkerLane(SessionEnvironment environment, ChannelLayer& layer, OrderingPolicy& ordering, std::size_t index,
             std::size_t count);
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;
  ~WorkerLane();

  /// The store must know the worker already (register_worker). Throws what the layer's receive() throws.
  void start();
  /// Takes nothing new, ends all sessions in order and gives their leases back; `done` runs on the loop.
  void stop(std::function<void()> done);
  void use_study(std::shared_ptr<const Study> study) { m_environment.study = std::move(study); }

  std::uint64_t overtakings() const { return m_overtakings; }

 private:
  struct Owned {
    std::unique_ptr<ParticipantSession> session;
    bool is_leaving = false;
  };
  using Connections = std::unordered_map<std::string, std::unique_ptr<WorkerConnection>>;

  void receive(Message message);
  void drain_inbox();
  void handle(Message message);
  void handle_held();
  void answer_request(const Message& request);
  void open(Message message);
  void arrive(WorkerConnection& connection, Message message);
  void fail(WorkerConnection& connection, const Error& error);
  std::unique_ptr<Gate> open_gate();
  void run_gate(WorkerConnection& connection);
  void dispatch(WorkerConnection& connection, const Message& message);
  void enter(WorkerConnection& connection);
  void let_in(WorkerConnection& connection, ParticipantSession& session);
  void acquire(ParticipantId participant);
  void on_lease(ParticipantId participant, const LeaseResult& lease, const std::exception_ptr& error);
  void complain(const std::exception_ptr& error);
  void forward(const std::vector<std::string>& connections, const std::string& owner);
  void leave(ParticipantId participant);
  void lose(ParticipantId participant);
  void forget(const std::string& connection);
  void tick();
  void detach_lost_gateways();
  void extend_leases(MonotonicTime renewed);
  void on_tick(const std::vector<ParticipantId>& asked, const std::vector<ParticipantId>& held,
               const std::vector<ParticipantId>& orphans, const std::vector<std::string>& dead,
               const std::vector<SandboxId>& keep);
  Moment now() const { return Moment(m_environment.loop.clock()); }
  /// Wraps a task for another thread to post: it does nothing once the lane is gone.
  template <typename Call>
  auto guarded(Call call) {
    return [alive = std::weak_ptr(m_alive), call = std::move(call)](auto&&... arguments) {
      if (!alive.expired()) call(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  SessionEnvironment m_environment;
  ChannelLayer& m_layer;
  Outbox m_outbox;
  OrderingPolicy& m_ordering;
  ChannelName m_channel;
  std::size_t m_index;
  std::size_t m_count;

  std::mutex m_inbox_mutex;
  std::deque<Message> m_inbox;
  std::atomic<bool> m_inbox_waits{false};
  /// What came for sessions while their leases might have lapsed, in order; for the next tick to settle.
  std::deque<Message> m_held;

  Connections m_connections;
  std::map<ParticipantId, Owned> m_sessions;
  std::map<ParticipantId, std::vector<std::string>> m_entering;  ///< connections that wait for a lease
  std::map<std::string, MonotonicTime> m_heard;  ///< of each gateway's channel: when something came from there
  std::unique_ptr<Loop::Timer> m_timer;
  bool m_tick_under_way = false;
  bool m_stopping = false;
  std::function<void()> m_stopped;
  std::uint64_t m_overtakings = 0;
  std::vector<std::unique_ptr<Subscription>> m_subscriptions;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tellina
