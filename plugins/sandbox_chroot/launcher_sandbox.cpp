/// Turns a process in new user and process namespaces into the init of a sandbox: creates mounts, then drops all
/// privileges.

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "plugins/sandbox_chroot/launcher.hpp"
#include "plugins/sandbox_common/hidden_files.hpp"
#include "plugins/sandbox_common/tree_protocol.hpp"
#include "plugins/sandbox_init/control_socket.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::launcher {
namespace {

namespace protocol = launcher_protocol;

[[noreturn]] void fail(const char* what) {
  tree_protocol::report_failure(protocol::init_control, what, errno);
  _exit(1);
}

void require(bool succeeded, const char* what) {
  if (!succeeded) fail(what);
}

/// Creates a read-only copy of the mount at the working directory.
int copy_root_file_system() {
  // Uses no path, because the session's user may have no access to the folder. The new user namespace has made every
  // mount a slave of the host's, so no change here reaches the host.
  const int tree = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  require(tree >= 0, "copy the root file system's mount");
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  attributes.propagation = MS_PRIVATE;
  require(mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) == 0,
          "make the root file system read-only");
  return tree;
}

void enter_root_file_system(int root_mount) {
  const int tree = root_mount >= 0 ? root_mount : copy_root_file_system();
  require(move_mount(tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) == 0, "mount the root file system");
  require(fchdir(tree) == 0, "enter the root file system");
  close(tree);
}

/// Mounts a file system of fixed size in memory. Without a limit on entries it could hold a million empty files.
void mount_memory(const char* place, unsigned long flags, std::uint64_t bytes, unsigned entries, const char* mode,
                  bool is_roots) {
  char options[128];
  std::snprintf(options, sizeof options, "size=%llu,nr_inodes=%u,mode=%s%s", static_cast<unsigned long long>(bytes),
                entries, mode, is_roots ? ",uid=0,gid=0" : "");
  require(mount("tmpfs", place, "tmpfs", MS_NOSUID | flags, options) == 0, place);
}

void give_to_root(const char* path) { require(fchownat(AT_FDCWD, path, 0, 0, AT_SYMLINK_NOFOLLOW) == 0, path); }

/// Replaces the /proc file that describes the machine's memory by a text. Only the mount keeps the text's file, which
/// has no path any more; a separate file system for it would delay the start.
void mount_memory_text(const SandboxParameters& parameters) {
  const char* const name = "dev/meminfo";
  const int file = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
  const auto size = static_cast<ssize_t>(std::strlen(parameters.memory));
  require(file >= 0 && write(file, parameters.memory, std::strlen(parameters.memory)) == size, "write /proc/meminfo");
  close(file);
  if (parameters.has_root) give_to_root(name);
  require(mount(name, "proc/meminfo", nullptr, MS_BIND, nullptr) == 0 &&
              mount(nullptr, "proc/meminfo", nullptr,
                    MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 &&
              unlink(name) == 0,
          "mount /proc/meminfo");
}

/// Hides files of /proc, and makes /proc read-only. A process could otherwise lower its own oom_score_adj, so that the
/// kernel kills other programs when memory runs out.
void restrict_processes() {
  for (const char* file : sandbox_common::hidden_files) {
    require(mount("dev/null", file + 1, nullptr, MS_BIND, nullptr) == 0 || errno == ENOENT, file);
  }
  require(mount(nullptr, "proc", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                nullptr) == 0,
          "make /proc read-only");
}

/// Puts the shared object that the shell loads into its place. The descriptor belongs to a mount of the host, which
/// can't be mounted here, so this copies the file. The copy must be executable, although /dev is not.
void mount_shell_marks(const SandboxParameters& parameters) {
  const char* const name = "dev/shell_marks";
  const int from = protocol::shell_marks;
  const int to = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
  static char bytes[16 * 1024];
  ssize_t size = 0;
  // Reads at its own offset, because all launchers of a plugin share the file.
  for (off_t offset = 0; to >= 0 && (size = pread(from, bytes, sizeof bytes, offset)) > 0; offset += size) {
    require(write(to, bytes, static_cast<std::size_t>(size)) == size, "copy shell_marks.so");
  }
  require(to >= 0 && size == 0, "copy shell_marks.so");
  close(to);
  close(from);
  if (parameters.has_root) give_to_root(name);
  const char* const place = init_protocol::shell_marks_path + 1;
  const bool is_mounted = mount(name, place, nullptr, MS_BIND, nullptr) == 0;
  // A root file system of an older version has no place for it, and contains its own copy of what its shell reads.
  require(is_mounted || errno == ENOENT, "mount shell_marks.so");
  require(!is_mounted ||
              mount(nullptr, place, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) == 0,
          "make shell_marks.so read-only");
  require(unlink(name) == 0, "unlink the copy of shell_marks.so");
}

void mount_devices(const SandboxParameters& parameters) {
  mount_memory("dev", MS_NOEXEC, 128 * 1024, 64, "0755", parameters.has_root);
  mount_memory_text(parameters);
  mount_shell_marks(parameters);
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    char from[32], to[32];
    // A shared mapping of /dev/zero is anonymous memory, and after it is unmapped no process's figures contain it.
    // Reading /dev/full gives the same zeros, and it can't be mapped.
    std::snprintf(from, sizeof from, "/dev/%s", std::strcmp(name, "zero") == 0 ? "full" : name);
    std::snprintf(to, sizeof to, "dev/%s", name);
    // A user namespace can't create device files, so the host's device is mounted here.
    const int place = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    require(place >= 0 && mount(from, to, nullptr, MS_BIND, nullptr) == 0, to);
    close(place);
  }
  // A separate instance, so that it contains no terminals of other sessions or of the host.
  char options[64];
  std::snprintf(options, sizeof options, "newinstance,ptmxmode=0666,mode=620,max=%u", init_protocol::terminals);
  require(mkdir("dev/pts", 0755) == 0 && mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, options) == 0,
          "mount /dev/pts");
  require(mkdir("dev/shm", 0755) == 0, "mount /dev/shm");
  mount_memory("dev/shm", MS_NODEV | MS_NOEXEC, parameters.tmp_in_bytes, init_protocol::tmp_entries, "1777",
               parameters.has_root);
  require(symlink("pts/ptmx", "dev/ptmx") == 0 && symlink("/proc/self/fd", "dev/fd") == 0 &&
              symlink("/proc/self/fd/0", "dev/stdin") == 0 && symlink("/proc/self/fd/1", "dev/stdout") == 0 &&
              symlink("/proc/self/fd/2", "dev/stderr") == 0,
          "create the links of /dev");
  if (parameters.has_root) {
    for (const char* link : {"dev/ptmx", "dev/fd", "dev/stdin", "dev/stdout", "dev/stderr"}) give_to_root(link);
  }
  require(mount(nullptr, "dev", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, nullptr) == 0,
          "make /dev read-only");
}

/// Mounts an empty folder that nobody in the sandbox can change. Returns its directory in a mount that is not read-only
/// and has no place: who has this descriptor can fill the folder.
int mount_folder(const SandboxParameters& parameters) {
  const char* const place = launcher_protocol::folder_place + 1;
  mount_memory(place, MS_NODEV, parameters.disk_in_bytes, 4096, "0755", false);
  const int copy = open_tree(AT_FDCWD, place, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  const int directory = copy < 0 ? -1 : openat(copy, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(directory >= 0 &&
              mount(nullptr, place, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) == 0,
          "make /check read-only");
  close(copy);
  return directory;
}

/// Sends to the launcher, which stays outside, what it cannot open itself: the sandbox's /proc, and the folder to fill.
void send_to_launcher(int launcher, int folder) {
  const int sent[] = {open("proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder};
  require(sent[protocol::processes] >= 0 && control::send(launcher, "p", 1, sent, folder < 0 ? 1 : 2), "pass on /proc");
  for (const int descriptor : sent) close(descriptor);
  close(launcher);
}

/// Drops all privileges that this process's user does not have.
void drop_privileges() {
  require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "refuse new privileges");
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) prctl(PR_CAPBSET_DROP, capability);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct nothing[2] = {};
  require(syscall(SYS_capset, &header, nothing) == 0, "drop capabilities");
}

}  // namespace

bool install_filters() {
  // If both filters refuse a call, the second one decides. It returns the error that the manual pages name.
  for (const int file : {protocol::seccomp_allow, protocol::seccomp_refuse}) {
    static sock_filter instructions[BPF_MAXINSNS];
    // Reads at its own offset, because all launchers of a plugin share the file.
    const ssize_t size = pread(file, instructions, sizeof instructions, 0);
    if (size <= 0 || size % static_cast<ssize_t>(sizeof(sock_filter)) != 0) return false;
    sock_fprog program{};
    program.len = static_cast<unsigned short>(static_cast<std::size_t>(size) / sizeof(sock_filter));
    program.filter = instructions;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return false;
    close(file);
  }
  return true;
}

[[noreturn]] void become_init(const SandboxParameters& parameters) {
  require(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) == 0,
          "create namespaces");
  enter_root_file_system(parameters.root_mount);
  // Needs a complete /proc in the old root, so it runs before the old root is detached.
  require(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, "mount /proc");
  send_to_launcher(parameters.launcher, parameters.has_folder ? mount_folder(parameters) : -1);
  mount_memory("home/me", MS_NODEV, parameters.disk_in_bytes, 4096, "0755", false);
  mount_memory("tmp", MS_NODEV, parameters.tmp_in_bytes, init_protocol::tmp_entries, "1777", parameters.has_root);
  mount_devices(parameters);
  restrict_processes();

  // The old root is stacked on the new one and then detached, so no folder is needed to move it to.
  require(syscall(SYS_pivot_root, ".", ".") == 0, "change the root");
  require(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0, "leave the old root");
  // The network namespace has one interface, lo, and it stays down.
  require(sethostname(parameters.host_name, std::strlen(parameters.host_name)) == 0, "set the host's name");

  drop_privileges();
  const int program = protocol::init_program;
  fcntl(program, F_SETFD, FD_CLOEXEC);
  char name[] = "init";
  char socket[8];
  char home[] = "/home/me";
  std::snprintf(socket, sizeof socket, "%d", protocol::init_control);
  char* arguments[] = {name, socket, home, nullptr};
  char* environment[] = {nullptr};
  require(install_filters(), "install the system call filters");
  // Runs it by descriptor, because the sandbox has no path to it.
  syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
  fail("run init");
}

}  // namespace tellina::launcher
