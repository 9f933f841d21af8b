#include "host/gateway/websocket_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "host/gateway/response.hpp"
#include "host/limits.hpp"
#include "host/text/utf8.hpp"
#include "host/wire/data_frame.hpp"
#include "host/wire/frame_units.hpp"
#include "host/wire/protocol.hpp"

namespace tellina {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

/// Replaces a code that RFC 6455, section 7.4, forbids in a close frame by "internal error".
std::uint16_t checked_code(std::uint16_t code) {
  const bool is_standard = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  return is_standard || (code >= 3000 && code <= 4999) ? code : close_code::internal_error;
}

/// While the gateway does not read, it relies on the kernel to detect a dead peer; then the next write fails.
void watch_peer(Socket& socket, std::chrono::milliseconds limit) {
  SocketError ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const unsigned milliseconds = static_cast<unsigned>(limit.count());
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

}  // namespace

template <typename Handler>
void WebSocketConnection::guard(Handler handler) {
  const auto self = self_of(this);  // the handler may drop the last reference
  try {
    handler();
    check_invariant();
  } catch (const AssertionFailure& failure) {
    m_lane->state().log.error("gateway: connection " + m_id + " ended: " + failure.what());
    close_socket();
    end(close_code::internal_error, "internal");
  }
}

WebSocketConnection::WebSocketConnection(std::shared_ptr<Lane> lane, UpgradedSocket& upgraded)
    : m_lane(std::move(lane)),
      m_slot(std::move(upgraded.slot)),
      m_participant_slot(std::move(upgraded.participant_slot)),
      m_active(std::move(upgraded.active)),
      m_participant(upgraded.participant),
      m_address(std::move(upgraded.address)),
      m_handshake(std::move(upgraded.handshake)),
      m_stream(upgraded.socket.take(m_lane->loop().context()), std::move(upgraded.session)),
      m_timer(m_lane->loop().make_timer()),
      m_input_window(m_lane->limits().input_window),
      m_frame_window(m_lane->limits().frame_window) {
  m_lane->metrics().websocket_connections.add(1);
  set_options(upgraded.offers_protocol);
}

WebSocketConnection::~WebSocketConnection() {
  m_lane->metrics().websocket_connections.add(-1);
  m_lane->remove(this);
}

void WebSocketConnection::set_options(bool offers_protocol) {
  const GatewayLimits& limits = m_lane->limits();
  watch_peer(m_stream.next_layer(), limits.websocket_idle_timeout);
  set_idle_timeout(true);
  m_stream.read_message_max(limits.frame_bytes);
  m_stream.auto_fragment(false);
  m_stream.set_option(websocket::stream_base::decorator([offers_protocol](websocket::response_type& response) {
    response.set(beast::http::field::server, "tellina");
    for (const auto& [name, value] : security_headers()) response.set(name, value);
    if (offers_protocol) response.set(beast::http::field::sec_websocket_protocol, subprotocol);
  }));
}

void WebSocketConnection::set_idle_timeout(bool enabled) {
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = m_lane->limits().handshake_timeout;
  timeout.idle_timeout = websocket::stream_base::none();
  if (enabled) timeout.idle_timeout = m_lane->limits().websocket_idle_timeout;
  timeout.keep_alive_pings = enabled;
  m_stream.set_option(timeout);
}

void WebSocketConnection::start() {
  const auto self = self_of(this);
  m_lane->add(self);
  m_stream.async_accept(asio::buffer(m_handshake), [self](SocketError error) { self->on_handshake(error); });
}

void WebSocketConnection::on_handshake(SocketError error) {
  if (m_state == State::ended) return;
  if (error) return end(close_code::abnormal, error.message());
  if (m_lane->is_stopping()) return close(close_code::going_away, "the server is stopping");
  connect();
}

void WebSocketConnection::connect() {
  GatewayState& state = m_lane->state();
  constexpr std::size_t id_bytes = 7;  // 14 digits: the longest that fit into a string without an allocation
  m_id = random_token(state.random, id_bytes);
  m_lane->route(m_id, self_of(this));
  m_state = State::connecting;

  ConnectBody body;
  body.participant = m_participant;
  body.address = m_address;
  Message message(MessageKind::connect, m_id, 0, encode_connect(body));
  message.reply_channel = m_lane->channel();
  m_timer->start(state.clock.now() + m_lane->limits().accept_timeout, [this] {
    m_lane->metrics().accept_timeouts.add();
    close(close_code::try_again_later, "busy");
  });
  const SendResult result = state.layer.send(m_lane->connect_channel(), std::move(message));
  if (result == SendResult::accepted) return;
  if (result == SendResult::full) m_lane->metrics().full_channels.add();
  close(close_code::try_again_later, "busy");
}

void WebSocketConnection::receive(Message message) {
  guard([&] { handle(std::move(message)); });
}

void WebSocketConnection::handle(Message message) {
  const SequenceCheck::Arrival arrival = m_received.arrive(message.sequence);
  // The close may come from a worker other than the owner, and more than once.
  if (message.kind == MessageKind::close) return on_close(message);
  if (arrival == SequenceCheck::Arrival::repeated) return;
  // Also handled after a loss, because the owner must learn that the connection ends.
  if (message.kind == MessageKind::accept) on_accept(message);
  if (arrival == SequenceCheck::Arrival::after_gap) return close_after_loss();
  switch (message.kind) {
    case MessageKind::data:
      return enqueue(false, std::move(message.body));
    case MessageKind::text:
      return enqueue(true, std::move(message.body));
    case MessageKind::credit:
      return on_credit(message);
    default:
      return;
  }
}

void WebSocketConnection::close_after_loss() {
  if (m_state == State::closing || m_state == State::ended) return;
  m_lane->state().client_log.warning("lost messages",
                                     "gateway: messages for connection " + m_id + " were lost; the client reconnects",
                                     m_lane->state().clock.now());
  close(close_code::lost, "messages were lost on the way");
}

void WebSocketConnection::on_accept(const Message& message) {
  if (m_owner) return;
  std::optional<ChannelName> owner = decode_accept(message.body);
  if (!owner) {
    m_lane->state().log.error("gateway: a worker's accept message names no channel");
    return close(close_code::internal_error, "internal");
  }
  m_owner = std::move(owner);
  m_lane->watch_owner(*m_owner);
  if (m_state != State::connecting) return;
  m_timer->cancel();
  m_state = State::open;
  read();
}

void WebSocketConnection::on_credit(const Message& message) {
  if (const auto frames = decode_frame_credit(message.body))
    m_frame_window.return_credit(*frames);
  else
    m_input_window.return_credit(decode_credit(message.body).value_or(0));
  if (m_stalled && !m_forwarding) forward();
}

void WebSocketConnection::on_close(const Message& message) {
  ConnectionEnd end = decode_end(message.body);
  begin_closing(checked_code(end.code), std::move(end.reason));
  if (!m_writing) send_close_frame();
}

void WebSocketConnection::read() {
  if (m_state != State::open) return;
  m_stream.async_read(
      m_buffer, [self = self_of(this)](SocketError error, std::size_t) { self->guard([&] { self->on_read(error); }); });
}

void WebSocketConnection::on_read(SocketError error) {
  if (error) return end_after(error);
  if (m_state != State::open) return;
  m_lane->metrics().frames_in.add();
  m_lane->metrics().bytes_in.add(static_cast<std::int64_t>(m_buffer.size()));
  m_is_text = m_stream.got_text();
  if (!m_is_text && m_buffer.size() < limits::frame_header)
    return close(close_code::protocol_error, "binary frame without offset");
  m_waiting = true;
  m_tries = 0;
  forward();
}

void WebSocketConnection::forward() {
  if (m_state != State::open || !m_waiting) return;
  const std::size_t payload = m_is_text ? 0 : m_buffer.size() - limits::frame_header;
  const std::size_t units = frame_units(m_is_text, m_buffer.size());
  if (!m_input_window.has_room(payload) || !m_frame_window.has_room(units)) return stall();
  if (std::exchange(m_stalled, false)) {
    m_timer->cancel();
    set_idle_timeout(true);
  }

  const auto content = m_buffer.cdata();
  const Sequence sequence = m_next_sequence++;
  Message message(m_is_text ? MessageKind::text : MessageKind::data, m_id, sequence,
                  Bytes(static_cast<const char*>(content.data()), content.size()));
  // The owner's credit or close may arrive before send() returns.
  m_input_window.take(payload);
  m_frame_window.take(units);
  m_forwarding = true;
  const SendResult result = m_lane->state().layer.send(*m_owner, std::move(message));
  m_forwarding = false;
  if (result == SendResult::accepted) {
    m_waiting = false;
    m_buffer.consume(m_buffer.size());
    return read();
  }
  m_next_sequence = sequence;
  m_input_window.return_credit(payload);
  m_frame_window.return_credit(units);
  switch (result) {
    case SendResult::full:
      return retry_later();
    case SendResult::too_large:
      return close(close_code::too_big, "the frame is too large for the channel layer");
    default:
      return close(close_code::service_restart, "the channel layer is down");
  }
}

void WebSocketConnection::stall() {
  if (!std::exchange(m_stalled, true)) {
    m_lane->metrics().input_stalls.add();
    set_idle_timeout(false);
  }
  // The gateway does not read now, so no pong can arrive. A write to a dead peer fails.
  m_timer->start(m_lane->state().clock.now() + m_lane->limits().websocket_idle_timeout / 2, [this] {
    if (std::exchange(m_pinging, true)) return stall();
    m_stream.async_ping({}, [self = self_of(this)](SocketError error) {
      self->m_pinging = false;
      if (error) return self->end_after(error);
      if (self->m_stalled && self->m_state == State::open) self->stall();
    });
  });
}

void WebSocketConnection::retry_later() {
  if (m_state != State::open) return;
  m_lane->metrics().full_channels.add();
  if (++m_tries > m_lane->limits().retries) return close(close_code::try_again_later, "busy");
  m_timer->start(m_lane->state().clock.now() + m_lane->limits().retry_interval,
                 [this] { guard([this] { forward(); }); });
}

void WebSocketConnection::enqueue(bool is_text, Bytes body) {
  if (m_state != State::connecting && m_state != State::open) return;
  m_queued_bytes += body.size();
  m_queue.emplace_back(is_text, std::move(body));
  if (m_queued_bytes > m_lane->limits().output_queue) {
    m_lane->metrics().slow_readers.add();
    close_socket();
    return end(close_code::policy_violation, "too much unwritten output");
  }
  write();
}

void WebSocketConnection::write() {
  if (m_writing || m_queue.empty()) return;
  m_writing = true;
  const Frame& frame = m_queue.front();
  m_stream.text(frame.is_text);
  m_stream.async_write(asio::buffer(frame.body), [self = self_of(this)](SocketError error, std::size_t) {
    self->guard([&] { self->on_write(error); });
  });
}

void WebSocketConnection::on_write(SocketError error) {
  m_writing = false;
  if (error) return end_after(error);
  if (m_state == State::ended) return;
  const std::size_t size = m_queue.front().body.size();
  m_lane->metrics().frames_out.add();
  m_lane->metrics().bytes_out.add(static_cast<std::int64_t>(size));
  m_queued_bytes -= size;
  m_queue.pop_front();
  if (m_queue.empty() && m_state == State::closing) return send_close_frame();
  write();
}

void WebSocketConnection::close(std::uint16_t code, std::string reason) {
  begin_closing(code, std::move(reason));
  while (m_queue.size() > (m_writing ? 1 : 0)) {
    m_queued_bytes -= m_queue.back().body.size();
    m_queue.pop_back();
  }
  if (!m_writing) send_close_frame();
}

void WebSocketConnection::begin_closing(std::uint16_t code, std::string reason) {
  if (m_state == State::closing || m_state == State::ended) return;
  m_state = State::closing;
  m_close_code = code;
  m_close_reason = std::move(reason);
  m_timer->start(m_lane->state().clock.now() + limits::close_handshake, [this] { close_now(); });
}

void WebSocketConnection::send_close_frame() {
  if (m_state != State::closing || std::exchange(m_close_frame_sent, true)) return;
  m_stream.async_close(websocket::close_reason(static_cast<websocket::close_code>(m_close_code),
                                               std::string(utf8_prefix(m_close_reason, limits::close_reason))),
                       [self = self_of(this)](SocketError) { self->end(self->m_close_code, self->m_close_reason); });
}

void WebSocketConnection::lose_owner() {
  if (m_state == State::open) close(close_code::service_restart, "the worker does not answer");
}

void WebSocketConnection::close_gracefully() {
  if (m_state == State::handshaking) return close_now();
  close(close_code::going_away, "the server is stopping");
}

void WebSocketConnection::close_socket() {
  SocketError ignored;
  m_stream.next_layer().close(ignored);
}

void WebSocketConnection::close_now() {
  close_socket();
  if (m_state == State::closing) return end(m_close_code, m_close_reason);
  end(close_code::abnormal, "cut");
}

void WebSocketConnection::end_after(SocketError error) {
  if (m_state == State::closing) return end(m_close_code, m_close_reason);
  if (error == websocket::error::message_too_big) return end(close_code::too_big, "frame too large");
  if (error != websocket::error::closed) return end(close_code::abnormal, error.message());
  const websocket::close_reason& reason = m_stream.reason();
  end(reason.code, std::string(reason.reason.data(), reason.reason.size()));
}

void WebSocketConnection::end(std::uint16_t code, std::string reason) {
  if (std::exchange(m_state, State::ended) == State::ended) return;
  const auto self = self_of(this);  // the lane's table may hold the last reference
  m_timer->cancel();
  if (m_id.empty()) return;
  m_lane->unroute(m_id);
  if (!m_owner) return;
  m_lane->unwatch_owner(*m_owner);
  send_disconnect(encode_end(ConnectionEnd{code, std::move(reason)}), 0);
}

void WebSocketConnection::check_invariant() const {
  TELLINA_ASSERT(!m_writing || !m_queue.empty());
  TELLINA_ASSERT(!m_queue.empty() || m_queued_bytes == 0);
  TELLINA_ASSERT(m_state != State::handshaking || (m_id.empty() && !m_owner));
  TELLINA_ASSERT(m_state != State::connecting || !m_owner);
  TELLINA_ASSERT(m_state != State::open || m_owner);
  TELLINA_ASSERT(!m_stalled || m_waiting);
  TELLINA_ASSERT(m_next_sequence > 0);
  m_input_window.check_invariant();
  m_frame_window.check_invariant();
}

void WebSocketConnection::send_disconnect(std::string body, int tries) {
  Message message(MessageKind::disconnect, m_id, m_next_sequence, body);
  if (m_lane->state().layer.send(*m_owner, std::move(message)) != SendResult::full) return;
  if (tries >= m_lane->limits().retries || m_lane->is_stopping()) return;
  // If the channel stays full, the worker detects the end when it next sends.
  m_timer->start(m_lane->state().clock.now() + m_lane->limits().retry_interval,
                 [self = self_of(this), body = std::move(body), tries] { self->send_disconnect(body, tries + 1); });
}

}  // namespace tellina
