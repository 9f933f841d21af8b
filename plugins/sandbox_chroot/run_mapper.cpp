#include "plugins/sandbox_chroot/run_mapper.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {
namespace {

using sandbox_common::Deadline;
using sandbox_common::system_error;

/// Writing a map takes a few milliseconds; a program that hangs must not delay all sandboxes.
constexpr std::chrono::seconds timeout{5};
constexpr std::size_t longest_message = 400;  // bytes

/// A child process. The destructor kills and reaps it.
class Child {
 public:
  explicit Child(pid_t process) : m_process(process) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (m_process < 0) return;
    kill(m_process, SIGKILL);
    reap();
  }
  int reap() {
    int status = 0;
    while (waitpid(m_process, &status, 0) < 0 && errno == EINTR) continue;
    m_process = -1;
    return status;
  }

 private:
  pid_t m_process;
};

/// Everything that arrives until the other end has closed, as one line.
std::string read_message(int pipe, const Deadline& deadline, const std::string& what) {
  std::string message;
  for (;;) {
    deadline.wait_readable(pipe, what);
    std::array<char, 512> buffer;
    const ssize_t size = read(pipe, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    message.append(buffer.data(), static_cast<std::size_t>(size));
  }
  message.resize(std::min(message.size(), longest_message));
  while (message.ends_with('\n')) message.pop_back();
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  return message;
}

}  // namespace

void run_mapper(std::vector<std::string> words, const Deadline& deadline) {
  const std::string what = "run " + words.at(0);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* environment[] = {nullptr};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw system_error(what, errno);
  const Descriptor messages(ends[0]);
  Descriptor messages_in(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, messages_in.get(), 2);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t process = -1;
  const int error = posix_spawn(&process, words[0].c_str(), &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw system_error(what, error);
  Child child(process);
  messages_in.reset();
  const Descriptor child_ended(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  if (!child_ended) throw system_error(what, errno);
  const Deadline reply_deadline = deadline.within(timeout);
  const std::string message = read_message(messages.get(), reply_deadline, what);
  reply_deadline.wait_readable(child_ended.get(), what);
  const int status = child.reap();
  if (status == 0) return;
  const std::string end = WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status))
                                            : "signal " + std::to_string(WTERMSIG(status));
  throw Error(ErrorCode::unavailable, what + ": it ended with " + end + (message.empty() ? "" : ": " + message));
}

}  // namespace tellina::chroot_sandbox
