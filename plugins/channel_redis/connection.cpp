#include "connection.hpp"

#include <cerrno>
#include <cstring>
#include <new>

#include <poll.h>
#include <sys/socket.h>

namespace tellina::redis {
namespace {

/// How much memory a buffer keeps for later use, so that a stream of large messages does not allocate again and again.
constexpr std::size_t most_kept = 2 * 1024 * 1024;

}  // namespace

Connection::Connection(const Address& address, int stop) : m_stop(stop) {
  Descriptor socket = open_socket(address, stop, default_timeout);
  if (address.is_encrypted) m_tls.emplace(address, socket.get(), stop, default_timeout);
  m_context.reset(redisConnectFd(socket.get()));
  if (!m_context) throw std::bad_alloc();
  socket.release();
  m_context->reader->maxbuf = most_kept;
  m_context->flags &= ~REDIS_BLOCK;  // the socket does not block, so hiredis must handle EAGAIN
}

ssize_t Connection::send_some(std::string_view bytes) noexcept {
  if (m_tls) return m_tls->send(bytes);
  return ::send(m_context->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

int Connection::receive() { return m_tls ? m_tls->receive(*m_context) : redisBufferRead(m_context.get()); }

void Connection::append(std::span<const std::string_view> command) {
  m_unsent += '*';
  m_unsent += std::to_string(command.size());
  m_unsent += "\r\n";
  for (const std::string_view word : command) append_word(word);
}

void Connection::append_word(std::string_view word) {
  m_unsent += '$';
  m_unsent += std::to_string(word.size());
  m_unsent += "\r\n";
  m_unsent += word;
  m_unsent += "\r\n";
}

bool Connection::send_now() noexcept {
  if (m_unsent.empty()) return true;
  const ssize_t sent = send_some(m_unsent);
  if (sent > 0) m_unsent.erase(0, static_cast<std::size_t>(sent));
  return m_unsent.empty();
}

const redisReply* Connection::peek() {
  if (!m_next) m_next = parse();
  if (!m_next && receive() == REDIS_OK) m_next = parse();
  return m_next.get();
}

Reply Connection::parse() {
  void* reply = nullptr;
  if (redisGetReplyFromReader(m_context.get(), &reply) != REDIS_OK) fail();
  return Reply(static_cast<redisReply*>(reply));
}

Reply Connection::read(std::chrono::milliseconds timeout) {
  if (m_next) return std::move(m_next);
  if (!m_unsent.empty()) flush();
  for (;;) {
    if (Reply reply = parse()) return reply;
    if (wait_for(m_context->fd, POLLIN, m_stop, timeout) == 0) {
      throw Failure(Failure::Kind::lost, "no reply for " + std::to_string(timeout.count()) + " ms");
    }
    if (receive() != REDIS_OK) fail();
  }
}

Reply Connection::call(std::initializer_list<std::string_view> command) {
  append(command);
  Reply reply = read();
  if (is_error(*reply)) throw Failure(Failure::Kind::refused, std::string(text_of(*reply)));
  return reply;
}

void Connection::fail() const {
  throw Failure(Failure::Kind::lost, m_context->err == REDIS_ERR_EOF
                                         ? "the connection was closed"
                                         : "the connection broke: " + std::string(m_context->errstr));
}

void Connection::flush() {
  std::string_view left = m_unsent;
  while (!left.empty()) {
    const ssize_t sent = send_some(left);
    if (sent > 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (wait_for(m_context->fd, POLLOUT, m_stop, default_timeout) != 0) continue;
      throw Failure(Failure::Kind::lost,
                    "the server read nothing for " + std::to_string(default_timeout.count()) + " ms");
    } else if (errno != EINTR) {
      throw Failure(Failure::Kind::lost, std::string("the connection broke: ") + std::strerror(errno));
    }
  }
  m_unsent.clear();
  if (m_unsent.capacity() > most_kept) m_unsent.shrink_to_fit();
}

}  // namespace tellina::redis
