#include "plugins/sandbox_chroot/instance.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

#include "plugins/sandbox_chroot/launcher_protocol.hpp"

namespace tellina::chroot_sandbox {
namespace {

[[noreturn]] void throw_start_failure(const Failure& failure) {
  const bool namespaces =
      failure.text.find("namespace") != std::string::npos || failure.text.find("_map") != std::string::npos;
  if (!namespaces) throw system_error("start a sandbox: " + failure.text, failure.error_number);
  throw system_error("start a sandbox: " + failure.text, failure.error_number, ErrorCode::unavailable,
                     "user namespaces must be allowed: see the sysctls user.max_user_namespaces (over 0), "
                     "kernel.unprivileged_userns_clone (1) and kernel.apparmor_restrict_unprivileged_userns (0)");
}

std::optional<std::pair<dev_t, ino_t>> identify(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return {};
  return std::pair(status.st_dev, status.st_ino);
}

bool is_readable(const Descriptor& descriptor) {
  pollfd watched{descriptor.get(), POLLIN, 0};
  return poll(&watched, 1, 0) != 0;
}

}  // namespace

std::unique_ptr<Instance> Instance::make(const Settings& settings, const SystemCallFilter& filter, SessionUsers& users,
                                         Random& random, bool has_folder, const Deadline& deadline) {
  const auto root_identity = identify(settings.root_file_system);
  const bool maps_users = users.maps();
  std::unique_ptr<Instance> instance(new Instance(start_launcher(settings, filter, maps_users, has_folder)));
  instance->m_root_identity = root_identity;
  try {
    instance->get_ready(users, random, deadline);
  } catch (const Error&) {
    // A sandbox works without subordinate users. If mapping them fails, create it without them.
    if (!maps_users || users.maps()) throw;
    instance.reset();
    return make(settings, filter, users, random, has_folder, deadline);
  }
  return instance;
}

void Instance::get_ready(SessionUsers& users, Random& random, const Deadline& deadline) {
  const std::string what = "start a sandbox";
  m_init_client = InitClient(std::move(m_launched.init_socket));
  if (!m_launched.process_descriptor) throw system_error(what, errno);
  Received received = receive(m_launched.launcher_socket, deadline, what);
  if (received.message.at(0) == launcher_protocol::map_me) {
    const SessionUsers::Mapped mapped = users.map(m_launched.process, random, deadline);
    const char answer = mapped.has_root ? launcher_protocol::mapped_root : launcher_protocol::mapped;
    if (mapped.root_mount)
      send(m_launched.launcher_socket, &answer, 1, what, {mapped.root_mount.get()});
    else
      send(m_launched.launcher_socket, &answer, 1, what);
    received = receive(m_launched.launcher_socket, deadline, what);
  }
  if (const auto failure = find_failure(received, what)) throw_start_failure(*failure);
  m_init = read_struct<launcher_protocol::InitStarted>(received, what).process;
  if (received.descriptors.size() != 1) throw Error(ErrorCode::internal, what + ": received no process descriptor");
  m_init_process = std::move(received.descriptors[0]);
  if (const auto failure = m_init_client.take_terminal(deadline, what)) throw_start_failure(*failure);
}

Instance::~Instance() { end(); }

bool Instance::is_fresh(const Settings& settings) const {
  return !is_readable(m_launched.process_descriptor) && !is_readable(m_init_process) &&
         m_root_identity == identify(settings.root_file_system);
}

void Instance::enter_cgroups(Cgroups& cgroups, const std::string& owner, const std::string& id,
                             const Cgroups::Limits& limits) {
  // So far only init is in the instance. The launcher stays outside its groups, so that a session that has used its
  // share can't slow the launcher down.
  m_cgroup = cgroups.enter(owner, id, m_init, limits);
}

void Instance::watch_memory(std::uint64_t limit, const Deadline& deadline) {
  const std::string what = "start a sandbox";
  launcher_protocol::WatchMemory message;
  message.limit = limit;
  send(m_launched.launcher_socket, &message, sizeof message, what);
  if (const auto failure = find_failure(receive(m_launched.launcher_socket, deadline, what), what)) {
    throw_start_failure(*failure);
  }
}

void Instance::seed(const FileTree& tree, const Deadline& deadline) {
  seed_home(m_launched.launcher_socket, m_init_client.home(), tree, deadline);
}

void Instance::seed_folder(const FileTree& folder, const Deadline& deadline) {
  tellina::sandbox_common::seed_folder(m_launched.launcher_socket, launcher_protocol::seed_folder, folder, deadline);
}

FileTree Instance::snapshot(const SnapshotRequest& request, const Deadline& deadline) {
  return read_home(m_launched.launcher_socket, m_init_client.home(), request, deadline);
}

std::string Instance::end() {
  if (m_launched.process < 0) return {};
  // Kills init first, because the kernel then ends its whole namespace. The launcher waits for that, and ends when its
  // socket closes.
  if (m_init_process) syscall(SYS_pidfd_send_signal, m_init_process.get(), SIGKILL, nullptr, 0);
  m_init_client.close();
  m_launched.launcher_socket.reset();
  pollfd launcher{m_launched.process_descriptor.get(), POLLIN, 0};
  constexpr int timeout = 5000;  // milliseconds; usually two or three are enough, unless the machine is overloaded
  if (!m_launched.process_descriptor || poll(&launcher, 1, timeout) != 1) kill(m_launched.process, SIGKILL);
  while (waitpid(m_launched.process, nullptr, 0) < 0 && errno == EINTR) continue;
  m_launched.process = -1;
  m_launched.process_descriptor.reset();
  m_init_process.reset();
  return m_cgroup.remove() ? "" : "cannot remove a control group of a destroyed sandbox";
}

}  // namespace tellina::chroot_sandbox
