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

/// Threads: any. The places keep it alive.
class SandboxPlaces : public std::enable_shared_from_this<SandboxPlaces> {
 public:
  explicit SandboxPlaces(std::size_t most = std::numeric_limits<std::size_t>::max()) : m_most(most) {}

  /// Held by one sandbox until it has been removed.
  class Place {
   public:
    explicit Place(std::shared_ptr<SandboxPlaces> places) : m_places(std::move(places)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { m_places->give_back(); }

   private:
    const std::shared_ptr<SandboxPlaces> m_places;
  };

  /// Throws Error(busy) if all places are taken.
  std::shared_ptr<const Place> take() {
    {
      std::lock_guard lock(m_mutex);
      if (m_taken >= m_most) {
        throw Error(ErrorCode::busy,
                    "the limit of open files has room for " + std::to_string(m_most) + " sandboxes, and all exist",
                    "raise the hard limit of open files (LimitNOFILE=, ulimit -Hn)");
      }
      ++m_taken;
    }
    return std::make_shared<const Place>(shared_from_this());
  }

 private:
  void give_back() {
    std::lock_guard lock(m_mutex);
    TELLINA_ASSERT_PROCESS(m_taken > 0);
    --m_taken;
  }

  const std::size_t m_most;
  std::mutex m_mutex;
  std::size_t m_taken = 0;
};

}  // namespace tellina
