#pragma once

/// Messages that this instance has accepted and Redis has not received yet.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "settings.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina::redis {

/// The messages of one channel, oldest first. Belongs to Outboxes and changes only under its lock.
class Outbox {
 public:
  explicit Outbox(std::string channel_) : channel(std::move(channel_)) {}

  const std::string channel;
  std::deque<Bytes> messages;
  std::size_t bytes = 0;

  std::size_t under_way = 0;  ///< how many at the front were sent as the batch below, without a reply so far
  std::uint64_t batch = 0;    ///< its number
  bool in_doubt = false;      ///< the connection broke before the reply
  bool has_mark = false;      ///< Redis has confirmed a batch, and so holds this outbox's mark
  std::size_t length = 0;     ///< of the channel in Redis, from its last reply
  std::chrono::steady_clock::time_point length_known_at{};
  std::string last_error;  ///< the last error of Redis about this channel's key
  std::chrono::milliseconds retry_wait{0};
  std::chrono::steady_clock::time_point retry_at{};
};

/// Consecutive messages of an outbox that one command sends.
///
/// Its views of the messages stay valid until it is settled, because only settling removes messages.
class Batch {
 public:
  explicit Batch(Outbox& outbox_) : outbox(&outbox_) {}

  Outbox* outbox;
  std::uint64_t number = 0;
  bool may_have_run = false;  ///< sent before; then `expects_mark` says whether Redis must know this outbox
  bool expects_mark = false;
  bool fits = false;  ///< no check needed: the channel was far from full a moment ago
  std::vector<std::string_view> messages;
  std::size_t bytes = 0;

  // Used by the caller that appends the batch.
  int replies_to_come = 1;
  std::string error;     ///< the first error so far
  bool is_torn = false;  ///< the transaction did not begin, so its commands may have run separately
};

/// Threads: add(): any; all others: the thread that may use the writer's connection.
class Outboxes {
 public:
  /// `wake` is called when a message can be sent at once or after a pending reply. It runs on the thread that adds,
  /// without a lock of this object.
  Outboxes(const Settings& settings, std::function<void()> wake) : m_settings(settings), m_wake(std::move(wake)) {}

  /// Adds an encoded message, unless the channel is full.
  SendResult add(const std::string& channel, Bytes message);

  /// The messages that may be sent now: at most one batch for each channel, and at most a few MiB. Each batch must be
  /// settled.
  std::deque<Batch> take();

  /// Redis accepted the first `taken` messages, and the channel now has `length`. The others, if any, are retried a
  /// little later, because the channel is full.
  void settle(const Batch& batch, std::size_t taken, std::size_t length);
  /// Redis did not run the batch; it is retried a little later. Returns true if `error` is new for this channel.
  bool settle_refused(const Batch& batch, const std::string& error);
  /// Redis did not run the batch, and the channel is not the reason; it is retried at once.
  void settle_unrun(const Batch& batch);
  /// It is unknown whether Redis ran the batch.
  void settle_in_doubt(const Batch& batch);
  /// Removes the batch's messages.
  void drop(const Batch& batch);

  /// Called after a connection broke. If Redis can no longer tell what it has done (`may_ask` is false), drops the
  /// messages in doubt, because they may have been delivered. If Redis was unavailable for too long, drops all
  /// messages. Returns how many it dropped.
  std::size_t drop_after_outage(bool may_ask, bool was_away_too_long);

  /// When the next channel that was full is due for a retry; nothing if there is none.
  std::optional<std::chrono::steady_clock::time_point> next_retry();
  /// Whether a batch could be sent at once.
  bool has_ready();
  bool is_empty();

 private:
  void mark_unrun(const Batch& batch);
  void make_ready(Outbox& outbox);
  void delay(Outbox& outbox, std::chrono::milliseconds first, std::chrono::milliseconds longest);
  void remove_front(Outbox& outbox, std::size_t count);
  void forget_idle();

  const Settings& m_settings;
  const std::function<void()> m_wake;

  std::mutex m_mutex;
  std::unordered_map<std::string, std::unique_ptr<Outbox>> m_outboxes;
  std::deque<Outbox*> m_ready;     ///< have messages, and no batch pending
  std::vector<Outbox*> m_delayed;  ///< the same, and wait for their retry_at
  std::size_t m_forget_at = 64;
  std::uint64_t m_last_batch = 0;
};

}  // namespace tellina::redis
