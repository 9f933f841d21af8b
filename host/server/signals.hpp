#pragma once

/// Waits for signals on the main thread.

#include <chrono>
#include <span>
#include <vector>

#include <poll.h>

namespace tellina {

/// From construction on, only this object receives SIGINT, SIGTERM, SIGHUP and SIGCHLD, and SIGPIPE is ignored. Threads
/// inherit this, so create the object before any thread. The destructor does not undo it.
///
/// If the terminal in which the process was started is closed, the kernel or the session's shell sends SIGHUP. wait()
/// returns SIGTERM then, because nobody can see the process any more; every other SIGHUP is a request. Under nohup(1),
/// which ignores SIGHUP, wait() returns nothing for it.
class Signals {
 public:
  /// Throws Error(internal) if the kernel provides no descriptor.
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  /// Waits until a signal arrives, a descriptor becomes readable or hangs up, or the time is over. Returns the signals,
  /// each once, in ascending order.
  std::vector<int> wait(std::span<pollfd> descriptors, std::chrono::milliseconds limit = forever) const;

  static constexpr std::chrono::milliseconds forever{-1};

 private:
  bool m_had_terminal = false;
  bool m_outlives_terminal = false;  ///< SIGHUP was ignored at the start
  int m_descriptor = -1;
};

}  // namespace tellina
