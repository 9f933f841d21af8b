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

FakeEngine::FakeEngine(Answer answer) : m_answer(std::move(answer)) {
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
    const std::string answer = m_answer(request.substr(0, request.find("\r\n")));
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
