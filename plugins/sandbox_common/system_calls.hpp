#pragma once

/// The system calls that programs of a sandbox may make. All others return "function not implemented", as on an older
/// kernel, so that a C library falls back to older calls.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace tellina::sandbox_common {

// The calls that moby's default profile allows an unprivileged container (profiles/seccomp/default.json), without:
//   - calls that expose much of the kernel: io_uring, aio, fanotify, keys
//   - calls that create named memory, which no limit of an ordinary user's sandbox counts: memfd_create, System V and
//     POSIX IPC
//   - calls that pin pages in a pipe or a socket: vmsplice, splice, tee, sendfile. One byte can pin a page of 2 MiB.
//     cp, cat and Python copy instead
//   - inotify: the kernel allows 128 instances for all processes of the server's user or of the host's root. `tail -f`
//     polls instead
//   - calls of other architectures
// clang-format off
inline constexpr const char* allowed_calls[] = {
    "accept", "accept4", "access", "alarm", "arch_prctl", "bind", "brk", "capget", "capset", "chdir", "chmod",
    "chown", "clock_getres", "clock_gettime", "clock_nanosleep", "clone", "close", "close_range", "connect",
    "copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait",
    "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "execve", "execveat", "exit", "exit_group", "faccessat",
    "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchown", "fchownat", "fcntl",
    "fdatasync", "fgetxattr", "flistxattr", "flock", "fork", "fremovexattr", "fsetxattr", "fstat", "fstatfs", "fsync",
    "ftruncate", "futex", "futex_waitv", "futimesat", "get_robust_list", "get_thread_area", "getcpu", "getcwd",
    "getdents", "getdents64", "getegid", "geteuid", "getgid", "getgroups", "getitimer", "getpeername", "getpgid",
    "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresuid", "getrlimit", "getrusage",
    "getsid", "getsockname", "getsockopt", "gettid", "gettimeofday", "getuid", "getxattr", "ioctl", "ioprio_get",
    "ioprio_set", "kill", "lchown", "lgetxattr", "link", "linkat", "listen", "listxattr", "llistxattr",
    "lremovexattr", "lseek", "lsetxattr", "lstat", "madvise", "membarrier", "mincore", "mkdir", "mkdirat", "mknod",
    "mknodat", "mlock", "mlock2", "mlockall", "mmap", "mprotect", "mremap", "msync", "munlock", "munlockall",
    "munmap", "nanosleep", "newfstatat", "open", "openat", "openat2", "pause", "pidfd_open", "pidfd_send_signal",
    "pipe", "pipe2", "poll", "ppoll", "prctl", "pread64", "preadv", "preadv2", "prlimit64", "pselect6", "pwrite64",
    "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv", "recvfrom", "recvmmsg", "recvmsg",
    "removexattr", "rename", "renameat", "renameat2", "restart_syscall", "rmdir", "rseq", "rt_sigaction",
    "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
    "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getattr",
    "sched_getparam", "sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity", "sched_setattr",
    "sched_setparam", "sched_setscheduler", "sched_yield", "seccomp", "select", "sendmmsg", "sendmsg", "sendto",
    "set_robust_list", "set_tid_address", "setfsgid", "setfsuid", "setgid", "setgroups", "setitimer", "setpgid",
    "setpriority", "setregid", "setresgid", "setresuid", "setreuid", "setrlimit", "setsid", "setuid", "setxattr",
    "shutdown", "sigaltstack", "signalfd", "signalfd4", "socketpair", "stat", "statfs", "statx", "symlink",
    "symlinkat", "sync", "sync_file_range", "syncfs", "sysinfo", "tgkill", "time", "timer_create", "timer_delete",
    "timer_getoverrun", "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime", "timerfd_settime",
    "times", "tkill", "truncate", "umask", "uname", "unlink", "unlinkat", "utime", "utimensat", "utimes", "vfork",
    "wait4", "waitid", "write", "writev"};
// clang-format on

// None of these is in the list above. They are named so that a participant who tries one gets "Operation not permitted"
// instead of "Function not implemented". clang-format off
inline constexpr const char* refused_calls[] = {"acct",
                                                "add_key",
                                                "adjtimex",
                                                "bpf",
                                                "chroot",
                                                "clock_adjtime",
                                                "clock_settime",
                                                "delete_module",
                                                "fanotify_init",
                                                "finit_module",
                                                "fsconfig",
                                                "fsmount",
                                                "fsopen",
                                                "fspick",
                                                "init_module",
                                                "io_uring_enter",
                                                "io_uring_register",
                                                "io_uring_setup",
                                                "ioperm",
                                                "iopl",
                                                "kcmp",
                                                "kexec_file_load",
                                                "kexec_load",
                                                "keyctl",
                                                "mount",
                                                "mount_setattr",
                                                "move_mount",
                                                "name_to_handle_at",
                                                "open_by_handle_at",
                                                "open_tree",
                                                "perf_event_open",
                                                "personality",
                                                "pidfd_getfd",
                                                "pivot_root",
                                                "process_vm_readv",
                                                "process_vm_writev",
                                                "ptrace",
                                                "quotactl",
                                                "reboot",
                                                "request_key",
                                                "setdomainname",
                                                "sethostname",
                                                "setns",
                                                "settimeofday",
                                                "swapoff",
                                                "swapon",
                                                "syslog",
                                                "umount2",
                                                "unshare",
                                                "userfaultfd",
                                                "vhangup"};
// clang-format on

/// The flags of clone that create a namespace. clone3 passes its flags in memory, which a filter can't read, so it
/// returns "not implemented" and the C library falls back to clone.
inline constexpr unsigned long namespace_flags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                                    CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

/// The first two inject input into a terminal, or paste into it. The third loads kernel modules for line disciplines.
/// The kernel uses only the lower half of an ioctl's number.
inline constexpr unsigned long refused_requests[] = {TIOCSTI, TIOCLINUX, TIOCSETD};

/// Pipes keep their first size of 64 KiB, because the kernel limits the sum over all pipes of a user.
inline constexpr int refused_descriptor_commands[] = {F_SETPIPE_SZ};

/// The families above AF_INET6 (netlink, packet, vsock, alg and others) bypass the namespaces.
inline constexpr int last_family = AF_INET6;
inline constexpr int refused_families[] = {AF_UNSPEC, AF_AX25,   AF_IPX,    AF_APPLETALK,
                                           AF_NETROM, AF_BRIDGE, AF_ATMPVC, AF_X25};

/// The protocols of sockets. Others (MPTCP, SCTP, UDP-Lite) expose kernel code that no task needs.
inline constexpr int allowed_protocols[] = {0, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6};
inline constexpr int last_protocol = IPPROTO_ICMPV6;

/// An option of a socket.
struct SocketOption {
  int level;
  int name;
};

/// The socket options that programs may set. Others enlarge buffers, or keep filters, groups or headers in kernel
/// memory, and new kernels add more of them.
inline constexpr SocketOption allowed_socket_options[] = {{SOL_SOCKET, SO_DEBUG},
                                                          {SOL_SOCKET, SO_REUSEADDR},
                                                          {SOL_SOCKET, SO_DONTROUTE},
                                                          {SOL_SOCKET, SO_BROADCAST},
                                                          {SOL_SOCKET, SO_KEEPALIVE},
                                                          {SOL_SOCKET, SO_OOBINLINE},
                                                          {SOL_SOCKET, SO_PRIORITY},
                                                          {SOL_SOCKET, SO_LINGER},
                                                          {SOL_SOCKET, SO_REUSEPORT},
                                                          {SOL_SOCKET, SO_PASSCRED},
                                                          {SOL_SOCKET, SO_RCVLOWAT},
                                                          {SOL_SOCKET, SO_RCVTIMEO},
                                                          {SOL_SOCKET, SO_SNDTIMEO},
                                                          {SOL_SOCKET, SO_TIMESTAMP},
                                                          {SOL_SOCKET, SO_TIMESTAMPNS},
                                                          {IPPROTO_TCP, TCP_NODELAY},
                                                          {IPPROTO_TCP, TCP_CORK},
                                                          {IPPROTO_TCP, TCP_KEEPIDLE},
                                                          {IPPROTO_TCP, TCP_KEEPINTVL},
                                                          {IPPROTO_TCP, TCP_KEEPCNT},
                                                          {IPPROTO_TCP, TCP_DEFER_ACCEPT},
                                                          {IPPROTO_TCP, TCP_QUICKACK},
                                                          {IPPROTO_TCP, TCP_USER_TIMEOUT},
                                                          {IPPROTO_IP, IP_TOS},
                                                          {IPPROTO_IP, IP_TTL},
                                                          {IPPROTO_IP, IP_PKTINFO},
                                                          {IPPROTO_IP, IP_MTU_DISCOVER},
                                                          {IPPROTO_IP, IP_RECVERR},
                                                          {IPPROTO_IP, IP_RECVTTL},
                                                          {IPPROTO_IP, IP_MULTICAST_TTL},
                                                          {IPPROTO_IP, IP_MULTICAST_LOOP},
                                                          {IPPROTO_IPV6, IPV6_V6ONLY},
                                                          {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
                                                          {IPPROTO_IPV6, IPV6_RECVPKTINFO},
                                                          {IPPROTO_IPV6, IPV6_MTU_DISCOVER},
                                                          {IPPROTO_IPV6, IPV6_RECVERR},
                                                          {IPPROTO_IPV6, IPV6_TCLASS},
                                                          {IPPROTO_IPV6, IPV6_MULTICAST_HOPS}};

/// None of these is in the list above. They are named so that a participant who tries one gets "Operation not
/// permitted".
inline constexpr SocketOption refused_socket_options[] = {
    {SOL_SOCKET, SO_SNDBUF}, {SOL_SOCKET, SO_RCVBUF}, {SOL_SOCKET, SO_SNDBUFFORCE}, {SOL_SOCKET, SO_RCVBUFFORCE}};

}  // namespace tellina::sandbox_common
