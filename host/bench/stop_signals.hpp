#pragma once

/// SIGINT and SIGTERM end a benchmark in an orderly way, so that its servers remove their sandboxes.

#include <csignal>

namespace tellina::bench {

/// While an object exists, both signals only set a flag. Only one object may exist at a time.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Throws BenchFailure if one of the signals has arrived.
  static void check();

 private:
  struct sigaction m_interrupt {};
  struct sigaction m_terminate {};
};

}  // namespace tellina::bench
