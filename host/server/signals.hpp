#pragma once

/// Signals as something to wait for, on the main thread alone.

#include <chrono>
#include <span>
#include <vector>

#include <poll.h>

namespace tellina {

/// From its construction SIGINT, SIGTERM, SIGHUP and SIGCHLD are taken here only, and SIGPIPE is ignored: threads made
/// later inherit that, so make it first. It stays so when it is destroyed.
class Signals {
 public:
  /// Throws Error(internal) where the kernel gives no descriptor.
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  /// Waits for signals, for one of the descriptors to become readable or hang up, or for the time to be over. Returns
  /// the signals, each once, in ascending order.
  std::vector<int> wait(std::span<pollfd> descriptors, std::chrono::milliseconds limit = forever) const;

  static constexpr std::chrono::milliseconds forever{-1};

 private:
  int m_descriptor = -1;
};

}  // namespace tellina
