#include "plugins/sandbox_docker/backend.hpp"

#include <algorithm>

namespace tellina::docker_sandbox {
namespace {

constexpr std::chrono::seconds prewarm_deadline{30};
constexpr std::chrono::seconds probe_deadline{20};
constexpr std::chrono::seconds adoption_deadline{5};
constexpr std::chrono::seconds sweep_deadline{60};

bool contains(const std::vector<SandboxId>& ids, const SandboxId& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Not inline: GCC 12 would warn of an array bound that is not exceeded.
[[gnu::noinline]] void add_limit(std::vector<LimitReport>& limits, const char* name, bool is_enforced,
                                 const std::string& how) {
  limits.emplace_back(name, is_enforced, how);
}

void report_shared(std::vector<LimitReport>& limits, Terminals terminals, Users users) {
  const bool are_limited = terminals == Terminals::own;
  add_limit(limits, "terminals", are_limited,
            are_limited ? describe_terminals()
                        : "not limited per session: all containers share kernel.pty.max. Only root can mount a devpts "
                          "for each, where the engine sees it");
  const bool are_own = users == Users::own;
  add_limit(limits, "kernel limits per user", are_own,
            are_own ? "each session has a user of its own"
                    : "epoll watches and the memory of pipes: all containers share those of one user of this machine, "
                      "because the image has no user me with the number 1000 or the engine has no other numbers");
}

}  // namespace

DockerBackend::DockerBackend(const PluginContext& context)
    : m_context(context),
      m_settings(context.config),
      m_engine(m_settings.socket),
      m_containers(m_engine, m_settings),
      m_run_folder(m_settings.run_folder, context.random),
      m_abandoned(m_containers, m_run_folder, context.clock, context.log),
      m_instance_context{m_containers,     m_run_folder,       m_abandoned,   m_context.clock,
                         m_context.random, Terminals::untried, Users::untried},
      m_pool(
          m_settings.pool,
          [this](const WakeUp& stop) {
            return Instance::make(m_instance_context, Wanted("", "", m_settings),
                                  Deadline(m_context.clock, prewarm_deadline, &stop));
          },
          [](const Instance& instance) { return instance.is_fresh(); }, context.log) {}

std::unique_ptr<Instance> DockerBackend::claim_from_pool(const SandboxSpec& spec) {
  if (!spec.options.is_null()) return nullptr;
  while (std::unique_ptr<Instance> instance = m_pool.claim()) {
    try {
      instance->claim(spec.owner, spec.id);
      return instance;
    } catch (const Error& error) {
      m_context.log.warning(std::string("cannot use a prewarmed sandbox: ") + error.what());
    }
  }
  return nullptr;
}

std::unique_ptr<Sandbox> DockerBackend::start(const SandboxSpec& spec) {
  check_name(spec.id, "sandbox id");
  check_name(spec.owner, "owner id");
  const Settings settings = m_settings.for_task(spec.options);
  const ShellPlan plan(spec, settings);
  const Deadline deadline(m_context.clock, spec.deadline, spec.cancelled);
  std::unique_ptr<Instance> instance = claim_from_pool(spec);
  if (!instance) instance = Instance::make(m_instance_context, Wanted(spec.owner, spec.id, settings), deadline);
  std::unique_ptr<Sandbox> sandbox = start_in(std::move(instance), spec, plan, deadline);
  m_pool.fill();
  return sandbox;
}

std::unique_ptr<DockerSandbox> DockerBackend::start_in(std::unique_ptr<Instance> instance, const SandboxSpec& spec,
                                                       const ShellPlan& plan, const Deadline& deadline) {
  instance->seed(spec.initial, deadline);
  instance->start_shell(plan, spec.size, deadline);
  return std::make_unique<DockerSandbox>(std::move(instance), m_context.clock, m_context.log);
}

void DockerBackend::prepare() {
  std::vector<std::string> arguments;
  for (const std::string& package : m_settings.packages) {
    arguments.emplace_back("--package");
    arguments.push_back(package);
  }
  // An image other than ours belongs to the researcher.
  if (arguments.empty() && m_settings.image != "tellina") return;
  arguments.push_back(m_settings.image);
  run_bundled_script(m_settings.image_maker, arguments, {"DOCKER_HOST=unix://" + m_settings.socket});
}

Capabilities DockerBackend::probe() {
  Capabilities capabilities;
  capabilities.adopts = true;
  capabilities.runs_commands = true;
  try {
    require_timezone(m_settings, "/usr/share/zoneinfo");
    const Deadline deadline(m_context.clock, probe_deadline, nullptr);
    m_engine.check(deadline);
    ImageIdentity image = m_containers.identify_image(deadline);
    capabilities.root_digest = std::move(image.id);
    capabilities.image_digests = std::move(image.repositories);
    SandboxSpec spec;
    spec.owner = "probe";
    spec.id = "probe-" + random_token(m_context.random, 8);
    spec.initial.root = FileNode::directory();
    spec.working_directory = probe_directory(m_settings.working_directory);
    const ShellPlan plan(spec, m_settings);
    start_in(Instance::make(m_instance_context, Wanted(spec.owner, spec.id, m_settings), deadline), spec, plan,
             deadline)
        ->destroy();
    capabilities.limits = m_containers.report_limits(deadline);
    report_shared(capabilities.limits, m_instance_context.terminals, m_instance_context.users);
    capabilities.usable = true;
  } catch (const Error& error) {
    capabilities.reason = error.what();
    if (!error.hint().empty()) capabilities.reason += ": " + error.hint();
  }
  return capabilities;
}

std::unique_ptr<Sandbox> DockerBackend::adopt(const SandboxId& id) {
  check_name(id, "sandbox id");
  for (const Claim& claim : m_run_folder.list()) {
    if (claim.id != id) continue;
    const Deadline deadline(m_context.clock, adoption_deadline, nullptr);
    return std::make_unique<DockerSandbox>(Instance::adopt(m_instance_context, claim, deadline), m_context.clock,
                                           m_context.log);
  }
  throw Error(ErrorCode::gone, "adopt the sandbox " + id + ": it does not exist");
}

std::size_t DockerBackend::sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) {
  check_name(owner, "owner id");
  const Deadline deadline(m_context.clock, sweep_deadline, nullptr);
  std::size_t swept = 0;
  for (const Claim& claim : m_run_folder.list()) {
    // Besides the owner's sandboxes, those that a dead process had prewarmed, or had adopted from another owner.
    if (contains(keep, claim.id) || (claim.owner != owner && m_run_folder.is_held(claim.holder))) continue;
    if (!m_containers.remove(claim.token, deadline)) m_abandoned.end_forgotten(claim.token);
    m_run_folder.remove(claim);
    if (!claim.id.empty()) ++swept;
  }
  // Without a folder no sandbox can be adopted, so this ignores `keep`.
  swept += m_abandoned.remove(deadline);
  m_run_folder.remove_dead_holders();
  // The engine may still be creating a container of which the owner had asked before it died.
  m_abandoned.remove_later();
  return swept;
}

RunResult DockerBackend::run(const RunSpec& spec) {
  check_run_spec(spec);
  const Settings settings = m_settings.for_task(spec.options);
  const ShellPlan plan(spec, settings);
  const Deadline deadline(m_context.clock, spec.start_deadline, spec.cancelled);
  ProgramOutputs outputs;
  Wanted wanted(spec.owner, spec.id, settings);
  if (!spec.image.empty()) wanted.image = spec.image;
  wanted.check_folder = &spec.folder;
  const std::unique_ptr<Instance> instance = Instance::make(m_instance_context, wanted, deadline);
  instance->seed(creatable_home(spec.home), deadline);
  instance->start_program(plan, outputs, deadline);
  RunResult result = outputs.watch(spec, instance->shell_end(), m_context.clock);
  instance->end();
  return result;
}

TELLINA_PLUGIN_WITH_OPTIONS(sandbox, DockerBackend, "docker", "0.1.0", settings_schema, options_schema);

}  // namespace tellina::docker_sandbox
