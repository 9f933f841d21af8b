#pragma once

/// Limits how many sandboxes a process has, because each takes descriptors that its other sessions need.

#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "host/runtime/assertion.hpp"
#include "tellina/error.hpp"

namespace tellina {

/// Threads: any. The permits keep it alive.
class SandboxLimit : public std::enable_shared_from_this<SandboxLimit> {
 public:
  explicit SandboxLimit(std::size_t most = std::numeric_limits<std::size_t>::max()) : m_most(most) {}

  /// Held by one sandbox until it has been removed.
  class Permit {
   public:
    explicit Permit(std::shared_ptr<SandboxLimit> limit) : m_limit(std::move(limit)) {}
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { m_limit->release(); }

   private:
    const std::shared_ptr<SandboxLimit> m_limit;
  };

  /// Throws Error(busy) if all permits are taken.
  std::shared_ptr<const Permit> take() {
    {
      std::lock_guard lock(m_mutex);
      if (m_taken >= m_most) {
        throw Error(ErrorCode::busy,
                    "the limit of open files has room for " + std::to_string(m_most) + " sandboxes, and all exist",
                    "raise the hard limit of open files (LimitNOFILE=, ulimit -Hn)");
      }
      ++m_taken;
    }
    return std::make_shared<const Permit>(shared_from_this());
  }

 private:
  void release() {
    std::lock_guard lock(m_mutex);
    TELLINA_ASSERT_PROCESS(m_taken > 0);
    --m_taken;
  }

  const std::size_t m_most;
  std::mutex m_mutex;
  std::size_t m_taken = 0;
};

}  // namespace tellina
