/// Shells and folders of this machine, without any isolation. For testers, for machines without user namespaces, and as
/// an example of what a sandbox has to do. The parts that every such plugin needs, a home and a shell, come unchanged
/// from the template in sdk/template/sandbox/.

#include <unistd.h>

#include "plugins/sandbox_process/settings.hpp"
#include "sdk/template/sandbox/sandbox.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::process_sandbox {

using local_sandbox::Home;
using local_sandbox::LocalSandbox;
using local_sandbox::ShellPlan;

class ProcessBackend final : public SandboxBackend {
 public:
  explicit ProcessBackend(const PluginContext& context) : m_context(context), m_settings(context.config) {}

  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override {
    const auto end = std::chrono::steady_clock::now() + spec.deadline;
    auto home = std::make_unique<Home>(m_settings.directory, spec.owner, spec.id, spec.initial, end);
    ShellPlan plan;
    plan.supervisor = m_settings.supervisor;
    plan.working_directory = local_sandbox::absolute_directory(spec.working_directory, home->path());
    plan.arguments = {"/bin/bash", "--rcfile", m_settings.bashrc};
    plan.environment = local_sandbox::make_environment(home->path(), spec.environment);
    return std::make_unique<LocalSandbox>(std::move(home), std::move(plan), spec.size, end, m_context);
  }

  /// Starts a shell, because nothing else shows as reliably that it works.
  Capabilities probe() override {
    Capabilities capabilities;
    try {
      if (access(m_settings.bashrc.c_str(), R_OK) != 0) {
        throw local_sandbox::system_error(m_settings.bashrc, errno, "build or install the whole of tellina");
      }
      SandboxSpec spec;
      spec.owner = "probe";
      spec.id = random_token(m_context.random, 8);
      spec.initial.root = FileNode::directory();
      start(spec)->destroy();
      capabilities.usable = true;
      capabilities.limits = local_sandbox::report_no_limits();
      if (geteuid() == 0)
        m_context.log.warning("participants will have the rights of root: run tellina as another user");
    } catch (const Error& error) {
      capabilities.reason = error.what();
      if (!error.hint().empty()) capabilities.reason += ": " + error.hint();
    }
    return capabilities;
  }

  std::unique_ptr<Sandbox> adopt(const SandboxId& id) override {
    throw Error(ErrorCode::unsupported, "sandbox " + id + ": it ends with the process that started it");
  }

  /// Processes need no sweep, because they end with their owner.
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override {
    return Home::sweep(m_settings.directory, owner, keep, m_context.log);
  }

 private:
  PluginContext m_context;
  Settings m_settings;
};

TELLINA_PLUGIN(sandbox, ProcessBackend, "process", "0.1.0", settings_schema);

}  // namespace tellina::process_sandbox
