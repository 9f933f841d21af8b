#pragma once

/// A worker's end of one WebSocket: its gate, what waits there, and the way back to its gateway.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/session/client_connection.hpp"
#include "host/wire/connection_messages.hpp"
#include "host/worker/outbox.hpp"
#include "tellina/message.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina {

class ParticipantSession;

/// Threads: the loop's.
///
/// Its functions throw AssertionFailure where its state is broken; the caller ends the session then.
class WorkerConnection final : public ClientConnection {
 public:
  /// `connect` is message 0, which waits at the gate from the beginning. `ended` is called once, when the connection
  /// was closed from here or the layer has refused a message; it must not destroy the connection. Throws
  /// Error(bad_request) for a connect that is not as agreed.
  WorkerConnection(Outbox& outbox, std::unique_ptr<Gate> gate, Message connect, std::function<void()> ended);

  // arrive(), next() and finish() throw Error where the policy fails; the connection is of no use then.

  using Arrival = SequenceCheck::Arrival;
  /// Passes numbers to the gate in order, each once and without holes.
  Arrival arrive(Message message);
  /// Returns the next message that may be handled now, or nothing. Each one is finished before the next is asked for.
  std::optional<Message> next();
  /// The message that next() returned has been handled.
  void finish();
  std::uint64_t overtakings() const { return m_gate->overtakings(); }

  /// Tells the gateway where the rest of the connection goes.
  void accept(const ChannelName& owner);

  void send_data(Bytes frame) override { send(MessageKind::data, std::move(frame)); }
  void send_text(std::string json) override { send(MessageKind::text, std::move(json)); }
  void credit(std::size_t bytes) override { send(MessageKind::credit, encode_credit(bytes)); }
  void close(int code, const std::string& reason) override;
  void close_after_loss();
  const std::string& address() const override { return m_address; }

  const std::string& id() const { return m_id; }
  const ChannelName& gateway() const { return m_gateway; }
  const Message& connect() const { return m_connect; }
  std::int64_t participant() const { return m_participant; }
  bool is_closed() const { return m_state != State::open; }
  /// The layer has refused a message: the gateway does not know that the connection has ended.
  bool has_unreported_end() const { return m_state == State::unreported; }
  /// The message that reports the end of a closed connection to its gateway, for the first time or again.
  Message end_message() const;

  /// Absent until it is attached, and again once the session or the gateway has left.
  ParticipantSession* session() const { return m_session; }
  void attach_to(ParticipantSession& session);
  ParticipantSession* detach();

  /// Returns true for the first of several calls until the mark is taken off: the lane is going to run the gate.
  bool mark_due();
  void unmark_due();

  void check_invariant() const;

 private:
  enum class State : std::uint8_t {
    open,
    closed,     ///< the layer has taken the message that ends the connection
    unreported  ///< the layer has refused a message; nothing more is sent on this connection
  };

  void change_state(State next);
  void send(MessageKind kind, Bytes body);
  void close_with(std::string code_and_reason);

  Outbox& m_outbox;
  const std::unique_ptr<Gate> m_gate;
  const Message m_connect;
  const ChannelName m_gateway;
  const std::function<void()> m_ended;
  const std::string m_id;
  std::string m_address;
  std::int64_t m_participant = 0;
  ParticipantSession* m_session = nullptr;
  State m_state = State::open;
  bool m_is_due = false;
  SequenceCheck m_arrived{1};         ///< the connect, message 0, is there from the beginning
  Sequence m_gate_end = 1;            ///< every lower number has been passed to the gate
  std::deque<Message> m_waiting;      ///< at the gate, in order
  std::optional<Sequence> m_running;  ///< what next() has returned and finish() has not been called for
  Sequence m_sent = 0;
  std::string m_end;  ///< code and reason, once it is closed; before, those of a loss
};

}  // namespace tellina
