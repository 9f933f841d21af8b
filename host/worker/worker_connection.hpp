#pragma once

/// A worker's end of one WebSocket: its gate, what waits there, and the way back to its gateway.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/session/client_connection.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina {

class ParticipantSession;

/// A lane's way out, which knows while it is being used: a layer may call receivers inside send(), and what they bring
/// about (a gateway that ends a connection, or forwards what it held) must not run under the feet of the sender.
///
/// Threads: the loop's.
class Outbox {
 public:
  explicit Outbox(ChannelLayer& layer) : m_layer(layer) {}
  SendResult send(const ChannelName& channel, Message message);
  bool is_sending() const { return m_depth > 0; }

 private:
  ChannelLayer& m_layer;
  int m_depth = 0;
};

/// Threads: the loop's.
class WorkerConnection final : public ClientConnection {
 public:
  /// `ended` is called once, when it was closed from here or the layer has not taken a message; it must not destroy the
  /// connection.
  WorkerConnection(Outbox& outbox, std::unique_ptr<Gate> gate, Message connect, std::function<void()> ended);

  // arrive(), next() and finish() throw Error where the policy fails; the connection is of no use then.

  enum class Arrival { in_order, repeated, after_a_loss };
  /// Parks a message until the gate lets it through. Layers are FIFO, so a jump in the numbers is a loss.
  Arrival arrive(Message message);
  /// The next message that may be handled now. The caller calls finish() with its number when it is.
  std::optional<Message> next();
  void finish(Sequence sequence);
  std::uint64_t overtakings() const { return m_gate->overtakings(); }

  /// Tells the gateway where the rest of the connection goes.
  void accept(const ChannelName& owner);

  void send_data(Bytes frame) override { send(MessageKind::data, std::move(frame)); }
  void send_text(std::string json) override { send(MessageKind::text, std::move(json)); }
  void credit(std::size_t bytes) override { send(MessageKind::credit, std::to_string(bytes)); }
  void close(int code, const std::string& reason) override;
  void close_after_loss();
  const std::string& address() const override { return m_address; }

  const std::string& id() const { return m_id; }
  const std::string& gateway() const { return m_gateway.text(); }
  const Message& connect() const { return m_connect; }
  std::int64_t participant() const { return m_participant; }
  bool is_closed() const { return m_is_closed; }
  /// The layer has not taken a message: the gateway does not know that the connection has ended, see end_message().
  bool has_ended_unsaid() const { return m_has_ended_unsaid; }
  /// What tells it.
  Message end_message() const;

  ParticipantSession* session = nullptr;  ///< once attached
  bool is_due = false;                    ///< the lane is going to run the gate

 private:
  void send(MessageKind kind, Bytes body);
  void close_with(std::string code_and_reason);

  Outbox& m_outbox;
  std::unique_ptr<Gate> m_gate;
  Message m_connect;
  ChannelName m_gateway;
  std::function<void()> m_ended;
  std::string m_id;
  std::string m_address;
  std::int64_t m_participant = 0;
  Sequence m_expected = 1;
  Sequence m_sent = 0;
  bool m_is_closed = false;
  bool m_has_ended_unsaid = false;
  std::string m_end;  ///< code and reason, for a gateway that has to be told again
  std::deque<Message> m_parked;
};

}  // namespace tellina
