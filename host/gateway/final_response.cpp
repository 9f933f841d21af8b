#include "host/gateway/final_response.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "host/limits.hpp"

namespace tellina {
namespace {

namespace asio = boost::asio;

}  // namespace

FinalResponse::FinalResponse(std::shared_ptr<Lane> lane, HttpStream stream, ConnectionLimit::Slot slot,
                             std::string head, std::shared_ptr<const std::string> body)
    : m_lane(std::move(lane)),
      m_stream(std::move(stream)),
      m_slot(std::move(slot)),
      m_active(m_lane->state().active),
      m_head(std::move(head)),
      m_body(std::move(body)) {}

FinalResponse::~FinalResponse() { m_lane->remove(this); }

void FinalResponse::start() {
  const auto self = self_of(this);
  m_lane->add(self);
  m_lane->mark_closable(*this);
  m_stream.expires_after(m_lane->limits().write_time(m_body->size()));
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(m_head), asio::buffer(*m_body)};
  asio::async_write(m_stream, buffers, [self](SocketError error, std::size_t) {
    if (error) return;
    if (self->m_stream.is_encrypted()) return self->end_tls();
    SocketError ignored;
    self->m_stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    self->m_written = true;
    if (self->m_lane->is_stopping()) return;
    self->m_stream.expires_after(limits::linger);
    self->discard();
  });
}

/// Sends TLS's close_notify. Without it, a client cannot be sure that nobody truncated the response.
void FinalResponse::end_tls() {
  m_written = true;
  m_stream.expires_after(limits::linger);
  m_stream.async_shutdown([self = self_of(this)](SocketError) { self->close_now(); });
}

void FinalResponse::discard() {
  m_stream.async_read_some(asio::buffer(m_discarded), [self = self_of(this)](SocketError error, std::size_t) {
    if (!error) self->discard();
  });
}

void FinalResponse::close_gracefully() {
  if (m_written) close_now();
}

void FinalResponse::close_now() { m_stream.close(); }

}  // namespace tellina
