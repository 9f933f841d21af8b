#include "plugins/sandbox_chroot/backend.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "plugins/sandbox_chroot/launcher_protocol.hpp"

namespace tellina::chroot_sandbox {
namespace {

constexpr std::chrono::seconds prewarm_deadline{20};

/// What make_rootfs has written about the root file system; empty if something else has made it.
std::string read_root_digest(const std::string& root) {
  std::ifstream file(root + "/etc/tellina/root_digest");
  std::string digest;
  std::getline(file, digest);
  const bool is_digest = digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_digest ? digest : std::string();
}

/// Describes to the researcher how much memory a sandbox without a memory cgroup may use.
std::string describe_watch(const Settings& settings, const std::string& why_not) {
  const std::string memory = in_mebibytes(settings.memory_in_bytes);
  const std::string all = in_mebibytes(settings.memory_in_bytes * settings.processes);
  return memory +
         " per session, checked one to four times a second, and per process (RLIMIT_AS); open files, sockets and page "
         "tables are counted. Between two checks, the " +
         std::to_string(settings.processes) + " processes of a session may use up to " + all +
         ", and any amount of other kernel memory. This user can't create a memory cgroup: " + why_not;
}

std::vector<LimitReport> report_limits(const Settings& settings, const Cgroup& cgroup, const SessionUsers& users,
                                       const std::string& no_cgroups) {
  std::vector<LimitReport> limits;
  if (!cgroup.memory.empty()) {
    limits.emplace_back("memory", true,
                        in_mebibytes(settings.memory_in_bytes) + " per session (" + cgroup.memory + ")");
  } else {
    limits.emplace_back("memory", false, describe_watch(settings, no_cgroups));
  }
  const std::string processes = std::to_string(settings.processes) + " per session ";
  limits.emplace_back("processes", true,
                      processes + (cgroup.processes.empty() ? "(RLIMIT_NPROC in a user namespace)"
                                                            : "(" + cgroup.processes + " and RLIMIT_NPROC)"));
  if (!cgroup.cpu.empty()) {
    limits.emplace_back("cpu", true, in_cores(settings.cpu) + " per session (" + cgroup.cpu + ")");
  } else {
    limits.emplace_back("cpu", false, "not limited: this user can't create a cpu cgroup");
  }
  limits.emplace_back("disk bytes", true, in_mebibytes(settings.disk_in_bytes) + " per session (tmpfs size)");
  limits.emplace_back("disk inodes", true, "4095 files per session (tmpfs nr_inodes)");
  limits.emplace_back("temporary files", true,
                      in_mebibytes(settings.tmp_in_bytes) + " each in /tmp and /dev/shm (tmpfs size)");
  limits.emplace_back("terminals", true, describe_terminals());
  if (users.maps()) {
    limits.emplace_back("kernel limits per user", true,
                        "epoll watches and the memory of pipes per session (a user of its own)");
  } else {
    limits.emplace_back(
        "kernel limits per user", false,
        "epoll watches and the memory of pipes: all sessions share those of the server's user, which has "
        "no subordinate users");
  }
  limits.emplace_back("files of root", true, users.describe_root());
  limits.emplace_back("network", true, "none (a network namespace without an interface that is up)");
  return limits;
}

}  // namespace

ChrootBackend::ChrootBackend(const PluginContext& context)
    : m_context(context),
      m_settings(context.config),
      m_users(m_settings.root_file_system),
      m_pool(
          m_settings.pool,
          [this](const WakeUp& stop) {
            return make_instance(m_settings, Deadline(m_context.clock, prewarm_deadline, &stop));
          },
          [this](const Instance& instance) { return instance.is_fresh(m_settings); }, context.log) {}

std::unique_ptr<Instance> ChrootBackend::make_instance(const Settings& settings, const Deadline& deadline,
                                                       bool has_folder) {
  m_cgroups.find();
  std::call_once(m_filter_made, [this] { m_filter = std::make_unique<SystemCallFilter>(); });
  return Instance::make(settings, *m_filter, m_users, m_context.random, has_folder, deadline);
}

std::unique_ptr<Sandbox> ChrootBackend::start(const SandboxSpec& spec) {
  const Deadline deadline(m_context.clock, spec.deadline, spec.cancelled);
  const Settings settings = m_settings.for_task(spec.options);
  std::unique_ptr<Instance> instance;
  if (spec.options.is_null()) instance = m_pool.claim();
  if (!instance) instance = make_instance(settings, deadline);
  std::unique_ptr<Sandbox> sandbox = start_in(std::move(instance), spec, settings, deadline);
  m_pool.fill();
  return sandbox;
}

std::unique_ptr<ChrootSandbox> ChrootBackend::start_in(std::unique_ptr<Instance> instance, const SandboxSpec& spec,
                                                       const Settings& settings, const Deadline& deadline) {
  check_name(spec.id, "sandbox id");
  check_name(spec.owner, "owner id");
  ShellPlan plan(spec, settings);

  instance->seed(spec.initial, deadline);
  limit(*instance, plan, settings, spec.owner, spec.id, deadline);
  instance->start_shell(plan, spec.size, deadline);
  return std::make_unique<ChrootSandbox>(std::move(instance), m_context.clock, m_context.log);
}

void ChrootBackend::limit(Instance& instance, ShellPlan& plan, const SessionLimits& session, const OwnerId& owner,
                          const SandboxId& id, const Deadline& deadline) {
  Cgroups::Limits limits;
  limits.memory_in_bytes = session.memory_in_bytes;
  limits.processes = session.processes + 1;  // init
  limits.cpu = session.cpu;
  instance.enter_cgroups(m_cgroups, owner, id, limits);
  // The launcher counts too, because it is in the same user namespace.
  plan.processes = session.processes + 2;
  if (!instance.cgroup().memory.empty()) return;
  // RLIMIT_AS stops one large program at once; the memory watch stops many small ones soon.
  plan.address_space = session.memory_in_bytes;
  plan.refuses_shared_memory = true;
  instance.watch_memory(session.memory_in_bytes, deadline);
}

void ChrootBackend::require_folder_place() const {
  const std::string place = m_settings.root_file_system + launcher_protocol::folder_place;
  struct stat status;
  if (stat(place.c_str(), &status) == 0) return;
  // A root file system that is not of this version's make_rootfs.
  if (mkdir(place.c_str(), 0755) == 0 || errno == EEXIST) return;
  throw system_error(place, errno, {}, "create this empty folder: programs that check a task find their files there");
}

RunResult ChrootBackend::run(const RunSpec& spec) {
  check_run_spec(spec);
  if (!spec.image.empty()) {
    throw Error(ErrorCode::unsupported,
                "image \"" + spec.image + "\": the sandbox \"chroot\" has one root file system");
  }
  const Settings settings = m_settings.for_task(spec.options);
  ShellPlan plan(spec, settings);
  require_folder_place();
  const Deadline deadline(m_context.clock, spec.start_deadline, spec.cancelled);
  ProgramOutputs outputs;
  const std::unique_ptr<Instance> instance = make_instance(settings, deadline, true);
  instance->seed(creatable_home(spec.home), deadline);
  instance->seed_folder(readable_folder(spec.folder), deadline);
  limit(*instance, plan, settings, spec.owner, spec.id, deadline);
  instance->start_program(plan, outputs, deadline);
  RunResult result = outputs.watch(spec, instance->shell_end(), m_context.clock);
  if (const std::string left = instance->end(); !left.empty()) m_context.log.warning(left);
  return result;
}

void ChrootBackend::prepare() {
  if (is_foreign_root(m_settings.root_file_system)) {
    m_context.log.info("root file system " + m_settings.root_file_system +
                       ": make_rootfs has not created it, so it stays unchanged");
    return;
  }
  std::vector<std::string> arguments = {m_settings.root_file_system};
  arguments.insert(arguments.end(), m_settings.packages.begin(), m_settings.packages.end());
  run_bundled_script(m_settings.root_maker, arguments);
}

Capabilities ChrootBackend::probe() {
  Capabilities capabilities;
  try {
    require_timezone(m_settings, m_settings.root_file_system + "/usr/share/zoneinfo");
    const Deadline deadline(m_context.clock, prewarm_deadline, nullptr);
    SandboxSpec spec;
    m_cgroups.sweep_dead_probes();
    spec.owner = Cgroups::probe_owner();
    spec.id = "probe-" + random_token(m_context.random, 8);
    spec.initial.root = FileNode::directory();
    spec.working_directory = probe_directory(m_settings.working_directory);
    const std::unique_ptr<ChrootSandbox> sandbox =
        start_in(make_instance(m_settings, deadline), spec, m_settings, deadline);
    capabilities.limits = report_limits(m_settings, sandbox->instance().cgroup(), m_users, m_cgroups.why_not());
    sandbox->destroy();
    capabilities.root_digest = read_root_digest(m_settings.root_file_system);
    capabilities.usable = true;
    capabilities.runs_commands = true;
  } catch (const Error& error) {
    capabilities.reason = error.what();
    if (!error.hint().empty()) capabilities.reason += ": " + error.hint();
  }
  return capabilities;
}

std::unique_ptr<Sandbox> ChrootBackend::adopt(const SandboxId& id) {
  throw Error(ErrorCode::unsupported, "sandbox " + id + ": a chroot sandbox ends with the process that started it");
}

std::size_t ChrootBackend::sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) {
  check_name(owner, "owner id");
  return m_cgroups.sweep(owner, keep);
}

TELLINA_PLUGIN_WITH_OPTIONS(sandbox, ChrootBackend, "chroot", "0.1.0", settings_schema, options_schema);

}  // namespace tellina::chroot_sandbox
