#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "fuzz/target.hpp"
#include "host/runtime/files.hpp"
#include "host/runtime/system.hpp"
#include "plugins/sandbox_docker/container.hpp"

namespace tellina::fuzz {
namespace {

/// Answers each connection with the next reply, on a thread of its own.
class Server {
 public:
  Server() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    FUZZ_EXPECT(bind(m_listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    FUZZ_EXPECT(listen(m_listener.get(), 8) == 0);
    m_thread = std::thread([this] { serve(); });
  }
  ~Server() {
    shutdown(m_listener.get(), SHUT_RDWR);
    m_thread.join();
  }
  std::string path() const { return m_folder.file("socket"); }
  void set_replies(std::vector<std::string> replies) {
    const std::lock_guard lock(m_mutex);
    m_replies = std::move(replies);
    m_next = 0;
  }

 private:
  void serve() {
    for (;;) {
      const Descriptor connection(accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) return;
      std::string reply;
      {
        const std::lock_guard lock(m_mutex);
        if (m_next < m_replies.size()) reply = m_replies[m_next++];
      }
      send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      shutdown(connection.get(), SHUT_WR);
      char bytes[4096];
      while (read(connection.get(), bytes, sizeof bytes) > 0) {
      }
    }
  }

  TemporaryFolder m_folder{"docker-fuzz"};
  Descriptor m_listener{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::mutex m_mutex;
  std::vector<std::string> m_replies;
  std::size_t m_next = 0;
  std::thread m_thread;
};

std::string http_reply(unsigned status, BytesView body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace

/// What a Docker engine answers. The first octet 0: a whole HTTP reply to the question for its version; otherwise JSON
/// bodies that end with 0xff, each after an octet for its status, to what the sandbox asks.
FUZZ_TARGET(docker_reply) {
  static Server server;
  static SystemClock clock;
  static docker_sandbox::Settings settings{Config()};
  docker_sandbox::Engine engine(server.path());
  docker_sandbox::Containers containers(engine, settings);
  const sandbox_common::Deadline deadline(clock, std::chrono::seconds(2), nullptr);
  Pieces pieces(input);
  std::vector<std::string> replies;
  if (pieces.octet() == 0) {
    replies.emplace_back(pieces.rest());
  } else {
    replies.push_back(http_reply(200, R"({"ApiVersion": "1.41"})"));
    constexpr unsigned statuses[] = {200, 201, 204, 304, 400, 403, 404, 409, 500, 503};
    for (int count = 0; count < 8 && !pieces.empty(); ++count) {
      const unsigned status = statuses[pieces.octet() % std::size(statuses)];
      replies.push_back(http_reply(status, pieces.until('\xff')));
    }
  }
  server.set_replies(std::move(replies));
  const auto attempt = [](const auto& act) {
    try {
      act();
    } catch (const Error& error) {
      FUZZ_EXPECT(error.code() != ErrorCode::timed_out);
    }
  };
  attempt([&] { engine.check(deadline); });
  attempt([&] { containers.list(deadline); });
  attempt([&] { containers.find_end("token", deadline); });
  attempt([&] { containers.report_limits(deadline); });
  attempt([&] { containers.require_image(deadline); });
  attempt([&] { containers.remove("token", deadline); });
}

}  // namespace tellina::fuzz
