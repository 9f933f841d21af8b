#pragma once

#include <memory>
#include <vector>

#include "plugins/sandbox_exec/program_client.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::exec_sandbox {

/// Sandboxes that a program of the researcher runs, in any language. See docs/exec.md.
class ExecBackend final : public SandboxBackend {
 public:
  explicit ExecBackend(const PluginContext& context);

  Capabilities probe() override;
  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override;
  std::unique_ptr<Sandbox> adopt(const SandboxId& id) override;
  std::unique_ptr<Sandbox> adopt_with_state(const SandboxId& id, const Bytes& state) override;
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override;

 private:
  /// Sandboxes keep a reference, so the context is here and outlives them.
  const PluginContext m_context;
  const std::shared_ptr<ProgramClient> m_client;
};

}  // namespace tellina::exec_sandbox
