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

#include "host/runtime/metric_samples.hpp"
#include "host/session/environment.hpp"
#include "host/session/participant_session.hpp"
#include "host/worker/sweeper.hpp"
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
  /// Goes on, at each tick, with what could not be put away before there were lanes.
  void take_over(const Sweeper& sweeper) { m_sweeper->take_over(sweeper); }
  /// Takes nothing new, ends all sessions in order and gives their leases back; `done` runs on the loop.
  void stop(std::function<void()> done);
  void use_study(std::shared_ptr<const Study> study) { m_environment.study = std::move(study); }

  /// What it answers to {"method": "numbers"}.
  MetricSamples describe() const;

 private:
  struct Owned {
    std::unique_ptr<ParticipantSession> session;
    bool is_leaving = false;
  };
  using Connections = std::unordered_map<std::string, std::unique_ptr<WorkerConnection>>;

  void receive(Message message);
  void drain_inbox();
  void handle(Message message);
  /// Takes what a worker that was stopped finds: its pages may long have sent it to another. True if it did.
  bool hold(Message& message);
  void handle_held();
  void answer_request(const Message& request);
  void open(Message message);
  /// The connection that a message belongs to, if it is one that may wait at a gate.
  WorkerConnection* receiver_of(const Message& message);
  /// Whether it waits at the gate now. Ends the connection where messages before it were lost or the policy fails.
  bool arrive(WorkerConnection& connection, Message message);
  void start_waiting(WorkerConnection& connection);
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
  /// Tells a gateway of a connection's end, again where something comes for it all the same.
  void say_end(const std::string& connection);
  void say_unsaid_ends();
  void tick();
  void detach_lost_gateways();
  void extend_leases(MonotonicTime renewed);
  void on_tick(const std::vector<ParticipantId>& asked, const std::vector<ParticipantId>& held,
               const std::vector<ParticipantId>& orphans, const std::vector<OwnerId>& dead,
               const std::vector<SandboxId>& keep);
  Timestamp now() const { return Timestamp(m_environment.loop.clock()); }
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
  std::vector<Message> m_inbox;
  std::atomic<bool> m_inbox_waits{false};
  std::vector<Message> m_batch;  ///< what drain_inbox() has taken; kept for its memory
  /// Connections of the batch whose gates are to be run. Tasks of their own end connections, so none ends meanwhile.
  std::vector<WorkerConnection*> m_due;
  /// What came for sessions while their leases might have lapsed, in order; for the next tick to settle.
  std::deque<Message> m_held;

  Connections m_connections;
  /// Of a connection that was ended from here, until its gateway says that it knows.
  struct End {
    ChannelName gateway;
    Message message;
    MonotonicTime since{};
    bool is_said = false;  ///< the layer has taken the message, and may lose it
  };
  std::map<std::string, End> m_ends;
  std::map<ParticipantId, Owned> m_sessions;
  std::map<ParticipantId, std::vector<std::string>> m_entering;  ///< connections that wait for a lease
  std::map<std::string, MonotonicTime> m_heard;  ///< of each gateway's channel: when something came from there
  const std::shared_ptr<Sweeper> m_sweeper;      ///< of the pool's tasks too
  std::unique_ptr<Loop::Timer> m_timer;
  bool m_tick_under_way = false;
  bool m_stopping = false;
  std::function<void()> m_stopped;
  std::uint64_t m_messages = 0;
  std::uint64_t m_overtakings = 0;  ///< of connections that have gone
  std::vector<std::unique_ptr<Subscription>> m_subscriptions;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tellina
