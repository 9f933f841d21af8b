#include "reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <poll.h>
#include <sys/epoll.h>

#include "plugins/channel_common/message_codec.hpp"
#include "plugins/common/thread_without_signals.hpp"

namespace tellina::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* most_at_once = "100";
/// Redis answers at least this often, so that a dead connection is noticed. It is less than the smallest `timeout` of
/// Redis, 1 s: when a client has been blocked for longer than that, Redis considers it idle as soon as its data
/// arrives, and can close the connection before it sends them (clientsCronHandleTimeout in timeout.c of Redis 7).
constexpr milliseconds longest_wait{500};
constexpr const char* longest_wait_seconds = "0.5";
/// How long to wait for a Redis that hangs: closing the connection would lose the data that it is about to send.
constexpr seconds timeout{10};
constexpr seconds report_interval{60};
constexpr seconds recheck_interval{1};

}  // namespace

Reader::Reader(const Settings& settings, const std::string& instance, Health& health, Subscribers& subscribers,
               const PluginContext& context, WakeUp& stop)
    : m_settings(settings),
      m_health(health),
      m_subscribers(subscribers),
      m_log(context.log),
      m_stop(stop),
      m_instance(instance),
      m_back_off(context.random) {}

Reader::~Reader() {
  end_dispatching();
  if (m_thread.joinable()) m_thread.join();
}

void Reader::start() {
  if (!m_thread.joinable()) m_thread = start_thread_without_signals([this] { run(); });
}

void Reader::run() {
  for (bool continues = true; continues;) {
    try {
      wait_for_subscribers();
      if (!m_connection) connect();
      listen();
    } catch (const Failure& failure) {
      continues = recover(failure);
    } catch (const std::exception& error) {
      continues = recover(Failure(Failure::Kind::lost, error.what()));
    }
  }
}

bool Reader::recover(const Failure& failure) {
  m_connection.reset();
  m_subscribers.end_listening();
  if (failure.kind == Failure::Kind::stopped) return false;
  m_health.note_down(Health::reader, failure);
  return sleep_unless_stopped(m_back_off.next(), m_stop.descriptor());
}

void Reader::connect() {
  m_connection = open_server(m_settings.address, m_stop.descriptor());
  m_keys = Keys(m_settings.prefix, ask_for_run(*m_connection).id, m_instance);
  // Detects early a Redis that cannot pop; the content of the wake-up key does not matter now.
  m_connection->call({"LMPOP", "1", m_keys.wake(), "LEFT", "COUNT", most_at_once});
  m_back_off.reset();
  m_health.note_up(Health::reader);
}

void Reader::wait_for_subscribers() {
  for (;;) {
    m_change.clear();
    if (!m_subscribers.is_empty()) return;
    m_health.note_up(Health::reader);  // without subscribers, nothing is missing
    std::array<pollfd, 3> watched{{{m_stop.descriptor(), POLLIN, 0},
                                   {m_change.descriptor(), POLLIN, 0},
                                   {m_connection ? m_connection->descriptor() : -1, POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), -1);
    if (watched[0].revents) throw Failure(Failure::Kind::stopped, "the channel layer is closing");
    if (watched[2].revents) m_connection.reset();
  }
}

void Reader::listen() {
  if (!m_wrong_keys.empty() && Clock::now() >= m_recheck_at) m_wrong_keys.clear();
  ask();
  lend();
  if (!m_answer.reply) {
    const auto left = std::chrono::ceil<milliseconds>(m_asked_at + longest_wait + timeout - Clock::now());
    m_answer.reply = m_connection->read(std::max(left, milliseconds(0)));
  }
  handle();
  m_subscribers.end_listening();
}

void Reader::ask() {
  m_answer = Answer();
  m_asked_at = Clock::now();
  const std::vector<std::string> keys = choose_keys();
  const std::string key_count = std::to_string(keys.size());
  std::vector<std::string_view> words{"BLMPOP", longest_wait_seconds, key_count};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), {"LEFT", "COUNT", most_at_once});
  m_connection->append(words);
}

void Reader::lend() {
  std::unique_lock lock(m_mutex);
  if (!m_is_dispatched || !m_wrong_keys.empty() || !m_connection->send_now()) return;
  const int descriptor = m_connection->descriptor();
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(m_wait.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return;
  m_loop_has_connection = true;
  m_returned.wait(lock, [this] { return !m_loop_has_connection; });
  ::epoll_ctl(m_wait.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  if (std::exchange(m_has_failed, false)) throw Failure(Failure::Kind::lost, "the connection broke");
}

int Reader::begin_dispatching() {
  if (!m_wait) m_wait.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!m_wait) return -1;
  m_subscribers.set_dispatcher(std::this_thread::get_id());
  std::lock_guard lock(m_mutex);
  m_is_dispatched = true;
  return m_wait.get();
}

void Reader::end_dispatching() {
  m_subscribers.set_dispatcher({});
  std::lock_guard lock(m_mutex);
  m_is_dispatched = m_loop_has_connection = false;
  m_returned.notify_all();
}

bool Reader::dispatch() {
  std::lock_guard lock(m_mutex);
  if (!m_loop_has_connection) return false;
  try {
    const Taken taken = take_answer();
    if (taken != Taken::needs_thread) return taken == Taken::answer;
  } catch (const std::exception&) {
    m_has_failed = true;
  }
  m_loop_has_connection = false;
  m_returned.notify_all();
  return false;
}

Reader::Taken Reader::take_answer() {
  if (m_answer.reply) {
    m_subscribers.end_listening();
    ask();
    if (!m_connection->send_now()) return Taken::needs_thread;
  }
  const redisReply* reply = m_connection->peek();
  if (!reply) {
    const bool may_come = !m_connection->is_broken() && Clock::now() - m_asked_at < longest_wait + timeout;
    return may_come ? Taken::nothing : Taken::needs_thread;
  }
  if (is_error(*reply)) return Taken::needs_thread;
  m_answer.reply = m_connection->read();
  const std::string channel = channel_of(*m_answer.reply);
  return channel.empty() || deliver(channel) ? Taken::answer : Taken::needs_thread;
}

std::vector<std::string> Reader::choose_keys() {
  // Redis serves the first key that has data: the wake-up key, which rarely has any, and then the channels in turn.
  std::vector<std::string> keys{m_keys.wake()};
  for (const std::string& channel : m_subscribers.begin_listening()) {
    std::string key = m_keys.channel(channel);
    if (!m_wrong_keys.contains(key)) keys.push_back(std::move(key));
  }
  const auto channels = static_cast<std::ptrdiff_t>(keys.size()) - 1;
  if (channels > 1) {
    std::rotate(keys.begin() + 1, keys.begin() + 1 + static_cast<std::ptrdiff_t>(m_turn++) % channels, keys.end());
  }
  return keys;
}

void Reader::handle() {
  const redisReply& reply = *m_answer.reply;
  if (is_error(reply)) {
    if (!text_of(reply).starts_with("WRONGTYPE")) {
      throw Failure(Failure::Kind::refused, std::string(text_of(reply)));
    }
    find_wrong_keys(text_of(reply));
    return;
  }
  const std::string channel = channel_of(reply);
  if (!channel.empty() && !deliver(channel)) put_back(channel, *reply.element[1], m_answer.delivered);
}

std::string Reader::channel_of(const redisReply& answer) const {
  if (answer.type == REDIS_REPLY_NIL) return {};
  if (answer.type != REDIS_REPLY_ARRAY || answer.elements != 2 || answer.element[1]->type != REDIS_REPLY_ARRAY) {
    throw Failure(Failure::Kind::lost, "the reply to BLMPOP is not a list of messages");
  }
  const std::string_view key = text_of(*answer.element[0]);
  const std::string prefix = m_keys.channel_prefix();
  return key.starts_with(prefix) ? std::string(key.substr(prefix.size())) : std::string();
}

bool Reader::deliver(const std::string& channel) {
  const redisReply& list = *m_answer.reply->element[1];
  std::size_t faulty = 0;
  std::size_t first_size = 0;
  for (; m_answer.delivered < list.elements; ++m_answer.delivered) {
    const std::string_view octets = text_of(*list.element[m_answer.delivered]);
    std::optional<Message> message = codec::decode_message(octets);
    if (!message) {
      if (faulty++ == 0) first_size = octets.size();
    } else if (!m_subscribers.deliver(channel, *message)) {
      break;
    }
  }
  if (faulty > 0) report_faulty(channel, faulty, first_size);
  return m_answer.delivered == list.elements;
}

void Reader::report_faulty(const std::string& channel, std::size_t count, std::size_t first_size) {
  if (m_faulty == 0) m_first_faulty_size = first_size;
  m_faulty += count;
  const Clock::time_point now = Clock::now();
  if (m_next_report && now < *m_next_report) return;
  m_next_report = now + report_interval;
  m_log.error("channel " + channel + ": skipped " + std::to_string(std::exchange(m_faulty, 0)) +
              " entries that are not messages (the first has " + std::to_string(m_first_faulty_size) +
              " octets); does another program or another version use the \"prefix\" " + m_settings.prefix + "?");
}

void Reader::put_back(const std::string& channel, const redisReply& list, std::size_t first) {
  const std::string key = m_keys.channel(channel);
  const std::string expiry = std::to_string(milliseconds(m_settings.expiry).count());
  std::vector<std::string_view> words{"LPUSH", key};
  for (std::size_t i = list.elements; i > first; --i) words.push_back(text_of(*list.element[i - 1]));
  try {
    m_connection->append(words);
    m_connection->append({"PEXPIRE", key, expiry});
    const Reply pushed = m_connection->read();
    m_connection->read();
    if (is_error(*pushed)) throw Failure(Failure::Kind::refused, std::string(text_of(*pushed)));
  } catch (const Failure& failure) {
    m_log.warning(
        "channel " + channel + ": " + std::to_string(list.elements - first) +
        " messages were popped after the last receiver had left and could not be put back: " + failure.what());
    throw;
  }
}

void Reader::find_wrong_keys(std::string_view error) {
  m_recheck_at = Clock::now() + recheck_interval;
  std::vector<std::string> keys;
  for (const std::string& channel : m_subscribers.begin_listening()) keys.push_back(m_keys.channel(channel));
  for (const std::string& key : keys) m_connection->append({"TYPE", key});
  for (const std::string& key : keys) {
    const Reply reply = m_connection->read();
    const std::string type(text_of(*reply));
    if (is_error(*reply)) throw Failure(Failure::Kind::refused, type);
    if (type == "list" || type == "none") {
      m_reported.erase(key);
      continue;
    }
    m_wrong_keys.insert(key);
    if (!m_reported.insert(key).second) continue;
    m_log.error("key " + key + " holds a " + type +
                ", expected a list: another program uses it; delete the key, or choose another \"prefix\"");
  }
  if (m_wrong_keys.empty()) throw Failure(Failure::Kind::refused, std::string(error));
}

}  // namespace tellina::redis
