#include "channel.hpp"

#include <algorithm>
#include <exception>

namespace tellina::ipc {
namespace {

constexpr auto longest_wait = std::chrono::seconds(60);

}  // namespace

Channel::Channel(std::string name, const ChannelContext& context)
    : m_name(std::move(name)),
      m_channel_context(context),
      m_last_place(static_cast<std::uint64_t>(context.clock.now().time_since_epoch().count())) {}

Channel::SendOutcome Channel::send(InstanceId origin, Message& message) {
  std::lock_guard lock(m_mutex);
  if (m_retired) return SendOutcome::retired;
  QueuedMessage queued(std::move(message), m_last_place + 1);
  if (m_waiting.empty() && offer(origin, queued) == Offered::sent) {
    m_last_place = queued.place;
    return SendOutcome::sent;
  }
  if (m_waiting.size() >= m_channel_context.capacity) {
    message = std::move(queued.message);
    return SendOutcome::full;
  }
  m_last_place = queued.place;
  queued.since = m_channel_context.clock.now();
  m_waiting.push_back(std::move(queued));
  return m_subscribers.empty() ? SendOutcome::waits : SendOutcome::waits_for_thread;
}

bool Channel::add(const std::shared_ptr<Subscriber>& subscriber) {
  std::lock_guard lock(m_mutex);
  if (m_retired) return false;
  m_subscribers.push_back(subscriber);
  if (m_subscribers.size() == 1) m_targets.emplace_back(nullptr);
  return true;
}

std::size_t Channel::receivers_here() const {
  std::lock_guard lock(m_mutex);
  return m_subscribers.size();
}

void Channel::remove(const std::shared_ptr<Subscriber>& subscriber) {
  std::lock_guard lock(m_mutex);
  m_subscribers.erase(std::find(m_subscribers.begin(), m_subscribers.end(), subscriber));
  if (m_subscribers.empty()) remove_target(nullptr);
}

void Channel::finish(Subscriber& subscriber, bool is_layer_thread) {
  {
    std::unique_lock lock(m_mutex);
    if (is_layer_thread && m_called == &subscriber) return;
    m_call_ended.wait(lock, [&] { return m_called != &subscriber; });
  }
  // Destroys what the receiver holds now, not when the layer's thread releases the subscriber.
  subscriber.receiver = nullptr;
}

bool Channel::add_peer(const std::shared_ptr<Peer>& peer) {
  std::lock_guard lock(m_mutex);
  if (!m_retired) m_targets.emplace_back(peer);
  return !m_retired;
}

void Channel::remove_peer(const std::shared_ptr<Peer>& peer) {
  std::lock_guard lock(m_mutex);
  remove_target(peer);
}

void Channel::remove_target(const std::shared_ptr<Peer>& peer) {
  std::erase_if(m_targets, [&](const Target& target) { return target.peer == peer; });
}

bool Channel::flush_one(InstanceId origin) {
  std::unique_lock lock(m_mutex);
  if (m_waiting.empty()) return false;
  switch (offer(origin, m_waiting.front())) {
    case Offered::nobody:
      return false;
    case Offered::sent:
      m_waiting.pop_front();
      return true;
    case Offered::too_late:
      m_channel_context.log.debug("channel " + m_name +
                                  ": dropped a message that a receiver returned, because a later one was already sent");
      m_waiting.pop_front();
      return true;
    case Offered::here:
      break;
  }
  QueuedMessage queued = std::move(m_waiting.front());
  m_waiting.pop_front();
  mark_served(*std::find_if(m_targets.begin(), m_targets.end(), [](const Target& target) { return !target.peer; }),
              queued.place);
  deliver(lock, std::move(queued.message));
  return true;
}

bool Channel::deliver_here(Message& message) {
  std::unique_lock lock(m_mutex);
  if (m_subscribers.empty()) return false;
  deliver(lock, std::move(message));
  return true;
}

bool Channel::requeue(Message& message, std::uint64_t place) {
  std::lock_guard lock(m_mutex);
  if (m_retired) return false;
  const auto later = std::find_if(m_waiting.begin(), m_waiting.end(),
                                  [&](const QueuedMessage& waiting) { return waiting.place > place; });
  QueuedMessage queued(std::move(message), place);
  queued.since = m_channel_context.clock.now();
  m_waiting.insert(later, std::move(queued));
  return true;
}

bool Channel::drop_old() {
  std::lock_guard lock(m_mutex);
  const MonotonicTime now = m_channel_context.clock.now();
  std::size_t dropped = 0;
  for (; !m_waiting.empty() && now - m_waiting.front().since > longest_wait; ++dropped) m_waiting.pop_front();
  if (dropped > 0) {
    m_channel_context.log.warning("channel " + m_name + ": dropped " + std::to_string(dropped) +
                                  " messages that no receiver took within a minute");
  }
  return !m_waiting.empty();
}

bool Channel::has_deliverable() const {
  std::lock_guard lock(m_mutex);
  return !m_waiting.empty() && !m_targets.empty();
}

bool Channel::retire_if_idle() {
  std::lock_guard lock(m_mutex);
  if (m_subscribers.empty() && m_targets.empty() && m_waiting.empty()) m_retired = true;
  return m_retired;
}

Channel::Offered Channel::offer(InstanceId origin, const QueuedMessage& queued) {
  bool is_late = !m_targets.empty();
  std::optional<zmq::message_t> frame;
  const bool is_shared = m_targets.size() > 1;
  const MonotonicTime now = is_shared ? m_channel_context.clock.now() : MonotonicTime();
  // The socket of an instance that hangs still accepts some frames. Such an instance gets messages only if all others
  // hang too.
  for (const bool to_silent : {false, true}) {
    for (std::size_t i = 0; i < m_targets.size(); ++i) {
      Target& target = m_targets[(m_turn + i) % m_targets.size()];
      if (target.last_place >= queued.place) continue;
      is_late = false;
      if (!target.peer) return Offered::here;
      if (is_shared && target.peer->is_silent(now) != to_silent) continue;
      if (!frame) frame = Envelope::seal(origin, queued.place, m_name, queued.message);
      if (target.peer->send(*frame) != Peer::Sent::taken) continue;
      if (is_shared) target.peer->probe([&] { return Envelope::make_probe(origin); }, now);
      mark_served(target, queued.place);
      return Offered::sent;
    }
    if (!is_shared) break;
  }
  return is_late ? Offered::too_late : Offered::nobody;
}

void Channel::mark_served(Target& target, std::uint64_t place) {
  target.last_place = place;
  m_turn = static_cast<std::size_t>(&target - m_targets.data()) + 1;
}

void Channel::deliver(std::unique_lock<std::mutex>& lock, Message message) {
  std::shared_ptr<Subscriber> subscriber = m_subscribers[m_subscriber_turn++ % m_subscribers.size()];
  m_called = subscriber.get();
  lock.unlock();
  try {
    subscriber->receiver(std::move(message));
  } catch (const std::exception& error) {
    m_channel_context.log.error("channel " + m_name +
                                ": a receiver threw an exception, which the SDK forbids: " + error.what());
  } catch (...) {
    m_channel_context.log.error("channel " + m_name + ": a receiver threw an exception, which the SDK forbids");
  }
  // Outside the lock: this may be the last reference, and what the receiver holds may send in its destructor.
  subscriber.reset();
  lock.lock();
  m_called = nullptr;
  m_call_ended.notify_all();
}

}  // namespace tellina::ipc
