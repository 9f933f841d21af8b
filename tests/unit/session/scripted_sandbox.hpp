#pragma once

/// A sandbox whose shell the test plays: it decides what the shell prints and reads, and when it ends.

#include <fcntl.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tellina/error.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::testing {

class ScriptedShell {
 public:
  /// `has_pty`: the terminal is a real one, in raw mode; otherwise it is a pair of sockets.
  explicit ScriptedShell(const SandboxSpec& spec_, bool has_pty = false)
      : spec(spec_), size(spec_.size), m_has_pty(has_pty) {
    open();
  }
  ~ScriptedShell() { close_all(); }
  ScriptedShell(const ScriptedShell&) = delete;
  ScriptedShell& operator=(const ScriptedShell&) = delete;

  void print(const std::string& text) const {
    ++activity.stamp;
    if (::write(m_terminal[1], text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("print");
  }
  /// As a program does that reads from the terminal; with a pty.
  void set_modes(bool echoes, bool is_canonical) {
    m_modes.c_iflag |= ICRNL;
    m_modes.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    if (echoes) m_modes.c_lflag |= ECHO;
    if (is_canonical) m_modes.c_lflag |= ICANON;
    if (tcsetattr(m_terminal[1], TCSANOW, &m_modes) != 0) throw std::runtime_error("tcsetattr");
  }
  /// Writes as much as the terminal accepts; returns how much that was.
  std::size_t offer(const std::string& text) const {
    const ssize_t taken = ::write(m_terminal[1], text.data(), text.size());
    return taken > 0 ? static_cast<std::size_t>(taken) : 0;
  }
  void prompt() const { print(mark("A") + "$ " + mark("B")); }
  /// Starts a command that does not end.
  void begin(const std::string& command) const { print(mark("C", ";cmd=" + command + ";cwd=/home/me")); }
  /// Ends the running command.
  void end(int status) const {
    print(mark("D;" + std::to_string(status), ";cwd=/home/me"));
    prompt();
  }
  /// Acts as if a command had been typed and had run.
  void run(const std::string& command, const std::string& output) const {
    begin(command);
    print(output);
    end(0);
  }
  /// Input since the last call.
  std::string typed() const {
    std::string text(256 * 1024, '\0');
    const ssize_t got = ::read(m_terminal[1], text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  void exit() const {
    if (::write(m_ended[1], "x", 1) != 1) throw std::runtime_error("exit");
  }

  SandboxSpec spec;
  TerminalSize size;
  std::vector<TerminalSize> resizes;
  FileTree home;
  Bytes state;
  mutable Activity activity = lone_shell();
  int restarts = 0;
  int snapshots = 0;
  SnapshotRequest asked_for;  ///< by the last snapshot
  Bytes version;              ///< of the home; empty: it has none
  int asked_for_activity = 0;
  bool is_destroyed = false;
  bool fails_to_restart = false;
  bool fails_to_snapshot = false;
  bool says_unchanged = false;  ///< at each snapshot
  bool is_short_of_descriptors = false;

  int terminal() const { return m_terminal[0]; }
  int ended_descriptor() const { return m_ended[0]; }
  void open() {
    if (m_has_pty) {
      open_pty();
    } else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, m_terminal) != 0) {
      throw std::runtime_error("socketpair");
    }
    if (pipe2(m_ended, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  }
  void close_all() {
    for (int* descriptor : {&m_terminal[0], &m_terminal[1], &m_ended[0], &m_ended[1]}) {
      if (*descriptor >= 0) ::close(*descriptor);
      *descriptor = -1;
    }
  }

  static Activity lone_shell() {
    Activity activity;
    activity.is_known = activity.shell_is_alone = true;
    return activity;
  }

 private:
  std::string mark(const std::string& kind, const std::string& fields = {}) const {
    return "\x1b]133;" + kind + ";nonce=" + spec.environment.at("TELLINA_NONCE") + fields + "\a";
  }
  void open_pty() {
    if (openpty(&m_terminal[0], &m_terminal[1], nullptr, &m_modes, nullptr) != 0) throw std::runtime_error("openpty");
    for (const int descriptor : m_terminal) fcntl(descriptor, F_SETFL, O_NONBLOCK);
  }
  static termios raw_modes() {
    termios modes{};
    cfmakeraw(&modes);
    return modes;
  }
  const bool m_has_pty;
  termios m_modes = raw_modes();  ///< kept when the terminal is opened again
  int m_terminal[2] = {-1, -1};
  int m_ended[2] = {-1, -1};
};

class ScriptedSandbox final : public Sandbox {
 public:
  explicit ScriptedSandbox(std::shared_ptr<ScriptedShell> shell) : m_shell(std::move(shell)) {}
  int terminal() const override { return m_shell->terminal(); }
  int ended_descriptor() const override { return m_shell->ended_descriptor(); }
  std::optional<ExitStatus> ended() override { return ExitStatus(false, 7); }
  void restart_shell(TerminalSize size) override {
    if (m_shell->is_short_of_descriptors) throw Error(ErrorCode::busy, "fork: Too many open files");
    if (m_shell->fails_to_restart) throw Error(ErrorCode::gone, "the sandbox has ended");
    m_shell->close_all();
    m_shell->open();
    m_shell->size = size;
    ++m_shell->restarts;
    m_shell->prompt();
  }
  void resize(TerminalSize size) override {
    m_shell->size = size;
    m_shell->resizes.push_back(size);
  }
  FileTree snapshot(const SnapshotRequest& request) override {
    ++m_shell->snapshots;
    m_shell->asked_for = request;
    if (m_shell->fails_to_snapshot) throw Error(ErrorCode::timed_out, "read the home: no answer in time");
    if (m_shell->says_unchanged || (!m_shell->version.empty() && m_shell->version == request.unless)) {
      FileTree same;
      same.unchanged = true;
      same.version = request.unless;
      return same;
    }
    FileTree home = m_shell->home;
    home.version = m_shell->version;
    for (auto& [name, file] : home.root.children) {
      if (file.content && file.content->size() > request.max_content_per_file) file.content.reset();
    }
    return home;
  }
  void destroy() override {
    m_shell->is_destroyed = true;
    m_shell->close_all();
  }
  Activity activity() override {
    ++m_shell->asked_for_activity;
    return m_shell->activity;
  }
  Bytes state() const override { return m_shell->state; }

 private:
  std::shared_ptr<ScriptedShell> m_shell;
};

/// Each start() creates a shell that shows a prompt at once, unless configured otherwise.
class ScriptedBackend final : public SandboxBackend {
 public:
  Capabilities probe() override {
    ++probes;
    if (is_unavailable) throw Error(ErrorCode::unavailable, "the engine is down", "start it");
    Capabilities capabilities;
    capabilities.usable = !is_unusable;
    if (is_unusable) capabilities.reason = "no image";
    capabilities.adopts = can_adopt;
    if (start_deadline) capabilities.start_deadline = *start_deadline;
    return capabilities;
  }
  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override {
    ++starts;
    if (throws_something) throw 42;
    if (returns_null) return nullptr;
    if (is_unavailable) throw Error(ErrorCode::unavailable, "no room for a sandbox", "free some memory");
    if (during_start) during_start(spec);
    shells.push_back(std::make_shared<ScriptedShell>(spec, has_ptys));
    shells.back()->state = state;
    if (shows_prompt) shells.back()->prompt();
    return std::make_unique<ScriptedSandbox>(shells.back());
  }
  std::unique_ptr<Sandbox> adopt(const SandboxId&) override {
    if (!can_adopt) throw Error(ErrorCode::unsupported, "adopt");
    if (is_short_of_descriptors) throw Error(ErrorCode::busy, "adopt: Too many open files");
    if (fails_to_adopt) throw Error(ErrorCode::timed_out, "adopt");
    shells.back()->open();
    return std::make_unique<ScriptedSandbox>(shells.back());
  }
  std::unique_ptr<Sandbox> adopt_with_state(const SandboxId& id, const Bytes& with) override {
    adopted_state = with;
    return adopt(id);
  }
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override {
    swept.push_back(owner);
    kept.push_back(keep);
    if (is_unavailable) throw Error(ErrorCode::unavailable, "the engine is down", "start it");
    return 2;
  }

  RunResult run(const RunSpec& spec) override {
    ran.push_back(spec);
    if (!during_run) return SandboxBackend::run(spec);
    return during_run(spec);
  }

  ScriptedShell& shell() const { return *shells.back(); }

  std::vector<std::shared_ptr<ScriptedShell>> shells;
  std::vector<OwnerId> swept;
  std::vector<std::vector<SandboxId>> kept;              ///< at each sweep
  std::function<void(const SandboxSpec&)> during_start;  ///< runs where start() does
  std::vector<RunSpec> ran;                              ///< by each run()
  std::function<RunResult(const RunSpec&)> during_run;   ///< the program; empty: run() is not supported
  std::optional<std::chrono::milliseconds> start_deadline{};
  Bytes state;          ///< of the next sandbox
  Bytes adopted_state;  ///< what the last adoption got
  int starts = 0;
  int probes = 0;
  bool is_unavailable = false;
  bool is_unusable = false;  ///< as probe() says
  bool returns_null = false;
  bool throws_something = false;
  bool has_ptys = false;  ///< of the next shells
  bool shows_prompt = true;
  bool can_adopt = false;  ///< the newest shell, with another terminal
  bool fails_to_adopt = false;
  bool is_short_of_descriptors = false;  ///< adopt() fails for now
};

}  // namespace tellina::testing
