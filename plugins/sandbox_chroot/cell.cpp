#include "plugins/sandbox_chroot/cell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "plugins/sandbox_chroot/launcher_protocol.hpp"
#include "plugins/sandbox_chroot/tree_codec.hpp"
#include "plugins/sandbox_init/control_socket.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::chroot_sandbox {
namespace {

struct Received {
  std::string message;
  std::vector<Descriptor> descriptors;
};

/// Throws Error(gone) where the process at the other end has ended.
Received receive(const Descriptor& socket, const Deadline& deadline, const std::string& what) {
  deadline.wait_readable(socket.get(), what);
  Received received;
  received.message.resize(control::max_message);
  control::Descriptors descriptors;
  const ssize_t size = control::receive(socket.get(), received.message.data(), received.message.size(), descriptors);
  for (std::size_t i = 0; i < descriptors.count; ++i) received.descriptors.emplace_back(descriptors.values[i]);
  if (size == 0 || (size < 0 && errno == ECONNRESET)) {
    throw Error(ErrorCode::gone, what + ": the sandbox has ended");
  }
  if (size < 0) throw system_error(what, errno);
  received.message.resize(static_cast<std::size_t>(size));
  return received;
}

void send(const Descriptor& socket, const void* data, std::size_t size, const std::string& what,
          std::initializer_list<int> descriptors = {}) {
  if (control::send(socket.get(), data, size, descriptors.begin(), descriptors.size())) return;
  if (errno == EPIPE || errno == ECONNRESET) throw Error(ErrorCode::gone, what + ": the sandbox has ended");
  throw system_error(what, errno);
}

template <class Struct>
Struct read_struct(const Received& received, const std::string& what) {
  Struct value;
  if (received.message.size() < sizeof value) throw Error(ErrorCode::internal, what + ": an answer that is too short");
  std::memcpy(&value, received.message.data(), sizeof value);
  return value;
}

/// The launcher's and init's Failed have the same form.
static_assert(sizeof(launcher_protocol::Failed) == sizeof(init_protocol::Failed) &&
              int{launcher_protocol::failed} == int{init_protocol::failed});

struct Failure {
  int error_number;
  std::string text;
};

std::optional<Failure> find_failure(const Received& received, const std::string& what) {
  if (received.message.at(0) != launcher_protocol::failed) return {};
  const auto failed = read_struct<launcher_protocol::Failed>(received, what);
  return Failure{failed.error_number, received.message.substr(sizeof failed)};
}

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

std::unique_ptr<Cell> Cell::make(const Settings& settings, const SystemCallFilter& filter, Random& random,
                                 const Deadline& deadline) {
  const auto root_identity = identify(settings.root_file_system);
  std::unique_ptr<Cell> cell(new Cell(start_launcher(settings, filter)));
  cell->m_root_identity = root_identity;
  cell->get_ready(random, deadline);
  return cell;
}

void Cell::get_ready(Random& random, const Deadline& deadline) {
  const std::string what = "start a sandbox";
  if (!m_launched.process_descriptor) throw system_error(what, errno);
  Received received = receive(m_launched.launcher_socket, deadline, what);
  if (received.message.at(0) == launcher_protocol::map_me) {
    map_session_user(m_launched.process, random);
    const char mapped = launcher_protocol::mapped;
    send(m_launched.launcher_socket, &mapped, 1, what);
    received = receive(m_launched.launcher_socket, deadline, what);
  }
  if (const auto failure = find_failure(received, what)) throw_start_failure(*failure);
  m_init = read_struct<launcher_protocol::InitStarted>(received, what).process;
  if (received.descriptors.size() != 1) throw Error(ErrorCode::internal, what + ": no process descriptor came");
  m_init_process = std::move(received.descriptors[0]);
  take_terminal(deadline);
}

Cell::~Cell() { end(); }

void Cell::take_terminal(const Deadline& deadline) {
  const std::string what = "start a sandbox";
  Received received = receive(m_launched.init_socket, deadline, what);
  if (const auto failure = find_failure(received, what)) throw_start_failure(*failure);
  if (received.descriptors.size() != init_protocol::descriptor_count) {
    throw Error(ErrorCode::internal, what + ": no terminal came");
  }
  m_terminal = std::move(received.descriptors[init_protocol::terminal]);
  m_home = std::move(received.descriptors[init_protocol::home]);
  m_shell_end = std::move(received.descriptors[init_protocol::shell_end]);
  if (fcntl(m_terminal.get(), F_SETFL, O_RDWR | O_NONBLOCK) != 0) throw system_error(what, errno);
}

bool Cell::is_fresh(const Settings& settings) const {
  return !is_readable(m_launched.process_descriptor) && !is_readable(m_init_process) &&
         m_root_identity == identify(settings.root_file_system);
}

void Cell::enter_cgroups(Cgroups& cgroups, const std::string& owner, const std::string& id,
                         const Cgroups::Limits& limits) {
  // Init alone is in the cell yet. The launcher stays outside: a session that has used up its share can't slow it down.
  m_cgroup = cgroups.enter(owner, id, m_init, limits);
}

std::string Cell::ask_launcher(const void* request, std::size_t size, const Descriptor& tree, const Deadline& deadline,
                               const std::string& what) {
  send(m_launched.launcher_socket, request, size, what, {m_home.get(), tree.get()});
  return receive(m_launched.launcher_socket, deadline, what).message;
}

void Cell::seed(const Descriptor& tree, const Deadline& deadline) {
  const std::string what = "initial tree";
  const char kind = launcher_protocol::seed;
  Received received;
  received.message = ask_launcher(&kind, 1, tree, deadline, what);
  if (const auto failure = find_failure(received, what)) {
    const bool full = failure->error_number == ENOSPC;
    throw system_error(what + ": ~/" + failure->text, failure->error_number, ErrorCode::seed_failed,
                       full ? "raise sandbox.disk_in_mib, or use fewer files: a home holds 4095" : "");
  }
}

FileTree Cell::snapshot(const SnapshotRequest& request, const Deadline& deadline) {
  const std::string what = "snapshot";
  const Descriptor file = make_memory_file("snapshot");
  launcher_protocol::Snapshot message;
  message.max_entries = request.max_entries;
  message.max_depth = request.max_depth;
  message.max_content_per_file = request.max_content_per_file;
  message.max_content_in_all = request.max_content_in_all;
  message.deadline_in_milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(request.deadline.count(), 0));
  Received received;
  received.message = ask_launcher(&message, sizeof message, file, deadline, what);
  if (const auto failure = find_failure(received, what)) {
    throw system_error(what + ": " + failure->text, failure->error_number, ErrorCode::internal);
  }
  const auto done = read_struct<launcher_protocol::Done>(received, what);
  FileTree tree = decode_tree(file.get());
  tree.truncated = done.truncated;
  tree.raced = done.raced;
  return tree;
}

void Cell::start_shell(const ShellPlan& plan, TerminalSize size, const Deadline& deadline) {
  const std::string what = "start the shell";
  init_protocol::StartShell header;
  header.columns = size.columns;
  header.rows = size.rows;
  header.argument_count = static_cast<std::uint32_t>(plan.arguments.size());
  header.environment_count = static_cast<std::uint32_t>(plan.environment.size());
  header.processes = plan.processes;
  header.address_space = plan.address_space;
  std::string message(reinterpret_cast<const char*>(&header), sizeof header);
  message += plan.working_directory + '\0';
  for (const std::string& argument : plan.arguments) message += argument + '\0';
  for (const std::string& variable : plan.environment) message += variable + '\0';
  if (message.size() > control::max_message || plan.environment.size() > init_protocol::max_strings) {
    throw Error(ErrorCode::bad_request, what + ": expected an environment of at most 256 variables and 60 KiB");
  }
  send(m_launched.init_socket, message.data(), message.size(), what);
  const Received received = receive(m_launched.init_socket, deadline, what);
  if (const auto failure = find_failure(received, what)) {
    const bool directory = failure->text.find("directory") != std::string::npos;
    throw system_error(what + ": " + failure->text + (directory ? " " + plan.working_directory : ""),
                       failure->error_number);
  }
}

void Cell::renew(const Deadline& deadline) {
  m_terminal.reset();
  m_shell_end.reset();
  const char kind = init_protocol::renew;
  send(m_launched.init_socket, &kind, 1, "restart the shell");
  take_terminal(deadline);
}

std::string Cell::end() {
  if (m_launched.process < 0) return {};
  // Init first, since the kernel ends all its namespace with it; the launcher then waits for that, and ends when its
  // socket closes.
  if (m_init_process) syscall(SYS_pidfd_send_signal, m_init_process.get(), SIGKILL, nullptr, 0);
  m_launched.init_socket.reset();
  m_launched.launcher_socket.reset();
  m_terminal.reset();
  m_home.reset();
  m_shell_end.reset();
  pollfd launcher{m_launched.process_descriptor.get(), POLLIN, 0};
  constexpr int patience = 5000;  // milliseconds; ends are a matter of two or three unless the machine is overrun
  if (!m_launched.process_descriptor || poll(&launcher, 1, patience) != 1) kill(m_launched.process, SIGKILL);
  while (waitpid(m_launched.process, nullptr, 0) < 0 && errno == EINTR) continue;
  m_launched.process = -1;
  m_launched.process_descriptor.reset();
  m_init_process.reset();
  return m_cgroup.remove() ? "" : "a control group of a destroyed sandbox could not be removed";
}

}  // namespace tellina::chroot_sandbox
