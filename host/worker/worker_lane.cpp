#include "host/worker/worker_lane.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/plugins/guard.hpp"
#include "host/runtime/log_event.hpp"
#include "host/wire/protocol.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

/// The task that made a session fail at its begin would make the next one fail, too.
void end_task_that_cannot_continue(SessionEnvironment& environment, const LeaseResult& lease) {
  const std::optional<TaskSessionRow>& latest = lease.progress.latest;
  if (!latest || latest->state != TaskSessionState::running) return;
  environment.store.submit(
      [fence = lease.fence, task = latest->id, charged = std::max(latest->charged, std::chrono::nanoseconds::zero()),
       at = Timestamp(environment.loop.clock())](StoreTransaction& transaction) {
        transaction.end_task_session(fence, task, TaskSessionState::interrupted, charged, at);
      },
      [&log = environment.log](const std::exception_ptr& error) {
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& failure) {
          log.error(std::string("cannot record the end of a task that cannot continue: ") + failure.what());
        }
      });
}

}  // namespace

WorkerLane::WorkerLane(SessionEnvironment environment, ChannelLayer& layer, OrderingPolicy& ordering, std::size_t index,
                       std::size_t count)
    : m_environment(std::move(environment)),
      m_layer(layer),
      m_ordering(ordering),
      m_channel(m_environment.channel_prefix + "worker." + m_environment.worker),
      // A message from another process may be the first of many. The ordering policy should choose among all of them.
      m_inbox(m_environment.loop,
              layer.is_process_local() ? LoopInbox::Delivery::at_once : LoopInbox::Delivery::in_batches,
              [this](std::span<Message> batch) { handle_batch(batch); }),
      m_alive_inbox(m_environment.loop, LoopInbox::Delivery::at_once,
                    [this](std::span<Message> batch) {
                      for (const Message& message : batch) {
                        if (message.kind == MessageKind::request) answer_request(message);
                      }
                    }),
      m_outbox(layer, m_inbox),
      m_connections(m_outbox, m_environment.loop.clock(), !layer.is_process_local()),
      m_leases(m_environment, index, count, lease_callbacks()),
      m_requests(m_environment, [this] { return counts(); }),
      m_timer(m_environment.loop.make_timer()),
      m_message_log(m_environment.log, limits::bad_message_interval) {}

WorkerLane::~WorkerLane() { m_subscriptions.clear(); }

LeaseKeeper::Callbacks WorkerLane::lease_callbacks() {
  LeaseKeeper::Callbacks callbacks;
  callbacks.acquired = [this](ParticipantId participant, const LeaseResult& lease) {
    begin_session(participant, lease);
  };
  callbacks.refused = [this](ParticipantId participant, const std::string& owner) { forward(participant, owner); };
  callbacks.failed = [this](ParticipantId participant, const std::exception& error) {
    report_failed_lease(participant, error);
  };
  callbacks.lost = [this](ParticipantId participant) { abandon_session(participant); };
  callbacks.renewed = [this](MonotonicTime until, bool had_lapsed) { on_renewed(until, had_lapsed); };
  return callbacks;
}

void WorkerLane::start() {
  const auto receive = [this](Message message) { m_inbox.deliver(std::move(message)); };
  for (const char* shared : {"websocket.connect", "http.request"}) {
    m_subscriptions.push_back(m_layer.receive(ChannelName(m_environment.channel_prefix + shared), receive));
  }
  m_subscriptions.push_back(m_layer.receive(m_channel, receive));
  m_subscriptions.push_back(m_layer.receive(alive_channel(m_channel),
                                            [this](Message message) { m_alive_inbox.deliver(std::move(message)); }));
  m_leases.start();
  m_environment.leases_until = m_leases.until();
  tick();
}

void WorkerLane::stop(std::function<void()> done) {
  TELLINA_ASSERT_PROCESS(!m_stopped);
  m_is_stopping = true;
  m_subscriptions.clear();
  m_paused.clear();
  m_timer->cancel();
  m_leases.stop();
  m_stopped = std::move(done);
  if (m_sessions.empty()) return m_environment.loop.post(std::exchange(m_stopped, nullptr));
  std::vector<ParticipantId> all;
  for (const auto& [participant, owned] : m_sessions) all.push_back(participant);
  for (const ParticipantId participant : all) release_session(participant);
}

void WorkerLane::tick() {
  m_timer->start(m_environment.loop.clock().now() + limits::lease_renewal, [this] { tick(); });
  for (const std::string& id : m_connections.take_silent()) remove(id);
  m_connections.report_ends();
  m_leases.renew();
  std::erase_if(m_budgets, [now = m_environment.loop.clock().now()](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->is_full(now);
  });
  check_invariant();
}

void WorkerLane::handle_batch(std::span<Message> batch) {
  TELLINA_ASSERT_PROCESS(m_due.empty());
  if (batch.size() == 1) return handle(std::move(batch.front()));
  // All messages arrive before any of them starts, so that the ordering policy can choose among them.
  for (Message& message : batch) {
    WorkerConnection* connection = receiver_of(message);
    if (!connection) {
      handle(std::move(message));
    } else if (!postpone(message) && arrive(*connection, std::move(message)) && connection->mark_due()) {
      m_due.push_back(connection);
    }
  }
  for (WorkerConnection* connection : m_due) {
    connection->unmark_due();
    run_gate(*connection);
  }
  m_due.clear();
}

WorkerConnection* WorkerLane::receiver_of(const Message& message) const {
  if (message.kind == MessageKind::connect || message.kind == MessageKind::request) return nullptr;
  return m_connections.find(message.connection);
}

void WorkerLane::handle(Message message) {
  if (message.kind == MessageKind::request) return answer_request(message);
  if (postpone(message)) return;
  if (message.kind == MessageKind::connect) return open(std::move(message));
  if (WorkerConnection* connection = receiver_of(message)) {
    if (arrive(*connection, std::move(message))) run_gate(*connection);
    return;
  }
  if (message.kind == MessageKind::disconnect) m_connections.confirm_end(message.connection);
  m_connections.repeat_end(message.connection);
}

bool WorkerLane::postpone(Message& message) {
  if (m_environment.holds_leases() && m_postponed.empty()) return false;
  m_postponed.push_back(std::move(message));
  return true;
}

void WorkerLane::on_renewed(MonotonicTime until, bool had_lapsed) {
  TELLINA_ASSERT_PROCESS(until >= m_environment.leases_until);
  m_environment.leases_until = until;
  if (!had_lapsed) return;
  for (auto& [participant, owned] : m_sessions) {
    protect(participant, [&owned = owned] { owned.session->resume(); });
  }
  std::deque<Message> postponed;
  postponed.swap(m_postponed);
  for (Message& message : postponed) handle(std::move(message));
}

void WorkerLane::answer_request(const Message& request) {
  if (const char* fault = ChannelName::find_fault(request.reply_channel)) {
    m_message_log.warning(
        "reply channel",
        "ignored a request with a bad reply channel, " + quote_for_log(request.reply_channel) + ": " + fault,
        m_environment.loop.clock().now());
    return;
  }
  m_connections.note_request_of(without_alive(request.reply_channel));
  m_requests.answer(request.body, m_lifeline.guarded([this, id = request.connection,
                                                      channel = ChannelName(request.reply_channel)](Bytes answer) {
    // If this does not reach the gateway, the gateway itself answers its client with "busy".
    m_outbox.send(channel, Message(MessageKind::reply, id, 0, std::move(answer)));
  }));
}

template <typename Call>
void WorkerLane::guard(WorkerConnection& connection, Call call) {
  try {
    return call();
  } catch (const AssertionFailure& failure) {
    report_failure(connection.participant(), failure);
  } catch (const Error& error) {
    m_environment.fault_log->write(LogLevel::error, "connection " + std::to_string(static_cast<int>(error.code())),
                                   "connection " + connection.id() + " ended: " + error.what(),
                                   m_environment.loop.clock().now());
  }
  close_broken(connection);
}

void WorkerLane::close_broken(WorkerConnection& connection) {
  try {
    connection.close(close_code::internal_error, "internal");
  } catch (const AssertionFailure& failure) {
    m_environment.log.error("connection " + connection.id() + " cannot be closed: " + failure.what());
  }
}

bool WorkerLane::arrive(WorkerConnection& connection, Message message) {
  auto arrival = WorkerConnection::Arrival::repeated;
  guard(connection, [&] { arrival = connection.arrive(std::move(message)); });
  if (arrival == WorkerConnection::Arrival::after_gap) {
    m_message_log.warning("lost messages",
                          "messages of connection " + connection.id() + " were lost; the client sends them again",
                          m_environment.loop.clock().now());
    connection.close_after_loss();
  }
  return arrival == WorkerConnection::Arrival::in_order;
}

void WorkerLane::open(Message message) {
  if (m_is_stopping || m_connections.find(message.connection)) return;
  try {
    const std::string id = message.connection;
    if (!is_token(id)) throw Error(ErrorCode::bad_request, "expected a connection's id, got " + quote_for_log(id));
    auto ended = [this, id] { m_environment.loop.post(m_lifeline.guarded([this, id] { remove(id); })); };
    run_gate(m_connections.add(
        std::make_unique<WorkerConnection>(m_outbox, open_gate(), std::move(message), std::move(ended))));
  } catch (const Error& error) {
    m_message_log.warning("connect", std::string("refused a connection: ") + error.what(),
                          m_environment.loop.clock().now());
  }
}

std::unique_ptr<Gate> WorkerLane::open_gate() {
  auto gate = guard_plugin_call("ordering policy", [this] { return m_ordering.open_gate(); });
  if (!gate) throw Error(ErrorCode::internal, "ordering policy: open_gate() returned null");
  return gate;
}

void WorkerLane::run_gate(WorkerConnection& connection) {
  guard(connection, [&] {
    while (!connection.is_closed()) {
      if (must_wait(connection)) return;
      const std::optional<Message> message = connection.next();
      if (!message) return;
      // The connect finishes once a session is attached. Until then, the gate holds back all other messages.
      if (message->kind == MessageKind::connect) return attach_or_wait(connection);
      dispatch(connection, *message);
      connection.credit_frame(*message);
      connection.finish();
    }
  });
}

void WorkerLane::dispatch(WorkerConnection& connection, const Message& message) {
  ++m_messages;
  ParticipantSession* session = connection.session();
  if (!session) return;
  if (message.kind == MessageKind::data) {
    session->on_data(connection, message.body);
  } else if (message.kind == MessageKind::text) {
    session->on_text(connection, message.body);
  } else if (message.kind == MessageKind::disconnect) {
    connection.detach()->detach(connection, message.body);
    m_environment.loop.post(m_lifeline.guarded([this, id = connection.id()] { remove(id); }));
  }
}

bool WorkerLane::must_wait(WorkerConnection& connection) {
  ParticipantSession* session = connection.session();
  // What has come from an ended connection must not wait until after the frames of a newer one.
  if (!session || !connection.has_waiting() || connection.is_ending()) return false;
  const std::chrono::nanoseconds pause = session->pause();
  if (pause == std::chrono::nanoseconds::zero()) return false;
  continue_later(connection, pause);
  return true;
}

void WorkerLane::continue_later(const WorkerConnection& connection, std::chrono::nanoseconds pause) {
  const ParticipantId participant = connection.participant();
  Paused& paused = m_paused[participant];
  if (std::find(paused.connections.begin(), paused.connections.end(), connection.id()) == paused.connections.end()) {
    paused.connections.push_back(connection.id());
  }
  if (!paused.timer) paused.timer = m_environment.loop.make_timer();
  paused.timer->start(m_environment.loop.clock().now() + pause, [this, participant] { continue_paused(participant); });
}

void WorkerLane::continue_paused(ParticipantId participant) {
  const auto paused = m_paused.extract(participant);
  TELLINA_ASSERT_PROCESS(!paused.empty());
  // A new page comes before what an older one has sent: it may be the only one that still exists.
  for (const bool is_new : {true, false}) {
    for (const std::string& id : paused.mapped().connections) {
      WorkerConnection* connection = m_connections.find(id);
      if (!connection || connection->is_closed() || is_new_page(*connection) != is_new) continue;
      if (connection->is_entering())
        guard(*connection, [&] { attach_or_wait(*connection); });
      else
        run_gate(*connection);
    }
  }
}

bool WorkerLane::is_new_page(const WorkerConnection& connection) {
  const ParticipantSession* session = connection.session();
  return !session || !session->is_attached(connection);
}

bool WorkerLane::waits_behind_others(const WorkerConnection& connection) {
  const auto paused = m_paused.find(connection.participant());
  if (paused == m_paused.end()) return false;
  std::vector<std::string>& waiting = paused->second.connections;
  const bool has_older = std::any_of(waiting.begin(), waiting.end(), [&](const std::string& id) {
    const WorkerConnection* other = m_connections.find(id);
    return other && other != &connection && !other->is_closed() && is_new_page(*other);
  });
  if (has_older) waiting.push_back(connection.id());
  return has_older;
}

WorkBudget& WorkerLane::budget_of(ParticipantId participant) {
  std::shared_ptr<WorkBudget>& budget = m_budgets[participant];
  if (!budget) budget = std::make_shared<WorkBudget>(m_environment.loop.clock().now());
  return *budget;
}

void WorkerLane::attach_or_wait(WorkerConnection& connection) {
  // Before the welcome, a client sends a hello and nothing else.
  if (connection.is_ending())
    return m_environment.loop.post(m_lifeline.guarded([this, id = connection.id()] { remove(id); }));
  // Otherwise the hello of an older connection would later replace this one.
  if (waits_behind_others(connection)) return;
  const ParticipantId participant = connection.participant();
  WorkBudget& budget = budget_of(participant);
  const MonotonicTime now = m_environment.loop.clock().now();
  if (budget.is_overdrawn()) {
    const std::chrono::nanoseconds pause = budget.pause(now);
    if (pause > std::chrono::nanoseconds::zero()) return continue_later(connection, pause);
  }
  budget.spend(limits::recorded_frame_units, now);
  const auto owned = m_sessions.find(participant);
  if (owned != m_sessions.end() && !owned->second.is_releasing && !owned->second.session->has_failed()) {
    return attach(connection, *owned->second.session);
  }
  m_waiting[participant].push_back(connection.id());
  // If the session is about to end, erase_session() acquires the lease again.
  if (owned == m_sessions.end() && m_leases.is_free(participant)) m_leases.acquire(participant);
}

void WorkerLane::attach(WorkerConnection& connection, ParticipantSession& session) {
  guard(connection, [&] {
    connection.attach_to(session);
    session.attach(connection);
    connection.accept(m_channel);
    connection.finish();
  });
  run_gate(connection);
}

std::vector<WorkerConnection*> WorkerLane::take_waiting(ParticipantId participant) {
  std::vector<WorkerConnection*> connections;
  const auto waiting = m_waiting.extract(participant);
  if (waiting.empty()) return connections;
  for (const std::string& id : waiting.mapped()) {
    if (WorkerConnection* connection = m_connections.find(id)) connections.push_back(connection);
  }
  return connections;
}

void WorkerLane::close_waiting(ParticipantId participant, int code, const char* reason) {
  for (WorkerConnection* connection : take_waiting(participant)) connection->close(code, reason);
}

void WorkerLane::remove(const std::string& id) {
  WorkerConnection* connection = m_connections.find(id);
  if (!connection) return;
  if (ParticipantSession* session = connection->detach()) {
    protect(connection->participant(), [&] { session->detach(*connection, "the connection was closed"); });
  }
  m_connections.remove(id);
}

void WorkerLane::detach_all(ParticipantId participant) {
  m_connections.for_each([this, participant](WorkerConnection& connection) {
    if (connection.participant() == participant) connection.detach();
  });
}

void WorkerLane::begin_session(ParticipantId participant, const LeaseResult& lease) {
  if (m_is_stopping) {
    m_leases.end(participant);
    return close_waiting(participant, close_code::try_again_later, "the database does not answer");
  }
  if (lease.taken_over) {
    LogEvent event("taken_over");
    event.add_participant(participant);
    const int task = lease.progress.latest ? lease.progress.latest->task_number : 0;
    const std::vector<Task>& tasks = m_environment.study->tasks;
    if (task > 0 && static_cast<std::size_t>(task) <= tasks.size()) {
      event.add("task", tasks[static_cast<std::size_t>(task) - 1].id);
    }
    event.write(m_environment.log);
  }
  TELLINA_ASSERT_PROCESS(!m_sessions.contains(participant));
  ParticipantSession::Callbacks callbacks;
  callbacks.idle = [this, participant] { release_session(participant); };
  callbacks.lost = [this, participant] { abandon_session(participant); };
  std::unique_ptr<ParticipantSession> session;
  try {
    budget_of(participant);
    session = std::make_unique<ParticipantSession>(m_environment, lease, std::move(callbacks), m_budgets[participant]);
  } catch (const AssertionFailure& failure) {
    end_task_that_cannot_continue(m_environment, lease);
    return report_failed_session(participant, failure);
  }
  OwnedSession& owned = m_sessions[participant];
  owned.session = std::move(session);
  for (WorkerConnection* connection : take_waiting(participant)) {
    attach(*connection, *owned.session);
  }
  // All connections may have left while the lease was being acquired.
  if (owned.session->is_idle()) release_session(participant);
  check_invariant();
}

void WorkerLane::report_failed_lease(ParticipantId participant, const std::exception& error) {
  m_message_log.warning("lease", std::string("cannot acquire the lease of a session: ") + error.what(),
                        m_environment.loop.clock().now());
  close_waiting(participant, close_code::try_again_later, "the database does not answer");
}

void WorkerLane::forward(ParticipantId participant, const std::string& owner) {
  const std::vector<WorkerConnection*> waiting = take_waiting(participant);
  if (waiting.empty()) return;
  const ChannelName channel(m_environment.channel_prefix + "worker." + owner);
  for (WorkerConnection* connection : waiting) {
    if (connection->is_closed()) continue;
    if (m_outbox.send(channel, connection->connect()) == SendResult::accepted) {
      m_connections.forget(connection->id());
    } else {
      connection->close(close_code::try_again_later, "the worker that has this session does not answer");
    }
  }
}

void WorkerLane::release_session(ParticipantId participant) {
  const auto owned = m_sessions.find(participant);
  if (owned == m_sessions.end() || std::exchange(owned->second.is_releasing, true)) return;
  m_leases.begin_return(participant);
  protect(participant, [&] {
    owned->second.session->release(m_lifeline.guarded([this, participant] {
      detach_all(participant);
      erase_soon(participant);
    }));
  });
}

void WorkerLane::lose_access(ParticipantId participant) {
  const auto owned = m_sessions.find(participant);
  if (owned != m_sessions.end() && !owned->second.is_releasing) owned->second.session->lose_access();
}

void WorkerLane::abandon_session(ParticipantId participant) {
  const auto owned = m_sessions.find(participant);
  if (owned == m_sessions.end()) return;
  detach_all(participant);
  protect(participant, [&] { owned->second.session->abandon(); });
  erase_session(participant);
}

void WorkerLane::report_failure(ParticipantId participant, const AssertionFailure& failure) {
  const auto owned = m_sessions.find(participant);
  if (owned != m_sessions.end()) return owned->second.session->report_failure(failure);
  m_environment.log.error(participant_label(participant) + ", who has no session yet: " + failure.what());
}

void WorkerLane::report_failed_session(ParticipantId participant, const AssertionFailure& failure) {
  m_environment.log.error(participant_label(participant) + ": the session cannot begin: " + failure.what());
  for (WorkerConnection* connection : take_waiting(participant)) close_broken(*connection);
  m_leases.end(participant);
}

void WorkerLane::erase_soon(ParticipantId participant) {
  const ParticipantSession* session = m_sessions.at(participant).session.get();
  m_environment.loop.post(m_lifeline.guarded([this, participant, session] {
    const auto owned = m_sessions.find(participant);
    // The lease may have been lost and acquired again by now.
    if (owned != m_sessions.end() && owned->second.session.get() == session) erase_session(participant);
  }));
}

void WorkerLane::erase_session(ParticipantId participant) {
  const std::size_t erased = m_sessions.erase(participant);
  TELLINA_ASSERT_PROCESS(erased == 1);
  m_leases.end(participant);
  if (m_is_stopping && m_sessions.empty()) return std::exchange(m_stopped, nullptr)();
  if (m_waiting.contains(participant)) m_leases.acquire(participant);
  check_invariant();
}

template <typename Call>
void WorkerLane::protect(ParticipantId participant, Call call) {
  try {
    call();
  } catch (const AssertionFailure& failure) {
    report_failure(participant, failure);
  }
}

LaneCounts WorkerLane::counts() const {
  LaneCounts counts;
  counts.connections = m_connections.size();
  counts.sessions = m_sessions.size();
  counts.messages = m_messages;
  counts.overtakings = m_connections.overtakings();
  return counts;
}

void WorkerLane::check_invariant() const {
  m_connections.check_invariant();
  m_leases.check_invariant();
  TELLINA_ASSERT_PROCESS(m_environment.leases_until == m_leases.until());
  for (const auto& [participant, owned] : m_sessions) {
    TELLINA_ASSERT_PROCESS(owned.session);
    TELLINA_ASSERT_PROCESS(!m_leases.is_free(participant));
    TELLINA_ASSERT_PROCESS(owned.is_releasing || m_leases.is_held(participant));
  }
}

}  // namespace tellina
