#pragma once

/// A sandbox with its backend, and hands to type at its shell.

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

/// Types at a shell and reads what comes. Knows nothing of prompts: a command's output stands between two marks, which
/// the echo of what is typed does not contain. Threads: one.
class Hands {
 public:
  /// Lends the sandbox.
  explicit Hands(Sandbox& sandbox) : m_sandbox(sandbox) {}

  void type(const std::string& bytes);
  /// Reads until the text has come in what was not looked at yet; returns what stood before it. Throws Failure.
  std::string read_until(const std::string& text, std::chrono::milliseconds within = std::chrono::seconds(15));
  /// Types a line and waits for its end.
  CommandResult run(const std::string& command, std::chrono::milliseconds within = std::chrono::seconds(15));
  /// run() whose output is all that counts.
  std::string output_of(const std::string& command) { return run(command).output; }

 private:
  Sandbox& m_sandbox;
  std::string m_unseen;
  int m_commands = 0;
};

/// A backend and one running sandbox, destroyed with it.
class Room {
 public:
  /// Throws Skip where probe() says that nothing can be started here.
  explicit Room(Probe& probe);
  Room(Probe& probe, const SandboxSpec& spec);
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room();

  SandboxBackend& backend() { return *m_backend; }
  Sandbox& sandbox() { return *m_sandbox; }
  Hands& hands() { return *m_hands; }
  FileTree snapshot() { return m_sandbox->snapshot(SnapshotRequest()); }
  /// All processes of the case's sandboxes: those with its mark, and what they descend from below this process. Those
  /// that a backend holds ready are not among them.
  Processes processes() const;
  /// Types `exit` or the like and waits for the shell's end.
  ExitStatus end_shell(const std::string& line);

 private:
  Probe& m_probe;
  std::unique_ptr<SandboxBackend> m_backend;
  std::unique_ptr<Sandbox> m_sandbox;
  std::unique_ptr<Hands> m_hands;
};

/// With names of the case's own and an empty home.
SandboxSpec make_spec(Probe& probe);
/// Throws Skip where it cannot start anything here.
std::unique_ptr<SandboxBackend> make_usable_backend(Probe& probe);
bool becomes_readable(int descriptor, std::chrono::milliseconds within);
/// The child of that name. Throws Failure where there is none.
const FileNode& child_of(const FileNode& node, const std::string& name);

}  // namespace tellina::conformance
