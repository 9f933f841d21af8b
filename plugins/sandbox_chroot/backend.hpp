#pragma once

#include <memory>
#include <mutex>

#include "plugins/sandbox_chroot/cgroup.hpp"
#include "plugins/sandbox_chroot/instance.hpp"
#include "plugins/sandbox_chroot/settings.hpp"
#include "plugins/sandbox_chroot/system_call_filter.hpp"
#include "plugins/sandbox_common/instance_sandbox.hpp"
#include "plugins/sandbox_common/warm_pool.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::chroot_sandbox {

using ChrootSandbox = InstanceSandbox<Instance>;

/// Sandboxes made of Linux namespaces on this machine. Works for root and for an ordinary user.
///
/// Lifetime: its sandboxes must be destroyed first. Its prewarmed sandboxes end with it.
class ChrootBackend final : public SandboxBackend, public SandboxPreparation {
 public:
  explicit ChrootBackend(const PluginContext& context);

  void prepare() override;
  Capabilities probe() override;
  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override;
  std::unique_ptr<Sandbox> adopt(const SandboxId& id) override;
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override;
  RunResult run(const RunSpec& spec) override;

 private:
  std::unique_ptr<ChrootSandbox> start_in(std::unique_ptr<Instance> instance, const SandboxSpec& spec,
                                          const Settings& settings, const Deadline& deadline);
  std::unique_ptr<Instance> make_instance(const Settings& settings, const Deadline& deadline, bool has_folder = false);
  /// Puts the instance under the limits of a session, as far as the plan does not.
  void limit(Instance& instance, ShellPlan& plan, const SessionLimits& session, const OwnerId& owner,
             const SandboxId& id, const Deadline& deadline);
  void require_folder_place() const;

  PluginContext m_context;
  Settings m_settings;
  SessionUsers m_users;
  std::once_flag m_filter_made;
  std::unique_ptr<SystemCallFilter> m_filter;
  Cgroups m_cgroups;
  WarmPool<Instance> m_pool;  // last: its thread uses the others
};

}  // namespace tellina::chroot_sandbox
