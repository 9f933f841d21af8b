#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>

#include "folder.hpp"

namespace tellina::ipc {

/// Wakes the layer's thread. Threads: ring() from any, answer() from the one that waits.
class Doorbell {
 public:
  /// Throws Error(unavailable).
  Doorbell() : m_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!m_event) throw_errno("channel layer ipc: eventfd");
  }

  int descriptor() const { return m_event.get(); }

  void ring() {
    if (m_rings.exchange(true)) return;
    const std::uint64_t one = 1;
    // It cannot fail: the counter is at 0.
    [[maybe_unused]] const ssize_t written = ::write(m_event.get(), &one, sizeof one);
  }

  /// Before looking at what was rung for.
  void answer() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t read = ::read(m_event.get(), &count, sizeof count);
    m_rings.store(false);
  }

 private:
  const Descriptor m_event;
  std::atomic<bool> m_rings = false;
};

}  // namespace tellina::ipc
