/// The sandbox "YOUR_NAME". In this form it isolates nothing: it gives every participant a home and a shell on this
/// machine, and requires that the study's configuration confirms this. You add the isolation: put what must happen
/// before the shell runs into supervisor.cpp. When it works, remove the required confirmation and report_no_limits().

#include <filesystem>
#include <system_error>

#include "sandbox.hpp"
#include "tellina/plugin_files.hpp"

namespace sandbox_YOUR_NAME {

using namespace tellina;

/// The host checks the plugin's section of config.json against this schema before it creates the plugin.
constexpr char schema[] = R"json({
  "type": "object",
  "properties": {
    "i_know_this_is_not_isolated": {"type": "boolean", "enum": [true]},
    "directory": {"type": "string", "default": "/tmp", "description": "folder in which home directories are created"}
  },
  "required": ["i_know_this_is_not_isolated"],
  "additionalProperties": false
})json";

/// The start-up file that makes a shell report its commands: that of the tellina which runs this plugin, wherever it is
/// installed; otherwise BASHRC, that of the tellina with which the plugin was built.
std::string shell_start_up_file() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path file = program.parent_path().parent_path() / "share/tellina/shell/bashrc";
  return std::filesystem::exists(file, error) ? file.string() : BASHRC;
}

class Backend final : public SandboxBackend {
 public:
  /// Reads the configuration and nothing else.
  explicit Backend(const PluginContext& context)
      : m_context(context), m_directory(context.config.string_or("directory", "/tmp")) {
    if (!context.config.bool_or("i_know_this_is_not_isolated", false)) {
      context.config.fail("expected \"i_know_this_is_not_isolated\": true: this sandbox isolates nothing");
    }
  }

  /// Finds out whether a sandbox can be started here by starting one, and reports what enforces each limit.
  Capabilities probe() override {
    Capabilities capabilities;
    try {
      SandboxSpec spec;
      spec.owner = "probe";
      spec.id = random_token(m_context.random, 8);
      spec.initial.root = FileNode::directory();
      start(spec)->destroy();
      capabilities.usable = true;
      capabilities.limits = local_sandbox::report_no_limits();
    } catch (const Error& error) {
      capabilities.reason = std::string(error.what()) + (error.hint().empty() ? "" : ": " + error.hint());
    }
    return capabilities;
  }

  /// CMakeLists.txt sets the program SUPERVISOR and the path BASHRC. An exception leaves nothing behind, because the
  /// home is removed with its object.
  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override {
    const auto end = std::chrono::steady_clock::now() + spec.deadline;
    auto home = std::make_unique<local_sandbox::Home>(m_directory, spec.owner, spec.id, spec.initial, end);
    local_sandbox::ShellPlan plan;
    plan.supervisor = tellina::file_beside_plugin(SUPERVISOR);
    plan.working_directory = local_sandbox::absolute_directory(spec.working_directory, home->path());
    plan.arguments = {"/bin/bash", "--rcfile", shell_start_up_file()};
    plan.environment = local_sandbox::make_environment(home->path(), spec.environment);
    return std::make_unique<local_sandbox::LocalSandbox>(std::move(home), std::move(plan), spec.size, end, m_context);
  }

  std::unique_ptr<Sandbox> adopt(const SandboxId& id) override {
    throw Error(ErrorCode::unsupported, "sandbox " + id + ": it ends with the process that started it");
  }

  /// Removes what a dead worker left: here its homes, because its processes end by themselves.
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override {
    return local_sandbox::Home::sweep(m_directory, owner, keep, m_context.log);
  }

 private:
  PluginContext m_context;
  std::string m_directory;
};

TELLINA_PLUGIN(sandbox, Backend, "YOUR_NAME", "0.1.0", schema);

}  // namespace sandbox_YOUR_NAME
