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
#include "host/runtime/limited_log.hpp"
#include "host/runtime/loop_inbox.hpp"
#include "host/session/environment.hpp"
#include "host/session/participant_session.hpp"
#include "host/session/work_budget.hpp"
#include "host/worker/connection_table.hpp"
#include "host/worker/http_requests.hpp"
#include "host/worker/lease_keeper.hpp"
#include "host/worker/outbox.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina {

/// Receives connects from the shared channel, forwards those whose participant has another owner, and continues running
/// tasks of dead owners. Its own channel is "worker." and its id.
///
/// An assertion that fails in a connection, which is outside of its session's own boundary (SessionLoop), is reported
/// to that session: it ends as interrupted, and no other.
///
/// Threads: start(), stop() and the destructor run on the loop's thread; messages may come from any thread.
/// Lifetime: stop() must have called `done` before the destructor.
class WorkerLane {
 public:
  /// `index` of `count`: this lane's share of the orphaned tasks.
  WorkerLane(SessionEnvironment environment, ChannelLayer& layer, OrderingPolicy& ordering, std::size_t index,
             std::size_t count);
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;
  ~WorkerLane();

  /// The worker must be registered in the store. Throws what the layer's receive() throws.
  void start();
  /// Takes over the workers that could not be swept before the lanes started.
  void take_over(const Sweeper& sweeper) { m_leases.take_over(sweeper); }
  /// Accepts nothing new, ends all sessions, and returns their leases; then `done` runs on the loop.
  void stop(std::function<void()> done);
  void use_study(std::shared_ptr<const Study> study, EnvironmentId environment) {
    m_environment.study = std::move(study);
    m_environment.environment_id = environment;
  }

  /// The participant may not log in any more.
  void lose_access(ParticipantId participant);

  void check_invariant() const;

 private:
  struct OwnedSession {
    std::unique_ptr<ParticipantSession> session;  ///< never null
    bool is_releasing = false;                    ///< it returns its lease
  };

  LeaseKeeper::Callbacks lease_callbacks();

  // Messages.

  void handle_batch(std::span<Message> batch);
  void handle(Message message);
  /// Keeps a message for later while the leases may have expired, because another worker may have the session by now.
  /// Returns whether it kept the message.
  bool postpone(Message& message);
  void answer_request(const Message& request);
  void open(Message message);
  /// The connection of a message that has to pass a gate, if the connection exists.
  WorkerConnection* receiver_of(const Message& message) const;
  /// Returns whether the message waits at the gate. Ends the connection if messages before it were lost.
  bool arrive(WorkerConnection& connection, Message message);
  void run_gate(WorkerConnection& connection);
  void dispatch(WorkerConnection& connection, const Message& message);
  std::unique_ptr<Gate> open_gate();
  /// Runs a call for a connection. If the policy fails, the connection ends; if an assertion fails, the session ends.
  template <typename Call>
  void guard(WorkerConnection& connection, Call call);

  // Connections and sessions.

  /// Attaches a connection to its participant's session, or acquires the lease first. Waits while the participant has
  /// used up a budget.
  void attach_or_wait(WorkerConnection& connection);
  /// Whether the session has not yet handled the connection's hello.
  static bool is_new_page(const WorkerConnection& connection);
  /// Whether older connections of the participant wait to enter. If so, this one waits behind them.
  bool waits_behind_others(const WorkerConnection& connection);
  WorkBudget& budget_of(ParticipantId participant);
  /// Whether the connection's next message has to wait. If so, the lane continues with it later.
  bool must_wait(WorkerConnection& connection);
  void continue_later(const WorkerConnection& connection, std::chrono::nanoseconds pause);
  void continue_paused(ParticipantId participant);
  void attach(WorkerConnection& connection, ParticipantSession& session);
  /// Removes and returns the connections that waited for a participant's lease.
  std::vector<WorkerConnection*> take_waiting(ParticipantId participant);
  void close_waiting(ParticipantId participant, int code, const char* reason);
  void remove(const std::string& connection);
  void detach_all(ParticipantId participant);

  void begin_session(ParticipantId participant, const LeaseResult& lease);
  void forward(ParticipantId participant, const std::string& owner);
  void report_failed_lease(ParticipantId participant, const std::exception& error);
  void on_renewed(MonotonicTime until, bool had_lapsed);
  /// Ends a session in an orderly way: it returns its lease.
  void release_session(ParticipantId participant);
  /// Destroys a session whose lease another worker has.
  void abandon_session(ParticipantId participant);
  /// Closes a connection even if its own invariant is broken.
  void close_broken(WorkerConnection& connection);
  /// Reports an assertion that failed outside of the participant's session to that session, if there is one.
  void report_failure(ParticipantId participant, const AssertionFailure& failure);
  /// An assertion has failed in the session's constructor, so there is no session.
  void report_failed_session(ParticipantId participant, const AssertionFailure& failure);
  void erase_session(ParticipantId participant);
  /// Runs on the loop's next turn, because the session is the caller.
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
  LoopInbox m_alive_inbox;
  Outbox m_outbox;
  ConnectionTable m_connections;
  LeaseKeeper m_leases;
  HttpRequests m_requests;
  std::map<ParticipantId, OwnedSession> m_sessions;
  std::map<ParticipantId, std::vector<std::string>> m_waiting;  ///< ids of connections that wait for a lease
  /// Connections of a batch whose gates have to run. None is removed meanwhile, because only their own tasks remove
  /// them.
  std::vector<WorkerConnection*> m_due;
  std::deque<Message> m_postponed;  ///< in order; handled once the leases have been renewed
  std::unique_ptr<Loop::Timer> m_timer;
  LimitedLog m_message_log;  ///< for messages that no gateway of ours sends: anyone who can write to the layer can
  /// Budgets outlive sessions, so that a participant who comes and goes has only one. Full ones are forgotten.
  std::map<ParticipantId, std::shared_ptr<WorkBudget>> m_budgets;
  /// The connections of a participant who has used up a budget.
  struct Paused {
    std::vector<std::string> connections;
    std::unique_ptr<Loop::Timer> timer;
  };
  std::map<ParticipantId, Paused> m_paused;
  bool m_is_stopping = false;
  std::function<void()> m_stopped;
  std::uint64_t m_messages = 0;
  std::vector<std::unique_ptr<Subscription>> m_subscriptions;
  Lifeline m_lifeline;
};

}  // namespace tellina
