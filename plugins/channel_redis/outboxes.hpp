#pragma once

/// What this instance has accepted and Redis has not taken yet.

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

/// The messages of one channel, oldest first. Belongs to Outboxes and changes under its lock only.
class Outbox {
 public:
  explicit Outbox(std::string channel_) : channel(std::move(channel_)) {}

  const std::string channel;
  std::deque<Bytes> messages;
  std::size_t bytes = 0;

  std::size_t under_way = 0;  ///< so many at the front were sent as the batch below, and no reply has come
  std::uint64_t batch = 0;    ///< its number
  bool in_doubt = false;      ///< the connection broke before the reply
  bool has_mark = false;      ///< Redis has confirmed a batch, and so holds this outbox's mark
  std::size_t length = 0;     ///< of the channel in Redis, as its last reply told
  std::chrono::steady_clock::time_point length_told_at{};
  std::string last_complaint;  ///< what Redis said about this channel's key
  std::chrono::milliseconds retry_wait{0};
  std::chrono::steady_clock::time_point retry_at{};
};

/// A run of an outbox's messages that go in one command.
///
/// Its texts stay valid until it is settled: nothing but that removes messages.
class Batch {
 public:
  explicit Batch(Outbox& outbox_) : outbox(&outbox_) {}

  Outbox* outbox;
  std::uint64_t number = 0;
  bool may_have_run = false;  ///< sent before; then `expects_mark` says whether Redis must know this outbox
  bool expects_mark = false;
  bool fits = false;  ///< without a look: the channel was far from full a moment ago
  std::vector<std::string_view> messages;
  std::size_t bytes = 0;

  // Of who appends it.
  int replies_to_come = 1;
  std::string complaint;  ///< the first error among those that have come
  bool is_torn = false;   ///< the transaction was not begun, so what was to be in it may have been done
};

/// Threads: add() from any; everything else from the one that may use the writer's connection.
class Outboxes {
 public:
  /// `wake` is called when a message may be sent now, or as soon as a reply is there; on the thread that adds, without
  /// any lock of this object.
  Outboxes(const Settings& settings, std::function<void()> wake) : m_settings(settings), m_wake(std::move(wake)) {}

  /// Takes an encoded message, unless the channel is full.
  SendResult add(const std::string& channel, Bytes message);

  /// What may be sent now, at most one batch for each channel, at most a few MiB. Each has to be settled.
  std::deque<Batch> take();

  /// Redis took the first `taken` messages, and the channel holds `length` now. The others, if any, are tried again a
  /// little later, as the channel is full.
  void settle(const Batch& batch, std::size_t taken, std::size_t length);
  /// Redis did not run the batch; it is tried again a little later. Returns true if `complaint` is new for this
  /// channel.
  bool settle_refused(const Batch& batch, const std::string& complaint);
  /// Redis did not run the batch, through no fault of the channel's; it is tried again at once.
  void settle_unrun(const Batch& batch);
  /// It can't be known whether Redis ran the batch.
  void settle_in_doubt(const Batch& batch);
  /// Removes the batch's messages.
  void drop(const Batch& batch);

  /// After a break. Where Redis can't tell any more what it has done (`may_ask` is false), what is in doubt is given
  /// up, as it may have been delivered; where it was away for too long, everything. Returns how many messages were
  /// given up.
  std::size_t forget_doubtful(bool may_ask, bool was_away_too_long);

  /// When a channel that was full is due again; nothing where none is.
  std::optional<std::chrono::steady_clock::time_point> next_retry();
  /// Whether something could be sent at once.
  bool has_ready();
  bool is_empty();

 private:
  void leave_unrun(const Batch& batch);
  void make_ready(Outbox& outbox);
  void delay(Outbox& outbox, std::chrono::milliseconds first, std::chrono::milliseconds longest);
  void remove_front(Outbox& outbox, std::size_t count);
  void forget_idle();

  const Settings& m_settings;
  const std::function<void()> m_wake;

  std::mutex m_mutex;
  std::unordered_map<std::string, std::unique_ptr<Outbox>> m_outboxes;
  std::deque<Outbox*> m_ready;     ///< have messages, and nothing under way
  std::vector<Outbox*> m_delayed;  ///< likewise, and wait for their retry_at
  std::size_t m_forget_at = 64;
  std::uint64_t m_last_batch = 0;
};

}  // namespace tellina::redis
