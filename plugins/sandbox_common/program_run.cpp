#include "plugins/sandbox_common/program_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "plugins/sandbox_common/shell_plan.hpp"

namespace tellina::sandbox_common {
namespace {

/// As much as a pipe holds by default.
constexpr std::size_t piece = 64 * 1024;

/// How long to wait without a look at the clock, which may be another than that of poll().
constexpr std::chrono::milliseconds longest_wait{1000};

void make_pipe(Descriptor& reader, Descriptor& writer) {
  int ends[2];
  // Only our end does not block, because few programs expect that of their output.
  if (pipe2(ends, O_CLOEXEC) != 0) throw system_error("make a pipe", errno);
  reader.reset(ends[0]);
  writer.reset(ends[1]);
  if (fcntl(reader.get(), F_SETFL, O_NONBLOCK) != 0) throw system_error("make a pipe", errno);
}

/// Appends what a pipe has, at most so many bytes. Closes our end at the end of the file.
void read_pipe(Descriptor& pipe, Bytes& bytes, std::size_t at_most) {
  const std::size_t before = bytes.size();
  bytes.resize(before + std::min(at_most, piece));
  const ssize_t got = read(pipe.get(), bytes.data() + before, bytes.size() - before);
  const int reason = errno;
  bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got == 0 || (got < 0 && reason != EAGAIN && reason != EINTR)) pipe.reset();
}

std::size_t waiting_bytes(const Descriptor& pipe) {
  int count = 0;
  return pipe && ioctl(pipe.get(), FIONREAD, &count) == 0 ? static_cast<std::size_t>(std::max(count, 0)) : 0;
}

/// The wait status that init has sent.
ExitStatus take_end(int program_end) {
  int status = 0;
  // Without a status, init itself has died, and the kernel has killed the program with it.
  if (recv(program_end, &status, sizeof status, MSG_DONTWAIT) != sizeof status) return ExitStatus(true, SIGKILL);
  return exit_status_of(status);
}

void make_readable(FileNode& node) {
  if (node.kind == FileKind::directory) node.mode = node.mode.value_or(0755) | 0755;
  if (node.kind == FileKind::regular) node.mode = node.mode.value_or(0644) | 0644;
  for (auto& [name, child] : node.children) make_readable(child);
}

void make_creatable(FileNode& node) {
  node.owner.reset();
  std::erase_if(node.children, [](const auto& child) { return child.second.kind == FileKind::other; });
  for (auto& [name, child] : node.children) make_creatable(child);
}

}  // namespace

ExitStatus exit_status_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return ExitStatus(true, WTERMSIG(wait_status));
  return ExitStatus(false, WEXITSTATUS(wait_status));
}

ProgramOutputs::ProgramOutputs() {
  make_pipe(m_output, m_output_end);
  make_pipe(m_errors, m_errors_end);
}

void ProgramOutputs::take_output(const RunSpec& spec, RunResult& result, std::size_t at_most) {
  read_pipe(m_output, result.output, at_most);
  if (result.output.size() <= spec.max_output) return;
  result.output.resize(spec.max_output);
  result.truncated = true;
}

void ProgramOutputs::take_errors(const RunSpec& spec, RunResult& result, std::size_t at_most) {
  read_pipe(m_errors, result.errors, at_most);
  if (result.errors.size() > spec.max_errors) result.errors.erase(0, result.errors.size() - spec.max_errors);
}

RunResult ProgramOutputs::watch(const RunSpec& spec, int program_end, Clock& clock) {
  m_output_end.reset();
  m_errors_end.reset();
  const Deadline limit(clock, spec.time_limit, -1);
  RunResult result;
  while (!result.truncated && !result.timed_out) {
    pollfd watched[] = {{program_end, POLLIN, 0},
                        {m_output.get(), POLLIN, 0},
                        {m_errors.get(), POLLIN, 0},
                        {spec.cancelled, POLLIN, 0}};
    const int timeout = static_cast<int>(std::min(limit.left(), longest_wait).count());
    if (poll(watched, 4, timeout) < 0 && errno != EINTR) throw system_error("wait for a program", errno);
    if (watched[3].revents != 0) throw Error(ErrorCode::gone, "a program: nobody needs its result any more");
    if (watched[1].revents != 0) take_output(spec, result, piece);
    if (watched[2].revents != 0) take_errors(spec, result, piece);
    if (watched[0].revents != 0 && !result.truncated) {
      result.end = take_end(program_end);
      // What the program itself has printed is in the pipes. Others may print for ever.
      if (const std::size_t rest = waiting_bytes(m_output); rest > 0) take_output(spec, result, rest);
      if (const std::size_t rest = waiting_bytes(m_errors); rest > 0) take_errors(spec, result, rest);
      if (!result.truncated) return result;
    }
    result.timed_out = !result.truncated && limit.left().count() == 0;
  }
  result.end = ExitStatus(true, SIGKILL);
  return result;
}

void check_run_spec(const RunSpec& spec) {
  check_name(spec.id, "sandbox id");
  check_name(spec.owner, "owner id");
  if (spec.time_limit.count() <= 0) {
    throw Error(ErrorCode::bad_request,
                "time limit: expected more than 0 ms, got " + std::to_string(spec.time_limit.count()));
  }
}

FileTree readable_folder(const FileTree& folder) {
  FileTree readable = folder;
  make_readable(readable.root);
  return readable;
}

FileTree creatable_home(const FileTree& home) {
  FileTree creatable = home;
  make_creatable(creatable.root);
  return creatable;
}

}  // namespace tellina::sandbox_common
