#include <unistd.h>

#include <mutex>
#include <thread>

#include "fuzz/reply_server.hpp"
#include "fuzz/target.hpp"
#include "host/runtime/system.hpp"
#include "plugins/sandbox_docker/container.hpp"

namespace tellina::fuzz {
namespace {

/// Answers each connection with the next reply, on a separate thread.
class FakeEngine {
 public:
  FakeEngine() : m_thread([this] { serve(); }) {}
  ~FakeEngine() {
    m_server.stop();
    m_thread.join();
  }
  std::string path() const { return m_server.path(); }
  void set_replies(std::vector<std::string> replies) {
    const std::lock_guard lock(m_mutex);
    m_replies = std::move(replies);
    m_next = 0;
  }

 private:
  std::string next_reply() {
    const std::lock_guard lock(m_mutex);
    return m_next < m_replies.size() ? m_replies[m_next++] : std::string();
  }
  void serve() {
    while (const Descriptor connection = m_server.accept()) {
      ReplyServer::reply(connection, next_reply());
      char bytes[4096];
      while (read(connection.get(), bytes, sizeof bytes) > 0) {
      }
    }
  }

  const ReplyServer m_server;
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

/// Replies of a Docker engine. If the first octet is 0, the rest is a whole HTTP reply to the request for the version.
/// Otherwise the rest are JSON bodies for the other requests: each follows an octet that selects its status, and ends
/// with 0xff.
FUZZ_TARGET(docker_reply) {
  static FakeEngine fake;
  static SystemClock clock;
  static docker_sandbox::Settings settings{Config()};
  docker_sandbox::Engine engine(fake.path());
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
  fake.set_replies(std::move(replies));
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
  attempt([&] { containers.identify_image(deadline); });
  attempt([&] { containers.remove("token", deadline); });
  const std::optional<std::string> file = docker_sandbox::only_file_in(std::string(input));
  if (file) docker_sandbox::ImageUsers::of(*file, *file);
}

}  // namespace tellina::fuzz
