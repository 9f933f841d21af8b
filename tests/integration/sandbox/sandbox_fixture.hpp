#pragma once

/// Real sandboxes for tests: the plugin as the host loads it, a shell to type into, and a check for leftovers.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "host/runtime/system.hpp"
#include "support/collecting_log.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::test {

using Setting = std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>>;

/// The plugin's section of a configuration file, without the file.
Config make_settings(const std::map<std::string, Setting>& settings);

using testing::CollectingLog;

/// The plugin with its context. Every setting not given keeps its default, except "pool", which is 0.
class Backend {
 public:
  explicit Backend(std::map<std::string, Setting> settings = {});
  SandboxBackend* operator->() { return m_plugin.get(); }
  CollectingLog& log() { return m_log; }

 private:
  SystemClock m_clock;
  SystemRandom m_random;
  CollectingLog m_log;
  std::unique_ptr<SandboxBackend> m_plugin;
};

/// A spec with fresh names and an empty home.
SandboxSpec make_spec();

/// A command's output, without escape sequences and marks, and its status.
class CommandResult {
 public:
  std::string output;
  int status = -1;
};

/// Types into a sandbox's shell and reads its output; recognises commands by the shell's marks.
class Shell {
 public:
  static constexpr const char* nonce = "0123456789abcdef";

  /// Refers to the sandbox.
  explicit Shell(Sandbox& sandbox) : m_sandbox(sandbox) {}

  void type(const std::string& bytes);
  /// Reads until `found` accepts everything read so far. Fails the test at the deadline.
  bool read_until(const std::function<bool(const std::string&)>& found, std::chrono::seconds deadline,
                  const std::string& what);
  /// Reads until the output since the last call contains the text.
  bool read_until(const std::string& text, std::chrono::seconds deadline = std::chrono::seconds(20));
  /// Waits for a prompt.
  bool prompt() { return read_until(mark("B", ""), std::chrono::seconds(20)); }
  /// Types a command and Enter, and waits for its end and the next prompt.
  CommandResult run(const std::string& command, std::chrono::seconds deadline = std::chrono::seconds(40));
  /// Everything read so far.
  const std::string& screen() const { return m_screen; }
  static std::string mark(const std::string& kind, const std::string& before_nonce);

 private:
  Sandbox& m_sandbox;
  std::string m_screen;
  std::size_t m_seen = 0;
};

/// Waits until the condition holds. Fails the test at the deadline.
bool eventually(const std::function<bool()>& is_so, const std::string& what,
                std::chrono::seconds deadline = std::chrono::seconds(20));
bool becomes_readable(int descriptor, std::chrono::seconds deadline = std::chrono::seconds(20));

/// Descendants as (number, start time), so that a reused number counts as another process.
using Processes = std::set<std::pair<int, std::string>>;
Processes descendants(int process);
/// Those that still exist, including zombies.
Processes still_there(const Processes& processes);
std::size_t count_descriptors();

/// One backend, one sandbox, one shell at its first prompt. Checks afterwards that nothing is left.
class SandboxTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Starts over with other settings or another home.
  void start(SandboxSpec spec = make_spec(), std::map<std::string, Setting> settings = {});
  /// The same, without waiting for the prompt.
  void start_unready(SandboxSpec spec, std::map<std::string, Setting> settings = {});

  Sandbox& sandbox() { return *m_sandbox; }
  Shell& shell() { return *m_shell; }
  Backend& backend() { return *m_backend; }
  FileTree snapshot() { return m_sandbox->snapshot(SnapshotRequest()); }
  const SandboxSpec& spec() const { return m_spec; }

 private:
  void end();

  SandboxSpec m_spec;
  std::unique_ptr<Backend> m_backend;
  std::unique_ptr<Sandbox> m_sandbox;
  std::unique_ptr<Shell> m_shell;
  std::vector<std::string> m_leftovers;
  std::size_t m_descriptors = 0;
};

}  // namespace tellina::test
