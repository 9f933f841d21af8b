#pragma once

/// One event loop's share of the worker role: joins connections, leases, sessions and HTTP requests.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/runtime/assertion.hpp"
#include "host/runtime/lifeline.hpp"
#include "host/runtime/loop_inbox.hpp"
#include "host/session/environment.hpp"
#include "host/session/participant_session.hpp"
#include "host/worker/connection_table.hpp"
#include "host/worker/http_requests.hpp"
#include "host/worker/lease_keeper.hpp"
#include "host/worker/outbox.hpp"
#include "host/worker/owned_session.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina {

/// Takes connects from the shared channel, forwards those whose participant another worker owns, and continues running
/// tasks whose owner has died. Its own channel is "worker." and its id.
///
/// The lane is the boundary of its sessions: an assertion that fails in one ends that session and no other.
///
/// Threads: start(), stop() and the destructor on the loop's thread; messages may come from any.
/// Lifetime: stop() and its answer before the destructor.
class WorkerLane {
 public:
  /// `index` of `count` lanes that share orphaned tasks among themselves.
  WorkerLane(SessionEnvironment environment, ChannelLayer& layer, OrderingPolicy& ordering, std::size_t index,
             std::size_t count);
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;
  ~WorkerLane();

  /// The store must know the worker already (register_worker). Throws what the layer's receive() throws.
  void start();
  /// Sweeps, at each tick, what could not be swept before there were lanes.
  void take_over(const Sweeper& sweeper) { m_leases.take_over(sweeper); }
  /// Accepts nothing new, ends all sessions in order and returns their leases; `done` runs on the loop.
  void stop(std::function<void()> done);
  void use_study(std::shared_ptr<const Study> study) { m_environment.study = std::move(study); }

  void check_invariant() const;

 private:
  LeaseKeeper::Callbacks lease_callbacks();

  // Messages.

  void handle_batch(std::span<Message> batch);
  void handle(Message message);
  /// Keeps a message for later while the leases may have lapsed: the client may have sent it to another worker long
  /// ago. Returns whether it has.
  bool postpone(Message& message);
  void answer_request(const Message& request);
  void open(Message message);
  /// The connection of a message that passes a gate, if there is one.
  WorkerConnection* receiver_of(const Message& message) const;
  /// Returns whether the message waits at the gate. Ends the connection where messages before it were lost.
  bool arrive(WorkerConnection& connection, Message message);
  void run_gate(WorkerConnection& connection);
  void dispatch(WorkerConnection& connection, const Message& message);
  std::unique_ptr<Gate> open_gate();
  /// Runs a call for a connection. A failing policy ends the connection, a failing assertion the session.
  template <typename Call>
  void guard(WorkerConnection& connection, Call call);

  // Connections and sessions.

  /// Brings a connection to the session of its participant, or asks for the lease first.
  void enter(WorkerConnection& connection);
  void let_in(WorkerConnection& connection, ParticipantSession& session);
  /// Connections that waited for the lease of a participant.
  std::vector<WorkerConnection*> take_waiting(ParticipantId participant);
  void close_waiting(ParticipantId participant, int code, const char* reason);
  void remove(const std::string& connection);
  void detach_all(ParticipantId participant);

  void begin_session(ParticipantId participant, const LeaseResult& lease);
  void forward(ParticipantId participant, const std::string& owner);
  void report_failed_lease(ParticipantId participant, const std::exception& error);
  void on_renewed(MonotonicTime until, bool had_lapsed);
  /// Ends a session in order: it returns its lease.
  void leave(ParticipantId participant);
  /// Destroys a session whose lease another worker has.
  void lose(ParticipantId participant);
  /// Ends a session in which an assertion has failed.
  /// Also where the connection's own invariant is broken.
  void close_broken(WorkerConnection& connection);
  void break_session(ParticipantId participant, const AssertionFailure& failure);
  void erase_session(ParticipantId participant);
  /// On the loop's next turn, because the session is the caller.
  void erase_soon(ParticipantId participant);
  /// Runs a call into a session.
  template <typename Call>
  void protect(ParticipantId participant, Call call);

  void tick();
  LaneCounts counts() const;

  SessionEnvironment m_environment;
  ChannelLayer& m_layer;
  OrderingPolicy& m_ordering;
  const ChannelName m_channel;
  LoopInbox m_inbox;
  Outbox m_outbox;
  ConnectionTable m_connections;
  LeaseKeeper m_leases;
  HttpRequests m_requests;
  std::map<ParticipantId, OwnedSession> m_sessions;
  std::map<ParticipantId, std::vector<std::string>> m_waiting;  ///< ids of connections that wait for a lease
  /// Connections of a batch whose gates are to be run. None is removed meanwhile, as only tasks of their own do that.
  std::vector<WorkerConnection*> m_due;
  std::deque<Message> m_postponed;  ///< in order; handled once the leases have been renewed
  std::unique_ptr<Loop::Timer> m_timer;
  bool m_is_stopping = false;
  std::function<void()> m_stopped;
  std::uint64_t m_messages = 0;
  std::vector<std::unique_ptr<Subscription>> m_subscriptions;
  Lifeline m_lifeline;
};

}  // namespace tellina
