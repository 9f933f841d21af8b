/// Two system calls for libzmq, which the channel layer `ipc` uses. It ends the process with an assertion if the kernel
/// has no epoll watch or no descriptor left, and every shell of the process with it. Its threads wait here instead;
/// others get the error as usual. The dynamic linker looks for functions in the program before it looks in libc.

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace {

constexpr int between_tries_in_ms = 10;

/// Whether libzmq started this thread: it names them.
bool is_of_libzmq() {
  std::array<char, 16> name{};  // the kernel's longest name
  return ::pthread_getname_np(::pthread_self(), name.data(), name.size()) == 0 &&
         std::string_view(name.data()).starts_with("ZMQbg/");
}

bool is_out_of_watches(int error) { return error == ENOSPC || error == ENOMEM; }
bool is_out_of_descriptors(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) {
  for (;;) {
    const long result = ::syscall(SYS_epoll_ctl, epoll, operation, descriptor, event);
    if (result == 0 || !is_out_of_watches(errno) || !is_of_libzmq()) return static_cast<int>(result);
    ::poll(nullptr, 0, between_tries_in_ms);
  }
}

__attribute__((visibility("default"))) int accept4(int socket, sockaddr* address, socklen_t* size, int flags) {
  const long result = ::syscall(SYS_accept4, socket, address, size, flags);
  if (result >= 0 || !is_out_of_descriptors(errno) || !is_of_libzmq()) return static_cast<int>(result);
  // The connection stays in the queue, so libzmq asks again at once.
  ::poll(nullptr, 0, between_tries_in_ms);
  errno = EAGAIN;
  return -1;
}
}
