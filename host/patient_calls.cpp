/// Makes code wait that would otherwise end the process when the kernel has nothing left: the C++ library and Asio for
/// memory, and libzmq, which the channel layer `ipc` uses, for epoll watches and descriptors. libzmq aborts the process
/// without them, which would end its shells. Threads that are not libzmq's get these errors as usual. The dynamic
/// linker finds the functions below before those of libc.

#include "host/patient_calls.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string_view>

#include "host/runtime/system.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TELLINA_ALLOCATES_WITH_SANITIZER
#else
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size);
#endif

namespace {

constexpr int retry_interval_in_ms = 10;
constexpr std::chrono::milliseconds longest_retry_pause{200};
/// About as long as a process may hang before the supervisor kills it.
constexpr std::chrono::seconds longest_wait_for_memory{10};

/// Whether libzmq started this thread. libzmq names its threads.
bool is_libzmq_thread() {
  std::array<char, 16> name{};  // the kernel's longest name
  return ::pthread_getname_np(::pthread_self(), name.data(), name.size()) == 0 &&
         std::string_view(name.data()).starts_with("ZMQbg/");
}

/// The std::new_handler. `new` calls it again and again until there is memory.
void pause_for_memory() {
  using namespace tellina;
  static std::atomic<bool> has_reported = false;
  static const SystemClock clock;
  thread_local MonotonicTime begin;
  thread_local MonotonicTime last;
  if (!has_reported.exchange(true)) {
    constexpr std::string_view line = "tellina: there is no memory left; waiting for some\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  }
  const MonotonicTime now = clock.now();
  // After a longer pause there was memory in between, so this is another wait.
  const bool still_waits = now - last < longest_retry_pause;
  if (!still_waits) begin = now;
  last = now;
  if (now - begin > longest_wait_for_memory) throw std::bad_alloc();
  ::poll(nullptr, 0, retry_interval_in_ms);
}

bool is_out_of_watches(int error) { return error == ENOSPC || error == ENOMEM; }
bool is_out_of_descriptors(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

void tellina::wait_for_memory() { std::set_new_handler(pause_for_memory); }

extern "C" {

#ifndef TELLINA_ALLOCATES_WITH_SANITIZER
/// Asio allocates its operations with this function, and the process ends if that fails.
__attribute__((visibility("default"))) void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  for (;;) {
    void* memory = ::__libc_memalign(alignment, size);
    const std::new_handler wait = memory != nullptr ? nullptr : std::get_new_handler();
    if (wait == nullptr) return memory;
    try {
      wait();
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
}
#endif

__attribute__((visibility("default"))) int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) {
  for (;;) {
    const long result = ::syscall(SYS_epoll_ctl, epoll, operation, descriptor, event);
    if (result == 0 || !is_out_of_watches(errno) || !is_libzmq_thread()) return static_cast<int>(result);
    ::poll(nullptr, 0, retry_interval_in_ms);
  }
}

__attribute__((visibility("default"))) int accept4(int socket, sockaddr* address, socklen_t* size, int flags) {
  const long result = ::syscall(SYS_accept4, socket, address, size, flags);
  if (result >= 0 || !is_out_of_descriptors(errno) || !is_libzmq_thread()) return static_cast<int>(result);
  // The connection stays in the queue, so libzmq asks again at once.
  ::poll(nullptr, 0, retry_interval_in_ms);
  errno = EAGAIN;
  return -1;
}
}
