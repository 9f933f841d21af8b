#include "host/gateway/http_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <array>
#include <utility>
#include <variant>

#include "host/gateway/final_response.hpp"
#include "host/gateway/websocket_connection.hpp"
#include "host/limits.hpp"
#include "host/runtime/log_event.hpp"

namespace tellina {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t read_size = 4096;

/// Whether a client begins with a TLS handshake (RFC 8446, section 5.1), with which no HTTP request begins.
bool is_tls(const beast::flat_buffer& received) {
  constexpr char handshake_record = 22;
  return *static_cast<const char*>(received.cdata().data()) == handshake_record;
}

bool has_body(http::verb method) {
  return method == http::verb::post || method == http::verb::put || method == http::verb::patch;
}

std::ptrdiff_t count_lines(const HttpRequest& request) { return std::distance(request.begin(), request.end()); }

std::ptrdiff_t count_lines(const HttpRequest& request, http::field name) {
  const auto [first, last] = request.equal_range(name);
  return std::distance(first, last);
}

/// HTTP/1.0 has no Host header. A request with two is refused, because a proxy may have used the other one.
bool has_one_host(const HttpRequest& request) {
  const std::ptrdiff_t lines = count_lines(request, http::field::host);
  return lines == 1 || (lines == 0 && request.version() == 10);
}

/// If Beast does not know the Transfer-Encoding, it reads the body by its Content-Length. RFC 9112, section 6.1,
/// requires a server to refuse such a request, because a proxy may have found another end of the body.
bool has_unknown_coding(const HttpRequest& request) {
  const std::ptrdiff_t lines = count_lines(request, http::field::transfer_encoding);
  if (lines == 0) return false;
  return lines > 1 || !beast::iequals(request[http::field::transfer_encoding], "chunked");
}

}  // namespace

HttpSession::HttpSession(std::shared_ptr<Lane> lane, Socket socket, const asio::ip::tcp::endpoint& peer,
                         ConnectionLimit::Slot slot)
    : m_lane(std::move(lane)),
      m_stream(std::move(socket)),
      m_peer(peer),
      m_slot(std::move(slot)),
      m_active(m_lane->state().active),
      m_buffer(m_lane->limits().header_bytes + m_lane->limits().body_bytes + read_size) {
  m_may_encrypt = m_lane->state().tls.has_value();
  SocketError ignored;
  m_stream.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  m_lane->metrics().http_connections.add(1);
}

HttpSession::~HttpSession() {
  m_lane->metrics().http_connections.add(-1);
  m_lane->remove(this);
}

void HttpSession::start() {
  m_lane->add(self_of(this));
  m_lane->mark_closable(*this);
  wait_for_request();
}

void HttpSession::wait_for_request() {
  if (m_lane->is_stopping()) return close_now();
  m_parser.emplace();
  m_parser->header_limit(m_lane->limits().header_bytes);
  m_parser->body_limit(m_lane->limits().body_bytes);
  if (m_buffer.size() > 0) return read_header();
  m_idle = true;
  m_stream.expires_after(m_lane->limits().idle_timeout);
  m_stream.async_read_some(m_buffer.prepare(read_size), [self = self_of(this)](SocketError error, std::size_t size) {
    if (error) return;
    self->m_buffer.commit(size);
    if (std::exchange(self->m_may_encrypt, false) && is_tls(self->m_buffer)) return self->begin_tls();
    self->read_header();
  });
}

void HttpSession::begin_tls() {
  m_idle = false;
  m_stream.expires_after(m_lane->limits().header_timeout);
  m_stream.async_handshake(m_lane->state().tls->open_session(), m_buffer.cdata(),
                           [self = self_of(this)](SocketError error, std::size_t used) {
                             if (error) return;
                             self->m_buffer.consume(used);
                             // Bytes that OpenSSL did not use would be read as plain text.
                             if (self->m_buffer.size() == 0) self->wait_for_request();
                           });
}

void HttpSession::read_header() {
  m_idle = false;
  m_stream.expires_after(m_lane->limits().header_timeout);
  http::async_read_header(m_stream, m_buffer, *m_parser, [self = self_of(this)](SocketError error, std::size_t) {
    if (error) return self->refuse_unreadable(error);
    self->on_header();
  });
}

void HttpSession::on_header() {
  const HttpRequest& request = m_parser->get();
  m_header_lines = count_lines(request);
  if (!has_one_host(request)) return refuse(400, "bad_request", "expected one Host header");
  if (request.count(http::field::transfer_encoding) > 0) {
    if (request.version() == 10) return refuse(400, "bad_request", "expected no Transfer-Encoding with HTTP/1.0");
    if (request.count(http::field::content_length) > 0) {
      return refuse(400, "bad_request", "expected either Transfer-Encoding or Content-Length, got both");
    }
    if (has_unknown_coding(request)) {
      return refuse(501, "not_implemented", "expected the Transfer-Encoding chunked and no other");
    }
  }
  if (has_body(request.method()) && !request.count(http::field::content_length) && !m_parser->chunked()) {
    return refuse(411, "length_required", "expected a Content-Length header");
  }
  const auto expectation = request[http::field::expect];
  if (expectation.empty() || request.version() == 10) return read_body();
  if (!beast::iequals(expectation, "100-continue")) return refuse(417, "expectation_failed", "unknown expectation");
  m_head = "HTTP/1.1 100 Continue\r\n\r\n";
  m_stream.expires_after(m_lane->limits().write_timeout);
  asio::async_write(m_stream, asio::buffer(m_head), [self = self_of(this)](SocketError error, std::size_t) {
    if (!error) self->read_body();
  });
}

void HttpSession::read_body() {
  m_stream.expires_after(m_lane->limits().body_timeout);
  http::async_read(m_stream, m_buffer, *m_parser, [self = self_of(this)](SocketError error, std::size_t) {
    if (error) return self->refuse_unreadable(error);
    // Beast adds the fields of a trailer to the header, where they could pass for lines that a proxy added.
    if (count_lines(self->m_parser->get()) != self->m_header_lines) {
      return self->refuse(400, "bad_request", "expected no trailer after the body");
    }
    self->route();
  });
}

void HttpSession::route() {
  m_lane->unmark_closable(*this);
  m_stream.expires_never();
  answer_request(*m_lane, m_parser->get(), Client(m_peer.address(), m_stream.is_encrypted()),
                 [self = self_of(this)](Outcome outcome) { self->answer(std::move(outcome)); });
}

void HttpSession::answer(Outcome outcome) {
  if (!m_stream.socket().is_open()) return;
  if (const auto* grant = std::get_if<UpgradeGrant>(&outcome)) return upgrade(*grant);
  write(std::get<Response>(outcome), m_parser->get().keep_alive() && !m_lane->is_stopping());
}

void HttpSession::write(const Response& response, bool keep_alive) {
  m_lane->metrics().answers[static_cast<std::size_t>(response.status / 100)].add();
  const int version = m_parser->is_header_done() && m_parser->get().version() == 10 ? 10 : 11;
  const bool is_head = m_parser->is_header_done() && m_parser->get().method() == http::verb::head;
  m_head = serialize_head(response, version, keep_alive, m_lane->state().clock.wall_time());
  if (const auto hsts = m_lane->state().config.hsts; hsts.count() > 0 && m_stream.is_encrypted()) {
    constexpr std::size_t empty_line = 2;
    m_head.insert(m_head.size() - empty_line,
                  "Strict-Transport-Security: max-age=" + std::to_string(hsts.count()) + "\r\n");
  }
  m_body = is_head ? std::make_shared<const std::string>() : response.body;
  if (!keep_alive) {
    std::make_shared<FinalResponse>(m_lane, std::move(m_stream), std::move(*m_slot), std::move(m_head), m_body)
        ->start();
    m_slot.reset();
    return;
  }
  m_lane->mark_closable(*this);
  m_stream.expires_after(m_lane->limits().write_time(m_body->size()));
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(m_head), asio::buffer(*m_body)};
  asio::async_write(m_stream, buffers, [self = self_of(this)](SocketError error, std::size_t) {
    if (!error) self->wait_for_request();
  });
}

void HttpSession::refuse(int status, std::string_view code, std::string_view message) {
  write(json_error(status, code, message), false);
}

void HttpSession::refuse_unreadable(SocketError error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refuse(431, "header_too_large", "the request's headers are too large");
  }
  if (error == http::error::body_limit) return refuse(413, "body_too_large", "the request's body is too large");
  const bool is_gone = error == http::error::end_of_stream || error == http::error::partial_message;
  if (is_gone || error.category() != http::make_error_code(http::error::bad_method).category()) return;
  refuse(400, "bad_request", "the request is not valid HTTP/1.1: " + error.message());
}

void HttpSession::upgrade(const UpgradeGrant& grant) {
  const HttpRequest& request = m_parser->get();
  std::string handshake = "GET / HTTP/1.1\r\nHost: tellina\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const auto key = request[http::field::sec_websocket_key];
  handshake.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ").append(key.data(), key.size());
  handshake.append("\r\n\r\n");
  handshake.append(static_cast<const char*>(m_buffer.cdata().data()), m_buffer.size());
  if (handshake.size() > limits::http_handshake) {
    return refuse(400, "bad_request", "expected no data before the response to the handshake");
  }
  GatewayState& state = m_lane->state();
  if (m_lane->is_stopping()) return refuse(503, "busy", "the server is stopping");
  auto participant_slot = state.participants->take(std::to_string(grant.participant));
  if (!participant_slot) {
    m_lane->metrics().refused_connections.add();
    state.client_log.warning("participant's connections",
                             participant_label(grant.participant) + " has " +
                                 std::to_string(limits::participant_connections) +
                                 " WebSockets open; the gateway refuses more (503)",
                             state.clock.now());
    return refuse(503, "too_many_connections", "this participant has too many connections");
  }
  m_lane->metrics().answers[1].add();

  TlsSession session = m_stream.release_session();
  Socket socket = m_stream.release_socket();
  const int descriptor = socket.release();
  DetachedSocket detached(m_peer.protocol(), descriptor);
  auto upgraded = std::make_shared<UpgradedSocket>(std::move(detached), std::move(*m_slot),
                                                   std::move(*participant_slot), std::move(*m_active));
  m_slot.reset();
  m_active.reset();
  upgraded->session = std::move(session);
  upgraded->handshake = std::move(handshake);
  upgraded->offers_protocol = grant.offers_protocol;
  upgraded->participant = grant.participant;
  upgraded->address = grant.address;

  const std::shared_ptr<Lane> lane = m_lane->state().lane_for(grant.affinity);
  lane->loop().post([lane, upgraded] {
    if (lane->is_stopping()) return;
    try {
      std::make_shared<WebSocketConnection>(lane, *upgraded)->start();
    } catch (const std::exception& error) {
      lane->state().client_log.warning("websocket", std::string("gateway: cannot serve a WebSocket: ") + error.what(),
                                       lane->state().clock.now());
    }
  });
}

void HttpSession::close_gracefully() {
  if (m_idle) close_now();
}

void HttpSession::close_now() { m_stream.close(); }

}  // namespace tellina
