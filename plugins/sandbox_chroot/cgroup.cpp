#include "plugins/sandbox_chroot/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <thread>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {

namespace {

constexpr const char* tellina_group = "/tellina";
/// The group into which the server moves its own processes, inside a group that was delegated to it.
constexpr const char* server_group = "/tellina-server";
/// The owner of a probe's sandbox is named after the probing process: "probe-PID". Older versions used "probe".
constexpr std::string_view probe_prefix = "probe-";
/// The period of the cpu quota in microseconds: a session that has used its quota waits at most this long.
constexpr int cpu_period = 50'000;

bool write_value(const std::string& path, const std::string& value) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::string first_word(const std::string& words) { return words.substr(0, words.find(',')); }

bool has_word(const std::string& words, char separator, const std::string& word) {
  std::istringstream stream(words);
  for (std::string each; std::getline(stream, each, separator);) {
    if (each == word) return true;
  }
  return false;
}

bool is_writable(const std::string& path) { return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0; }

/// The path of this process's group in each hierarchy. The key is the controllers as /proc/self/cgroup names them; it
/// is empty for version 2.
std::map<std::string, std::string> find_own_groups() {
  std::map<std::string, std::string> groups;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    // "4:memory:/path"; see cgroups(7)
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    groups[line.substr(first + 1, second - first - 1)] = line.substr(second + 1);
  }
  return groups;
}

/// The folder of a group, in a mount that shows the groups below `root`; empty if the mount does not show this group.
std::string place_of(const std::string& mount_point, const std::string& root, const std::string& group) {
  const std::string below = root == "/" ? "" : root;
  if (!group.starts_with(below) || group.find("/..") != std::string::npos) return "";
  std::string place = mount_point + group.substr(below.size());
  while (place.ends_with('/')) place.pop_back();
  return place;
}

std::vector<pid_t> processes_in(const std::string& directory) {
  std::vector<pid_t> found;
  std::ifstream file(directory + "/cgroup.procs");
  for (pid_t process; file >> process;) found.push_back(process);
  return found;
}

/// Whether a process runs the program that this one runs.
bool is_of_this_server(pid_t process) {
  struct stat ours, its;
  const std::string path = "/proc/" + std::to_string(process) + "/exe";
  return process > 0 && stat("/proc/self/exe", &ours) == 0 && stat(path.c_str(), &its) == 0 &&
         ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

/// The kernel still counts a process for a moment after its parent has been notified of its end.
bool remove_directory(const std::string& directory) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (rmdir(directory.c_str()) != 0) {
    if (errno == ENOENT) break;
    if (errno != EBUSY || std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::string parent_of(const std::string& directory) { return directory.substr(0, directory.rfind('/')); }

/// Removes an owner's directory and then ours if they are empty.
void remove_owner(const std::string& directory) {
  if (rmdir(directory.c_str()) == 0) rmdir(parent_of(directory).c_str());
}

/// Whether the process after which a probe's owner is named still runs.
bool is_probe_running(const std::string& owner) {
  const pid_t process = std::atoi(owner.c_str() + std::min(owner.size(), probe_prefix.size()));
  return process > 0 && (kill(process, 0) == 0 || errno != ESRCH);
}

}  // namespace

bool Cgroup::remove() {
  bool removed = true;
  for (const std::string& directory : m_directories) {
    removed = remove_directory(directory) && removed;
    remove_owner(parent_of(directory));
  }
  m_directories.clear();
  return removed;
}

void Cgroups::find() {
  std::call_once(m_found, [this] { find_hierarchies(); });
}

void Cgroups::find_hierarchies() {
  const std::map<std::string, std::string> own_groups = find_own_groups();
  std::ifstream mounts("/proc/self/mountinfo");
  // Without an error here, this process would never limit a sandbox with a control group.
  if (!mounts) throw sandbox_common::system_error("look for control groups: /proc/self/mountinfo", errno);
  m_why_not = "this user may not write to any control group";
  for (std::string line; std::getline(mounts, line);) {
    // "36 35 98:0 / /mount/point rw,noatime shared:1 - type source options"; see proc(5)
    const std::size_t separator = line.find(" - ");
    if (separator == std::string::npos) continue;
    std::istringstream before(line.substr(0, separator)), after(line.substr(separator + 3));
    std::string ignored, type, options, root, mount_point;
    before >> ignored >> ignored >> ignored >> root >> mount_point;
    after >> type >> ignored >> options;
    if (type != "cgroup" && type != "cgroup2") continue;
    Hierarchy hierarchy;
    hierarchy.unified = type == "cgroup2";
    std::string own;
    for (const auto& [controllers, group] : own_groups) {
      // The mount options of a version 1 hierarchy contain its controllers.
      const bool is_its = hierarchy.unified ? controllers.empty()
                                            : !controllers.empty() && has_word(options, ',', first_word(controllers));
      if (is_its) own = place_of(mount_point, root, group);
    }
    hierarchy.base = find_base(mount_point, own, hierarchy.unified);
    if (hierarchy.base.empty()) continue;
    char word_separator = ',';
    if (hierarchy.unified) {
      std::ifstream controllers(hierarchy.base + "/cgroup.controllers");
      options.clear();
      std::getline(controllers, options);
      word_separator = ' ';
    }
    hierarchy.memory = has_word(options, word_separator, "memory");
    hierarchy.processes = has_word(options, word_separator, "pids");
    hierarchy.cpu = has_word(options, word_separator, "cpu");
    if (hierarchy.memory || hierarchy.processes || hierarchy.cpu) m_hierarchies.push_back(hierarchy);
  }
  if (!m_hierarchies.empty()) m_why_not.clear();
}

std::string Cgroups::find_base(const std::string& mount_point, const std::string& own, bool unified) {
  if (is_writable(mount_point)) return mount_point;
  if (own.empty() || own == mount_point) return "";
  if (!unified) return is_writable(own) ? own : "";
  // Another process of this server may already have moved this process.
  if (own.ends_with(server_group) && is_writable(parent_of(own) + "/cgroup.procs")) return parent_of(own);
  if (is_writable(own) && is_writable(own + "/cgroup.procs") && is_writable(own + "/cgroup.subtree_control")) {
    return move_server_out(own);
  }
  return "";
}

/// Moves all processes of this server into a separate group. Returns the group that they were in, or an empty string if
/// other programs are in it or if it has no controller that could set a limit.
std::string Cgroups::move_server_out(const std::string& own) {
  const std::string leaf = own + server_group;
  std::ifstream file(own + "/cgroup.controllers");
  std::string controllers;
  std::getline(file, controllers);
  const auto has = [&](const char* controller) { return has_word(controllers, ' ', controller); };
  if (!has("memory") && !has("pids") && !has("cpu")) return "";
  std::vector<pid_t> processes = processes_in(own);
  const auto stranger = std::find_if_not(processes.begin(), processes.end(), is_of_this_server);
  if (stranger != processes.end()) {
    m_why_not = "the control group " + own + " is delegated, but process " + std::to_string(*stranger) +
                " of another program is in it: start the server in its own unit or scope";
    return "";
  }
  if (mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return "";
  // Each round moves the processes that have started since the last one.
  constexpr int most_rounds = 100;
  for (int round = 0; round < most_rounds && !processes.empty(); ++round) {
    for (const pid_t process : processes) write_value(leaf + "/cgroup.procs", std::to_string(process));
    processes = processes_in(own);
  }
  return processes.empty() ? own : "";
}

bool Cgroups::make_directory(const Hierarchy& hierarchy, const std::string& owner, const std::string& sandbox,
                             std::string& directory) {
  // In version 2, a group's controllers are enabled in its parent group. If the kernel refuses one, writing its limit
  // fails later.
  const auto enable_controllers = [&](const std::string& parent) {
    if (!hierarchy.unified) return;
    for (const char* controller : {"+memory", "+pids", "+cpu"}) {
      write_value(parent + "/cgroup.subtree_control", controller);
    }
  };
  const std::string ours = hierarchy.base + tellina_group;
  const std::string owners = ours + "/" + owner;
  directory = owners + "/" + sandbox;
  // Another process that removes the last group of an owner, or of all owners, also removes the parent directories.
  for (int attempt = 0; attempt < 10; ++attempt) {
    enable_controllers(hierarchy.base);
    if (mkdir(ours.c_str(), 0755) != 0 && errno != EEXIST) return false;
    enable_controllers(ours);
    if (mkdir(owners.c_str(), 0755) != 0 && errno != EEXIST && errno != ENOENT) return false;
    enable_controllers(owners);
    if (mkdir(directory.c_str(), 0755) == 0) return true;
    if (errno != ENOENT) return false;
  }
  return false;
}

Cgroup Cgroups::enter(const std::string& owner, const std::string& sandbox, pid_t process, const Limits& limits) {
  find();
  Cgroup group;
  for (const Hierarchy& hierarchy : m_hierarchies) {
    std::string directory;
    if (!make_directory(hierarchy, owner, sandbox, directory)) continue;
    group.m_directories.push_back(directory);
    const bool unified = hierarchy.unified;
    const std::string memory = std::to_string(limits.memory_in_bytes);
    const std::string quota = std::to_string(static_cast<std::int64_t>(limits.cpu * cpu_period));
    const std::string period = std::to_string(cpu_period);
    const bool has_memory =
        hierarchy.memory && write_value(directory + (unified ? "/memory.max" : "/memory.limit_in_bytes"), memory);
    const bool has_processes =
        hierarchy.processes && write_value(directory + "/pids.max", std::to_string(limits.processes));
    const bool has_cpu = hierarchy.cpu && (unified ? write_value(directory + "/cpu.max", quota + " " + period)
                                                   : write_value(directory + "/cpu.cfs_period_us", period) &&
                                                         write_value(directory + "/cpu.cfs_quota_us", quota));
    // Swap would bypass the limit. These files exist only if the kernel accounts for swap.
    if (has_memory && unified) write_value(directory + "/memory.swap.max", "0");
    if (has_memory && !unified) write_value(directory + "/memory.memsw.limit_in_bytes", memory);

    if (!write_value(directory + "/cgroup.procs", std::to_string(process))) continue;
    const char* const enforced_by = unified ? "cgroup v2" : "cgroup v1";
    if (has_memory) group.memory = enforced_by;
    if (has_processes) group.processes = enforced_by;
    if (has_cpu) group.cpu = enforced_by;
  }
  return group;
}

std::size_t Cgroups::sweep(const std::string& owner, const std::vector<std::string>& keep) {
  find();
  std::set<std::string> sandboxes;
  std::string stuck;
  for (const Hierarchy& hierarchy : m_hierarchies) {
    const std::string owners = hierarchy.base + tellina_group + "/" + owner;
    std::error_code none, error;
    std::vector<std::string> found;
    for (std::filesystem::directory_iterator entry(owners, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string sandbox = entry->path().filename();
      const bool stays = std::find(keep.begin(), keep.end(), sandbox) != keep.end();
      if (entry->is_directory(none) && !stays) found.push_back(sandbox);
    }
    if (error && error.value() != ENOENT) throw sandbox_common::system_error(owners, error.value());
    for (const std::string& sandbox : found) {
      const std::string directory = owners + "/" + sandbox;
      std::ifstream processes(directory + "/cgroup.procs");
      if (!processes && errno != ENOENT) throw sandbox_common::system_error(directory, errno);
      // This also ends processes that have no number in this process namespace.
      if (hierarchy.unified) write_value(directory + "/cgroup.kill", "1");
      for (pid_t process; processes >> process;) {
        // The kernel writes 0 for a process of another process namespace. kill(0) would end this process's own group.
        if (process > 0 && process != getpid()) kill(process, SIGKILL);
      }
      if (remove_directory(directory))
        sandboxes.insert(sandbox);
      else if (stuck.empty())
        stuck = directory;
    }
    // Runs even if no sandbox was found, because the owner may have died before it created its first group.
    remove_owner(owners);
  }
  if (!stuck.empty()) throw Error(ErrorCode::busy, stuck + ": its processes do not end");
  return sandboxes.size();
}

std::string Cgroups::probe_owner() { return std::string(probe_prefix) + std::to_string(getpid()); }

std::set<std::string> Cgroups::probe_owners() const {
  std::set<std::string> owners;
  for (const Hierarchy& hierarchy : m_hierarchies) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(hierarchy.base + tellina_group, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename();
      if (name == "probe" || name.starts_with(probe_prefix)) owners.insert(name);
    }
  }
  return owners;
}

void Cgroups::sweep_dead_probes() {
  std::call_once(m_found, [this] { find_hierarchies(); });
  for (const std::string& owner : probe_owners()) {
    if (is_probe_running(owner)) continue;
    try {
      sweep(owner, {});
    } catch (const Error&) {
      // What this process cannot remove does not prevent its sandboxes; the next probe tries again.
    }
  }
}

}  // namespace tellina::chroot_sandbox
