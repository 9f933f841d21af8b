#pragma once

/// Counts what still runs on the loops, so that stop() can wait for it.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace tellina {

/// Threads: any.
class LiveCount {
 public:
  /// Counts one while it lives; held by every connection for its whole life.
  class Token {
   public:
    explicit Token(std::shared_ptr<LiveCount> count) : m_count(std::move(count)) { m_count->change(1); }
    Token(Token&& other) noexcept = default;
    Token& operator=(Token&&) = delete;
    ~Token() {
      if (m_count) m_count->change(-1);
    }

   private:
    std::shared_ptr<LiveCount> m_count;
  };

  bool wait_until_none(std::chrono::milliseconds limit) {
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, limit, [this] { return m_living == 0; });
  }

 private:
  void change(long difference) {
    std::lock_guard lock(m_mutex);
    m_living += difference;
    if (m_living == 0) m_changed.notify_all();
  }

  std::mutex m_mutex;
  std::condition_variable m_changed;
  long m_living = 0;
};

}  // namespace tellina
