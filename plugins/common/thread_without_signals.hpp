#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace tellina {

/// Starts a thread in which every signal is blocked: the thread handles none, and a write to a closed socket returns an
/// error instead of raising SIGPIPE.
template <typename Body>
std::thread start_thread_without_signals(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    explicit Restore(const sigset_t& mask_) : mask(mask_) {}
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
    const sigset_t& mask;
  } restore(before);
  return std::thread(std::move(body));
}

}  // namespace tellina
