#include "hostile/watch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "hostile/attacks.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto look_again = 100ms;

// The limits of a sandbox with the default configuration (docs/config.md).
constexpr std::size_t process_limit = 64;
constexpr long most_files = 256;
constexpr std::uint64_t mebibyte = 1U << 20;
constexpr std::uint64_t home_bytes = 10 * mebibyte;
constexpr std::uint64_t temporary_bytes = 64 * mebibyte;
constexpr std::uint64_t most_entries = 4096;
constexpr std::size_t most_terminals = 16;
/// The entry "ptmx" of a folder of terminals.
constexpr std::size_t not_a_terminal = 1;
constexpr int chosen_first = 1000;

/// More bytes than a task may print at full speed, with its events.
constexpr std::uint64_t most_growth = 100 * mebibyte;
constexpr double most_clock_change_in_seconds = 1;

/// Objects without a path that no program in a sandbox may have, because no limit and no filter covers them.
constexpr const char* forbidden_files[] = {"/memfd:",       "[io_uring]", "[perf_event]", "bpf",
                                           "[userfaultfd]", "inotify",    "[fanotify]",   "[seccomp",
                                           "/SYSV",         "/dev/kmsg",  "/dev/mem",     "anon_inode:[secretmem]"};

/// The folders outside of the home and the temporary folders in which an attack tries to leave a file.
constexpr const char* forbidden_folders[] = {
    "/",    "/etc",  "/usr", "/usr/bin", "/home", "/run",         "/var/tmp",        "/dev", "/dev/mqueue", "/proc",
    "/sys", "/root", "/opt", "/var/log", "/srv",  "/run/tellina", "/usr/lib/tellina"};

double clock_in_seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string settings_of_machine() {
  std::string all;
  for (const char* file : {"kernel/hostname", "kernel/domainname", "kernel/core_pattern", "kernel/sysrq",
                           "kernel/modprobe", "vm/overcommit_memory", "fs/file-max", "net/ipv4/ip_forward"}) {
    all += read_text(std::string("/proc/sys/") + file);
  }
  all += read_text("/proc/tty/ldiscs");
  return all;
}

std::uint64_t size_of_record(const SetUp& set_up) {
  std::uint64_t size = 0;
  for (const char* end : {"", "-wal"}) {
    std::error_code none;
    const std::uint64_t its = fs::file_size(set_up.database_file().string() + end, none);
    if (!none) size += its;
  }
  return size;
}

/// Whether the file system of the folder has at most this many bytes and files.
bool is_within(const std::string& folder, std::uint64_t bytes, std::uint64_t entries) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) return true;  // the process has just ended
  return status.f_blocks * status.f_frsize <= bytes && status.f_files <= entries;
}

}  // namespace

Watch::Watch(const SetUp& set_up)
    : m_set_up(set_up),
      m_machine(settings_of_machine()),
      m_server_processes(set_up.server_processes()),
      m_server_seconds(set_up.server_seconds()),
      m_size(size_of_record(set_up)),
      m_began(clock_in_seconds(CLOCK_MONOTONIC)),
      m_clock_difference(clock_in_seconds(CLOCK_REALTIME) - m_began) {
  m_thread = std::thread([this] { run(); });
}

Watch::~Watch() {
  m_is_running = false;
  if (m_thread.joinable()) m_thread.join();
}

std::set<std::string> Watch::end() {
  m_is_running = false;
  m_thread.join();
  look();
  m_server_cores = (m_set_up.server_seconds() - m_server_seconds) / (clock_in_seconds(CLOCK_MONOTONIC) - m_began);
  const std::uint64_t size = size_of_record(m_set_up);
  m_growth = size > m_size ? size - m_size : 0;
  require(m_growth <= most_growth, "the record grew by " + std::to_string(m_growth / mebibyte) + " MiB");
  return m_wrong;
}

void Watch::run() {
  while (m_is_running) {
    look();
    std::this_thread::sleep_for(look_again);
  }
}

void Watch::require(bool holds, const std::string& otherwise) {
  if (!holds) m_wrong.insert(otherwise);
}

void Watch::look() {
  for (const SandboxView& sandbox : m_set_up.sandboxes()) look_at(sandbox);
  look_at_machine();
}

void Watch::look_at(const SandboxView& sandbox) {
  if (sandbox.processes.empty()) return;
  m_most_processes = std::max(m_most_processes, sandbox.processes.size());
  require(sandbox.processes.size() <= process_limit, "more processes than the limit");
  // The participant's shell, because attackers start other processes later.
  const ProcessView& reference = *std::min_element(
      sandbox.processes.begin(), sandbox.processes.end(),
      [](const ProcessView& one, const ProcessView& other) { return one.number_inside < other.number_inside; });
  for (const ProcessView& process : sandbox.processes) {
    // The child of init before it becomes the shell.
    if (sandbox.init && process.program == sandbox.init->program) continue;
    look_at(process, sandbox.init ? *sandbox.init : reference);
    if (m_set_up.place() != Place::unconfined) {
      require(process.capabilities == 0, "a process with capabilities");
      require(process.gains_no_privileges, "a process that can gain privileges");
      require(process.has_filter, "a process without a filter of system calls");
      require(!process.users.contains(0), "a process of root");
    }
  }
  look_at_files(std::to_string(reference.number));
}

void Watch::look_at(const ProcessView& process, const ProcessView& reference) {
  require(process.namespaces == reference.namespaces, "a process in other namespaces");
  require(process.root == reference.root, "a process with another root directory");
  require(process.users == reference.users, "a process of another user");
  require(!process.is_traced, "a process that another one traces");
  require(process.score_of_killer == chosen_first, "a process that is not killed first when memory runs out");
  require(process.nice >= reference.nice &&
              (process.policy == SCHED_OTHER || process.policy == SCHED_BATCH || process.policy == SCHED_IDLE),
          "a process with a higher priority");
  require(process.most_files <= most_files, "a process that may open more files than the limit");
  require(process.files.size() <= static_cast<std::size_t>(most_files),
          "a process with more open files than the limit");
  for (const std::string& file : process.files) {
    for (const char* forbidden : forbidden_files) {
      require(file.find(forbidden) == std::string::npos, std::string("a process with an open ") + forbidden);
    }
  }
}

void Watch::look_at_files(const std::string& process) {
  const std::string root = "/proc/" + process + "/root";
  if (m_set_up.place() != Place::unconfined) {
    require(is_within(root + "/home/me", home_bytes, most_entries), "a home without its limits");
  }
  require(is_within(root + "/tmp", temporary_bytes, most_entries), "a /tmp without its limits");
  require(is_within(root + "/dev/shm", temporary_bytes, most_entries), "a /dev/shm without its limits");
  std::size_t terminals = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root + "/dev/pts", none)) terminals += entry.exists(none) ? 1 : 0;
  require(terminals <= most_terminals + not_a_terminal, "more terminals than the limit");
  for (const char* folder : forbidden_folders) {
    const fs::path file = root + folder + "/" + left_behind;
    require(!fs::exists(fs::symlink_status(file, none)), std::string("a file was made in ") + folder);
  }
  // Only a command that was injected into a terminal creates this file.
  require(!fs::exists(fs::symlink_status(root + "/home/me/" + pushed, none)), "a command was pushed into a terminal");
}

void Watch::look_at_machine() {
  const double difference = clock_in_seconds(CLOCK_REALTIME) - clock_in_seconds(CLOCK_MONOTONIC);
  require(std::abs(difference - m_clock_difference) < most_clock_change_in_seconds, "the machine's clock was changed");
  require(settings_of_machine() == m_machine, "the machine's settings were changed");
  require(m_set_up.server_processes() == m_server_processes, "a process of the server has ended");
  require(m_set_up.visits() == 0, "a program in a sandbox reached a server on this machine");
  for (const uid_t user : m_set_up.other_users()) {
    const std::string whose = user == 0                        ? "root"
                              : user == m_set_up.server_user() ? "the server"
                                                               : "another participant";
    require(as_user(user, &can_watch_files), whose + " cannot watch files");
    require(as_user(user, &can_wait_for_files), whose + " cannot wait for files");
    require(as_user(user, &has_whole_pipes), whose + " has small pipes only");
    require(as_user(user, &can_open_terminal), whose + " cannot open a terminal");
  }
}

}  // namespace tellina::hostile
