#include "subscribers.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace tellina::redis {

void Subscribers::add(std::shared_ptr<Subscriber> subscriber) {
  {
    std::lock_guard lock(m_mutex);
    Inbox& inbox = m_inboxes[subscriber->channel];
    inbox.subscribers.push_back(std::move(subscriber));
    if (inbox.subscribers.size() > 1) return;
    ++m_version;
  }
  m_wake();
}

void Subscribers::remove(const std::shared_ptr<Subscriber>& subscriber) {
  std::unique_lock lock(m_mutex);
  const auto found = m_inboxes.find(subscriber->channel);
  auto& subscribers = found->second.subscribers;
  subscribers.erase(std::find(subscribers.begin(), subscribers.end(), subscriber));
  const bool was_last = subscribers.empty();
  if (was_last) {
    m_inboxes.erase(found);
    ++m_version;
  }
  std::uint64_t version = m_version;
  const auto here = std::this_thread::get_id();
  const bool is_called_here = m_called && m_called_on == here;
  const bool is_inside_call = is_called_here && m_called == subscriber.get();
  if (!is_inside_call) m_changed.wait(lock, [&] { return m_called != subscriber.get(); });
  if (was_last && !is_called_here && m_is_listening && !m_is_stuck && m_heard_version < version) {
    lock.unlock();
    m_wake();
    lock.lock();
    // This thread is the one that dispatches, so waiting for it would never end.
    if (m_dispatcher == here) version = m_heard_version;
    const auto has_released = [&] { return !m_is_listening || m_heard_version >= version || m_is_stuck; };
    if (!m_changed.wait_for(lock, std::chrono::milliseconds(500), has_released)) m_is_stuck = true;
  }
  lock.unlock();
  // Destroys what the receiver holds now, not when the reader releases the subscriber.
  if (!is_inside_call) subscriber->receiver = nullptr;
}

void Subscribers::set_dispatcher(std::thread::id thread) {
  std::lock_guard lock(m_mutex);
  m_dispatcher = thread;
}

bool Subscribers::is_empty() const {
  std::lock_guard lock(m_mutex);
  return m_inboxes.empty();
}

std::vector<std::string> Subscribers::begin_listening() {
  std::lock_guard lock(m_mutex);
  m_is_listening = true;
  m_heard_version = m_version;
  std::vector<std::string> channels;
  for (const auto& [channel, inbox] : m_inboxes) channels.push_back(channel);
  return channels;
}

void Subscribers::end_listening() {
  std::lock_guard lock(m_mutex);
  m_is_listening = false;
  m_is_stuck = false;
  m_changed.notify_all();
}

bool Subscribers::deliver(const std::string& channel, Message& message) {
  std::shared_ptr<Subscriber> subscriber;
  {
    std::lock_guard lock(m_mutex);
    const auto found = m_inboxes.find(channel);
    if (found == m_inboxes.end()) return false;
    Inbox& inbox = found->second;
    subscriber = inbox.subscribers[inbox.turn++ % inbox.subscribers.size()];
    m_called = subscriber.get();
    m_called_on = std::this_thread::get_id();
  }
  try {
    subscriber->receiver(std::move(message));
  } catch (const std::exception& error) {
    m_log.error("channel " + channel + ": a receiver threw an exception, which the SDK forbids: " + error.what());
  } catch (...) {
    m_log.error("channel " + channel + ": a receiver threw an exception, which the SDK forbids");
  }
  // Outside the lock: this may be the last reference, and what the receiver holds may send in its destructor.
  subscriber.reset();
  std::lock_guard lock(m_mutex);
  m_called = nullptr;
  m_changed.notify_all();
  return true;
}

}  // namespace tellina::redis
