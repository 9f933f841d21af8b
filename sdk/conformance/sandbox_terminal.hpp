#pragma once

/// A sandbox with its backend, and helpers that type into its shell.

#include <chrono>
#include <memory>
#include <string>

#include "audit.hpp"
#include "tellina/conformance/case.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::conformance {

class CommandResult {
 public:
  std::string output;  ///< with LF line ends
  int status = -1;
};

/// Types into a shell and reads the output. Does not depend on prompts: it finds a command's output between two marks,
/// which the echo of the typed line does not contain. Threads: one.
class ShellDriver {
 public:
  /// Refers to the sandbox.
  explicit ShellDriver(Sandbox& sandbox) : m_sandbox(sandbox) {}

  void type(const std::string& bytes);
  /// Reads until `text` appears in unread output; returns the output before it. Throws Failure.
  std::string read_until(const std::string& text, std::chrono::milliseconds within = std::chrono::seconds(15));
  /// Types a line and waits for its end.
  CommandResult run(const std::string& command, std::chrono::milliseconds within = std::chrono::seconds(15));
  /// Calls run() and returns only the output.
  std::string output_of(const std::string& command) { return run(command).output; }

 private:
  Sandbox& m_sandbox;
  std::string m_unseen;
  int m_commands = 0;
};

/// A backend and one running sandbox, destroyed with this object.
class RunningSandbox {
 public:
  /// Throws Skip if probe() reports that nothing can be started here.
  explicit RunningSandbox(Probe& probe);
  RunningSandbox(Probe& probe, const SandboxSpec& spec);
  RunningSandbox(const RunningSandbox&) = delete;
  RunningSandbox& operator=(const RunningSandbox&) = delete;
  ~RunningSandbox();

  const SandboxId& id() const { return m_id; }
  SandboxBackend& backend() { return *m_backend; }
  Sandbox& sandbox() { return *m_sandbox; }
  ShellDriver& driver() { return *m_driver; }
  FileTree snapshot() { return m_sandbox->snapshot(SnapshotRequest()); }
  /// All processes of the case's sandboxes: those with its mark, and their ancestors below this process. Excludes
  /// prewarmed sandboxes of a backend, and what probe() has left running for all sandboxes.
  Processes processes() const;
  /// Whether processes() can find them: probe() says whether they are on this machine.
  bool sees_processes() const { return m_capabilities.processes_are_visible; }
  /// How many processes with this name run in the sandbox, as its shell finds in /proc; all if it is empty. The shell
  /// starts no process for it.
  std::size_t count_inside(const std::string& name);
  /// Throws Skip if processes() cannot find them.
  void need_visible_processes() const;
  /// Types `exit` or the like and waits for the shell's end.
  ExitStatus end_shell(const std::string& line);

 private:
  Probe& m_probe;
  const SandboxId m_id;
  Capabilities m_capabilities;
  std::unique_ptr<SandboxBackend> m_backend;
  const Processes m_others;  ///< the backend's own, for all sandboxes
  std::unique_ptr<Sandbox> m_sandbox;
  std::unique_ptr<ShellDriver> m_driver;
};

/// A spec with the case's own names and an empty home.
SandboxSpec make_spec(Probe& probe);
/// The owners of a case's sandboxes: the one of make_spec(), and those that begin with its name.
std::vector<std::string> owners_of_case(const std::string& mark);
/// Throws Skip if it cannot start anything here.
/// `found`: gets what probe() has found, unless it is null.
std::unique_ptr<SandboxBackend> make_usable_backend(Probe& probe, Capabilities* found = nullptr);
bool becomes_readable(int descriptor, std::chrono::milliseconds within);
/// The child with that name. Throws Failure if there is none.
const FileNode& child_of(const FileNode& node, const std::string& name);

}  // namespace tellina::conformance
