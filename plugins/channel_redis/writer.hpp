#pragma once

/// The thread that sends messages to Redis.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "back_off.hpp"
#include "health.hpp"
#include "keys.hpp"
#include "open_server.hpp"
#include "outboxes.hpp"
#include "settings.hpp"

namespace tellina::redis {

/// Sends all waiting messages in one round trip, one command for each channel; then those that arrived meanwhile, and
/// so on. If messages come slowly, each gets its reply before the next comes. Then the sender of a message reads the
/// previous reply and sends its own message, and the thread stays asleep.
///
/// A batch has a number. The script that appends it stores the number in a key of this instance (its mark). If the
/// batch is sent a second time, because the connection broke before the reply, the script only returns how many
/// messages it appended. This works as long as Redis keeps its memory. A restarted Redis may have delivered the batch
/// and forgotten that, so then the batch is dropped.
///
/// For Redis, a script costs more than all its other work for a message. So messages that certainly fit are appended,
/// with their mark, by a transaction (MULTI ... EXEC), which does not check first. That is safe because the writer
/// makes sure that the connection has ended (CLIENT KILL) before the script asks about its batches. If Redis does not
/// permit that, the writer uses only the script.
///
/// Threads: as stated at each function. The destructor waits for the thread. The thread holds `m_wire` while it is
/// awake and releases it while it waits for work; others take it only if it is free.
class Writer {
 public:
  /// Does not start the thread. Raising `stop` ends the thread at once.
  Writer(const Settings& settings, const std::string& instance, Health& health, const PluginContext& context,
         WakeUp& stop);
  ~Writer();

  /// Starts the thread if it is not running. One call at a time. Throws std::system_error.
  void start();

  /// Any thread, never blocks.
  SendResult send(const std::string& channel, Bytes message) { return m_outboxes.add(channel, std::move(message)); }

  /// Adds an entry to the reader's wake-up key. Any thread, never blocks.
  void wake_reader();

  /// Sends all waiting messages and then ends the thread. Returns when that is done, when Redis is unavailable, or
  /// after `limit`.
  void finish(std::chrono::milliseconds limit);

 private:
  void run();
  bool recover(const Failure& failure);
  void connect();
  void serve();
  bool wait_for_work();
  bool send_from_here() noexcept;
  void append_ready();
  void append_what_waits();
  void read_replies();
  void append(Batch& batch);
  void append_by_script(const Batch& batch);
  void append_by_transaction(Batch& batch);
  void settle(const Batch& batch, const redisReply& last);
  /// Logs, once for all channels, what settle() has dropped.
  void report_dropped();
  void load_script();
  /// The connection's number at the server if transactions may be used on it; otherwise empty.
  std::string prepare_transactions();
  /// Returns whether it is certain that no command of the last connection will still run.
  bool end_previous_connection();

  const Settings& m_settings;
  Health& m_health;
  Log& m_log;
  Clock& m_clock;
  WakeUp& m_stop;
  const std::string m_instance;
  const std::string m_capacity;
  const std::string m_expiry_ms;
  const std::string m_mark_life_ms;

  WakeUp m_work;
  Outboxes m_outboxes;
  std::atomic<bool> m_wants_wake = false;
  std::atomic<bool> m_is_finishing = false;

  std::mutex m_wire;
  // Used by the holder of m_wire.
  std::unique_ptr<Connection> m_connection;
  std::deque<Batch> m_under_way;
  bool m_is_open_to_all = false;  ///< other threads may send and read replies; this thread reads those that they leave
  std::vector<std::string_view> m_words;
  std::size_t m_dropped_messages = 0;  ///< since the last report
  std::size_t m_dropped_channels = 0;

  // Used by the writer's thread only.
  BackOff m_back_off;
  int m_replies_to_wake = 0;  ///< pending replies to the commands that wake the reader
  bool m_is_warm = false;     ///< something was sent a moment ago
  std::string m_run_id;
  Keys m_keys;
  std::string m_script_hash;
  std::string m_client_id;  ///< of the connection; empty if only the script is used
  MonotonicTime m_lost_at{};
  MonotonicTime m_connected_at{};
  bool m_has_been_up = false;
  bool m_was_idle = false;  ///< when the connection was lost
  bool m_must_load = false;

  std::mutex m_mutex;
  std::condition_variable m_end;
  bool m_has_ended = false;
  std::thread m_thread;
};

}  // namespace tellina::redis
