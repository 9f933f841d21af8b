#include "memory_channel.hpp"

#include <algorithm>
#include <exception>

namespace tellina::memory {

std::optional<SendResult> MemoryChannel::send(Message& message) {
  std::unique_lock lock(m_mutex);
  if (m_retired) return std::nullopt;
  const std::thread::id sender = std::this_thread::get_id();
  if (m_delivering || m_subscribers.empty()) {
    if (m_waiting.size() >= m_capacity) return SendResult::full;
    m_waiting.push_back(QueuedMessage(std::move(message), sender));
    return SendResult::accepted;
  }
  m_delivering = true;
  deliver(lock, QueuedMessage(std::move(message), sender));
  deliver_waiting(lock);
  return SendResult::accepted;
}

bool MemoryChannel::add(const std::shared_ptr<Subscriber>& subscriber) {
  std::unique_lock lock(m_mutex);
  if (m_retired) return false;
  m_subscribers.push_back(subscriber);
  if (!m_delivering) {
    m_delivering = true;
    deliver_waiting(lock);
  }
  return true;
}

void MemoryChannel::remove(const std::shared_ptr<Subscriber>& subscriber) {
  bool inside_call = false;
  {
    std::unique_lock lock(m_mutex);
    m_subscribers.erase(std::find(m_subscribers.begin(), m_subscribers.end(), subscriber));
    inside_call = m_called == subscriber.get() && m_called_on == std::this_thread::get_id();
    if (!inside_call) m_call_ended.wait(lock, [&] { return m_called != subscriber.get(); });
  }
  // Destroys what the receiver holds now, not when a deliverer releases the subscriber.
  if (!inside_call) subscriber->receiver = nullptr;
}

bool MemoryChannel::retire_if_idle() {
  std::lock_guard lock(m_mutex);
  if (m_subscribers.empty() && m_waiting.empty()) m_retired = true;
  return m_retired;
}

void MemoryChannel::deliver_waiting(std::unique_lock<std::mutex>& lock) {
  while (!m_waiting.empty() && !m_subscribers.empty()) deliver(lock, m_waiting.pop_front());
  m_delivering = false;
}

void MemoryChannel::deliver(std::unique_lock<std::mutex>& lock, QueuedMessage queued) {
  std::shared_ptr<Subscriber> subscriber = choose(queued.sender);
  m_called = subscriber.get();
  m_called_on = std::this_thread::get_id();
  lock.unlock();
  try {
    subscriber->receiver(std::move(queued.message));
  } catch (const std::exception& error) {
    m_log.error("channel " + m_name + ": a receiver threw an exception, which the SDK forbids: " + error.what());
  } catch (...) {
    m_log.error("channel " + m_name + ": a receiver threw an exception, which the SDK forbids");
  }
  // Outside the lock: this may be the last reference, and what the receiver holds may send in its destructor.
  subscriber.reset();
  lock.lock();
  m_called = nullptr;
  m_call_ended.notify_all();
}

std::shared_ptr<Subscriber> MemoryChannel::choose(std::thread::id sender) {
  const std::size_t count = m_subscribers.size();
  std::size_t chosen = m_turn % count;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t candidate = (m_turn + i) % count;
    if (m_subscribers[candidate]->home == sender) {
      chosen = candidate;
      break;
    }
  }
  m_turn = chosen + 1;
  return m_subscribers[chosen];
}

}  // namespace tellina::memory
