/// sandbox_launcher MODE PARENT ROOT_FILE_SYSTEM DISK_IN_BYTES TMP_IN_BYTES HOST_NAME MEMORY FOLDER
///
/// Starts one sandbox, and then stays as the only process inside the session's user namespace but outside its other
/// namespaces. There it may read and write every file of the home, whatever its mode, and no process in the sandbox can
/// see it. MODE is "mapped" if the plugin writes the user maps, and "own" for an ordinary user, who may map only
/// themselves. PARENT is the process that started it; MEMORY is the text of the sandbox's /proc/meminfo. FOLDER is
/// "folder" if the sandbox has a folder /check, and otherwise "none".
/// launcher_protocol.hpp lists the descriptors that it inherits.

#include "plugins/sandbox_chroot/launcher.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "plugins/sandbox_chroot/memory_watch.hpp"
#include "plugins/sandbox_common/tree_protocol.hpp"
#include "plugins/sandbox_init/control_socket.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::launcher {

namespace protocol = launcher_protocol;

namespace {

[[noreturn]] void fail(const char* what) {
  tree_protocol::report_failure(protocol::control, what, errno);
  _exit(1);
}

/// Makes the kernel kill this process when the thread that started it ends. Also handles the case that `parent` has
/// already ended.
void die_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
}

void write_text(const char* path, const char* text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, text, std::strlen(text)) < 0) fail(path);
  close(file);
}

/// When the machine's memory runs out, the kernel kills processes of sandboxes first, the largest before the others. So
/// a command or the shell ends before init and this process do. Every process of the sandbox inherits the value. If
/// root has written it, only CAP_SYS_RESOURCE of the host can lower it; otherwise the read-only /proc of the sandbox
/// keeps it.
void raise_oom_score() {
  const int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score < 0) return;
  // If the kernel refuses, only the order of the choice is different.
  [[maybe_unused]] const ssize_t written = write(score, "1000", 4);
  close(score);
}

/// Makes the calling process the user `me` of a new user namespace, with all capabilities inside it.
void enter_user_namespace(bool mapped_by_plugin, pid_t parent, SandboxParameters& parameters) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  // Root's other groups would keep their rights outside. An ordinary user can't drop their groups, and may use them as
  // before.
  if (mapped_by_plugin && user == 0 && setgroups(0, nullptr) != 0) fail("drop the supplementary groups");
  if (unshare(CLONE_NEWUSER) != 0) fail("create a user namespace");
  if (mapped_by_plugin) {
    const char kind = protocol::map_me;
    char answer = 0;
    control::Descriptors received;
    if (!control::send(protocol::control, &kind, 1)) _exit(1);
    if (control::receive(protocol::control, &answer, 1, received) != 1) _exit(1);
    if (answer != protocol::mapped && answer != protocol::mapped_root) _exit(1);
    parameters.has_root = answer == protocol::mapped_root;
    if (received.count == 1) parameters.root_mount = received.values[0];
  } else {
    char map[64];
    write_text("/proc/self/setgroups", "deny");
    std::snprintf(map, sizeof map, "%u %u 1", init_protocol::sandbox_user, user);
    write_text("/proc/self/uid_map", map);
    std::snprintf(map, sizeof map, "%u %u 1", init_protocol::sandbox_user, group);
    write_text("/proc/self/gid_map", map);
  }
  // If an ordinary user is root in the namespace, this process may now drop its outside groups. It would then lose
  // every capability when it leaves user 0; in the other cases the capabilities stay.
  if (parameters.has_root && user != 0) {
    if (setgroups(0, nullptr) != 0) fail("drop the supplementary groups");
    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) != 0) fail("keep the capabilities");
  }
  if (setresgid(init_protocol::sandbox_user, init_protocol::sandbox_user, init_protocol::sandbox_user) != 0)
    fail("set the group");
  if (setresuid(init_protocol::sandbox_user, init_protocol::sandbox_user, init_protocol::sandbox_user) != 0)
    fail("set the user");
  if (parameters.has_root && user != 0 && prctl(PR_SET_SECUREBITS, 0) != 0) fail("set the capabilities' rules");
  die_with(parent);  // because a change of user clears it
}

/// Keeps the capabilities for reading and writing other users' files, and drops those for creating mounts or
/// namespaces.
void keep_file_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].permitted = data[0].effective =
      1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER | 1U << CAP_FSETID;
  if (syscall(SYS_capset, &header, data) != 0) fail("drop capabilities");
}

/// What init has sent. It sends that before the plugin can send any request.
class InitDescriptors {
 public:
  explicit InitDescriptors(int socket) : m_socket(socket) {}

  /// Each descriptor once; the caller closes it. Returns -1 with errno if there is none.
  int take(protocol::InitDescriptor which) {
    char kind;
    if (m_received.count == 0) control::receive(m_socket, &kind, 1, m_received, MSG_DONTWAIT);
    const int taken = m_received.values[which];
    if (taken < 0 && m_received.count > 0) errno = EBADF;
    m_received.values[which] = -1;
    return taken;
  }

 private:
  int m_socket;
  control::Descriptors m_received;
};

void begin_watch(MemoryWatch& watch, InitDescriptors& init, const protocol::WatchMemory& wanted) {
  const int processes = init.take(protocol::processes);
  if (processes < 0) return tree_protocol::report_failure(protocol::control, "watch the memory", errno);
  watch.begin(processes, wanted.limit);
  const tree_protocol::Done done;
  control::send(protocol::control, &done, sizeof done);
}

/// Fills /check. Afterwards nobody can change it any more.
void seed_folder(InitDescriptors& init, const control::Descriptors& given) {
  const int folder = init.take(protocol::folder);
  if (folder < 0) return tree_protocol::report_failure(protocol::control, "fill /check", errno);
  const char kind = tree_protocol::seed;
  const int descriptors[] = {folder, given.values[0]};
  tree_protocol::serve(protocol::control, &kind, 1, descriptors, given.count + 1);
  close(folder);
}

/// Returns false when the plugin has closed its end.
bool serve_request(MemoryWatch& watch, InitDescriptors& init) {
  char request[sizeof(tree_protocol::Snapshot)];
  protocol::WatchMemory wanted;
  static_assert(sizeof request >= sizeof wanted);
  control::Descriptors descriptors;
  const ssize_t size = control::receive(protocol::control, request, sizeof request, descriptors);
  if (size <= 0) return false;
  if (request[0] == protocol::watch_memory && size == sizeof wanted) {
    std::memcpy(&wanted, request, sizeof wanted);
    begin_watch(watch, init, wanted);
  } else if (request[0] == protocol::seed_folder) {
    seed_folder(init, descriptors);
  } else {
    tree_protocol::serve(protocol::control, request, static_cast<std::size_t>(size), descriptors.values,
                         descriptors.count);
  }
  for (std::size_t i = 0; i < descriptors.count; ++i) close(descriptors.values[i]);
  return true;
}

/// Handles requests until the plugin closes its end of the socket; then ends the sandbox and waits for its end.
void serve(pid_t init, int init_descriptor, int init_socket) {
  MemoryWatch watch;
  InitDescriptors received(init_socket);
  pollfd watched[] = {{protocol::control, POLLIN, 0}, {init_descriptor, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, watch.time_left()) < 0) continue;
    if (watched[1].revents != 0) {
      // While a process holds the home, it outlives init, so requests continue to work.
      waitpid(init, nullptr, 0);
      init = 0;
      watched[1].fd = -1;
      watch.end();
    }
    if (watched[0].revents != 0 && !serve_request(watch, received)) break;
    watch.check_if_due();
  }
  if (init > 0) {
    kill(init, SIGKILL);
    // Returns when all processes of the namespace are gone, because the kernel lets its process 1 end last.
    waitpid(init, nullptr, 0);
  }
}

int run(char** arguments) {
  const bool mapped_by_plugin = std::strcmp(arguments[1], "mapped") == 0;
  const pid_t parent = std::atoi(arguments[2]);
  SandboxParameters parameters;
  parameters.disk_in_bytes = std::strtoull(arguments[4], nullptr, 10);
  parameters.tmp_in_bytes = std::strtoull(arguments[5], nullptr, 10);
  parameters.host_name = arguments[6];
  parameters.memory = arguments[7];
  parameters.has_folder = std::strcmp(arguments[8], protocol::with_folder) == 0;

  umask(0);
  die_with(parent);
  raise_oom_score();
  // Neither this process nor the sandbox runs a program that may gain privileges.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("refuse new privileges");
  // Runs as the server's user, because the session's user may have no access to the folder.
  if (chdir(arguments[3]) != 0) fail("enter the root file system");
  enter_user_namespace(mapped_by_plugin, parent, parameters);

  if (unshare(CLONE_NEWPID) != 0) fail("create a process namespace");
  int to_init[2];  // the first end stays open while this process lives
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, to_init) != 0) fail("create sockets");
  const pid_t init = fork();
  if (init < 0) fail("start a process");
  if (init == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(to_init[0]);
    // In a new process namespace getppid() is 0 whether or not the parent is alive, so check the socket.
    pollfd parent_gone{to_init[1], 0, 0};
    if (poll(&parent_gone, 1, 0) != 0) _exit(1);
    close(protocol::control);
    parameters.launcher = to_init[1];
    become_init(parameters);
  }
  close(to_init[1]);
  if (parameters.root_mount >= 0) close(parameters.root_mount);

  const int init_descriptor = static_cast<int>(syscall(SYS_pidfd_open, init, 0));
  if (init_descriptor < 0) fail("create a process descriptor");
  for (const int inherited : {protocol::init_control, protocol::init_program, protocol::shell_marks}) {
    close(inherited);
  }
  protocol::InitStarted started;
  started.process = init;
  control::send(protocol::control, &started, sizeof started, &init_descriptor, 1);

  keep_file_capabilities();
  rlimit files;  // reading a tree needs one descriptor for each level
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  // From here on, this process makes only system calls that a participant's program may make too.
  if (!install_filters()) fail("install the system call filters");
  serve(init, init_descriptor, to_init[0]);
  return 0;
}

}  // namespace
}  // namespace tellina::launcher

int main(int argument_count, char** arguments) { return argument_count == 9 ? tellina::launcher::run(arguments) : 2; }
