#include "host/worker/worker_connection.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/plugins/guard.hpp"
#include "host/runtime/assertion.hpp"
#include "host/wire/frame_units.hpp"

namespace tellina {
namespace {

constexpr const char* policy = "ordering policy";

bool is_data(const Message& message) { return message.kind == MessageKind::data; }

Bytes end_after_loss() { return encode_end(ConnectionEnd(close_code::lost, "messages were lost on the way")); }

}  // namespace

WorkerConnection::WorkerConnection(Outbox& outbox, std::unique_ptr<Gate> gate, Message connect,
                                   std::function<void()> ended)
    : m_outbox(outbox),
      m_gate(std::move(gate)),
      m_connect(std::move(connect)),
      m_gateway(m_connect.reply_channel),
      m_ended(std::move(ended)),
      m_id(m_connect.connection),
      m_end(end_after_loss()) {
  const std::optional<ConnectBody> body = decode_connect(m_connect.body);
  if (!body) throw Error(ErrorCode::bad_request, "connect of " + m_id + ": expected {\"participant\": NUMBER}");
  m_participant = body->participant;
  m_address = body->address;
  guard_plugin_call(policy, [&] { m_gate->arrive(0, MessageKind::connect); });
  m_waiting.emplace_back(MessageKind::connect, m_id, 0, Bytes());
  check_invariant();
}

WorkerConnection::Arrival WorkerConnection::arrive(Message message) {
  const InvariantScope scope(*this);
  const Arrival arrival = m_arrived.arrive(message.sequence);
  if (arrival != Arrival::in_order) return arrival;
  // The SDK promises to each gate every number once, in order and without holes, and one connect.
  TELLINA_ASSERT(message.kind != MessageKind::connect);
  TELLINA_ASSERT(message.sequence == m_gate_end);
  ++m_gate_end;
  guard_plugin_call(policy, [&] { m_gate->arrive(message.sequence, message.kind); });
  m_waiting.push_back(std::move(message));
  return Arrival::in_order;
}

std::optional<Message> WorkerConnection::next() {
  const InvariantScope scope(*this);
  if (is_entering()) return std::nullopt;  // the session does not have the connection yet
  TELLINA_ASSERT(!m_running);
  const std::optional<Sequence> sequence = guard_plugin_call(policy, [&] { return m_gate->next(); });
  if (!sequence) return std::nullopt;
  const auto found = std::find_if(m_waiting.begin(), m_waiting.end(),
                                  [&](const Message& message) { return message.sequence == *sequence; });
  // The SDK requires these of a gate. Otherwise the session would lose or reorder the participant's input.
  TELLINA_ASSERT(found != m_waiting.end() && "the ordering policy starts a message that waits");
  TELLINA_ASSERT((found == m_waiting.begin() || m_waiting.front().kind != MessageKind::connect) &&
                 "the ordering policy starts the connect first");
  TELLINA_ASSERT((found->kind != MessageKind::data || std::none_of(m_waiting.begin(), found, is_data)) &&
                 "the ordering policy starts data in the order in which it arrived");
  Message message = std::move(*found);
  m_waiting.erase(found);
  m_running = sequence;
  return message;
}

void WorkerConnection::finish() {
  const InvariantScope scope(*this);
  TELLINA_ASSERT(m_running);
  const Sequence finished = *std::exchange(m_running, std::nullopt);
  guard_plugin_call(policy, [&] { m_gate->finish(finished); });
}

void WorkerConnection::accept(const ChannelName& owner) { send(MessageKind::accept, encode_accept(owner)); }

void WorkerConnection::close(int code, const std::string& reason) {
  close_with(encode_end(ConnectionEnd(static_cast<std::uint16_t>(code), reason)));
}

void WorkerConnection::close_after_loss() { close_with(end_after_loss()); }

void WorkerConnection::close_with(std::string code_and_reason) {
  if (m_state == State::closed) return;
  m_end = std::move(code_and_reason);
  if (m_state == State::unreported) return;
  send(MessageKind::close, m_end);
  if (m_state == State::unreported) return;
  change_state(State::closed);
  m_ended();
}

void WorkerConnection::credit_frame(const Message& frame) {
  if (frame.kind != MessageKind::text && !is_data(frame)) return;
  m_uncredited_units += frame_units(frame.kind == MessageKind::text, frame.body.size());
  if (m_uncredited_units < limits::frame_credit) return;
  send(MessageKind::credit, encode_frame_credit(std::exchange(m_uncredited_units, 0)));
}

void WorkerConnection::send(MessageKind kind, Bytes body) {
  if (is_closed()) return;
  if (m_outbox.send(m_gateway, Message(kind, m_id, m_sent++, std::move(body))) == SendResult::accepted) return;
  // The client misses a message: it reconnects with its offsets and receives the missing data.
  change_state(State::unreported);
  m_ended();
}

void WorkerConnection::change_state(State next) {
  check_invariant();
  // Both other states are final: only an open connection can change.
  TELLINA_ASSERT(m_state == State::open);
  TELLINA_ASSERT(next != State::open);
  m_state = next;
  check_invariant();
}

Message WorkerConnection::end_message() const {
  TELLINA_ASSERT(is_closed());
  return Message(MessageKind::close, m_id, m_sent, m_end);
}

void WorkerConnection::attach_to(ParticipantSession& session) {
  const InvariantScope scope(*this);
  TELLINA_ASSERT(!m_session);
  TELLINA_ASSERT(is_entering());  // the connect finishes once the session has the connection
  m_session = &session;
}

ParticipantSession* WorkerConnection::detach() { return std::exchange(m_session, nullptr); }

bool WorkerConnection::mark_due() { return !std::exchange(m_is_due, true); }

void WorkerConnection::unmark_due() {
  TELLINA_ASSERT(m_is_due);
  m_is_due = false;
}

void WorkerConnection::check_invariant() const {
  TELLINA_ASSERT(m_gate);
  TELLINA_ASSERT(m_gate_end > 0);
  TELLINA_ASSERT(m_gate_end <= m_arrived.expected());
  TELLINA_ASSERT(m_waiting.size() + m_running.has_value() <= m_gate_end);
  TELLINA_ASSERT(m_waiting.empty() || m_waiting.back().sequence < m_gate_end);
  TELLINA_ASSERT(!m_running || *m_running < m_gate_end);
  TELLINA_ASSERT(m_state != State::closed || m_sent > 0);
  TELLINA_ASSERT(!m_end.empty());
  TELLINA_ASSERT(m_uncredited_units < limits::frame_credit);
}

}  // namespace tellina
