#pragma once

/// One connection to a Redis server. hiredis reads the replies; this class writes and waits.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include "socket.hpp"
#include "tls.hpp"

namespace tellina::redis {

class ReplyDeleter {
 public:
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

inline bool is_error(const redisReply& reply) { return reply.type == REDIS_REPLY_ERROR; }
/// The text of an error, a status or a string; valid as long as the reply.
inline std::string_view text_of(const redisReply& reply) {
  return reply.str ? std::string_view(reply.str, reply.len) : std::string_view();
}

/// Commands are appended, and their replies are read in the same order. The first read() sends the appended commands.
///
/// Threads: one at a time. After a Failure it can only be destroyed. The destructor closes without waiting.
class Connection {
 public:
  /// How long the server may take for something that it should do at once.
  static constexpr std::chrono::milliseconds default_timeout{2000};

  /// Connects. `stop` is a descriptor that becomes readable when everything has to stop. Throws Failure.
  Connection(const Address& address, int stop);

  void append(std::span<const std::string_view> command);
  void append(std::initializer_list<std::string_view> command) {
    append(std::span<const std::string_view>(command.begin(), command.size()));
  }

  /// Sends as much as possible without waiting. Returns false if read() has to continue.
  bool send_now() noexcept;

  /// The reply that read() would return, if it has arrived. Also null if the connection broke, which read() reports.
  /// Throws Failure(lost) if the received bytes are not a reply.
  const redisReply* peek();

  /// Nothing more will arrive: read() will throw.
  bool is_broken() const { return m_context->err != 0; }

  /// The reply may be an error. Throws Failure(lost) if nothing was sent or received for `timeout`.
  Reply read(std::chrono::milliseconds timeout = default_timeout);

  /// Appends a command, reads its reply, and throws Failure(refused) if that is an error. No other reply may be
  /// pending.
  Reply call(std::initializer_list<std::string_view> command);

  int descriptor() const { return m_context->fd; }

 private:
  class ContextDeleter {
   public:
    void operator()(redisContext* context) const { redisFree(context); }
  };

  [[noreturn]] void fail() const;
  ssize_t send_some(std::string_view bytes) noexcept;
  int receive();
  Reply parse();
  void append_word(std::string_view word);
  void flush();

  const int m_stop;
  std::unique_ptr<redisContext, ContextDeleter> m_context;
  std::optional<Tls> m_tls;  ///< absent for plain text
  /// Our own buffer, because hiredis's moves all remaining bytes to the front after each write().
  std::string m_unsent;
  Reply m_next;  ///< returned by peek() and not yet read
};

}  // namespace tellina::redis
