#pragma once

/// Runs a participant's shell where it can do no harm.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tellina/file_tree.hpp"
#include "tellina/plugin.hpp"

namespace tellina {

/// In character cells, 1 to 1000 each.
class TerminalSize {
 public:
  TerminalSize() = default;
  TerminalSize(std::uint16_t columns_, std::uint16_t rows_) : columns(columns_), rows(rows_) {}
  bool operator==(const TerminalSize&) const = default;

  std::uint16_t columns = 80;
  std::uint16_t rows = 24;
};

/// Names a sandbox for its whole life, over the death of its owner; letters, digits and '-', at most 64 bytes.
using SandboxId = std::string;
/// Names the worker that runs a sandbox; the same alphabet.
using OwnerId = std::string;

/// How a shell ended: `status` is the exit status (0 to 255), or the number of the signal that killed it.
class ExitStatus {
 public:
  ExitStatus() = default;
  ExitStatus(bool by_signal_, int status_) : by_signal(by_signal_), status(status_) {}
  bool by_signal = false;
  int status = 0;
};

/// What a sandbox starts with.
class SandboxSpec {
 public:
  SandboxSpec() = default;

  SandboxId id;
  OwnerId owner;
  FileTree initial;                                ///< the content of the home directory
  TerminalSize size;                               ///< of the pty, set before the shell starts
  std::string working_directory = "~";             ///< "~", "~/PATH" or an absolute path inside the sandbox
  std::map<std::string, std::string> environment;  ///< added to the backend's own
  std::chrono::milliseconds deadline{20'000};      ///< of start()
};

/// One limit, and how it is really enforced on this machine.
class LimitReport {
 public:
  LimitReport(std::string name_, bool enforced_, std::string how_)
      : name(std::move(name_)), enforced(enforced_), how(std::move(how_)) {}
  std::string name;  ///< "memory", "processes", "cpu", "disk bytes", "disk inodes", "network"
  bool enforced;
  std::string how;  ///< "cgroup v1, per session", "256 MiB per session, checked now and then": for the researcher
};

/// What probe() found.
class Capabilities {
 public:
  bool usable = false;
  std::string reason;  ///< why not, with the way out; empty where usable
  std::vector<LimitReport> limits;
  bool adopts = false;  ///< adopt() works: sandboxes outlive their owner
};

/// What has run in a sandbox lately. The host compares it with an earlier one, to look at files only if something may
/// have changed them.
class Activity {
 public:
  Activity() = default;
  bool operator==(const Activity&) const = default;

  bool is_known = false;        ///< false: the plugin cannot tell, so anything may have changed
  bool shell_is_alone = false;  ///< no process of the participant but the shell exists
  std::uint64_t stamp = 0;      ///< differs from that of an earlier moment if any process has run in between
};

/// One running sandbox and its shell.
///
/// Threads:  calls come one at a time, not always from the same thread, except destroy(), which may come at any
///           time and interrupts the others (they throw Error(gone)). Different sandboxes at once.
/// Lifetime: destroy() before the destructor; the destructor ends what still runs without waiting for it.
/// Throws:   Error. Blocking calls keep their own deadlines and throw Error(timed_out).
class TELLINA_VISIBLE Sandbox {
 public:
  Sandbox() = default;
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  virtual ~Sandbox() = default;

  /// Non-blocking descriptor with the pty's bytes, both ways. It stays the plugin's: the host stops using it
  /// before it calls destroy() or restart_shell(), and the plugin closes it.
  virtual int terminal() const = 0;

  /// Becomes readable once the shell has ended, whoever still holds the pty; never read by the host.
  virtual int ended_descriptor() const = 0;

  /// How the shell ended, or nothing while it runs. Never blocks.
  virtual std::optional<ExitStatus> ended() = 0;

  /// After exit or Ctrl-D: a new shell in the same home. terminal() and ended_descriptor() may be new ones.
  virtual void restart_shell(TerminalSize size) = 0;

  /// The shell's foreground program gets SIGWINCH where the size differs. Never blocks.
  virtual void resize(TerminalSize size) = 0;

  /// The home directory now. Never follows links out of it, never blocks on a FIFO, bounded by the request;
  /// works after the shell has ended.
  virtual FileTree snapshot(const SnapshotRequest& request) = 0;

  /// Nothing of the sandbox is left when it returns: no process, mount, cgroup or file. Idempotent.
  virtual void destroy() = 0;

  /// What runs now. It has to be cheap: the host asks every few seconds while a task runs. Where it is not known the
  /// host takes a snapshot each time instead. `tellina/terminal_activity.hpp` has one for shells on a local terminal.
  virtual Activity activity() { return {}; }
};

/// Threads: calls may come from several pool threads at once; those threads live until the process exits.
class TELLINA_VISIBLE SandboxBackend : public Plugin {
 public:
  /// Whether sandboxes can be started here, why not, and which limits are really enforced. Leaves nothing behind.
  virtual Capabilities probe() = 0;

  /// Returns when the shell has been started in the seeded home, or throws and leaves nothing.
  virtual std::unique_ptr<Sandbox> start(const SandboxSpec& spec) = 0;

  /// Takes over the sandbox of a dead owner, its shell as it stands. Throws Error(unsupported) where sandboxes end
  /// with their owner, Error(gone) where this one has ended.
  virtual std::unique_ptr<Sandbox> adopt(const SandboxId& id) = 0;

  /// Removes what a dead owner left; returns how many sandboxes it were. Those in `keep` stay: somebody has adopted
  /// them, or will. `keep` is empty where adopt() does not work. The host calls this again, without the sandbox, where
  /// it could not be adopted.
  virtual std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) = 0;
};

/// A second base class of a backend whose sandboxes need something that takes minutes to make, such as an image:
/// `tellina sandbox prepare` and `tellina run --prepare` ask for it.
class TELLINA_VISIBLE SandboxPreparation {
 public:
  virtual ~SandboxPreparation() = default;

  /// Makes what start() needs and what is missing or out of date; returns soon where that is nothing. What it says to a
  /// person goes to standard error. Throws Error. Called by one thread, before anything else of the backend.
  virtual void prepare() = 0;
};

}  // namespace tellina
