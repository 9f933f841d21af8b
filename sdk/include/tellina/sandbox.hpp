#pragma once

/// Runs the shell of a participant in isolation from the machine.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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

/// Names a sandbox for its whole life, also after the death of its owner: letters, digits and '-', at most 64 bytes.
using SandboxId = std::string;
/// Names the worker that runs a sandbox, with the same characters.
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
  std::chrono::milliseconds deadline{20'000};  ///< of start(): Capabilities::start_deadline, within the host's bounds

  /// The task's "sandbox": an object that follows the plugin's schema of options (TELLINA_PLUGIN_WITH_OPTIONS), with
  /// its place in the configuration. Empty if the task has none. start() may throw ConfigError about it.
  Config options{};
  /// The files that bash needs in order to mark its prompts and commands: "bashrc", and what that reads beside it,
  /// "bash.bashrc" and "shell_marks.so" (for this machine's processor and C library). A sandbox on another machine puts
  /// them into one folder there, outside the home, and starts `bash --rcfile FOLDER/bashrc`. Empty if the host has
  /// none.
  std::map<std::string, Bytes> shell_files{};
  /// A descriptor of the host that becomes readable, and stays so, as soon as nobody needs the sandbox any more; -1 if
  /// that cannot happen. It is valid until start() returns. A start that takes more than some seconds watches it, gives
  /// up then, leaves nothing behind, and throws Error(gone). The host destroys a sandbox that starts nevertheless.
  int cancelled = -1;
  /// Tells the participant who waits what happens now, in a plain sentence without a name of a machine or a command:
  /// "Loading the disk image (2 of 5)". UTF-8; the host shows 200 bytes of it, and a new one at most every half second,
  /// the latest. It may be called from any thread until start() returns, and never throws.
  std::function<void(std::string_view)> progress = [](std::string_view) {};
};

/// One limit, and how it is enforced on this machine.
class LimitReport {
 public:
  LimitReport(std::string name_, bool enforced_, std::string how_)
      : name(std::move(name_)), enforced(enforced_), how(std::move(how_)) {}
  /// "memory", "processes", "cpu", "disk bytes", "disk inodes", "network": of all processes of a session together.
  /// "isolation", not enforced: the sandbox shows or shares what is of the machine or of other sandboxes.
  std::string name;
  bool enforced;
  std::string how;  ///< "cgroup v1, per session", "256 MiB per session, checked from time to time": for the researcher
};

/// What probe() found.
class Capabilities {
 public:
  bool usable = false;
  std::string reason;  ///< why not, and what to do about it; empty if usable
  std::vector<LimitReport> limits;
  bool adopts = false;  ///< adopt() works: sandboxes outlive their owner

  /// The processes of a sandbox are in this machine's /proc. False for a virtual machine, a cluster or another machine:
  /// then the conformance kit looks with `ps` inside of the sandbox.
  bool processes_are_visible = true;
  /// How long start() may take, such as for a cluster that first adds a machine. The host accepts 1 s to 30 min, and
  /// takes the nearest of these for another time.
  std::chrono::milliseconds start_deadline{20'000};
  /// run() works.
  bool runs_commands = false;
  /// Identifies the programs and files that every sandbox starts with, for the record of the study: equal for equal
  /// content, such as a hash of a list of all files, or the number of an image. At most 256 printable characters. Empty
  /// if the sandbox has no files of its own, or nothing identifies them.
  std::string root_digest;
  /// Where others find these files, as "REPOSITORY@DIGEST". Empty if nowhere.
  std::vector<std::string> image_digests;
};

/// A program that judges a home: run() gives it a sandbox of its own, without a terminal.
class RunSpec {
 public:
  RunSpec() = default;

  SandboxId id;     ///< of the program's sandbox; no other sandbox has it
  OwnerId owner;    ///< sweep() removes the sandbox with those of this owner
  FileTree home;    ///< the content of the home directory. Entries of the kind `other` are left out
  FileTree folder;  ///< the content of /check, of directories, files and symbolic links: nothing there can be changed
  std::vector<std::string> arguments;                ///< the first is the program: a path, or a name to find in PATH
  std::map<std::string, std::string> environment;    ///< added to the backend's own
  std::string working_directory = "~";               ///< as in SandboxSpec
  std::chrono::milliseconds start_deadline{20'000};  ///< for the sandbox, until the program starts
  std::chrono::milliseconds time_limit{10'000};      ///< for the program; more than zero
  std::size_t max_output = 64 * 1024;                ///< bytes of standard output
  std::size_t max_errors = 2 * 1024;                 ///< bytes of standard error that are kept, the last ones
  std::string image;   ///< the root file system, as the backend names it; empty: the backend's own
  Config options{};    ///< as in SandboxSpec
  int cancelled = -1;  ///< as in SandboxSpec, until run() returns
};

/// What a program did that run() has run.
class RunResult {
 public:
  RunResult() = default;

  ExitStatus end;          ///< of the program. If `timed_out` or `truncated`: SIGKILL
  Bytes output;            ///< of standard output, up to RunSpec::max_output bytes
  Bytes errors;            ///< the last bytes of standard error
  bool timed_out = false;  ///< the program ran longer than the time limit, and was killed
  bool truncated = false;  ///< it printed more than `max_output` bytes to standard output, and was killed
};

/// What has run in a sandbox recently. The host compares it with an earlier value, and reads files only if something
/// may have changed them.
class Activity {
 public:
  Activity() = default;
  bool operator==(const Activity&) const = default;

  bool is_known = false;        ///< false: the plugin does not know, so anything may have changed
  bool shell_is_alone = false;  ///< the participant has no process except the shell
  std::uint64_t stamp = 0;      ///< differs from an earlier stamp if any process has run in between
};

/// One running sandbox and its shell.
///
/// Threads:  calls come one at a time, not always from the same thread, except destroy(), which may come at any
///           time and interrupts the others (they throw Error(gone)). Different sandboxes are used at the same time.
/// Lifetime: the host calls destroy() before the destructor. The destructor ends what still runs, and does not wait.
/// Throws:   Error. Blocking calls have deadlines of their own and throw Error(timed_out): restart_shell() after 10 s,
///           snapshot() soon after that of its request, if it does not return what it has with `truncated`. destroy()
///           and sweep() should take less than 2 s for each sandbox.
class TELLINA_VISIBLE Sandbox {
 public:
  Sandbox() = default;
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  virtual ~Sandbox() = default;

  /// A non-blocking descriptor for the bytes of the pty, in both directions. The plugin owns it and closes it; the host
  /// stops using it before it calls destroy() or restart_shell().
  ///
  /// It should be the pty's master. The host asks it, by tcgetattr(), whether a program reads a secret, and records no
  /// secrets then. With a descriptor that is no terminal, or with a pty that only passes bytes on to another one, the
  /// record has passwords as they were typed.
  virtual int terminal() const = 0;

  /// Becomes readable when the shell has ended, even if other processes still have the pty open. The host never reads
  /// it.
  virtual int ended_descriptor() const = 0;

  /// Returns how the shell ended, or nothing while it runs. Never blocks.
  virtual std::optional<ExitStatus> ended() = 0;

  /// Ends every process of the old shell and starts a new one in the same home, after exit or Ctrl-D. terminal() and
  /// ended_descriptor() may change.
  virtual void restart_shell(TerminalSize size) = 0;

  /// The foreground program of the shell gets SIGWINCH if the size differs. Never blocks.
  virtual void resize(TerminalSize size) = 0;

  /// Returns the home directory as it is now, within the limits of the request. Never follows links out of it and never
  /// blocks on a FIFO. Works after the shell has ended.
  virtual FileTree snapshot(const SnapshotRequest& request) = 0;

  /// Removes the sandbox. When it returns, nothing is left: no process, mount, cgroup or file. Idempotent.
  virtual void destroy() = 0;

  /// Returns what runs now. It must be cheap: the host asks every few seconds while a task runs. If the activity is not
  /// known, the host takes a snapshot each time instead. `tellina/terminal_activity.hpp` has an implementation for
  /// shells on a local terminal.
  virtual Activity activity() { return {}; }

  /// Returns what adopt_with_state() needs besides the id, such as an address and the number of a machine: any octets,
  /// at most 4096. The host asks after start(), adopt() and restart_shell(), and stores the answer with the session, in
  /// a file that researchers give away: no passwords. Never blocks. A longer one is an error of the call before it.
  virtual Bytes state() const { return {}; }
};

/// Threads: calls may come from several pool threads at once; those threads live until the process exits.
class TELLINA_VISIBLE SandboxBackend : public Plugin {
 public:
  /// Returns whether sandboxes can be started here, why not, and which limits are enforced. Leaves nothing behind.
  virtual Capabilities probe() = 0;

  /// Returns when the shell runs in a home with the initial content, or throws and leaves nothing behind. The deadline
  /// includes the time to fill the home.
  ///
  /// The shell has HOME, USER, PATH, a TERM of the xterm family, UTF-8, and the variables of the spec. It gets nothing
  /// of the host: no variable, no descriptor, no blocked or ignored signal. It marks its commands with the nonce of the
  /// spec's environment, if it reads the bashrc in SandboxSpec::shell_files.
  virtual std::unique_ptr<Sandbox> start(const SandboxSpec& spec) = 0;

  /// Takes over the sandbox of a dead owner, with its running shell. Throws Error(unsupported) if sandboxes end with
  /// their owner, and Error(gone) if this one has ended. The host has an adopted sandbox in `keep` of each later
  /// sweep() of its dead owner; it calls sweep() again for one that could not be adopted.
  virtual std::unique_ptr<Sandbox> adopt(const SandboxId& id) = 0;

  /// The same, with the last state() of the sandbox; empty if its owner died before it had stored one. The host calls
  /// this one.
  virtual std::unique_ptr<Sandbox> adopt_with_state(const SandboxId& id, const Bytes& /*state*/) { return adopt(id); }

  /// Removes all that a dead owner left, and returns the number of sandboxes of which something was left, if only a
  /// control group: 0 from the second call on. When it returns, no process, mount, control group or file of these
  /// sandboxes is left. Backends that cannot adopt have to do this too: what ends with its owner is processes, and
  /// files stay.
  ///
  /// `owner` is the whole name: sandboxes of "w10" are not those of "w1". Sandboxes in `keep` stay as they are in every
  /// backend, because another owner has adopted them or will; an id that no sandbox has does not matter. If probe()
  /// reports that adopt() does not work, the host passes an empty `keep`. If a sandbox could not be adopted, the host
  /// calls this again with a `keep` that does not contain it.
  virtual std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) = 0;

  /// Runs a program in a new sandbox like those of start(), with the same limits, and returns when the program has
  /// ended. By then the sandbox is gone with all that the program has started: no process, mount, control group or file
  /// is left. A process that outlives the program delays nothing, and what it prints may be lost.
  ///
  /// The program starts as the user of a shell, with the same variables, no terminal, an empty standard input, and
  /// nothing of the host. /check has the folder of the spec, whose files all users can read, with the modes of the
  /// spec: the program cannot write there, nor remove or mount anything. A program that cannot be executed ends with
  /// status 127, and says why on standard error.
  ///
  /// Throws Error(unsupported) if Capabilities::runs_commands is not set or the backend does not know the image,
  /// Error(seed_failed) if the home or the folder does not fit, Error(timed_out) after the start's deadline,
  /// Error(gone) if it is cancelled, and leaves nothing behind.
  virtual RunResult run(const RunSpec& /*spec*/) {
    throw Error(ErrorCode::unsupported, "this sandbox runs no commands without a terminal");
  }
};

/// A second base class for a backend whose sandboxes need something that takes minutes to build, such as an image.
/// `tellina sandbox prepare` and `tellina run --prepare` call it.
class TELLINA_VISIBLE SandboxPreparation {
 public:
  virtual ~SandboxPreparation() = default;

  /// Builds what start() needs and what is missing or out of date; returns quickly if that is nothing. Messages for a
  /// person go to standard error. Throws Error. One thread calls it, before any other function of the backend.
  virtual void prepare() = 0;
};

TELLINA_BEGIN_LAYOUTS
template <>
struct PluginLayout<PluginKind::sandbox> {
  static constexpr LayoutHash layout =
      plugin_layout.type<TerminalSize>({offsetof(TerminalSize, columns), offsetof(TerminalSize, rows)})
          .type<ExitStatus>({offsetof(ExitStatus, by_signal), offsetof(ExitStatus, status)})
          .type<std::optional<ExitStatus>>()
          .last(FileKind::other)
          .type<FileNode>({offsetof(FileNode, kind), offsetof(FileNode, children), offsetof(FileNode, content),
                           offsetof(FileNode, size), offsetof(FileNode, target), offsetof(FileNode, mode),
                           offsetof(FileNode, modified_at), offsetof(FileNode, owner)})
          .type<FileTree>({offsetof(FileTree, root), offsetof(FileTree, truncated), offsetof(FileTree, raced),
                           offsetof(FileTree, version), offsetof(FileTree, unchanged)})
          .type<SnapshotRequest>({offsetof(SnapshotRequest, max_entries), offsetof(SnapshotRequest, max_depth),
                                  offsetof(SnapshotRequest, max_content_per_file),
                                  offsetof(SnapshotRequest, max_content_in_all), offsetof(SnapshotRequest, deadline),
                                  offsetof(SnapshotRequest, content_of), offsetof(SnapshotRequest, unless)})
          .type<SandboxSpec>({offsetof(SandboxSpec, id), offsetof(SandboxSpec, owner), offsetof(SandboxSpec, initial),
                              offsetof(SandboxSpec, size), offsetof(SandboxSpec, working_directory),
                              offsetof(SandboxSpec, environment), offsetof(SandboxSpec, deadline),
                              offsetof(SandboxSpec, options), offsetof(SandboxSpec, shell_files),
                              offsetof(SandboxSpec, cancelled), offsetof(SandboxSpec, progress)})
          .type<LimitReport>({offsetof(LimitReport, name), offsetof(LimitReport, enforced), offsetof(LimitReport, how)})
          .type<Capabilities>({offsetof(Capabilities, usable), offsetof(Capabilities, reason),
                               offsetof(Capabilities, limits), offsetof(Capabilities, adopts),
                               offsetof(Capabilities, processes_are_visible), offsetof(Capabilities, start_deadline),
                               offsetof(Capabilities, runs_commands), offsetof(Capabilities, root_digest),
                               offsetof(Capabilities, image_digests)})
          .type<RunSpec>({offsetof(RunSpec, id), offsetof(RunSpec, owner), offsetof(RunSpec, home),
                          offsetof(RunSpec, folder), offsetof(RunSpec, arguments), offsetof(RunSpec, environment),
                          offsetof(RunSpec, working_directory), offsetof(RunSpec, start_deadline),
                          offsetof(RunSpec, time_limit), offsetof(RunSpec, max_output), offsetof(RunSpec, max_errors),
                          offsetof(RunSpec, image), offsetof(RunSpec, options), offsetof(RunSpec, cancelled)})
          .type<RunResult>({offsetof(RunResult, end), offsetof(RunResult, output), offsetof(RunResult, errors),
                            offsetof(RunResult, timed_out), offsetof(RunResult, truncated)})
          .type<Activity>({offsetof(Activity, is_known), offsetof(Activity, shell_is_alone), offsetof(Activity, stamp)})
          .type<std::unique_ptr<Sandbox>>()
          .type<Sandbox>()
          .type<SandboxBackend>()
          .type<SandboxPreparation>();
};
TELLINA_END_LAYOUTS

}  // namespace tellina
