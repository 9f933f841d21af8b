#pragma once

/// One connection to a Redis server: hiredis reads the replies, the writing and the waiting are our own.

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include "socket.hpp"

namespace tellina::redis {

class ReplyDeleter {
 public:
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

inline bool is_error(const redisReply& reply) { return reply.type == REDIS_REPLY_ERROR; }
/// Of an error, a status or a string; lives as long as the reply.
inline std::string_view text_of(const redisReply& reply) {
  return reply.str ? std::string_view(reply.str, reply.len) : std::string_view();
}

/// Commands are appended, then their replies are read in the same order: the first read() sends what was appended.
///
/// Threads: one at a time. After a Failure it can only be destroyed. The destructor closes and never waits.
class Connection {
 public:
  /// How long the server may keep us waiting for something that it should do at once.
  static constexpr std::chrono::milliseconds usual_patience{2000};

  /// Connects; `stop` is a descriptor that is readable when everything has to end. Throws Failure.
  Connection(const Address& address, int stop);

  void append(std::span<const std::string_view> command);
  void append(std::initializer_list<std::string_view> command) {
    append(std::span<const std::string_view>(command.begin(), command.size()));
  }

  /// Sends what was appended as far as that goes without waiting; false where read() has to see to the rest.
  bool send_now() noexcept;

  /// The reply that read() would return, if it has come; null also where the connection broke, which read() tells.
  /// Throws Failure(lost) where what came is no reply.
  const redisReply* peek();

  /// Nothing more will come: read() will throw.
  bool is_broken() const { return m_context->err != 0; }

  /// The reply may be an error. Throws Failure(lost) when nothing moved for `patience`.
  Reply read(std::chrono::milliseconds patience = usual_patience);

  /// Appends, reads, and throws Failure(refused) where the reply is an error. Nothing may be waiting to be read.
  Reply call(std::initializer_list<std::string_view> command);

  int descriptor() const { return m_context->fd; }

 private:
  class ContextDeleter {
   public:
    void operator()(redisContext* context) const { redisFree(context); }
  };

  [[noreturn]] void fail() const;
  Reply parse();
  void append_word(std::string_view word);
  void flush();

  const int m_stop;
  std::unique_ptr<redisContext, ContextDeleter> m_context;
  /// Ours and not hiredis's, which moves all that is left to the front after each write().
  std::string m_unsent;
  Reply m_next;  ///< was looked at and not taken
};

}  // namespace tellina::redis
