#include "host/bench/interruption.hpp"

#include "host/bench/failure.hpp"

namespace tellina::bench {
namespace {

volatile std::sig_atomic_t has_come = 0;

void note(int) { has_come = 1; }

}  // namespace

Interruption::Interruption() {
  has_come = 0;
  struct sigaction action {};
  action.sa_handler = note;
  ::sigaction(SIGINT, &action, &m_interrupt);
  ::sigaction(SIGTERM, &action, &m_terminate);
}

Interruption::~Interruption() {
  ::sigaction(SIGINT, &m_interrupt, nullptr);
  ::sigaction(SIGTERM, &m_terminate, nullptr);
}

void Interruption::check() {
  if (has_come) throw BenchFailure("the benchmark was interrupted");
}

}  // namespace tellina::bench
