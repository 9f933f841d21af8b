#pragma once

/// Lets one thread wait until no member of a group is active any more.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include "host/runtime/assertion.hpp"

namespace tellina {

/// Threads: any.
class WaitGroup {
 public:
  /// Counts as one active member while it lives. Every connection holds one, and so does every task on a loop.
  class Token {
   public:
    explicit Token(std::shared_ptr<WaitGroup> group) : m_group(std::move(group)) { m_group->change(1); }
    Token(Token&& other) noexcept = default;
    Token& operator=(Token&&) = delete;
    ~Token() {
      if (m_group) m_group->change(-1);
    }

   private:
    std::shared_ptr<WaitGroup> m_group;
  };

  /// Returns false if a member is still active after the limit.
  bool wait_until_none(std::chrono::milliseconds limit) {
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, limit, [this] { return m_count == 0; });
  }

 private:
  void change(long difference) {
    std::lock_guard lock(m_mutex);
    m_count += difference;
    TELLINA_ASSERT_PROCESS(m_count >= 0);
    if (m_count == 0) m_changed.notify_all();
  }

  std::mutex m_mutex;
  std::condition_variable m_changed;
  long m_count = 0;
};

}  // namespace tellina
