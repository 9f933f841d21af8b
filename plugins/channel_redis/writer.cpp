#include "writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <poll.h>

#include "push_script.hpp"
#include "quiet_thread.hpp"

namespace tellina::redis {
namespace {

using std::chrono::milliseconds;

milliseconds life_of_mark(const Settings& settings) {
  // Longer than a batch can stay in doubt, with room for clocks that differ.
  return 2 * settings.expiry + std::chrono::seconds(60);
}

/// How long a reply may lie unread after the last message.
constexpr milliseconds between_looks{20};

bool is_all_taken(const Batch& batch, const redisReply& reply) {
  return reply.type == REDIS_REPLY_INTEGER && reply.integer == static_cast<long long>(batch.messages.size());
}

/// Other errors are the whole server's, and it may be another one after the next connect.
bool concerns_one_batch(std::string_view error) {
  return error.starts_with("WRONGTYPE") || error.starts_with("NOSCRIPT");
}

}  // namespace

Writer::Writer(const Settings& settings, const std::string& instance, Health& health, const PluginContext& context,
               Signal& stop)
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
  if (!m_thread.joinable()) m_thread = start_quiet_thread([this] { run(); });
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
  for (bool goes_on = true; goes_on;) {
    try {
      connect();
      serve();
      goes_on = false;
    } catch (const Failure& failure) {
      goes_on = recover(failure);
    } catch (const std::exception& error) {
      // No memory, for one: what is under way is in doubt, and the process goes on.
      goes_on = recover(Failure(Failure::Kind::lost, error.what()));
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
  load_script();
  // Tells a server that takes no writes before anyone relies on it.
  m_keys = Keys(m_settings.prefix, run.id, m_instance);
  m_connection->call({"SET", m_keys.mark(""), "0", "PX", m_mark_life_ms});
  m_back_off.reset();
  m_connected_at = m_clock.now();

  const bool is_same_run = run.id == m_run_id;
  m_run_id = run.id;
  const bool was_away = m_health.is_writer_down();
  const bool was_away_too_long = was_away && m_clock.now() - m_lost_at > m_settings.expiry;
  const std::size_t forgotten = m_outboxes.forget_doubtful(is_same_run, was_away_too_long);
  m_health.note_up(Health::writer);
  if (!m_has_been_up) m_log.debug("connected to Redis " + run.version + " at " + m_settings.address.text());
  m_has_been_up = true;
  if (forgotten == 0) return;
  m_log.warning(std::to_string(forgotten) + " messages that were under way were given up" +
                (was_away_too_long ? ", as Redis was away for longer than \"expiry\""
                                   : ", as Redis was started again and may have delivered them") +
                "; connections that miss one are begun anew");
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
    int limit = m_is_warm ? static_cast<int>(between_looks.count()) : -1;
    const auto retry = m_outboxes.next_retry();
    if (retry) {
      const auto left = std::chrono::ceil<milliseconds>(*retry - std::chrono::steady_clock::now());
      const int until_retry = static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
      limit = m_is_warm ? std::min(limit, until_retry) : until_retry;
    }
    std::array<pollfd, 3> watched{
        {{m_stop.descriptor(), POLLIN, 0}, {m_work.descriptor(), POLLIN, 0}, {m_connection->descriptor(), POLLIN, 0}}};
    // A reply that comes meanwhile is taken by whoever sends next.
    if (m_is_warm) watched[2].fd = -1;
    m_is_open_to_all = m_is_warm;
    m_wire.unlock();
    const int count = ::poll(watched.data(), watched.size(), limit);
    m_wire.lock();
    m_is_open_to_all = false;
    if (count > 0 && watched[0].revents) throw Failure(Failure::Kind::stopped, "the channel layer ends");
    if (count > 0 && watched[1].revents) m_work.clear();
    if (!m_under_way.empty()) return true;
    // Nothing is due from the server now: it has closed, or says why it will.
    if (count > 0 && watched[2].revents) {
      // Servers and proxies close what has been quiet for long. Nothing was under way: the next one will do.
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
      const redisReply* reply = m_connection->peek();
      if (!reply || !is_all_taken(m_under_way.front(), *reply)) return false;
      settle(m_under_way.front(), *m_connection->read());
    }
    append_ready();
  } catch (const std::exception&) {
    // No memory, or the connection broke: the thread misses the replies, and all that is under way is in doubt.
    return false;
  }
  m_is_open_to_all = m_connection->send_now();
  return m_is_open_to_all;
}

void Writer::append_ready() {
  m_under_way = m_outboxes.take();
  for (const Batch& batch : m_under_way) append(batch);
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
    const Reply reply = m_connection->read();
    if (is_error(*reply) && !concerns_one_batch(text_of(*reply))) refusal = text_of(*reply);
    settle(m_under_way.front(), *reply);
  }
  for (; m_replies_to_wake > 0; --m_replies_to_wake) {
    const Reply reply = m_connection->read();
    if (is_error(*reply)) refusal = text_of(*reply);
  }
  if (!refusal.empty()) throw Failure(Failure::Kind::refused, refusal);
  m_is_warm = true;
  if (m_must_load) load_script();
}

void Writer::append(const Batch& batch) {
  const std::string number = std::to_string(batch.number);
  const bool must_have_mark = batch.may_have_run && batch.expects_mark;
  const std::string channel_key = m_keys.channel(batch.outbox->channel);
  const std::string mark_key = m_keys.mark(batch.outbox->channel);
  m_words.assign({"EVALSHA", m_script_hash, "2", channel_key, mark_key, number, must_have_mark ? "1" : "0", m_capacity,
                  m_expiry_ms, m_mark_life_ms});
  m_words.insert(m_words.end(), batch.messages.begin(), batch.messages.end());
  m_connection->append(m_words);
}

void Writer::settle(const Batch& batch, const redisReply& reply) {
  const std::string_view text = text_of(reply);
  if (is_error(reply) && text.starts_with("NOSCRIPT")) {
    m_must_load = true;
    m_outboxes.settle_unrun(batch);
  } else if (is_error(reply)) {
    const std::string complaint(text);
    if (m_outboxes.settle_refused(batch, complaint) && text.starts_with("WRONGTYPE")) {
      const std::string which = complaint + " (key " + m_keys.channel(batch.outbox->channel) + ")";
      m_log.error(m_health.describe(Failure(Failure::Kind::refused, which)));
    }
  } else if (reply.integer < 0) {
    m_outboxes.drop(batch);
    m_log.warning(std::to_string(batch.messages.size()) + " messages for channel " + batch.outbox->channel +
                  " were given up, as Redis has lost its record of what it had taken");
  } else {
    m_outboxes.settle(batch, static_cast<std::size_t>(reply.integer));
  }
}

void Writer::load_script() {
  m_script_hash = text_of(*m_connection->call({"SCRIPT", "LOAD", push_script}));
  m_must_load = false;
}

}  // namespace tellina::redis
