#include "host/plugins/apart.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>
#include <vector>

#include "host/limits.hpp"
#include "host/plugins/guard.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

/// What the child sends: its size, then the fields, each with a zero byte at its end. A lone text is a result; an error
/// has a code, a text and a hint. The plugin's code can write to the same pipe, so the bytes may be anything.
class Answer {
 public:
  std::vector<std::string> fields;

  /// Nothing unless the fields are those of an error.
  std::optional<Error> error() const {
    if (fields.size() != 3) return std::nullopt;
    const std::string& text = fields[0];
    int code = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (code < 0 || code > static_cast<int>(ErrorCode::internal)) return std::nullopt;
    return Error(static_cast<ErrorCode>(code), fields[1], fields[2]);
  }

  std::string encoded() const {
    std::string body;
    for (const std::string& field : fields) body.append(field.c_str()).push_back('\0');
    const std::uint32_t size = static_cast<std::uint32_t>(body.size());
    return std::string(reinterpret_cast<const char*>(&size), sizeof size) + body;
  }

  /// Nothing if the text is not whole. Without fields if the last one has no end.
  static std::optional<Answer> decoded(const std::string& text) {
    std::uint32_t size = 0;
    if (text.size() < sizeof size) return std::nullopt;
    std::memcpy(&size, text.data(), sizeof size);
    if (text.size() - sizeof size < size) return std::nullopt;
    Answer answer;
    if (size == 0 || text[sizeof size + size - 1] != '\0') return answer;
    for (std::size_t at = sizeof size; at < sizeof size + size; at += answer.fields.back().size() + 1) {
      answer.fields.emplace_back(text.c_str() + at);
    }
    return answer;
  }
};

void write_all(int descriptor, const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) written += static_cast<std::size_t>(count);
  }
}

[[noreturn]] void run_as_child(int descriptor, const std::string& file, const std::function<std::string()>& call) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  Answer answer;
  try {
    answer.fields = {guard_plugin_call(file, call)};
  } catch (const Error& error) {
    answer.fields = {std::to_string(static_cast<int>(error.code())), error.what(), error.hint()};
  }
  write_all(descriptor, answer.encoded());
  ::_exit(0);
}

[[noreturn]] void fail(const char* call) {
  throw Error(ErrorCode::unavailable, std::string(call) + ": " + std::generic_category().message(errno));
}

/// Becomes readable when the time is over.
Descriptor start_timer(std::chrono::seconds seconds) {
  Descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  itimerspec time{};
  time.it_value.tv_sec = seconds.count();
  if (!timer || ::timerfd_settime(timer.get(), 0, &time, nullptr) != 0) fail("timerfd");
  return timer;
}

enum class Wait { answered, ended, timed_out };

/// Reads until the answer is whole, the child has ended, or the time is over.
Wait wait_for_answer(const Descriptor& pipe, const Descriptor& child, const Descriptor& timer, Answer& answer) {
  std::string text;
  int reading = pipe.get();
  for (;;) {
    pollfd watched[] = {{reading, POLLIN, 0}, {child.get(), POLLIN, 0}, {timer.get(), POLLIN, 0}};
    if (::poll(watched, std::size(watched), -1) < 0) {
      if (errno == EINTR) continue;
      return Wait::timed_out;
    }
    if (watched[0].revents != 0) {
      char buffer[16 * 1024];
      const ssize_t count = ::read(reading, buffer, sizeof buffer);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0 || text.size() > limits::plugin_answer) reading = -1;
      if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
      if (std::optional<Answer> whole = Answer::decoded(text)) {
        answer = std::move(*whole);
        return Wait::answered;
      }
      continue;
    }
    if (watched[1].revents != 0) return Wait::ended;
    if (watched[2].revents != 0) return Wait::timed_out;
  }
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = ::strsignal(WTERMSIG(status));
    return "kills its process with signal " + std::to_string(WTERMSIG(status)) + " (" + (name ? name : "unknown") + ")";
  }
  return "ends its process with exit status " + std::to_string(WEXITSTATUS(status));
}

/// Starts the program with its standard error on `output`, in a process group of its own. Throws Error.
pid_t spawn(const std::string& program, const std::string& file, const Descriptor& output) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  int error = ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (error == 0) error = ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (error == 0) error = ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDERR_FILENO);
  std::array<std::string, 4> words = {"tellina", "plugins", "show", file};
  std::array<char*, 5> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(), [](std::string& word) { return word.data(); });
  pid_t child = -1;
  if (error == 0) error = ::posix_spawn(&child, program.c_str(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return child;
  errno = error;
  fail("start a process that opens a plugin");
}

/// Reads until the end, the end of the time, or more than an error message has.
std::string read_all(const Descriptor& pipe, const Descriptor& timer) {
  std::string text;
  while (text.size() < limits::plugin_answer) {
    pollfd watched[] = {{pipe.get(), POLLIN, 0}, {timer.get(), POLLIN, 0}};
    if (::poll(watched, std::size(watched), -1) < 0) continue;
    if (watched[0].revents == 0) break;
    char buffer[4096];
    const ssize_t count = ::read(pipe.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::string run_apart(const std::string& file, const std::function<std::string()>& call) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const Descriptor timer = start_timer(limits::plugin_opening);
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) run_as_child(writing.get(), file, call);
  ::setpgid(child, child);  // the child does the same, and either may be first
  writing.reset();
  const Descriptor ending(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  Answer answer;
  const Wait outcome = wait_for_answer(reading, ending, timer, answer);
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string start = file + ": expected a plugin that can be opened, found one that ";
  switch (outcome) {
    case Wait::answered:
      break;
    case Wait::ended:
      throw Error(ErrorCode::internal, start + describe_end(status));
    case Wait::timed_out:
      throw Error(ErrorCode::internal, start + "does not return within " +
                                           std::to_string(limits::plugin_opening / std::chrono::seconds(1)) + " s");
  }
  if (answer.fields.size() == 1) return answer.fields.front();
  if (const std::optional<Error> error = answer.error()) throw *error;
  throw Error(ErrorCode::internal, start + "writes to a pipe of this program");
}

void show_apart(const std::string& program, const std::string& file) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  // The program itself needs up to limits::plugin_opening for a plugin that hangs.
  const Descriptor timer = start_timer(2 * limits::plugin_opening);
  const pid_t child = spawn(program, file, writing);
  writing.reset();
  const std::string said = read_all(reading, timer);
  const Descriptor ending(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd watched[] = {{ending.get(), POLLIN, 0}, {timer.get(), POLLIN, 0}};
  while (::poll(watched, std::size(watched), -1) < 0) {
  }
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw Error(ErrorCode::internal, said.empty()
                                       ? file + ": expected a plugin that can be opened, found one of which `" +
                                             program + " plugins show` says nothing"
                                       : said);
}

bool can_run_apart() {
#if defined(__SANITIZE_THREAD__)
  constexpr std::ptrdiff_t threads = 2;  // with that of ThreadSanitizer
#else
  constexpr std::ptrdiff_t threads = 1;
#endif
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return !error && std::distance(begin(tasks), end(tasks)) <= threads;
}

}  // namespace tellina
