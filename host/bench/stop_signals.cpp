#include "host/bench/stop_signals.hpp"

#include "host/bench/failure.hpp"

namespace tellina::bench {
namespace {

volatile std::sig_atomic_t has_arrived = 0;

void note(int) { has_arrived = 1; }

}  // namespace

StopSignals::StopSignals() {
  has_arrived = 0;
  struct sigaction action {};
  action.sa_handler = note;
  ::sigaction(SIGINT, &action, &m_interrupt);
  ::sigaction(SIGTERM, &action, &m_terminate);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &m_interrupt, nullptr);
  ::sigaction(SIGTERM, &m_terminate, nullptr);
}

void StopSignals::check() {
  if (has_arrived) throw BenchFailure("the benchmark was interrupted");
}

}  // namespace tellina::bench
