/// What a sandbox on another machine looks like to the host: its terminal is a socket, and its processes are said to be
/// invisible. It is a sandbox of `chroot` behind a thread that carries the bytes.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "../bad/good_sandbox.hpp"
#include "plugins/common/thread_without_signals.hpp"
#include "plugins/common/wake_up.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::bad {
namespace {

/// Copies between a pty of this machine and a socket, until the shell's side or the object ends.
class Bridge {
 public:
  explicit Bridge(int pty) : m_pty(pty) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
      throw Error(ErrorCode::busy, "no socket for the terminal");
    }
    m_near = Descriptor(ends[0]);
    m_far = Descriptor(ends[1]);
    m_thread = start_thread_without_signals([this] { run(); });
  }
  ~Bridge() {
    m_stop.raise();
    m_thread.join();
  }
  int terminal() const { return m_near.get(); }

 private:
  /// Bytes on their way in one direction.
  struct Flow {
    int from;
    int to;
    std::string waiting{};
    bool has_ended = false;

    void read() {
      std::array<char, 16 * 1024> buffer{};
      const ssize_t size = ::read(from, buffer.data(), buffer.size());
      if (size > 0) waiting.assign(buffer.data(), static_cast<std::size_t>(size));
      has_ended = size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
    }
    void write() {
      const ssize_t size = ::write(to, waiting.data(), waiting.size());
      if (size > 0) waiting.erase(0, static_cast<std::size_t>(size));
      has_ended |= size < 0 && errno != EAGAIN && errno != EINTR;
    }
  };

  void run() {
    std::array<Flow, 2> flows{Flow{m_pty, m_far.get()}, Flow{m_far.get(), m_pty}};
    for (;;) {
      std::array<pollfd, 3> polled{pollfd{m_stop.descriptor(), POLLIN, 0}};
      for (std::size_t i = 0; i < flows.size(); ++i) {
        const Flow& flow = flows[i];
        if (flow.has_ended) {
          polled[i + 1] = {-1, 0, 0};
        } else if (flow.waiting.empty()) {
          polled[i + 1] = {flow.from, POLLIN, 0};
        } else {
          polled[i + 1] = {flow.to, POLLOUT, 0};
        }
      }
      if (poll(polled.data(), polled.size(), -1) < 0) continue;
      if (polled[0].revents != 0) return;
      for (std::size_t i = 0; i < flows.size(); ++i) {
        if (polled[i + 1].revents == 0) continue;
        flows[i].waiting.empty() ? flows[i].read() : flows[i].write();
      }
    }
  }

  const int m_pty;
  Descriptor m_near;
  Descriptor m_far;
  WakeUp m_stop;
  std::thread m_thread;
};

class RemoteSandbox final : public GoodSandbox {
 public:
  RemoteSandbox(SandboxBackend& backend, const SandboxSpec& spec)
      : GoodSandbox(backend, spec), m_bridge(std::make_unique<Bridge>(m_sandbox->terminal())) {}
  ~RemoteSandbox() override { m_bridge.reset(); }

  int terminal() const override { return m_bridge->terminal(); }
  void restart_shell(TerminalSize size) override {
    m_bridge.reset();
    m_sandbox->restart_shell(size);
    m_bridge = std::make_unique<Bridge>(m_sandbox->terminal());
  }

 private:
  std::unique_ptr<Bridge> m_bridge;
};

class RemoteBackend final : public BackendOf<RemoteSandbox> {
 public:
  using BackendOf::BackendOf;
  Capabilities probe() override {
    Capabilities capabilities = BackendOf::probe();
    capabilities.processes_are_visible = false;
    capabilities.start_deadline = std::chrono::minutes(5);
    return capabilities;
  }
};

constexpr char schema[] = R"({
  "type": "object",
  "properties": {"processes": {"type": "integer", "minimum": 1, "default": 48}},
  "additionalProperties": false
})";

}  // namespace
}  // namespace tellina::bad

TELLINA_PLUGIN(sandbox, tellina::bad::RemoteBackend, "remote", "1.0.0", tellina::bad::schema);
