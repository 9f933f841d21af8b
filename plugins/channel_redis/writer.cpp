#include "writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <poll.h>

#include "plugins/common/thread_without_signals.hpp"
#include "push_script.hpp"

namespace tellina::redis {
namespace {

using std::chrono::milliseconds;

milliseconds life_of_mark(const Settings& settings) {
  // Longer than a batch can stay in doubt, plus a margin for clocks that differ.
  return 2 * settings.expiry + std::chrono::seconds(60);
}

/// The thread reads the reply to the last message after this time if no sender has.
constexpr milliseconds reply_check_interval{20};

bool is_list_of(const redisReply& reply, std::size_t size) {
  return reply.type == REDIS_REPLY_ARRAY && reply.elements == size;
}

/// To MULTI, RPUSH, SET, PEXPIRE and EXEC.
constexpr int replies_to_transaction = 5;
constexpr std::size_t commands_in_transaction = 3;

/// Why a batch was not appended; empty if it was. `last` is the last reply to it.
std::string_view error_of(const Batch& batch, const redisReply& last) {
  if (!batch.error.empty()) return batch.error;
  if (is_error(last)) return text_of(last);
  // An error that only shows when the command runs, for example that the key does not hold a list.
  if (is_list_of(last, commands_in_transaction) && is_error(*last.element[0])) return text_of(*last.element[0]);
  return {};
}

/// The result of a batch for which Redis has reported no error.
class Taken {
 public:
  Taken(const Batch& batch, const redisReply& last) {
    if (is_list_of(last, commands_in_transaction)) {
      count = batch.messages.size();
      length = static_cast<std::size_t>(last.element[0]->integer);
    } else if (is_list_of(last, 2)) {
      count = static_cast<std::size_t>(last.element[0]->integer);
      length = static_cast<std::size_t>(last.element[1]->integer);
    } else {
      is_forgotten = true;
    }
  }
  std::size_t count = 0;
  std::size_t length = 0;
  bool is_forgotten = false;
};

bool is_all_taken(const Batch& batch, const redisReply& last) {
  return error_of(batch, last).empty() && Taken(batch, last).count == batch.messages.size();
}

void note(Batch& batch, const redisReply& reply) {
  const bool is_first = batch.replies_to_come-- == replies_to_transaction;
  if (!is_error(reply)) return;
  if (batch.error.empty()) batch.error = text_of(reply);
  batch.is_torn = batch.is_torn || is_first;
}

/// Other errors concern the whole server, and the next connection may reach another one.
bool concerns_one_batch(std::string_view error) {
  return error.starts_with("WRONGTYPE") || error.starts_with("NOSCRIPT");
}

}  // namespace

Writer::Writer(const Settings& settings, const std::string& instance, Health& health, const PluginContext& context,
               WakeUp& stop)
    : m_settings(settings),
      m_health(health),
      m_log(context.log),
      m_clock(context.clock),
      m_stop(stop),
      m_instance(instance),
      m_capacity(std::to_string(settings.capacity)),
      m_expiry_ms(std::to_string(milliseconds(settings.expiry).count())),
      m_mark_life_ms(std::to_string(life_of_mark(settings).count())),
      m_outboxes(settings,
                 [this] {
                   if (!send_from_here()) m_work.raise();
                 }),
      m_back_off(context.random) {}

Writer::~Writer() {
  if (m_thread.joinable()) m_thread.join();
}

void Writer::start() {
  if (!m_thread.joinable()) m_thread = start_thread_without_signals([this] { run(); });
}

void Writer::wake_reader() {
  m_wants_wake.store(true);
  m_work.raise();
}

void Writer::finish(milliseconds limit) {
  if (!m_thread.joinable() || m_health.is_writer_down()) return;
  m_is_finishing.store(true);
  m_work.raise();
  std::unique_lock lock(m_mutex);
  m_end.wait_for(lock, limit, [this] { return m_has_ended; });
}

void Writer::run() {
  std::unique_lock wire(m_wire);
  for (bool continues = true; continues;) {
    try {
      connect();
      serve();
      continues = false;
    } catch (const Failure& failure) {
      continues = recover(failure);
    } catch (const std::exception& error) {
      // For example because there is no memory: the pending batches are in doubt, and the process continues.
      continues = recover(Failure(Failure::Kind::lost, error.what()));
    }
  }
  std::lock_guard lock(m_mutex);
  m_has_ended = true;
  m_end.notify_all();
}

bool Writer::recover(const Failure& failure) {
  m_connection.reset();
  for (; !m_under_way.empty(); m_under_way.pop_front()) m_outboxes.settle_in_doubt(m_under_way.front());
  if (std::exchange(m_replies_to_wake, 0) > 0) m_wants_wake.store(true);
  m_is_warm = false;
  if (failure.kind == Failure::Kind::stopped) return false;
  if (std::exchange(m_was_idle, false)) return true;
  if (!m_health.is_writer_down()) m_lost_at = m_clock.now();
  m_health.note_down(Health::writer, failure);
  return !m_is_finishing && sleep_unless_stopped(m_back_off.next(), m_stop.descriptor());
}

void Writer::connect() {
  m_connection = open_server(m_settings.address, m_stop.descriptor());
  const ServerRun run = ask_for_run(*m_connection);
  const bool is_same_run = run.id == m_run_id;
  const bool may_ask = is_same_run && end_previous_connection();
  load_script();
  std::string client_id = prepare_transactions();
  // Detects early a server that accepts no writes.
  m_keys = Keys(m_settings.prefix, run.id, m_instance);
  m_connection->call({"SET", m_keys.mark(""), "0", "PX", m_mark_life_ms});
  m_back_off.reset();
  m_connected_at = m_clock.now();

  m_run_id = run.id;
  m_client_id = std::move(client_id);
  const bool was_away = m_health.is_writer_down();
  const bool was_away_too_long = was_away && m_clock.now() - m_lost_at > m_settings.expiry;
  const std::size_t forgotten = m_outboxes.drop_after_outage(may_ask, was_away_too_long);
  m_health.note_up(Health::writer);
  if (!m_has_been_up) m_log.debug("connected to Redis " + run.version + " at " + m_settings.address.text());
  m_has_been_up = true;
  if (forgotten == 0) return;
  m_log.warning(std::to_string(forgotten) + " pending messages were dropped" +
                (was_away_too_long ? " because Redis was unavailable for longer than \"expiry\""
                 : is_same_run ? " because Redis does not let this program end the connection on which they were sent"
                               : " because Redis was restarted and may have delivered them") +
                "; the affected connections are reset");
}

void Writer::serve() {
  while (wait_for_work()) {
    if (m_under_way.empty()) append_what_waits();
    read_replies();
  }
}

bool Writer::wait_for_work() {
  for (;;) {
    if (!m_under_way.empty() || m_outboxes.has_ready() || m_wants_wake.load()) return true;
    if (m_is_finishing.load() && m_outboxes.is_empty()) return false;
    int limit = m_is_warm ? static_cast<int>(reply_check_interval.count()) : -1;
    const auto retry = m_outboxes.next_retry();
    if (retry) {
      const auto left = std::chrono::ceil<milliseconds>(*retry - std::chrono::steady_clock::now());
      const int until_retry = static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
      limit = m_is_warm ? std::min(limit, until_retry) : until_retry;
    }
    std::array<pollfd, 3> watched{
        {{m_stop.descriptor(), POLLIN, 0}, {m_work.descriptor(), POLLIN, 0}, {m_connection->descriptor(), POLLIN, 0}}};
    // The next sender reads a reply that arrives meanwhile.
    if (m_is_warm) watched[2].fd = -1;
    m_is_open_to_all = m_is_warm;
    m_wire.unlock();
    const int count = ::poll(watched.data(), watched.size(), limit);
    m_wire.lock();
    m_is_open_to_all = false;
    if (count > 0 && watched[0].revents) throw Failure(Failure::Kind::stopped, "the channel layer is closing");
    if (count > 0 && watched[1].revents) m_work.clear();
    if (!m_under_way.empty()) return true;
    // No reply is due: the server has closed the connection, or sends the reason why it will.
    if (count > 0 && watched[2].revents) {
      // Servers and proxies close idle connections. Nothing was pending, so a new connection is enough.
      constexpr std::chrono::seconds long_enough{1};
      m_was_idle = m_clock.now() - m_connected_at > long_enough;
      const Reply reply = m_connection->read();
      throw Failure(is_error(*reply) ? Failure::Kind::refused : Failure::Kind::lost, std::string(text_of(*reply)));
    }
    if (count == 0 && retry) return true;
    if (count == 0) m_is_warm = false;
  }
}

bool Writer::send_from_here() noexcept {
  const std::unique_lock wire(m_wire, std::try_to_lock);
  if (!wire || !m_is_open_to_all) return false;
  m_is_open_to_all = false;
  try {
    for (; !m_under_way.empty(); m_under_way.pop_front()) {
      Batch& batch = m_under_way.front();
      for (; batch.replies_to_come > 1 && m_connection->peek(); note(batch, *m_connection->read())) continue;
      const redisReply* last = batch.replies_to_come == 1 ? m_connection->peek() : nullptr;
      if (!last || !is_all_taken(batch, *last)) return false;
      settle(batch, *m_connection->read());
    }
    append_ready();
  } catch (const std::exception&) {
    // No memory, or the connection broke: the thread will miss the replies, and all pending batches are in doubt.
    return false;
  }
  m_is_open_to_all = m_connection->send_now();
  return m_is_open_to_all;
}

void Writer::append_ready() {
  m_under_way = m_outboxes.take();
  for (Batch& batch : m_under_way) append(batch);
}

void Writer::append_what_waits() {
  append_ready();
  if (!m_wants_wake.exchange(false)) return;
  m_replies_to_wake = 2;
  const std::string key = m_keys.wake();
  m_connection->append({"RPUSH", key, ""});
  m_connection->append({"PEXPIRE", key, m_mark_life_ms});
}

void Writer::read_replies() {
  std::string refusal;
  for (; !m_under_way.empty(); m_under_way.pop_front()) {
    Batch& batch = m_under_way.front();
    while (batch.replies_to_come > 1) note(batch, *m_connection->read());
    const Reply last = m_connection->read();
    if (batch.is_torn) throw Failure(Failure::Kind::refused, batch.error);
    const std::string_view error = error_of(batch, *last);
    if (!error.empty() && !concerns_one_batch(error)) refusal = error;
    settle(batch, *last);
  }
  report_dropped();
  for (; m_replies_to_wake > 0; --m_replies_to_wake) {
    const Reply reply = m_connection->read();
    if (is_error(*reply)) refusal = text_of(*reply);
  }
  if (!refusal.empty()) throw Failure(Failure::Kind::refused, refusal);
  m_is_warm = true;
  if (m_must_load) load_script();
}

void Writer::append(Batch& batch) {
  if (batch.fits && !m_client_id.empty()) return append_by_transaction(batch);
  append_by_script(batch);
}

void Writer::append_by_script(const Batch& batch) {
  const std::string number = std::to_string(batch.number);
  const bool must_have_mark = batch.may_have_run && batch.expects_mark;
  const std::string channel_key = m_keys.channel(batch.outbox->channel);
  const std::string mark_key = m_keys.mark(batch.outbox->channel);
  m_words.assign({"EVALSHA", m_script_hash, "2", channel_key, mark_key, number, must_have_mark ? "1" : "0", m_capacity,
                  m_expiry_ms, m_mark_life_ms});
  m_words.insert(m_words.end(), batch.messages.begin(), batch.messages.end());
  m_connection->append(m_words);
}

void Writer::append_by_transaction(Batch& batch) {
  batch.replies_to_come = replies_to_transaction;
  const std::string mark = std::to_string(batch.number) + " " + std::to_string(batch.messages.size());
  const std::string channel_key = m_keys.channel(batch.outbox->channel);
  m_connection->append({"MULTI"});
  m_words.assign({"RPUSH", channel_key});
  m_words.insert(m_words.end(), batch.messages.begin(), batch.messages.end());
  m_connection->append(m_words);
  m_connection->append({"SET", m_keys.mark(batch.outbox->channel), mark, "PX", m_mark_life_ms});
  m_connection->append({"PEXPIRE", channel_key, m_expiry_ms});
  m_connection->append({"EXEC"});
}

void Writer::settle(const Batch& batch, const redisReply& last) {
  const std::string_view error = error_of(batch, last);
  if (error.starts_with("NOSCRIPT")) {
    m_must_load = true;
    m_outboxes.settle_unrun(batch);
    return;
  }
  if (!error.empty()) {
    if (m_outboxes.settle_refused(batch, std::string(error)) && error.starts_with("WRONGTYPE")) {
      const std::string which = std::string(error) + " (key " + m_keys.channel(batch.outbox->channel) + ")";
      m_log.error(m_health.describe(Failure(Failure::Kind::refused, which)));
    }
    return;
  }
  const Taken taken(batch, last);
  if (!taken.is_forgotten) return m_outboxes.settle(batch, taken.count, taken.length);
  m_dropped_messages += batch.messages.size();
  ++m_dropped_channels;
  m_outboxes.drop(batch);
}

void Writer::report_dropped() {
  if (m_dropped_messages == 0) return;
  m_log.warning(std::to_string(m_dropped_messages) + " messages for " + std::to_string(m_dropped_channels) +
                " channels were dropped because Redis has lost its record of what it had received; the affected "
                "connections are reset");
  m_dropped_messages = m_dropped_channels = 0;
}

void Writer::load_script() {
  m_script_hash = text_of(*m_connection->call({"SCRIPT", "LOAD", push_script}));
  m_must_load = false;
}

std::string Writer::prepare_transactions() {
  const auto may = [this](std::initializer_list<std::string_view> command, std::string_view usual_error) {
    m_connection->append(command);
    const Reply reply = m_connection->read();
    return !is_error(*reply) || (!usual_error.empty() && text_of(*reply).starts_with(usual_error));
  };
  m_connection->append({"CLIENT", "ID"});
  const Reply reply = m_connection->read();
  if (reply->type != REDIS_REPLY_INTEGER) return {};
  std::string id = std::to_string(reply->integer);
  // EXEC first: a connection that may begin a transaction but not end it would be useless.
  const bool may_all = may({"CLIENT", "KILL", "ID", id, "SKIPME", "yes"}, {}) &&
                       may({"EXEC"}, "ERR EXEC without MULTI") && may({"MULTI"}, {}) && may({"EXEC"}, {});
  return may_all ? id : std::string();
}

bool Writer::end_previous_connection() {
  if (m_client_id.empty()) return true;
  m_connection->append({"CLIENT", "KILL", "ID", m_client_id});
  const Reply reply = m_connection->read();
  if (!is_error(*reply)) return true;
  const std::string text(text_of(*reply));
  if (text.starts_with("NOPERM") || text.starts_with("ERR unknown")) return false;
  throw Failure(Failure::Kind::refused, text);
}

}  // namespace tellina::redis
