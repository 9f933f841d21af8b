#include "bench/floor/zmq_alone.hpp"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <zmq.hpp>

#include "host/bench/histogram.hpp"

namespace tellina::floor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds asking_time{3};
/// One key with the layer's framing.
constexpr std::size_t message_bytes = 75;
constexpr int timeout_in_milliseconds = 10'000;

class Folder {
 public:
  Folder() {
    if (!::mkdtemp(m_path.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  std::string address(const char* name) const { return "ipc://" + m_path + "/" + name; }

 private:
  std::string m_path = "/tmp/tellina-floor-XXXXXX";
};

/// One end, with a socket for each direction as in the layer.
class End {
 public:
  End(const std::string& here, const std::string& there)
      : m_in(m_context, zmq::socket_type::pull), m_out(m_context, zmq::socket_type::push) {
    m_in.set(zmq::sockopt::rcvtimeo, timeout_in_milliseconds);
    m_out.set(zmq::sockopt::linger, 0);
    m_in.bind(here);
    m_out.connect(there);
  }
  void send(zmq::message_t message) { m_out.send(message, zmq::send_flags::none); }
  zmq::message_t receive() {
    zmq::message_t message;
    if (!m_in.recv(message)) throw std::runtime_error("no message arrived through ZeroMQ for 10 s");
    return message;
  }

 private:
  zmq::context_t m_context;
  zmq::socket_t m_in;
  zmq::socket_t m_out;
};

[[noreturn]] void echo(const Folder& folder) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    End end(folder.address("there"), folder.address("here"));
    for (;;) end.send(end.receive());
  } catch (const std::exception&) {
    ::_exit(1);
  }
}

}  // namespace

int measure_zmq() {
  const Folder folder;
  const pid_t other = ::fork();
  if (other < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (other == 0) echo(folder);
  bench::Histogram latency;
  try {
    End end(folder.address("here"), folder.address("there"));
    const auto ask = [&end] {
      end.send(zmq::message_t(message_bytes));
      end.receive();
    };
    ask();  // once both ends are connected
    for (Clock::time_point sent = Clock::now(), until = sent + asking_time; sent < until; sent = Clock::now()) {
      ask();
      latency.record(Clock::now() - sent);
    }
  } catch (...) {
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
    throw;
  }
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  const auto milliseconds = [&latency](double percent) {
    return static_cast<double>(latency.percentile(percent).count()) / 1e6;
  };
  std::cout << "{\"type\": \"zmq\", \"p50_ms\": " << milliseconds(50) << ", \"p99_ms\": " << milliseconds(99) << "}\n";
  return 0;
}

}  // namespace tellina::floor
