#include "host/worker/worker_connection.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

#include "host/plugins/guard.hpp"

namespace tellina {
namespace {

constexpr const char* policy = "ordering policy";
/// Code and reason of a WebSocket's end, as in docs/protocol.md.
constexpr const char* lost_on_the_way = "4002 messages were lost on the way";

}  // namespace

SendResult Outbox::send(const ChannelName& channel, Message message) {
  ++m_depth;
  const SendResult result = m_layer.send(channel, std::move(message));
  --m_depth;
  return result;
}

WorkerConnection::WorkerConnection(Outbox& outbox, std::unique_ptr<Gate> gate, Message connect,
                                   std::function<void()> ended)
    : m_outbox(outbox),
      m_gate(std::move(gate)),
      m_connect(std::move(connect)),
      m_gateway(m_connect.reply_channel),
      m_ended(std::move(ended)),
      m_id(m_connect.connection),
      m_end(lost_on_the_way) {
  boost::system::error_code error;
  const auto body = boost::json::parse(boost::json::string_view(m_connect.body), error);
  const auto* object = error ? nullptr : body.if_object();
  const auto* participant = object ? object->if_contains("participant") : nullptr;
  if (!participant || !participant->is_int64()) {
    throw Error(ErrorCode::bad_request, "connect of " + m_id + ": expected {\"participant\": NUMBER}");
  }
  m_participant = participant->get_int64();
  if (const auto* address = object->if_contains("address"); address && address->is_string()) {
    m_address = boost::json::value_to<std::string>(*address);
  }
  guard_plugin_call(policy, [&] { m_gate->arrive(0, MessageKind::connect); });
  Message opening(MessageKind::connect, m_id, 0, {});
  m_parked.push_back(std::move(opening));
}

WorkerConnection::Arrival WorkerConnection::arrive(Message message) {
  if (message.sequence < m_expected) return Arrival::repeated;
  if (message.sequence > m_expected) return Arrival::after_a_loss;
  ++m_expected;
  guard_plugin_call(policy, [&] { m_gate->arrive(message.sequence, message.kind); });
  m_parked.push_back(std::move(message));
  return Arrival::in_order;
}

void WorkerConnection::finish(Sequence sequence) {
  guard_plugin_call(policy, [&] { m_gate->finish(sequence); });
}

std::optional<Message> WorkerConnection::next() {
  const std::optional<Sequence> sequence = guard_plugin_call(policy, [&] { return m_gate->next(); });
  if (!sequence) return std::nullopt;
  const auto found = std::find_if(m_parked.begin(), m_parked.end(),
                                  [&](const Message& message) { return message.sequence == *sequence; });
  if (found == m_parked.end()) {
    throw Error(ErrorCode::internal, std::string(policy) + ": started message " + std::to_string(*sequence) +
                                         " of connection " + m_id + ", which has not arrived");
  }
  Message message = std::move(*found);
  m_parked.erase(found);
  return message;
}

void WorkerConnection::accept(const ChannelName& owner) { send(MessageKind::accept, owner.text()); }

void WorkerConnection::close(int code, const std::string& reason) { close_with(std::to_string(code) + " " + reason); }

void WorkerConnection::close_after_loss() { close_with(lost_on_the_way); }

void WorkerConnection::close_with(std::string code_and_reason) {
  if (!m_is_closed || m_has_ended_unsaid) m_end = std::move(code_and_reason);
  if (m_is_closed) return;
  send(MessageKind::close, m_end);
  if (std::exchange(m_is_closed, true)) return;
  m_ended();
}

void WorkerConnection::send(MessageKind kind, Bytes body) {
  if (m_is_closed) return;
  if (m_outbox.send(m_gateway, Message(kind, m_id, m_sent++, std::move(body))) == SendResult::accepted) return;
  // A hole in what the page gets: it comes back with its offsets and is given the rest.
  m_is_closed = m_has_ended_unsaid = true;
  m_ended();
}

Message WorkerConnection::end_message() const { return Message(MessageKind::close, m_id, m_sent, m_end); }

}  // namespace tellina
