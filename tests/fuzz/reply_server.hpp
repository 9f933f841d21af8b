#pragma once

/// A server on a unix socket that sends a target's replies, whatever it is asked.

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "fuzz/target.hpp"
#include "host/runtime/files.hpp"
#include "tellina/bytes.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::fuzz {

/// Listens in a temporary folder. Threads: any thread may call stop(); one at a time calls the others.
class ReplyServer {
 public:
  ReplyServer() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    FUZZ_EXPECT(bind(m_listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    FUZZ_EXPECT(listen(m_listener.get(), 8) == 0);
  }

  std::string path() const { return m_folder.file("socket"); }

  /// Waits for a client; returns an invalid descriptor after stop().
  Descriptor accept() const { return Descriptor(accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  /// Sends the reply and nothing after it. What a client does not read is lost.
  static void reply(const Descriptor& connection, BytesView bytes) {
    send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(connection.get(), SHUT_WR);
  }

  /// Ends accept() on another thread.
  void stop() const { shutdown(m_listener.get(), SHUT_RDWR); }

 private:
  TemporaryFolder m_folder{"fuzz-replies"};
  Descriptor m_listener{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

}  // namespace tellina::fuzz
