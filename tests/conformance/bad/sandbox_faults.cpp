// Sandboxes with one fault each, over `chroot` or, where the fault is that nothing is isolated, over `process`. The
// setting "fault" names it, and "none" is a good sandbox.
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "borrowed.hpp"
#include "tellina/sandbox.hpp"

using namespace tellina;

namespace {

constexpr char schema[] = R"({"type": "object", "properties": {"fault": {"type": "string"},
  "memory_in_mib": {"type": "integer"}, "disk_in_mib": {"type": "integer"}, "processes": {"type": "integer"},
  "cpu": {"type": "number", "default": 0.5},
  "i_know_this_is_not_isolated": {"type": "boolean"}}, "additionalProperties": false})";

/// A name that says nothing of the sandbox.
std::string plain_name() {
  static std::atomic<int> number = 0;
  return "tellina-bad-" + std::to_string(getpid()) + "-" + std::to_string(++number);
}

void forget_modes(FileNode& node) {
  node.mode = 0644;
  for (auto& [name, child] : node.children) forget_modes(child);
}

class FaultySandbox final : public Sandbox {
 public:
  FaultySandbox(std::string fault, SandboxBackend& backend, SandboxSpec spec) : m_fault(std::move(fault)) {
    const bool is_hasty = spec.deadline < std::chrono::seconds(1);
    const SandboxSpec changed = change(std::move(spec));
    const auto start = [this, &backend, changed] {
      std::unique_ptr<Sandbox> sandbox = backend.start(changed);
      type(*sandbox);
      return sandbox;
    };
    if (has("starts_late")) {
      m_late = std::async(std::launch::async, [start] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        return start();
      });
    } else {
      m_sandbox = start();
    }
    if (has("ignores_deadline_of_start") && is_hasty) std::this_thread::sleep_for(std::chrono::seconds(4));
  }

  int terminal() const override { return inner().terminal(); }
  int ended_descriptor() const override { return inner().ended_descriptor(); }
  std::optional<ExitStatus> ended() override {
    auto status = inner().ended();
    if (status && has("loses_the_status")) status->status = 0;
    if (status && has("reports_no_signal") && status->by_signal) *status = ExitStatus(false, 137);
    return status;
  }
  void restart_shell(TerminalSize size) override {
    const std::string name = has("leaves_old_processes") ? name_of_a_program() : "";
    inner().restart_shell(size);
    type(inner());
    if (!name.empty()) leave_program(name);
  }
  void resize(TerminalSize size) override {
    if (!has("ignores_resize")) inner().resize(size);
  }
  FileTree snapshot(const SnapshotRequest& request) override {
    if (has("crashes")) std::abort();
    if (has("needs_the_shell") && inner().ended()) throw Error(ErrorCode::gone, "the shell has ended");
    if (has("ignores_deadline_of_snapshot") && request.deadline < std::chrono::seconds(1))
      std::this_thread::sleep_for(std::chrono::seconds(4));
    FileTree tree;
    try {
      tree = inner().snapshot(request);
    } catch (const Error& error) {
      if (has("hides_the_end") && error.code() == ErrorCode::gone)
        throw Error(ErrorCode::internal, "no answer from the sandbox");
      throw;
    }
    if (has("is_never_truncated")) tree.truncated = false;
    if (has("forgets_modes")) forget_modes(tree.root);
    if (has("is_led_out") && tree.root.children.contains("l") && ++m_snapshots % 20 == 0)
      tree.root.children["d"].children["passwd"] = FileNode::regular("");
    return tree;
  }
  void destroy() override {
    if (m_destroyed.exchange(true) && has("is_destroyed_once")) throw Error(ErrorCode::gone, "it is destroyed");
    inner().destroy();
    if (has("destroys_slowly")) std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    if (has("leaves_a_file")) std::ofstream("/tmp/" + plain_name()) << "left";
    if (has("leaves_a_mount")) {
      const std::string folder = "/tmp/tellina-bad-mount";
      std::filesystem::create_directory(folder);
      mount("none", folder.c_str(), "tmpfs", 0, nullptr);
    }
    if (has("leaves_a_cgroup")) {
      const bool is_unified = std::filesystem::exists("/sys/fs/cgroup/cgroup.controllers");
      std::filesystem::create_directory((is_unified ? "/sys/fs/cgroup/" : "/sys/fs/cgroup/pids/") + plain_name());
    }
  }
  Activity activity() override { return inner().activity(); }

 private:
  bool has(const char* fault) const { return m_fault == fault; }

  Sandbox& inner() const {
    const std::lock_guard lock(m_mutex);
    if (m_late.valid()) m_sandbox = m_late.get();
    return *m_sandbox;
  }

  SandboxSpec change(SandboxSpec spec) const {
    if (has("passes_a_variable_on")) {
      if (const char* const value = std::getenv("TELLINA_CHECK_OF_THE_HOST"))
        spec.environment["TELLINA_CHECK_OF_THE_HOST"] = value;
    }
    if (has("has_a_dumb_terminal")) spec.environment["TERM"] = "dumb";
    if (has("has_no_utf8")) spec.environment["LC_ALL"] = "C";
    if (has("loses_the_nonce")) spec.environment.erase("TELLINA_NONCE");
    if (has("loses_the_environment")) spec.environment.erase("COLOR");
    if (has("starts_elsewhere")) spec.working_directory = "~";
    if (has("ignores_the_first_size")) spec.size = TerminalSize();
    if (has("ignores_deadline_of_start")) spec.deadline = std::chrono::seconds(60);
    return spec;
  }

  /// What the shell starts with. Its echo disturbs nobody.
  void type(Sandbox& sandbox) const {
    std::string line;
    if (has("passes_a_descriptor_on")) line = "coproc sleep 1000\n";
    if (has("ignores_signals")) line = "trap '' PIPE\n";
    if (has("hides_its_modes")) line = "exec script -q -c bash /dev/null\n";
    if (has("limits_memory_of_each_process")) line = "ulimit -v 100000\n";
    if (write(sandbox.terminal(), line.data(), line.size()) < 0) throw Error(ErrorCode::internal, "no terminal");
  }

  /// The first word of a program that a case has started in a sandbox.
  static std::string name_of_a_program() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline");
      std::string word;
      std::getline(file, word, '\0');
      if (word.starts_with("program-")) return word;
    }
    return "";
  }

  static void leave_program(std::string name) {
    std::string second = "1000";
    char* const words[] = {name.data(), second.data(), nullptr};
    char* const variables[] = {nullptr};
    pid_t process = 0;
    posix_spawn(&process, "/bin/sleep", nullptr, nullptr, words, variables);
  }

  const std::string m_fault;
  mutable std::mutex m_mutex;
  mutable std::future<std::unique_ptr<Sandbox>> m_late;
  mutable std::unique_ptr<Sandbox> m_sandbox;
  std::atomic<bool> m_destroyed = false;
  int m_snapshots = 0;
};

/// A run that can change its folder: the folder is in the home.
RunSpec with_writable_folder(RunSpec spec) {
  const std::string place = "/home/me/.check";
  const auto move = [&place](std::string& text) {
    for (std::size_t at = 0; (at = text.find("/check", at)) != std::string::npos; at += place.size()) {
      text.replace(at, 6, place);
    }
  };
  for (std::string& argument : spec.arguments) move(argument);
  move(*spec.folder.root.children.at("script").content);
  spec.home.root.children[".check"] = std::exchange(spec.folder.root, FileNode::directory());
  return spec;
}

class Backend final : public SandboxBackend {
 public:
  explicit Backend(const PluginContext& context)
      : m_fault(context.config.string_or("fault", "")), m_context(context), m_backend(borrow(context)) {}

  Capabilities probe() override {
    Capabilities capabilities = m_backend->probe();
    if (has("runs_secretly")) capabilities.runs_commands = false;
    if (!has("isolates_nothing") && !has("reaches_the_network")) return capabilities;
    for (LimitReport& limit : capabilities.limits) {
      if (limit.name == "isolation" || limit.name == "network") limit.enforced = true;
    }
    return capabilities;
  }
  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override {
    if (has("warns")) m_context.log.warning("something is wrong");
    auto sandbox = std::make_unique<FaultySandbox>(m_fault, *m_backend, spec);
    m_last = sandbox.get();
    return sandbox;
  }
  std::unique_ptr<Sandbox> adopt(const SandboxId& id) override {
    if (has("adopts_badly")) throw Error(ErrorCode::internal, "no such sandbox");
    return m_backend->adopt(id);
  }
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override {
    if (has("sweeps_nothing_beside_kept") && !keep.empty()) return 0;
    if (has("sweeps_no_runs")) return 0;
    return m_backend->sweep(owner, keep) + (has("counts_what_is_not_there") ? 1 : 0);
  }
  RunResult run(const RunSpec& spec) override {
    RunSpec changed = spec;
    if (has("runs_with_a_writable_folder")) changed = with_writable_folder(std::move(changed));
    if (has("runs_too_long")) changed.time_limit += std::chrono::seconds(20);
    if (has("runs_without_arguments")) changed.arguments.resize(2);
    if (has("runs_with_other_modes")) forget_modes(changed.home.root);
    if (has("runs_with_any_output")) changed.max_output = 1'000'000;
    if (has("runs_although_cancelled")) {
      changed.cancelled = -1;
      changed.time_limit = std::chrono::seconds(3);
    }
    if (has("runs_in_the_original") && m_last) {
      const std::string line = "rm -rf ~/*\n";
      [[maybe_unused]] const ssize_t written = write(m_last->terminal(), line.data(), line.size());
    }
    RunResult result = m_backend->run(changed);
    if (has("runs_without_signals") && result.end.by_signal) result.end = ExitStatus(false, 128 + result.end.status);
    if (has("runs_and_leaves_a_process")) {
      std::string name = "sleep", time = "1000", mark = "TELLINA_CHECK=" + spec.environment.at("TELLINA_CHECK");
      char* const words[] = {name.data(), time.data(), nullptr};
      char* const variables[] = {mark.data(), nullptr};
      pid_t process = 0;
      posix_spawn(&process, "/bin/sleep", nullptr, nullptr, words, variables);
    }
    return result;
  }

 private:
  static std::unique_ptr<SandboxBackend> borrow(const PluginContext& context) {
    const bool on_process = context.config.find("i_know_this_is_not_isolated") != nullptr;
    const std::string fault = context.config.string_or("fault", "");
    Config section = context.config;
    const auto raise = [&](const char* fault_name, const char* key, std::int64_t value) {
      if (fault == fault_name) section = bad::with_integer(section, key, value);
    };
    raise("limits_memory_of_each_process", "memory_in_mib", 2048);
    raise("has_more_disk", "disk_in_mib", 64);
    raise("has_more_processes", "processes", 200);
    raise("has_more_cpu", "cpu", 16);
    return bad::borrow<SandboxBackend>(on_process ? PROCESS_PLUGIN : CHROOT_PLUGIN,
                                       bad::with_section(context, section));
  }

  bool has(const char* fault) const { return m_fault == fault; }

  const std::string m_fault;
  PluginContext m_context;
  std::unique_ptr<SandboxBackend> m_backend;
  Sandbox* m_last = nullptr;  ///< the sandbox that was started last
};

}  // namespace

TELLINA_PLUGIN(sandbox, Backend, "bad", "1.0.0", schema);
