#include "plugins/sandbox_docker/forgotten_processes.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "plugins/sandbox_docker/container.hpp"

namespace tellina::docker_sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds longest_wait{1};

/// A line of /proc/PID/mountinfo. No path has spaces: the kernel writes them as \040.
class Mount {
 public:
  std::string device;  ///< "MAJOR:MINOR"
  std::string root;    ///< the folder of the file system that is mounted
  std::string place;

  static std::vector<Mount> read(const std::string& file) {
    std::vector<Mount> mounts;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields(line);
      std::string number, parent;
      Mount mount;
      if (fields >> number >> parent >> mount.device >> mount.root >> mount.place) mounts.push_back(std::move(mount));
    }
    return mounts;
  }
};

std::string escape(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
      constexpr char digits[] = "01234567";
      const auto octet = static_cast<unsigned char>(c);
      escaped += {'\\', digits[octet >> 6], digits[octet >> 3 & 7], digits[octet & 7]};
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// Where a folder is on its file system. `root` is empty if that is unknown.
Mount locate(const std::string& folder) {
  std::error_code error;
  const std::string path = escape(fs::canonical(folder, error).string());
  Mount found;
  if (error) return found;
  for (const Mount& mount : Mount::read("/proc/self/mountinfo")) {
    const std::string inside = mount.place == "/" ? mount.place : mount.place + "/";
    if (!path.starts_with(inside) || mount.place.size() < found.place.size()) continue;
    found = mount;  // of several at one place, the last one is visible
  }
  const std::string rest = path.substr(found.place == "/" ? 0 : found.place.size());
  found.root = found.root == "/" ? rest : found.root + rest;
  return found;
}

/// The token in the name of a sandbox's folder that is mounted for init; empty if there is none.
std::string find_token(const std::vector<Mount>& mounts, const Mount& folder) {
  const std::string sandboxes = folder.root + "/sandboxes/";
  for (const Mount& mount : mounts) {
    if (mount.place != folder_place || mount.device != folder.device || !mount.root.starts_with(sandboxes)) continue;
    // A removed folder has "//deleted" after its name.
    return mount.root.substr(sandboxes.size(), mount.root.find('.', sandboxes.size()) - sandboxes.size());
  }
  return "";
}

std::string namespace_of(const fs::path& process) {
  std::error_code error;
  return fs::read_symlink(process / "ns/mnt", error).string();
}

std::vector<std::string> control_groups_of(const fs::path& process) {
  std::vector<std::string> groups;
  std::ifstream lines(process / "cgroup");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string number, controllers, path;
    std::getline(fields, number, ':');
    std::getline(fields, controllers, ':');
    std::getline(fields, path);
    if (path.empty() || path == "/") continue;
    constexpr std::string_view named = "name=";
    if (controllers.starts_with(named)) controllers.erase(0, named.size());
    // Version 2 has no controllers here; next to version 1, its hierarchy is in "unified".
    for (const char* const place : {"", "unified"}) {
      if (!controllers.empty() && *place != '\0') continue;
      groups.push_back("/sys/fs/cgroup/" + (controllers.empty() ? place : controllers) + path);
    }
  }
  return groups;
}

}  // namespace

std::vector<MarkedProcess> find_marked_processes(const std::string& run_folder) {
  std::vector<MarkedProcess> found;
  const Mount folder = locate(run_folder);
  if (folder.root.empty()) return found;
  const std::string own_namespace = namespace_of("/proc/self");
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    MarkedProcess marked;
    // Before anything of it is read, so that it cannot become another process meanwhile.
    marked.process = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, std::stoi(name), 0)));
    const std::string its_namespace = namespace_of(entry->path());
    if (!marked.process || its_namespace.empty() || its_namespace == own_namespace) continue;
    marked.token = find_token(Mount::read(entry->path() / "mountinfo"), folder);
    if (marked.token.empty()) continue;
    marked.groups = control_groups_of(entry->path());
    found.push_back(std::move(marked));
  }
  return found;
}

void end_processes(const std::vector<MarkedProcess>& found) {
  for (const MarkedProcess& marked : found) syscall(SYS_pidfd_send_signal, marked.process.get(), SIGKILL, nullptr, 0);
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  for (const MarkedProcess& marked : found) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ended{marked.process.get(), POLLIN, 0};
    poll(&ended, 1, std::max(static_cast<int>(left.count()), 0));
  }
  for (const MarkedProcess& marked : found) {
    for (const std::string& group : marked.groups) rmdir(group.c_str());
  }
}

}  // namespace tellina::docker_sandbox
