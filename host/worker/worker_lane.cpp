#include "host/worker/worker_lane.hpp"

#include <algorithm>
#include <utility>

#include "host/plugins/guard.hpp"
#include "host/worker/http_requests.hpp"

namespace tellina {
namespace {

constexpr std::chrono::seconds tick_interval{1};
/// A gateway asks twice a second whether the owner of its connections is there.
constexpr std::chrono::seconds gateway_limit{5};
constexpr int close_message_lost = 4002;
constexpr int close_internal_error = 1011;
constexpr int close_try_again = 1013;

}  // namespace

WorkerLane::WorkerLane(SessionEnvironment environment, ChannelLayer& layer, OrderingPolicy& ordering, std::size_t index,
                       std::size_t count)
    : m_environment(std::move(environment)),
      m_layer(layer),
      m_outbox(layer),
      m_ordering(ordering),
      m_channel("worker." + m_environment.worker),
      m_index(index),
      m_count(count),
      m_timer(m_environment.loop.make_timer()) {}

WorkerLane::~WorkerLane() { m_subscriptions.clear(); }

void WorkerLane::start() {
  for (const char* shared : {"websocket.connect", "http.request"}) {
    m_subscriptions.push_back(
        m_layer.receive(ChannelName(shared), [this](Message message) { receive(std::move(message)); }));
  }
  m_subscriptions.push_back(m_layer.receive(m_channel, [this](Message message) { receive(std::move(message)); }));
  m_environment.leases_until = m_environment.loop.clock().now() + lease_duration;
  tick();
}

void WorkerLane::receive(Message message) {
  if (m_environment.loop.is_current() && !m_inbox_waits && !m_outbox.is_sending()) return handle(std::move(message));
  std::lock_guard lock(m_inbox_mutex);
  m_inbox.push_back(std::move(message));
  if (m_inbox_waits.exchange(true)) return;
  m_environment.loop.post(guarded([this] { drain_inbox(); }));
}

void WorkerLane::drain_inbox() {
  for (;;) {
    Message message;
    {
      std::lock_guard lock(m_inbox_mutex);
      if (m_inbox.empty()) {
        m_inbox_waits = false;
        return;
      }
      message = std::move(m_inbox.front());
      m_inbox.pop_front();
    }
    handle(std::move(message));
  }
}

void WorkerLane::handle(Message message) {
  if (message.kind == MessageKind::request) return answer_request(message);
  // A worker that was stopped finds here what its pages have long sent to another.
  if (!m_environment.holds_leases() || !m_held.empty()) return m_held.push_back(std::move(message));
  if (message.kind == MessageKind::connect) return open(std::move(message));
  const auto found = m_connections.find(message.connection);
  if (found == m_connections.end()) return;
  WorkerConnection& connection = *found->second;
  try {
    arrive(connection, std::move(message));
  } catch (const Error& error) {
    fail(connection, error);
  }
}

void WorkerLane::handle_held() {
  std::deque<Message> held;
  held.swap(m_held);
  for (Message& message : held) handle(std::move(message));
}

void WorkerLane::answer_request(const Message& request) {
  if (const char* fault = ChannelName::find_fault(request.reply_channel)) {
    m_environment.log.error("request " + request.connection + ": reply channel \"" + request.reply_channel +
                            "\": " + fault);
    return;
  }
  if (const auto heard = m_heard.find(request.reply_channel); heard != m_heard.end()) {
    heard->second = m_environment.loop.clock().now();
  }
  answer_http_request(m_environment, request.body,
                      guarded([this, id = request.connection, channel = request.reply_channel](Bytes answer) {
                        const Message reply(MessageKind::reply, id, 0, std::move(answer));
                        // A gateway that has gone, or is full, answers its client "busy" by itself.
                        m_outbox.send(ChannelName(channel), reply);
                      }));
}

void WorkerLane::fail(WorkerConnection& connection, const Error& error) {
  m_environment.log.error("connection " + connection.id() + " is ended: " + error.what());
  connection.close(close_internal_error, "internal");
}

void WorkerLane::arrive(WorkerConnection& connection, Message message) {
  switch (connection.arrive(std::move(message))) {
    case WorkerConnection::Arrival::repeated:
      return;
    case WorkerConnection::Arrival::after_a_loss:
      m_environment.log.warning("messages of connection " + connection.id() +
                                " were lost on the way; the page resends");
      return connection.close(close_message_lost, "messages were lost on the way");
    case WorkerConnection::Arrival::in_order:
      return run_gate(connection);
  }
}

void WorkerLane::open(Message message) {
  if (m_stopping || m_connections.contains(message.connection)) return;
  try {
    const std::string id = message.connection;
    auto connection = std::make_unique<WorkerConnection>(m_outbox, open_gate(), std::move(message), [this, id] {
      m_environment.loop.post(guarded([this, id] { forget(id); }));
    });
    WorkerConnection& opened = *connection;
    if (!m_layer.is_process_local()) m_heard[opened.gateway()] = m_environment.loop.clock().now();
    m_connections.emplace(id, std::move(connection));
    run_gate(opened);
  } catch (const Error& error) {
    m_environment.log.error(std::string("a connection was refused: ") + error.what());
  }
}

std::unique_ptr<Gate> WorkerLane::open_gate() {
  auto gate = guard_plugin_call("ordering policy", [this] { return m_ordering.open_gate(); });
  if (!gate) throw Error(ErrorCode::internal, "ordering policy: open_gate() returned null");
  return gate;
}

void WorkerLane::run_gate(WorkerConnection& connection) {
  while (!connection.is_closed()) {
    const std::optional<Message> message = connection.next();
    if (!message) return;
    if (message->kind == MessageKind::connect) {
      // Finished when it has been let in; until then the gate holds everything back.
      enter(connection);
      return;
    }
    dispatch(connection, *message);
    connection.finish(message->sequence);
  }
}

void WorkerLane::dispatch(WorkerConnection& connection, const Message& message) {
  if (!connection.session) return;
  if (message.kind == MessageKind::data) {
    connection.session->on_data(connection, message.body);
  } else if (message.kind == MessageKind::text) {
    connection.session->on_text(connection, message.body);
  } else if (message.kind == MessageKind::disconnect) {
    std::exchange(connection.session, nullptr)->detach(connection, message.body);
    m_environment.loop.post(guarded([this, id = connection.id()] { forget(id); }));
  }
}

void WorkerLane::enter(WorkerConnection& connection) {
  const auto owned = m_sessions.find(connection.participant());
  if (owned != m_sessions.end() && !owned->second.is_leaving) return let_in(connection, *owned->second.session);
  const auto [waiting, is_first] = m_entering.try_emplace(connection.participant());
  waiting->second.push_back(connection.id());
  // A session that is leaving acquires anew when it has gone.
  if (owned == m_sessions.end() && is_first) acquire(connection.participant());
}

void WorkerLane::let_in(WorkerConnection& connection, ParticipantSession& session) {
  connection.session = &session;
  session.attach(connection);
  connection.accept(m_channel);
  try {
    connection.finish(0);
    run_gate(connection);
  } catch (const Error& error) {
    fail(connection, error);
  }
}

void WorkerLane::acquire(ParticipantId participant) {
  m_entering.try_emplace(participant);
  const auto lease = std::make_shared<LeaseResult>();
  m_environment.store.submit(
      [lease, participant, worker = m_environment.worker, at = now()](StoreTransaction& transaction) {
        *lease = transaction.acquire_lease(participant, worker, at);
      },
      [this, &loop = m_environment.loop, lease, participant, alive = std::weak_ptr(m_alive)](std::exception_ptr error) {
        loop.post([this, lease, participant, alive, error] {
          if (!alive.expired()) on_lease(participant, *lease, error);
        });
      });
}

void WorkerLane::on_lease(ParticipantId participant, const LeaseResult& lease, const std::exception_ptr& error) {
  const std::vector<std::string> waiting = std::move(m_entering[participant]);
  m_entering.erase(participant);
  if (error || m_stopping) {
    if (error) complain(error);
    for (const std::string& id : waiting) {
      if (const auto found = m_connections.find(id); found != m_connections.end()) {
        found->second->close(close_try_again, "the database does not answer");
      }
    }
    return;
  }
  if (!lease.acquired) return forward(waiting, lease.owner);
  if (lease.taken_over) {
    m_environment.log.info("the task of participant " + lease.progress.access_code + " goes on after an interruption");
  }
  ParticipantSession::Callbacks callbacks;
  callbacks.idle = [this, participant] { leave(participant); };
  callbacks.lost = [this, participant] { lose(participant); };
  Owned& owned = m_sessions[participant];
  owned.session = std::make_unique<ParticipantSession>(m_environment, lease, std::move(callbacks));
  for (const std::string& id : waiting) {
    if (const auto found = m_connections.find(id); found != m_connections.end()) let_in(*found->second, *owned.session);
  }
  // Nobody may have waited for as long as it took.
  if (owned.session->is_idle()) leave(participant);
}

void WorkerLane::complain(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& failure) {
    m_environment.log.error(std::string("a session could not be taken: ") + failure.what());
  }
}

void WorkerLane::forward(const std::vector<std::string>& connections, const std::string& owner) {
  for (const std::string& id : connections) {
    const auto found = m_connections.find(id);
    if (found == m_connections.end()) continue;
    if (m_outbox.send(ChannelName("worker." + owner), found->second->connect()) == SendResult::accepted) {
      m_connections.erase(found);
    } else {
      found->second->close(close_try_again, "the worker that has this session does not answer");
    }
  }
}

void WorkerLane::leave(ParticipantId participant) {
  const auto owned = m_sessions.find(participant);
  if (owned == m_sessions.end() || std::exchange(owned->second.is_leaving, true)) return;
  owned->second.session->release(guarded([this, participant] {
    for (auto& [id, connection] : m_connections) {
      if (connection->participant() == participant) connection->session = nullptr;
    }
    // The session called this: it goes on the loop's next turn.
    m_environment.loop.post(guarded([this, participant] {
      m_sessions.erase(participant);
      if (m_stopping && m_sessions.empty()) return std::exchange(m_stopped, [] {})();
      if (m_entering.contains(participant)) acquire(participant);
    }));
  }));
}

void WorkerLane::lose(ParticipantId participant) {
  const auto owned = m_sessions.find(participant);
  if (owned == m_sessions.end()) return;
  for (auto& [id, connection] : m_connections) {
    if (connection->session == owned->second.session.get()) connection->session = nullptr;
  }
  owned->second.session->abandon();
  m_sessions.erase(owned);
  if (m_stopping && m_sessions.empty()) return std::exchange(m_stopped, [] {})();
  if (m_entering.contains(participant)) acquire(participant);
}

void WorkerLane::forget(const std::string& connection) {
  const auto found = m_connections.find(connection);
  if (found == m_connections.end()) return;
  if (ParticipantSession* session = found->second->session)
    session->detach(*found->second, "the connection was closed");
  m_overtakings += found->second->overtakings();
  m_connections.erase(found);
}

void WorkerLane::detach_lost_gateways() {
  const MonotonicTime oldest = m_environment.loop.clock().now() - gateway_limit;
  for (auto gateway = m_heard.begin(); gateway != m_heard.end();) {
    if (gateway->second >= oldest) {
      ++gateway;
      continue;
    }
    std::vector<std::string> lost;
    for (const auto& [id, connection] : m_connections) {
      if (connection->gateway() == gateway->first) lost.push_back(id);
    }
    for (const std::string& id : lost) forget(id);
    gateway = m_heard.erase(gateway);
  }
}

void WorkerLane::tick() {
  m_timer->start(m_environment.loop.clock().now() + tick_interval, [this] { tick(); });
  detach_lost_gateways();
  if (std::exchange(m_tick_under_way, true)) return;
  struct Found {
    std::vector<ParticipantId> held;
    std::vector<ParticipantId> orphans;
    std::vector<std::string> dead;
    std::vector<SandboxId> in_use;
  };
  const auto found = std::make_shared<Found>();
  std::vector<ParticipantId> asked;
  for (const auto& [participant, owned] : m_sessions) {
    if (!owned.is_leaving) asked.push_back(participant);
  }
  const Moment at = now();
  m_environment.store.submit(
      [found, worker = m_environment.worker, at](StoreTransaction& transaction) {
        found->dead = transaction.retire_dead_workers(at);
        if (!found->dead.empty()) found->in_use = transaction.find_sandboxes_in_use();
        found->held = transaction.renew_leases(worker, at);
        found->orphans = transaction.find_orphans(at);
      },
      [this, found, asked, at, &loop = m_environment.loop, alive = std::weak_ptr(m_alive)](std::exception_ptr error) {
        loop.post([this, found, asked, at, alive, error] {
          if (alive.expired()) return;
          m_tick_under_way = false;
          if (error) return;
          on_tick(asked, found->held, found->orphans, found->dead, found->in_use);
          extend_leases(at.monotonic);
        });
      });
}

void WorkerLane::on_tick(const std::vector<ParticipantId>& asked, const std::vector<ParticipantId>& held,
                         const std::vector<ParticipantId>& orphans, const std::vector<std::string>& dead,
                         const std::vector<SandboxId>& keep) {
  for (const ParticipantId participant : asked) {
    if (std::find(held.begin(), held.end(), participant) == held.end()) lose(participant);
  }
  for (const std::string& owner : dead) {
    m_environment.pool.submit(BlockingPool::Use::other, [&environment = m_environment, owner, keep] {
      try {
        guard_plugin_call("sandbox \"" + environment.sandbox_plugin + "\"",
                          [&] { return environment.sandboxes.sweep(owner, keep); });
      } catch (const Error& error) {
        environment.log.error("what worker " + owner + " left could not be removed: " + error.what());
      }
    });
  }
  if (m_stopping) return;
  for (const ParticipantId participant : orphans) {
    const bool ours = static_cast<std::size_t>(participant) % m_count == m_index;
    if (ours && !m_sessions.contains(participant) && !m_entering.contains(participant)) acquire(participant);
  }
  // Ours, and no session for it: one that the store refused. Its clock must go on.
  for (const ParticipantId participant : held) {
    if (!m_sessions.contains(participant) && !m_entering.contains(participant)) acquire(participant);
  }
}

void WorkerLane::extend_leases(MonotonicTime renewed) {
  const bool had_lapsed = !m_environment.holds_leases();
  m_environment.leases_until = renewed + lease_duration;
  if (!had_lapsed) return;
  for (const auto& [participant, owned] : m_sessions) owned.session->resume();
  handle_held();
}

void WorkerLane::stop(std::function<void()> done) {
  m_stopping = true;
  m_subscriptions.clear();
  m_timer->cancel();
  m_stopped = std::move(done);
  if (m_sessions.empty()) return m_environment.loop.post(std::exchange(m_stopped, [] {}));
  std::vector<ParticipantId> all;
  for (const auto& [participant, owned] : m_sessions) all.push_back(participant);
  for (const ParticipantId participant : all) leave(participant);
}

}  // namespace tellina
