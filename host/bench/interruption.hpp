#pragma once

/// SIGINT and SIGTERM end a benchmark in order, so that the servers it started put their sandboxes away.

#include <csignal>

namespace tellina::bench {

/// While one is alive both signals are only noted. One at a time.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  /// Throws BenchFailure where one has come.
  static void check();

 private:
  struct sigaction m_interrupt {};
  struct sigaction m_terminate {};
};

}  // namespace tellina::bench
