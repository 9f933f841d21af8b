#pragma once

/// SIGINT and SIGTERM end a benchmark in order, so that the servers that it started remove their sandboxes.

#include <csignal>

namespace tellina::bench {

/// While one is alive both signals are only noted. One at a time.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Throws BenchFailure if one of them has arrived.
  static void check();

 private:
  struct sigaction m_interrupt {};
  struct sigaction m_terminate {};
};

}  // namespace tellina::bench
