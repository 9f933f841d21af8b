#include "host/gateway/lane.hpp"

#include <algorithm>
#include <utility>

#include "host/gateway/websocket_connection.hpp"
#include "host/runtime/assertion.hpp"
#include "host/wire/connection_messages.hpp"

namespace tellina {

std::shared_ptr<Lane> GatewayState::lane_for(std::uint64_t affinity) const {
  if (layer.is_process_local()) return lanes[affinity % lanes.size()];
  return *std::min_element(lanes.begin(), lanes.end(), [](const auto& a, const auto& b) {
    return a->metrics().websocket_connections.value() < b->metrics().websocket_connections.value();
  });
}

namespace {

/// Keeps the lane alive while one of its tasks is in the inbox.
class QueuedTask {
 public:
  QueuedTask(std::shared_ptr<Lane> lane, const std::shared_ptr<WaitGroup>& group)
      : m_lane(std::move(lane)), m_active(group) {}

 private:
  const std::shared_ptr<Lane> m_lane;
  const WaitGroup::Token m_active;
};

}  // namespace

Lane::Lane(GatewayState& state, AsioLoop& loop, std::string channel)
    : m_state(state),
      m_loop(loop),
      m_channel(std::move(channel)),
      m_alive_channel(alive_channel(ChannelName(m_channel))),
      m_request_channel(state.config.channel_prefix + "http.request"),
      m_connect_channel(state.config.channel_prefix + "websocket.connect"),
      m_owner_timer(loop.make_timer()),
      m_inbox(
          loop, LoopInbox::Delivery::at_once,
          [this](std::span<Message> messages) {
            for (Message& message : messages) handle(std::move(message));
          },
          [this] { return std::make_shared<const QueuedTask>(shared_from_this(), m_state.active); }),
      m_alive_inbox(
          loop, LoopInbox::Delivery::at_once,
          [this](std::span<Message> messages) {
            for (const Message& message : messages) on_alive(message);
          },
          [this] { return std::make_shared<const QueuedTask>(shared_from_this(), m_state.active); }) {}

void Lane::open() {
  TELLINA_ASSERT_PROCESS(!m_subscription);
  m_subscription = m_state.layer.receive(ChannelName(m_channel), [lane = shared_from_this()](Message message) {
    lane->m_inbox.deliver(std::move(message));
  });
  m_alive_subscription = m_state.layer.receive(m_alive_channel, [lane = shared_from_this()](Message message) {
    lane->m_alive_inbox.deliver(std::move(message));
  });
}

void Lane::close() {
  m_subscription.reset();
  m_alive_subscription.reset();
}

void Lane::handle(Message message) {
  if (message.kind == MessageKind::reply) {
    auto reply = decode_reply(message.body);
    if (!reply) {
      m_state.log.error("gateway: cannot read a worker's reply: the worker may have another version");
      reply = WorkerReply(500, {});
    }
    finish_request(message.connection, *reply);
    return;
  }
  const auto found = m_connections.find(message.connection);
  if (found != m_connections.end()) {
    const auto connection = found->second;
    connection->receive(std::move(message));
  } else if (message.kind == MessageKind::accept) {
    refuse_late_accept(message);
  }
}

void Lane::refuse_late_accept(const Message& message) {
  const std::optional<ChannelName> owner = decode_accept(message.body);
  if (!owner) return;
  const ConnectionEnd end(close_code::abnormal, "left before it was accepted");
  m_state.layer.send(*owner, Message(MessageKind::disconnect, message.connection, 1, encode_end(end)));
}

void Lane::watch_owner(const ChannelName& owner) {
  const InvariantScope invariant(*this);
  const bool is_first = m_owners.empty();
  ++m_owners[owner].connections;
  if (is_first) m_owner_timer->start(m_state.clock.now() + limits().owner_interval, [this] { ask_owners(); });
}

void Lane::unwatch_owner(const ChannelName& owner) {
  const InvariantScope invariant(*this);
  const auto found = m_owners.find(owner);
  if (found != m_owners.end() && --found->second.connections == 0) m_owners.erase(found);
}

void Lane::ask_owners() {
  if (m_owners.empty() || m_stopping) return;
  m_owner_timer->start(m_state.clock.now() + limits().owner_interval, [this] { ask_owners(); });
  for (auto& [owner, state] : m_owners) {
    if (state.question.empty()) ask(owner, state);
  }
}

void Lane::ask(const ChannelName& owner, Owner& state) {
  state.question = random_token(m_state.random);
  if (!state.timer) state.timer = m_loop.make_timer();
  state.timer->start(m_state.clock.now() + limits().owner_timeout, [this, owner] {
    const ChannelName silent = owner;  // the end of its connections destroys the timer, and this task with it
    m_owners.at(silent).question.clear();
    lose_owner(silent);
  });
  Message message(MessageKind::request, state.question, 0, encode_request(WorkerRequest(WorkerRequest::Method::alive)));
  message.reply_channel = m_alive_channel.text();
  // If the layer refuses it, the owner cannot be reached: no answer comes, and the time runs out. The answer may come
  // before send() returns.
  if (m_state.layer.send(alive_channel(owner), std::move(message)) == SendResult::full) m_metrics.full_channels.add();
}

void Lane::on_alive(const Message& answer) {
  for (auto& [owner, state] : m_owners) {
    if (state.question.empty() || state.question != answer.connection) continue;
    state.question.clear();
    return state.timer->cancel();
  }
}

void Lane::lose_owner(const ChannelName& owner) {
  if (m_stopping || m_state.layer.is_process_local()) return;
  m_state.log.warning("gateway: " + owner.text() +
                      " does not answer: its connections are closed, and the clients reconnect");
  std::vector<std::shared_ptr<WebSocketConnection>> connections;
  for (const auto& [id, connection] : m_connections) {
    if (connection->is_owned_by(owner)) connections.push_back(connection);
  }
  for (const auto& connection : connections) connection->lose_owner();
}

void Lane::ask(const ChannelName& channel, const WorkerRequest& request, std::chrono::milliseconds timeout,
               Answer answer) {
  if (m_pending_requests.size() >= limits().requests_in_flight) return answer(busy_reply());
  const std::string id = random_token(m_state.random);
  Message message(MessageKind::request, id, 0, encode_request(request));
  message.reply_channel = m_channel;

  TELLINA_ASSERT_PROCESS(answer && !m_pending_requests.contains(id));
  PendingRequest& entry = m_pending_requests[id];
  entry.answer = std::move(answer);
  entry.timer = m_loop.make_timer();
  entry.timer->start(m_state.clock.now() + timeout, [this, id] { finish_request(id, busy_reply()); });
  const SendResult result = m_state.layer.send(channel, std::move(message));
  if (result == SendResult::accepted) return;
  if (result == SendResult::full) m_metrics.full_channels.add();
  finish_request(id, busy_reply());
}

void Lane::finish_request(const std::string& id, const WorkerReply& reply) {
  auto pending = m_pending_requests.extract(id);
  if (!pending.empty()) pending.mapped().answer(reply);
}

void Lane::remove(LaneMember* member) {
  unmark_closable(*member);
  m_members.erase(member);
}

void Lane::mark_closable(LaneMember& member) {
  unmark_closable(member);
  member.m_wait_entry = m_waiting.emplace(m_waiting.end(), &member, m_state.clock.now());
  m_longest_waiting_since = m_waiting.front().second;
  m_metrics.closable_connections.add(1);
}

void Lane::unmark_closable(LaneMember& member) {
  if (!member.m_wait_entry) return;
  m_waiting.erase(*member.m_wait_entry);
  member.m_wait_entry.reset();
  m_longest_waiting_since = m_waiting.empty() ? MonotonicTime::max() : m_waiting.front().second;
  m_metrics.closable_connections.add(-1);
}

void Lane::close_longest_waiting() {
  if (m_waiting.empty()) return;
  LaneMember& member = *m_waiting.front().first;
  unmark_closable(member);
  m_metrics.closed_for_others.add();
  member.close_now();
}

void Lane::add(const std::shared_ptr<LaneMember>& member) { m_members.emplace(member.get(), member); }

void Lane::route(const std::string& id, std::shared_ptr<WebSocketConnection> connection) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT_PROCESS(connection && !m_connections.contains(id));
  m_connections[id] = std::move(connection);
}

void Lane::check_invariant() const {
  TELLINA_ASSERT_PROCESS(m_pending_requests.size() <= limits().requests_in_flight);
  for (const auto& [owner, state] : m_owners) TELLINA_ASSERT_PROCESS(state.connections > 0);
}

std::vector<std::shared_ptr<LaneMember>> Lane::active_members() const {
  std::vector<std::shared_ptr<LaneMember>> members;
  for (const auto& [unused, member] : m_members) {
    if (auto active = member.lock()) members.push_back(std::move(active));
  }
  return members;
}

void Lane::stop_gracefully() {
  m_stopping = true;
  m_owner_timer->cancel();
  for (const auto& member : active_members()) member->close_gracefully();
}

void Lane::close_all_now() {
  while (!m_pending_requests.empty()) finish_request(std::string(m_pending_requests.begin()->first), busy_reply());
  for (const auto& member : active_members()) member->close_now();
}

}  // namespace tellina
