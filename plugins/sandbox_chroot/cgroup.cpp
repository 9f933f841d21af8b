#include "plugins/sandbox_chroot/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {

namespace {

constexpr const char* top = "/tellina";
/// The period of the cpu quota in microseconds: a session that has used its quota waits at most this long.
constexpr int cpu_period = 50'000;

bool write_value(const std::string& path, const std::string& value) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

bool has_word(const std::string& words, char separator, const std::string& word) {
  std::istringstream stream(words);
  for (std::string each; std::getline(stream, each, separator);) {
    if (each == word) return true;
  }
  return false;
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

std::string above(const std::string& directory) { return directory.substr(0, directory.rfind('/')); }

/// Removes an owner's directory and then ours if they are empty.
void remove_owner(const std::string& directory) {
  if (rmdir(directory.c_str()) == 0) rmdir(above(directory).c_str());
}

}  // namespace

bool Cgroup::remove() {
  bool removed = true;
  for (const std::string& directory : m_directories) {
    removed = remove_directory(directory) && removed;
    remove_owner(above(directory));
  }
  m_directories.clear();
  return removed;
}

void Cgroups::find_hierarchies() {
  std::ifstream mounts("/proc/self/mountinfo");
  // Otherwise this process would never limit a sandbox with a control group.
  if (!mounts) throw sandbox_common::system_error("look for control groups: /proc/self/mountinfo", errno);
  for (std::string line; std::getline(mounts, line);) {
    // "36 35 98:0 / /mount/point rw,noatime shared:1 - type source options"; see proc(5)
    const std::size_t separator = line.find(" - ");
    if (separator == std::string::npos) continue;
    std::istringstream before(line.substr(0, separator)), after(line.substr(separator + 3));
    std::string ignored, type, options;
    Hierarchy hierarchy;
    before >> ignored >> ignored >> ignored >> ignored >> hierarchy.mount_point;
    after >> type >> ignored >> options;
    char word_separator = ',';
    if (type == "cgroup2") {
      hierarchy.unified = true;
      std::ifstream controllers(hierarchy.mount_point + "/cgroup.controllers");
      std::getline(controllers, options);
      word_separator = ' ';
    } else if (type != "cgroup") {
      continue;
    }
    hierarchy.memory = has_word(options, word_separator, "memory");
    hierarchy.processes = has_word(options, word_separator, "pids");
    hierarchy.cpu = has_word(options, word_separator, "cpu");
    if (hierarchy.memory || hierarchy.processes || hierarchy.cpu) m_hierarchies.push_back(hierarchy);
  }
}

bool Cgroups::make_directory(const Hierarchy& hierarchy, const std::string& owner, const std::string& sandbox,
                             std::string& directory) {
  // In version 2, a group's controllers are enabled in its parent group. If the kernel refuses one, this shows later,
  // when its limit cannot be written.
  const auto pass_on = [&](const std::string& parent) {
    if (!hierarchy.unified) return;
    for (const char* controller : {"+memory", "+pids", "+cpu"}) {
      write_value(parent + "/cgroup.subtree_control", controller);
    }
  };
  const std::string ours = hierarchy.mount_point + top;
  const std::string owners = ours + "/" + owner;
  directory = owners + "/" + sandbox;
  // Another process that removes the last group of an owner, or of all owners, also removes the parent directories.
  for (int attempt = 0; attempt < 10; ++attempt) {
    pass_on(hierarchy.mount_point);
    if (mkdir(ours.c_str(), 0755) != 0 && errno != EEXIST) return false;
    pass_on(ours);
    if (mkdir(owners.c_str(), 0755) != 0 && errno != EEXIST && errno != ENOENT) return false;
    pass_on(owners);
    if (mkdir(directory.c_str(), 0755) == 0) return true;
    if (errno != ENOENT) return false;
  }
  return false;
}

Cgroup Cgroups::enter(const std::string& owner, const std::string& sandbox, pid_t process, const Limits& limits) {
  std::call_once(m_found, [this] { find_hierarchies(); });
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
    const char* const kept_by = unified ? "cgroup v2" : "cgroup v1";
    if (has_memory) group.memory = kept_by;
    if (has_processes) group.processes = kept_by;
    if (has_cpu) group.cpu = kept_by;
  }
  return group;
}

std::size_t Cgroups::sweep(const std::string& owner, const std::vector<std::string>& keep) {
  std::call_once(m_found, [this] { find_hierarchies(); });
  std::set<std::string> sandboxes;
  for (const Hierarchy& hierarchy : m_hierarchies) {
    const std::string owners = hierarchy.mount_point + top + "/" + owner;
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
      for (pid_t process; processes >> process;) kill(process, SIGKILL);
      if (remove_directory(directory)) sandboxes.insert(sandbox);
    }
    // Also if nothing was there: the owner may have died before it created its first group.
    remove_owner(owners);
  }
  return sandboxes.size();
}

}  // namespace tellina::chroot_sandbox
