#pragma once

#include <memory>

#include "plugins/sandbox_common/instance_sandbox.hpp"
#include "plugins/sandbox_common/warm_pool.hpp"
#include "plugins/sandbox_docker/instance.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::docker_sandbox {

using DockerSandbox = InstanceSandbox<Instance>;

/// Sandboxes that are containers of a Docker engine on this machine.
///
/// Lifetime: its sandboxes must be destroyed first. Its prewarmed sandboxes end with it.
class DockerBackend final : public SandboxBackend, public SandboxPreparation {
 public:
  explicit DockerBackend(const PluginContext& context);

  void prepare() override;
  Capabilities probe() override;
  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override;
  std::unique_ptr<Sandbox> adopt(const SandboxId& id) override;
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override;
  RunResult run(const RunSpec& spec) override;

 private:
  std::unique_ptr<DockerSandbox> start_in(std::unique_ptr<Instance> instance, const SandboxSpec& spec,
                                          const ShellPlan& plan, const Deadline& deadline);
  std::unique_ptr<Instance> claim_from_pool(const SandboxSpec& spec);

  PluginContext m_context;
  Settings m_settings;
  Engine m_engine;
  Containers m_containers;
  RunFolder m_run_folder;
  AbandonedContainers m_abandoned;
  InstanceContext m_instance_context;
  WarmPool<Instance> m_pool;  // last: its thread uses the others
};

}  // namespace tellina::docker_sandbox
