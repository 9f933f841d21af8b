#include "host/worker/worker_lane.hpp"

#include <algorithm>
#include <utility>

#include "host/plugins/guard.hpp"
#include "host/worker/http_requests.hpp"

namespace tellina {
namespace {

/// A gateway asks twice a second whether the owner of its connections is there.
constexpr std::chrono::seconds gateway_limit{5};
/// A gateway that cannot be reached for so long has closed the connection, or is gone.
constexpr std::chrono::seconds end_limit{60};

}  // namespace

WorkerLane::WorkerLane(SessionEnvironment environment, ChannelLayer& layer, OrderingPolicy& ordering, std::size_t index,
                       std::size_t count)
    : m_environment(std::move(environment)),
      m_layer(layer),
      m_outbox(layer),
      m_ordering(ordering),
      m_channel(m_environment.channel_prefix + "worker." + m_environment.worker),
      m_index(index),
      m_count(count),
      m_sweeper(std::make_shared<Sweeper>(m_environment.sandboxes, m_environment.sandbox_plugin, m_environment.log)),
      m_timer(m_environment.loop.make_timer()) {}

WorkerLane::~WorkerLane() { m_subscriptions.clear(); }

void WorkerLane::start() {
  for (const char* shared : {"websocket.connect", "http.request"}) {
    m_subscriptions.push_back(m_layer.receive(ChannelName(m_environment.channel_prefix + shared),
                                              [this](Message message) { receive(std::move(message)); }));
  }
  m_subscriptions.push_back(m_layer.receive(m_channel, [this](Message message) { receive(std::move(message)); }));
  m_environment.leases_until = m_environment.loop.clock().now() + lease_duration;
  tick();
}

void WorkerLane::receive(Message message) {
  // One that another process sent may be the first of many, among which the ordering policy is to choose.
  if (m_layer.is_process_local() && m_environment.loop.is_current() && !m_inbox_waits && !m_outbox.is_sending()) {
    return handle(std::move(message));
  }
  {
    std::lock_guard lock(m_inbox_mutex);
    m_inbox.push_back(std::move(message));
    if (m_inbox_waits.exchange(true)) return;
  }
  m_environment.loop.post(guarded([this] { drain_inbox(); }));
}

void WorkerLane::drain_inbox() {
  {
    std::lock_guard lock(m_inbox_mutex);
    m_batch.swap(m_inbox);
  }
  // All that has come arrives before any of it starts: the ordering policy is to choose among it.
  for (Message& message : m_batch) {
    WorkerConnection* connection = receiver_of(message);
    if (!connection) {
      handle(std::move(message));
    } else if (!hold(message) && arrive(*connection, std::move(message)) && !std::exchange(connection->is_due, true)) {
      m_due.push_back(connection);
    }
  }
  m_batch.clear();
  for (WorkerConnection* connection : m_due) {
    connection->is_due = false;
    start_waiting(*connection);
  }
  m_due.clear();
  {
    std::lock_guard lock(m_inbox_mutex);
    m_inbox_waits = !m_inbox.empty();
    if (!m_inbox_waits) return;
  }
  m_environment.loop.post(guarded([this] { drain_inbox(); }));
}

WorkerConnection* WorkerLane::receiver_of(const Message& message) {
  if (message.kind == MessageKind::connect || message.kind == MessageKind::request) return nullptr;
  const auto found = m_connections.find(message.connection);
  return found == m_connections.end() ? nullptr : found->second.get();
}

void WorkerLane::handle(Message message) {
  if (message.kind == MessageKind::request) return answer_request(message);
  if (hold(message)) return;
  if (message.kind == MessageKind::connect) return open(std::move(message));
  WorkerConnection* connection = receiver_of(message);
  if (!connection) {
    if (message.kind == MessageKind::disconnect) m_ends.erase(message.connection);
    say_end(message.connection);
  } else if (arrive(*connection, std::move(message))) {
    start_waiting(*connection);
  }
}

bool WorkerLane::hold(Message& message) {
  if (m_environment.holds_leases() && m_held.empty()) return false;
  m_held.push_back(std::move(message));
  return true;
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
  answer_http_request(
      m_environment, request.body, [this] { return describe(); },
      guarded([this, id = request.connection, channel = request.reply_channel](Bytes answer) {
        const Message reply(MessageKind::reply, id, 0, std::move(answer));
        // A gateway that has gone, or is full, answers its client "busy" by itself.
        m_outbox.send(ChannelName(channel), reply);
      }));
}

void WorkerLane::fail(WorkerConnection& connection, const Error& error) {
  m_environment.log.error("connection " + connection.id() + " is ended: " + error.what());
  connection.close(close_code::internal_error, "internal");
}

bool WorkerLane::arrive(WorkerConnection& connection, Message message) {
  try {
    switch (connection.arrive(std::move(message))) {
      case WorkerConnection::Arrival::repeated:
        return false;
      case WorkerConnection::Arrival::after_a_loss:
        m_environment.log.warning("messages of connection " + connection.id() +
                                  " were lost on the way; the page resends");
        connection.close_after_loss();
        return false;
      case WorkerConnection::Arrival::in_order:
        return true;
    }
  } catch (const Error& error) {
    fail(connection, error);
  }
  return false;
}

void WorkerLane::start_waiting(WorkerConnection& connection) {
  try {
    run_gate(connection);
  } catch (const Error& error) {
    fail(connection, error);
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
  ++m_messages;
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
  } catch (const Error& error) {
    return fail(connection, error);
  }
  start_waiting(connection);
}

void WorkerLane::forget(const std::string& connection) {
  const auto found = m_connections.find(connection);
  if (found == m_connections.end()) return;
  if (ParticipantSession* session = found->second->session)
    session->detach(*found->second, "the connection was closed");
  m_overtakings += found->second->overtakings();
  const bool is_unsaid = found->second->has_ended_unsaid();
  if (is_unsaid || (found->second->is_closed() && !m_layer.is_process_local())) {
    m_ends.emplace(connection, End{ChannelName(found->second->gateway()), found->second->end_message(),
                                   m_environment.loop.clock().now(), !is_unsaid});
  }
  m_connections.erase(found);
}

void WorkerLane::say_end(const std::string& connection) {
  const auto found = m_ends.find(connection);
  if (found == m_ends.end()) return;
  End& end = found->second;
  if (m_outbox.send(end.gateway, end.message) == SendResult::accepted) end.is_said = true;
}

void WorkerLane::say_unsaid_ends() {
  const MonotonicTime oldest = m_environment.loop.clock().now() - end_limit;
  std::erase_if(m_ends, [oldest](const auto& end) { return end.second.since < oldest; });
  std::vector<std::string> unsaid;
  for (const auto& [id, end] : m_ends) {
    if (!end.is_said) unsaid.push_back(id);
  }
  for (const std::string& id : unsaid) say_end(id);
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

}  // namespace tellina
