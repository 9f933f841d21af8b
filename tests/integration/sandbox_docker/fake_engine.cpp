#include "fake_engine.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace tellina::test {

namespace {

/// What a request's header says about the size of its body.
std::size_t size_of_body(const std::string& header) {
  const std::string key = "\r\nContent-Length: ";
  const std::size_t at = header.find(key);
  return at == std::string::npos ? 0 : std::stoul(header.substr(at + key.size()));
}

}  // namespace

FakeEngine::FakeEngine(Answer answer, Part part) : m_answer(std::move(answer)), m_part(part) {
  std::string name = "/tmp/tellina-engine-XXXXXX";
  if (mkdtemp(name.data()) == nullptr || pipe2(m_stop, O_CLOEXEC) != 0) throw std::runtime_error("no fake engine");
  m_folder = name;
  m_path = m_folder + "/docker.sock";
  m_listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  m_path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (bind(m_listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(m_listener, 16) != 0) {
    throw std::runtime_error("no fake engine");
  }
  m_thread = std::thread([this] { serve(); });
}

FakeEngine::~FakeEngine() {
  close(m_stop[1]);
  m_thread.join();
  close(m_stop[0]);
  close(m_listener);
  std::filesystem::remove_all(m_folder);
}

std::string FakeEngine::reply(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::string FakeEngine::forward(const std::string& socket, const std::string& request) {
  const int engine = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.copy(address.sun_path, sizeof address.sun_path - 1);
  std::string answer;
  if (connect(engine, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(engine, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char bytes[4096];
    for (ssize_t count; (count = read(engine, bytes, sizeof bytes)) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(count));
    }
  }
  close(engine);
  return answer;
}

void FakeEngine::serve() {
  std::vector<int> silent;
  for (;;) {
    pollfd watched[] = {{m_listener, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
    poll(watched, 2, -1);
    if (watched[1].revents != 0) break;
    const int socket = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::string request;
    char bytes[4096];
    ssize_t count;
    while (request.find("\r\n\r\n") == std::string::npos && (count = read(socket, bytes, sizeof bytes)) > 0) {
      request.append(bytes, static_cast<std::size_t>(count));
    }
    const std::size_t end_of_header = request.find("\r\n\r\n") + 4;
    const std::size_t size = end_of_header + size_of_body(request.substr(0, end_of_header));
    while (m_part == Part::all && request.size() < size && (count = read(socket, bytes, sizeof bytes)) > 0) {
      request.append(bytes, static_cast<std::size_t>(count));
    }
    const std::string answer = m_answer(m_part == Part::all ? request : request.substr(0, request.find("\r\n")));
    if (answer.empty()) {
      silent.push_back(socket);
      continue;
    }
    send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
    close(socket);
  }
  for (const int socket : silent) close(socket);
}

}  // namespace tellina::test
