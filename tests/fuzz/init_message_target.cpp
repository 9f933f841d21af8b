#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/target.hpp"
#include "host/runtime/system.hpp"
#include "plugins/sandbox_common/init_client.hpp"
#include "plugins/sandbox_init/control_socket.hpp"

namespace tellina::fuzz {

/// Messages from the init of a sandbox to the plugin. Each begins with an octet, the number of its descriptors, and
/// ends with 0xff.
FUZZ_TARGET(init_message) {
  int ends[2];
  FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  sandbox_common::InitClient client{Descriptor(ends[0])};
  {
    const Descriptor init(ends[1]);
    static const Descriptor something(open("/dev/null", O_RDWR | O_CLOEXEC));
    const int descriptors[] = {something.get(), something.get(), something.get(), something.get()};
    Pieces pieces(input);
    for (int messages = 0; messages < 16 && !pieces.empty(); ++messages) {
      const std::size_t count = pieces.octet() % (control::max_descriptors + 1);
      const BytesView message = pieces.until('\xff');
      if (!message.empty()) control::send(init.get(), message.data(), message.size(), descriptors, count);
    }
  }
  static SystemClock clock;
  const sandbox_common::Deadline deadline(clock, std::chrono::seconds(1), nullptr);
  for (int calls = 0; calls < 16; ++calls) {
    try {
      switch (calls % 4) {
        case 0:
          client.take_terminal(deadline, "start a sandbox");
          break;
        case 1:
          sandbox_common::seed_home(client.socket(), client.home(), FileTree(), deadline);
          break;
        case 2:
          sandbox_common::read_home(client.socket(), client.home(), SnapshotRequest(), deadline);
          break;
        default:
          client.restart_shell(TerminalSize(), deadline);
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::gone) return;
    }
  }
}

}  // namespace tellina::fuzz
