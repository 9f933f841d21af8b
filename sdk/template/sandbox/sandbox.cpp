#include "sandbox.hpp"

#include "tellina/terminal_activity.hpp"

namespace local_sandbox {

using tellina::Error;
using tellina::ErrorCode;

LocalSandbox::LocalSandbox(std::unique_ptr<Home> home, ShellPlan plan, tellina::TerminalSize size,
                           std::chrono::steady_clock::time_point end, const tellina::PluginContext& context)
    : m_context(context),
      m_plan(std::move(plan)),
      m_home(std::move(home)),
      m_shell(std::make_unique<Shell>(m_plan, size, end)) {}

std::unique_lock<std::mutex> LocalSandbox::use() const {
  const auto check = [this] {
    if (m_is_destroyed) throw Error(ErrorCode::gone, "the sandbox has been destroyed");
  };
  check();
  std::unique_lock lock(m_mutex);
  check();
  return lock;
}

Shell& LocalSandbox::shell() const {
  if (!m_shell) throw Error(ErrorCode::gone, "the shell could not be restarted");
  return *m_shell;
}

int LocalSandbox::terminal() const {
  const auto lock = use();
  return shell().terminal();
}

int LocalSandbox::ended_descriptor() const {
  const auto lock = use();
  return shell().ended_descriptor();
}

std::optional<tellina::ExitStatus> LocalSandbox::ended() {
  const auto lock = use();
  return shell().ended();
}

void LocalSandbox::restart_shell(tellina::TerminalSize size) {
  const auto lock = use();
  end_shell();
  m_shell = std::make_unique<Shell>(m_plan, size, std::chrono::steady_clock::now() + std::chrono::seconds(10));
}

void LocalSandbox::resize(tellina::TerminalSize size) {
  const auto lock = use();
  shell().resize(size);
}

tellina::FileTree LocalSandbox::snapshot(const tellina::SnapshotRequest& request) {
  const auto lock = use();
  return m_home->snapshot(request, m_context.clock, m_is_destroyed);
}

void LocalSandbox::destroy() {
  m_is_destroyed = true;
  const std::lock_guard lock(m_mutex);
  end_shell();
  if (const int error = m_home->remove(); error != 0) {
    m_context.log.warning(system_error("remove " + m_home->path(), error).what());
  }
}

tellina::Activity LocalSandbox::activity() {
  const auto lock = use();
  return tellina::terminal_activity(shell().terminal());
}

void LocalSandbox::end_shell() {
  if (m_shell && !m_shell->end()) m_context.log.warning("processes in " + m_home->path() + " did not end");
  m_shell.reset();
}

std::string absolute_directory(const std::string& directory, const std::string& home) {
  if (directory == "~") return home;
  if (directory.starts_with("~/")) return home + directory.substr(1);
  if (directory.starts_with("/")) return directory;
  throw Error(ErrorCode::bad_config,
              "working_directory: expected \"~\", \"~/PATH\" or an absolute path, got \"" + directory + "\"");
}

std::map<std::string, std::string> make_environment(const std::string& home,
                                                    const std::map<std::string, std::string>& added) {
  std::map<std::string, std::string> variables = {
      {"HOME", home},
      {"USER", "me"},
      {"LOGNAME", "me"},
      {"SHELL", "/bin/bash"},
      {"TERM", "xterm-256color"},
      {"COLORTERM", "truecolor"},
      {"LANG", "C.UTF-8"},
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/games"},
      {"LESSHISTFILE", "-"},  // less would keep ~/.lesshst in the home
  };
  for (const auto& [name, value] : added) {
    if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string::npos ||
        value.find('\0') != std::string::npos) {
      throw Error(ErrorCode::bad_request, "environment: expected a name without \"=\" and NUL, got \"" + name + "\"");
    }
    variables[name] = value;
  }
  return variables;
}

std::vector<tellina::LimitReport> report_no_limits() {
  std::vector<tellina::LimitReport> limits;
  for (const char* name : {"memory", "processes", "cpu", "disk bytes", "disk inodes", "network", "isolation"}) {
    limits.emplace_back(name, false, "not isolated");
  }
  return limits;
}

}  // namespace local_sandbox
