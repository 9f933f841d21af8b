#pragma once

/// A worker's end of one WebSocket: its gate, the messages that wait there, and the channel back to its gateway.

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
/// Functions throw AssertionFailure if the state is broken. The caller then ends the session.
class WorkerConnection final : public ClientConnection {
 public:
  /// `connect` is message 0, which waits at the gate from the beginning. `ended` is called once: when the connection is
  /// closed here, or when the layer refuses a message. It must not destroy the connection. Throws Error(bad_request)
  /// for a malformed connect.
  WorkerConnection(Outbox& outbox, std::unique_ptr<Gate> gate, Message connect, std::function<void()> ended);

  // arrive(), next() and finish() throw Error if the policy fails, and AssertionFailure if it breaks its
  // contract. The connection is unusable after that.

  using Arrival = SequenceCheck::Arrival;
  /// Passes each number to the gate once, in order and without holes.
  Arrival arrive(Message message);
  /// Returns the next message that may be handled now, or nothing. Call finish() for it before the next call.
  std::optional<Message> next();
  /// The message that next() returned has been handled.
  void finish();
  std::uint64_t overtakings() const { return m_gate->overtakings(); }

  /// Tells the gateway which channel receives the connection's further messages.
  void accept(const ChannelName& owner);

  void send_data(Bytes frame) override { send(MessageKind::data, std::move(frame)); }
  void send_text(std::string json) override { send(MessageKind::text, std::move(json)); }
  void credit(std::size_t bytes) override { send(MessageKind::credit, encode_credit(bytes)); }
  /// A frame has been handled. The gateway gets the credit for it together with that for others.
  void credit_frame(const Message& frame);
  void close(int code, const std::string& reason) override;
  void close_after_loss();
  const std::string& address() const override { return m_address; }

  const std::string& id() const { return m_id; }
  const ChannelName& gateway() const { return m_gateway; }
  const Message& connect() const { return m_connect; }
  std::int64_t participant() const { return m_participant; }
  /// Whether the gate has messages.
  bool has_waiting() const { return !m_waiting.empty(); }
  /// The gateway has reported the end. Nothing comes after it, and messages before it may still wait at the gate.
  bool is_ending() const { return !m_waiting.empty() && m_waiting.back().kind == MessageKind::disconnect; }
  /// The connect has started, and the session does not have the connection yet.
  bool is_entering() const { return m_running == Sequence{0}; }
  bool is_closed() const { return m_state != State::open; }
  /// The layer refused a message, so the gateway does not know that the connection has ended.
  bool has_unreported_end() const { return m_state == State::unreported; }
  /// The message that reports the end of a closed connection to its gateway. It may be sent more than once.
  Message end_message() const;

  /// Absent until the session is attached, and again once the session or the gateway is gone.
  ParticipantSession* session() const { return m_session; }
  void attach_to(ParticipantSession& session);
  ParticipantSession* detach();

  /// Marks the connection as one whose gate the lane will run. Returns false if it is already marked.
  bool mark_due();
  void unmark_due();

  void check_invariant() const;

 private:
  enum class State : std::uint8_t {
    open,
    closed,     ///< the layer has accepted the message that ends the connection
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
  SequenceCheck m_arrived{1};         ///< message 0, the connect, has arrived
  Sequence m_gate_end = 1;            ///< every lower number has been passed to the gate
  std::deque<Message> m_waiting;      ///< at the gate, in order
  std::optional<Sequence> m_running;  ///< returned by next(), while finish() has not been called
  Sequence m_sent = 0;
  std::size_t m_uncredited_units = 0;  ///< see frame_units()
  std::string m_end;                   ///< code and reason once it is closed; before, those for a loss
};

}  // namespace tellina
