#include "connection.hpp"

#include <new>

#include <poll.h>

namespace tellina::redis {

Connection::Connection(const Address& address, int stop) : m_stop(stop) {
  Descriptor socket = open_socket(address, stop, usual_patience);
  m_context.reset(redisConnectFd(socket.get()));
  if (!m_context) throw std::bad_alloc();
  socket.release();
  m_context->flags &= ~REDIS_BLOCK;  // the socket does not block: hiredis must take EAGAIN for what it is
}

void Connection::append(std::span<const std::string_view> command) {
  m_words.clear();
  m_sizes.clear();
  for (const std::string_view word : command) {
    m_words.push_back(word.data() ? word.data() : "");
    m_sizes.push_back(word.size());
  }
  m_unsent = true;
  const int count = static_cast<int>(command.size());
  if (redisAppendCommandArgv(m_context.get(), count, m_words.data(), m_sizes.data()) != REDIS_OK) fail();
}

Reply Connection::read(std::chrono::milliseconds patience) {
  if (m_unsent) flush();
  for (;;) {
    void* reply = nullptr;
    if (redisGetReplyFromReader(m_context.get(), &reply) != REDIS_OK) fail();
    if (reply) return Reply(static_cast<redisReply*>(reply));
    if (wait_for(m_context->fd, POLLIN, m_stop, patience) == 0) {
      throw Failure(Failure::Kind::lost, "no answer for " + std::to_string(patience.count()) + " ms");
    }
    if (redisBufferRead(m_context.get()) != REDIS_OK) fail();
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
  for (;;) {
    int done = 0;
    if (redisBufferWrite(m_context.get(), &done) != REDIS_OK) fail();
    if (done) break;
    if (wait_for(m_context->fd, POLLOUT, m_stop, usual_patience) == 0) {
      throw Failure(Failure::Kind::lost, "nothing was taken for " + std::to_string(usual_patience.count()) + " ms");
    }
  }
  m_unsent = false;
}

}  // namespace tellina::redis
