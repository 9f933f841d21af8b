#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

#include "home.hpp"
#include "shell.hpp"
#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"

namespace local_sandbox {

/// A home with a shell.
class LocalSandbox final : public tellina::Sandbox {
 public:
  /// Takes the home and starts the shell. Throws Error, at `end` Error(timed_out); then nothing is left behind. The
  /// context is the plugin's.
  LocalSandbox(std::unique_ptr<Home> home, ShellPlan plan, tellina::TerminalSize size,
               std::chrono::steady_clock::time_point end, const tellina::PluginContext& context);
  ~LocalSandbox() override { destroy(); }

  int terminal() const override;
  int ended_descriptor() const override;
  std::optional<tellina::ExitStatus> ended() override;
  void restart_shell(tellina::TerminalSize size) override;
  void resize(tellina::TerminalSize size) override;
  tellina::FileTree snapshot(const tellina::SnapshotRequest& request) override;
  void destroy() override;
  tellina::Activity activity() override;

 private:
  /// Held while home and shell are used. Throws Error(gone) after destroy() was called.
  std::unique_lock<std::mutex> use() const;
  Shell& shell() const;
  void end_shell();

  const tellina::PluginContext& m_context;
  const ShellPlan m_plan;
  mutable std::mutex m_mutex;
  std::atomic<bool> m_is_destroyed = false;
  std::unique_ptr<Home> m_home;
  std::unique_ptr<Shell> m_shell;
};

/// Makes "~", "~/PATH" or an absolute path absolute. Throws Error(bad_config) for any other.
std::string absolute_directory(const std::string& directory, const std::string& home);

/// The shell's environment, including the host's additions.
std::map<std::string, std::string> make_environment(const std::string& home,
                                                    const std::map<std::string, std::string>& added);

/// The six limits, none of which is enforced here.
std::vector<tellina::LimitReport> report_no_limits();

}  // namespace local_sandbox
