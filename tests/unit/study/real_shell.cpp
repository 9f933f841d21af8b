#include "real_shell.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <utility>

#include "scanned.hpp"

namespace tellina::testing {
namespace {

const char* const rc_file = R"rc(
mark_nonce=$TELLINA_NONCE; unset TELLINA_NONCE
mark_escape() {
  local text=$1; text=${text//\\/\\\\}; text=${text//;/\\x3b}; text=${text//$'\n'/\\x0a}; text=${text//$'\t'/\\x09}
  printf %s "$text"
}
mark_start() {
  local text; text=$(HISTTIMEFORMAT= history 1); text=${text#"${text%%[! ]*}"}; text=${text#*[0-9]  }
  printf '\e]133;C;nonce=%s;cmd=%s;cwd=%s\a' "$mark_nonce" "$(mark_escape "$text")" "$(mark_escape "$PWD")"
}
mark_end() { printf '\e]133;D;%s;nonce=%s;cwd=%s\a' "$?" "$mark_nonce" "$(mark_escape "$PWD")"; }
HISTFILE= HISTCONTROL= HISTTIMEFORMAT=
shopt -s cmdhist lithist
PROMPT_COMMAND=mark_end
PS0='$(mark_start)'
PS1='\[\e]133;A;nonce='$mark_nonce'\a\]$ \[\e]133;B;nonce='$mark_nonce'\a\]'
)rc";

}  // namespace

RealShell::RealShell(OutputCheck* check) {
  std::string name = (std::filesystem::temp_directory_path() / "tellina_shell_XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a folder " + name);
  m_folder = name;
  std::ofstream(m_folder / "rc") << rc_file;

  CommandTracker::Callbacks callbacks;
  callbacks.ready = [this] { m_is_ready = true; };
  callbacks.finished = [this](CommandRecord record) {
    records.push_back(std::move(record));
    m_is_ready = false;
  };
  callbacks.judged = [this](const Progress& progress) { verdicts.push_back(progress.passed); };
  tracker = std::make_unique<CommandTracker>(nonce, CommandTracker::Start(), check, std::move(callbacks));

  const std::string rc = (m_folder / "rc").string();
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  m_process = forkpty(&m_terminal, nullptr, nullptr, &size);
  if (m_process < 0) throw std::runtime_error("cannot make a pty");
  if (m_process == 0) {
    if (chdir(name.c_str()) != 0) _exit(126);
    const std::string with_nonce = "TELLINA_NONCE=" + nonce;
    const char* const environment[] = {with_nonce.c_str(),  "TERM=xterm-256color", "LC_ALL=C.UTF-8",
                                       "INPUTRC=/dev/null", "PATH=/usr/bin:/bin",  nullptr};
    const char* const arguments[] = {"bash", "--noprofile", "--rcfile", rc.c_str(), "-i", nullptr};
    execve("/bin/bash", const_cast<char**>(arguments), const_cast<char**>(environment));
    _exit(127);
  }
  EXPECT_EQ(fcntl(m_terminal, F_SETFD, FD_CLOEXEC), 0);
  EXPECT_TRUE(read_until([this] { return m_is_ready; }));
}

RealShell::~RealShell() {
  kill(m_process, SIGKILL);
  close(m_terminal);
  waitpid(m_process, nullptr, 0);
  std::filesystem::remove_all(m_folder);
}

void RealShell::type(const std::string& bytes) {
  tracker->typed(bytes, std::exchange(m_typed, m_typed + bytes.size()), Timestamp());
  ASSERT_EQ(write(m_terminal, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

bool RealShell::read_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd descriptor{.fd = m_terminal, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&descriptor, 1, static_cast<int>(left.count())) <= 0) return false;
    char buffer[4096];
    const ssize_t size = read(m_terminal, buffer, sizeof buffer);
    if (size <= 0) {
      tracker->shell_ended(Timestamp());
      return condition();
    }
    stream.append(buffer, static_cast<std::size_t>(size));
    tracker->printed(BytesView(buffer, static_cast<std::size_t>(size)), Timestamp());
  }
  return true;
}

bool RealShell::finished(const std::string& text) {
  const std::size_t count = records.size();
  return read_until([this, count] { return records.size() > count && m_is_ready; }) && records.back().text == text;
}

bool RealShell::start(const std::string& line, const std::string& output) {
  type(line + "\r");
  return read_until([this] { return tracker->command_runs(); }) && has_printed(output);
}

bool RealShell::has_printed(const std::string& bytes) {
  const std::size_t start = stream.find('\x07', stream.rfind("\x1b]133;C;"));
  return read_until([this, start, &bytes] { return stream.find(bytes, start) != std::string::npos; });
}

}  // namespace tellina::testing
