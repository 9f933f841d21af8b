#include "peer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "tellina/conformance/case.hpp"

namespace tellina::conformance {

void Wire::send_line(const std::string& line) {
  const std::string text = line + "\n";
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(m_to, text.data() + done, text.size() - done);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      throw Failure("expected the case's second process to run, found that it has ended");
    }
  }
}

std::string Wire::receive_line(std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  for (;;) {
    if (const std::size_t line = m_received.find('\n'); line != std::string::npos) {
      const std::string text = m_received.substr(0, line);
      m_received.erase(0, line + 1);
      return text;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd watched{m_from, POLLIN, 0};
    if (left <= 0) throw Failure("expected a line from the case's second process, found none");
    if (poll(&watched, 1, static_cast<int>(left)) <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(m_from, buffer, sizeof buffer);
    if (count > 0) m_received.append(buffer, static_cast<std::size_t>(count));
    if (count == 0) throw Failure("expected a line from the case's second process, found that it has ended");
  }
}

Peer::Peer(const std::function<void(Wire&)>& run) : m_ends{-1, -1, -1, -1}, m_wire(-1, -1) {
  if (pipe2(m_ends, O_CLOEXEC) != 0 || pipe2(m_ends + 2, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  signal(SIGPIPE, SIG_IGN);
  m_process = fork();
  if (m_process < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (m_process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(m_ends[1]);
    close(m_ends[2]);
    Wire wire(m_ends[0], m_ends[3]);
    try {
      run(wire);
    } catch (...) {
      try {
        wire.send_line("failed: " + describe_exception());
      } catch (const Failure&) {
        _exit(1);  // the other process is gone
      }
    }
    _exit(0);
  }
  close(m_ends[0]);
  close(m_ends[3]);
  m_wire = Wire(m_ends[2], m_ends[1]);
}

Peer::~Peer() {
  kill();
  close(m_ends[1]);
  close(m_ends[2]);
}

void Peer::expect_line(const std::string& line) {
  const std::string received = m_wire.receive_line();
  expect(received == line, "the case's second process to send " + show(line), show(received));
}

void Peer::kill() {
  if (m_process <= 0) return;
  ::kill(m_process, SIGKILL);
  waitpid(m_process, nullptr, 0);
  m_process = -1;
}

}  // namespace tellina::conformance
