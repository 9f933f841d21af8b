#pragma once

/// One sandbox as the plugin sees it: a container, its init, and the folder that shows whose it is.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "plugins/sandbox_common/init_client.hpp"
#include "plugins/sandbox_common/program_run.hpp"
#include "plugins/sandbox_docker/abandoned_containers.hpp"
#include "plugins/sandbox_docker/container.hpp"
#include "plugins/sandbox_docker/run_folder.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::docker_sandbox {

/// Which devpts the sandboxes use: each its own, if this process is root and the engine sees its mounts; otherwise the
/// engine's, which all containers share.
enum class Terminals { untried, own, shared };

/// Whether `me` is another user of this machine in each sandbox: if the image and the engine allow it.
enum class Users { untried, own, shared };

/// Shared by all instances. The backend owns it, and it outlives them.
class InstanceContext {
 public:
  Containers& containers;
  RunFolder& run_folder;
  AbandonedContainers& abandoned;
  Clock& clock;
  Random& random;
  std::atomic<Terminals> terminals = Terminals::untried;
  std::atomic<Users> users = Users::untried;
};

/// What is made.
class Wanted {
 public:
  /// `owner` and `id` are empty for a prewarmed instance.
  Wanted(OwnerId owner_, SandboxId id_, const Settings& settings)
      : owner(std::move(owner_)), id(std::move(id_)), image(settings.image), limits(settings) {}

  OwnerId owner;
  SandboxId id;
  std::string image;
  SessionLimits limits;
  const FileTree* check_folder = nullptr;  ///< of a program: becomes /check
};

/// Everything of a sandbox that exists before its shell starts, so that it can be prewarmed.
///
/// Threads: one at a time.
class Instance {
 public:
  /// Throws Error; then nothing is left behind.
  static std::unique_ptr<Instance> make(InstanceContext& context, const Wanted& wanted, const Deadline& deadline);
  /// An instance whose shell another process started. Throws Error(gone) if it does not exist.
  static std::unique_ptr<Instance> adopt(InstanceContext& context, const Claim& claim, const Deadline& deadline);
  /// Ends the sandbox.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Whether its init is alive.
  bool is_fresh() const;
  /// Claims a prewarmed instance. Throws Error(gone) if it has been removed.
  void claim(const OwnerId& owner, const SandboxId& id);

  /// Throws Error(seed_failed) with path and errno.
  void seed(const FileTree& tree, const Deadline& deadline);
  FileTree snapshot(const SnapshotRequest& request, const Deadline& deadline);
  void start_shell(const ShellPlan& plan, TerminalSize size, const Deadline& deadline) {
    m_init.start_shell(plan, size, deadline);
  }
  void start_program(const ShellPlan& plan, const ProgramOutputs& outputs, const Deadline& deadline) {
    m_init.start_program(plan, outputs.output_for_program(), outputs.errors_for_program(), deadline);
  }
  void restart_shell(TerminalSize size, const Deadline& deadline) { m_init.restart_shell(size, deadline); }

  int terminal() const { return m_init.terminal(); }
  /// Receives the shell's wait status when the shell ends.
  int shell_end() const { return m_init.shell_end(); }

  /// Removes everything, unless another process has taken the sandbox over. Idempotent. If the engine does not remove
  /// the container, ends its processes and leaves it to AbandonedContainers; so it does with one that the engine may
  /// make later. Returns an empty string.
  std::string end();

 private:
  Instance(InstanceContext& context, Claim claim) : m_context(context), m_claim(std::move(claim)) {}
  static std::unique_ptr<Instance> make_once(InstanceContext& context, const Wanted& wanted, const Deadline& deadline);
  void choose_user(ContainerSpec& spec) const;
  void wait_for_init(const Descriptor& listener, const Deadline& deadline);

  InstanceContext& m_context;
  Claim m_claim;
  InitClient m_init;
  std::chrono::seconds m_removal_deadline{10};
  bool m_may_be_made_late = false;  ///< the engine may still be creating the container when it is asked to remove it
  bool m_has_ended = false;
};

}  // namespace tellina::docker_sandbox
