#pragma once

/// Carries one participant's frames between a socket and the worker that owns the connection.

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "host/gateway/client_socket.hpp"
#include "host/gateway/lane.hpp"
#include "host/gateway/sockets.hpp"
#include "host/limits.hpp"
#include "host/wire/connection_messages.hpp"
#include "host/wire/credit_window.hpp"

namespace tellina {

/// An authorized upgrade request while it moves from the loop that read it to the loop that will own the connection.
/// The socket belongs to neither loop.
class UpgradedSocket {
 public:
  UpgradedSocket(DetachedSocket socket_, ConnectionLimit::Slot slot_, ConnectionLimit::Slot participant_slot_,
                 WaitGroup::Token active_)
      : socket(std::move(socket_)),
        slot(std::move(slot_)),
        participant_slot(std::move(participant_slot_)),
        active(std::move(active_)) {}

  DetachedSocket socket;
  TlsSession session;  ///< null for plain text
  ConnectionLimit::Slot slot;
  ConnectionLimit::Slot participant_slot;
  WaitGroup::Token active;
  std::string handshake;  ///< the header lines that the handshake needs, and the bytes read after it
  bool offers_protocol = false;
  std::int64_t participant = 0;
  std::string address;  ///< of the client, for the record
};

/// States: handshaking -> connecting (waits for a worker) -> open (a worker has accepted) -> closing -> ended.
///
/// Frames go to the owner one at a time, in the order read. At most `limits::input_window` bytes of them and
/// `limits::frame_window` units of frames are uncredited. While a frame has to wait, the connection reads nothing.
/// Frames from the owner are written in the order received.
/// Threads: the lane's loop. receive() may be called while a send is in progress.
/// Lifetime: pending operations and the lane's table keep it alive.
class WebSocketConnection final : public LaneMember {
 public:
  WebSocketConnection(std::shared_ptr<Lane> lane, UpgradedSocket& upgraded);
  ~WebSocketConnection() override;

  void start();
  /// A message from a worker.
  void receive(Message message);
  bool is_owned_by(const ChannelName& owner) const { return m_owner == owner; }
  /// The owner is gone or does not answer, so the client has to reconnect.
  void lose_owner();
  void close_gracefully() override;
  void close_now() override;

  void check_invariant() const;

 private:
  enum class State { handshaking, connecting, open, closing, ended };

  class Frame {
   public:
    Frame(bool is_text_, Bytes body_) : is_text(is_text_), body(std::move(body_)) {}
    bool is_text;
    Bytes body;
  };

  /// Runs a handler. A failed assertion ends only this connection.
  template <typename Handler>
  void guard(Handler handler);

  void set_options(bool offers_protocol);
  void set_idle_timeout(bool enabled);
  void on_handshake(SocketError error);
  void connect();

  void handle(Message message);
  void on_accept(const Message& message);
  void close_after_loss();
  void on_credit(const Message& message);
  void on_close(const Message& message);

  void read();
  void on_read(SocketError error);
  void forward();
  void stall();
  void retry_later();

  void enqueue(bool is_text, Bytes body);
  void write();
  void on_write(SocketError error);

  /// Ends the WebSocket and drops queued frames.
  void close(std::uint16_t code, std::string reason);
  void begin_closing(std::uint16_t code, std::string reason);
  void send_close_frame();
  void close_socket();
  void end_after(SocketError error);
  void end(std::uint16_t code, std::string reason);
  void send_disconnect(std::string body, int tries);

  const std::shared_ptr<Lane> m_lane;
  const ConnectionLimit::Slot m_slot;
  const ConnectionLimit::Slot m_participant_slot;
  const WaitGroup::Token m_active;
  const std::int64_t m_participant;
  const std::string m_address;
  const std::string m_handshake;
  boost::beast::websocket::stream<ClientSocket, false> m_stream;
  const std::unique_ptr<Loop::Timer> m_timer;  ///< for accept, retry, stall or closing; only one at a time
  State m_state = State::handshaking;
  std::string m_id;  ///< short, so that a copy in a message needs no allocation
  std::optional<ChannelName> m_owner;

  boost::beast::flat_buffer m_buffer;  ///< holds the read frame until the layer has taken it
  bool m_is_text = false;              ///< of the frame in m_buffer
  bool m_waiting = false;              ///< m_buffer holds a frame
  bool m_forwarding = false;
  bool m_stalled = false;
  bool m_pinging = false;
  int m_tries = 0;
  CreditWindow m_input_window;
  CreditWindow m_frame_window;
  Sequence m_next_sequence = 1;
  SequenceCheck m_received;  ///< of the owner's messages

  std::deque<Frame> m_queue;  ///< while m_writing, the first one is being written
  std::size_t m_queued_bytes = 0;
  bool m_writing = false;

  bool m_close_frame_sent = false;
  std::uint16_t m_close_code = 0;
  std::string m_close_reason;
};

}  // namespace tellina
