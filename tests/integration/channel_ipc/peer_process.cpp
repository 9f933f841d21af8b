#include "integration/channel_ipc/peer_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

#include "integration/channel_ipc/peer.hpp"

extern char** environ;

namespace tellina::testing {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return ends;
}

}  // namespace

PeerProcess::PeerProcess(const std::vector<std::string>& arguments) {
  const auto input = make_pipe();
  const auto output = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  std::vector<std::string> words{"/proc/self/exe", be_peer_flag};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int failure = ::posix_spawn(&m_process, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  m_input = input[1];
  m_output = output[0];
  if (failure != 0) throw std::runtime_error("posix_spawn failed");
  m_reader = std::thread([this] { read(); });
}

PeerProcess::~PeerProcess() {
  kill();
  if (m_input >= 0) ::close(m_input);
  m_reader.join();
  ::close(m_output);
}

void PeerProcess::read() {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::read(m_output, buffer.data(), buffer.size());
    if (count <= 0) return;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    std::lock_guard lock(m_mutex);
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      m_lines.push_back(text.substr(begin, end - begin));
    }
    text.erase(0, begin);
    m_said.notify_all();
  }
}

void PeerProcess::tell(const std::string& line) const {
  const std::string text = line + "\n";
  if (::write(m_input, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("a peer does not listen");
  }
}

void PeerProcess::signal(int number) const { ::kill(m_process, number); }

std::optional<int> PeerProcess::finish(std::chrono::milliseconds limit) {
  ::close(m_input);
  m_input = -1;
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, m_process, 0));
  pollfd ended{process, POLLIN, 0};
  const bool is_over = ::poll(&ended, 1, static_cast<int>(limit.count())) == 1;
  ::close(process);
  if (!is_over) return std::nullopt;
  int status = 0;
  ::waitpid(m_process, &status, 0);
  m_process = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void PeerProcess::kill() {
  if (m_process < 0) return;
  ::kill(m_process, SIGKILL);
  ::waitpid(m_process, nullptr, 0);
  m_process = -1;
}

std::vector<std::string> PeerProcess::lines() const {
  std::lock_guard lock(m_mutex);
  return m_lines;
}

bool PeerProcess::waits_for(const std::string& line, std::chrono::milliseconds limit) const {
  return waits_until([&](const auto& all) { return std::find(all.begin(), all.end(), line) != all.end(); }, limit);
}

bool PeerProcess::waits_until(const std::function<bool(const std::vector<std::string>&)>& fits,
                              std::chrono::milliseconds limit) const {
  std::unique_lock lock(m_mutex);
  return m_said.wait_for(lock, limit, [&] { return fits(m_lines); });
}

}  // namespace tellina::testing
