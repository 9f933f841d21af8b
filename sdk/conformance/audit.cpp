#include "audit.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tellina/conformance/case.hpp"

namespace tellina::conformance {
namespace {

namespace fs = std::filesystem;

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

template <typename Visit>
void for_each_entry(const fs::path& folder, Visit visit) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) visit(*entries);
}

template <typename Visit>
void for_each_process(Visit visit) {
  for_each_entry("/proc", [&](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename();
    if (is_number(name)) visit(std::stoi(name));
  });
}

class Status {
 public:
  int parent = 0;
  std::string state;
  std::string start;  ///< empty if the process does not exist
};

Status read_status(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return {};
  std::istringstream fields(line.substr(end_of_name + 2));
  Status status;
  fields >> status.state >> status.parent;
  for (int field = 5; field <= 22; ++field) fields >> status.start;  // proc(5): field 22
  return status;
}

std::map<int, std::string> read_descriptors() {
  std::map<int, std::string> found;
  std::vector<int> numbers;
  for_each_entry("/proc/self/fd", [&](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename();
    if (is_number(name)) numbers.push_back(std::stoi(name));
  });
  for (const int number : numbers) {
    std::error_code closed;  // for example the one that listed the folder
    const fs::path target = fs::read_symlink("/proc/self/fd/" + std::to_string(number), closed);
    if (!closed) found.emplace(number, target.string());
  }
  return found;
}

std::set<int> read_threads() {
  std::set<int> found;
  for_each_entry("/proc/self/task",
                 [&](const fs::directory_entry& entry) { found.insert(std::stoi(entry.path().filename())); });
  return found;
}

void find_marked(const fs::path& folder, const std::string& mark, int depth, std::set<std::string>& found) {
  for_each_entry(folder, [&](const fs::directory_entry& entry) {
    std::error_code error;
    if (entry.path().filename().string().find(mark) != std::string::npos) {
      found.insert(entry.path());
    } else if (depth > 0 && !entry.is_symlink(error) && entry.is_directory(error)) {
      find_marked(entry.path(), mark, depth - 1, found);
    }
  });
}

std::string join(const std::set<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string compare_descriptors(const std::map<int, std::string>& before, const std::map<int, std::string>& after) {
  std::set<std::string> found;
  for (const auto& [number, target] : after) {
    const auto old = before.find(number);
    if (old == before.end()) found.insert(std::to_string(number) + " (" + target + ") is open");
  }
  for (const auto& [number, target] : before) {
    if (!after.contains(number))
      found.insert(std::to_string(number) + " (" + target + ") was closed, not the plugin's");
  }
  return join(found);
}

}  // namespace

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  // Unlike an iterator over the buffer, this throws nothing if the process has ended meanwhile.
  content << file.rdbuf();
  return content.str();
}

Processes descendants_of(int process) {
  std::multimap<int, ProcessKey> children;
  for_each_process([&](int number) {
    const Status status = read_status(number);
    if (!status.start.empty()) children.emplace(status.parent, ProcessKey(number, status.start));
  });
  Processes found;
  std::vector<int> todo{process};
  while (!todo.empty()) {
    const auto [from, to] = children.equal_range(todo.back());
    todo.pop_back();
    for (auto child = from; child != to; ++child) {
      found.insert(child->second);
      todo.push_back(child->second.first);
    }
  }
  return found;
}

Processes processes_with_mark(const std::string& mark) {
  Processes found;
  for_each_process([&](int number) {
    if (number == getpid() || read_all("/proc/" + std::to_string(number) + "/environ").find(mark) == std::string::npos)
      return;
    const std::string start = read_status(number).start;
    if (!start.empty()) found.emplace(number, start);
  });
  return found;
}

Processes relatives_of(const Processes& processes) {
  std::set<int> roots;
  for (const ProcessKey& process : processes) {
    int above = process.first;
    int parent = read_status(above).parent;
    while (parent > 1 && parent != getpid()) {
      above = parent;
      parent = read_status(above).parent;
    }
    roots.insert(parent == getpid() ? above : process.first);
  }
  Processes found = processes;
  for (const int root : roots) {
    found.merge(descendants_of(root));
    const std::string start = read_status(root).start;
    if (!start.empty()) found.emplace(root, start);
  }
  return found;
}

Processes still_running(const Processes& processes) {
  Processes left;
  for (const ProcessKey& process : processes) {
    const Status status = read_status(process.first);
    if (status.start == process.second && status.state != "Z") left.insert(process);
  }
  return left;
}

std::optional<int> process_named(const std::string& word) {
  std::optional<int> found;
  for_each_process([&](int number) {
    const std::string line = read_all("/proc/" + std::to_string(number) + "/cmdline");
    if (line.substr(0, line.find('\0')) == word && read_status(number).state != "Z") found = number;
  });
  return found;
}

std::string describe(const Processes& processes) {
  std::set<std::string> words;
  for (const ProcessKey& process : processes) {
    std::string name = read_all("/proc/" + std::to_string(process.first) + "/comm");
    if (!name.empty()) name.pop_back();
    words.insert(std::to_string(process.first) + " (" + name + ")");
  }
  return join(words);
}

std::set<std::string> cgroups_of(const Processes& processes) {
  const auto read_groups = [](const std::string& process) {
    std::set<std::string> found;
    std::istringstream lines(read_all("/proc/" + process + "/cgroup"));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t first = line.find(':');
      const std::size_t second = line.find(':', first + 1);
      if (second == std::string::npos) continue;
      std::string controllers = line.substr(first + 1, second - first - 1);
      if (controllers.starts_with("name=")) controllers.erase(0, 5);
      const std::string path = line.substr(second + 1);
      if (path == "/") continue;
      const std::string hierarchy = "/sys/fs/cgroup/" + (controllers.empty() ? "unified" : controllers);
      found.insert((fs::exists(hierarchy) ? hierarchy : "/sys/fs/cgroup") + path);
    }
    return found;
  };
  std::set<std::string> found;
  for (const ProcessKey& process : processes) found.merge(read_groups(std::to_string(process.first)));
  for (const std::string& own : read_groups("self")) {
    std::erase_if(found, [&](const std::string& group) { return own.starts_with(group); });
  }
  return found;
}

std::set<std::string> existing(const std::set<std::string>& paths) {
  std::set<std::string> found;
  std::error_code ignored;
  std::copy_if(paths.begin(), paths.end(), std::inserter(found, found.end()),
               [&](const std::string& path) { return fs::exists(path, ignored); });
  return found;
}

Processes adopted_by_this_process(const Processes& known) {
  Processes found;
  for (const ProcessKey& process : descendants_of(getpid())) {
    if (known.contains(process)) continue;
    if (waitpid(process.first, nullptr, WNOHANG) != process.first) found.insert(process);
  }
  return found;
}

void kill_below_this_process(const Processes& known) {
  eventually(
      [&] {
        const Processes all = adopted_by_this_process(known);
        for (const ProcessKey& one : all) kill(one.first, SIGKILL);
        return all.empty();
      },
      std::chrono::seconds(5));
}

Inventory Inventory::now() {
  Inventory inventory;
  auto& [mounts, cgroups, processes, files] = inventory.m_entries;
  std::istringstream lines(read_all("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) mounts.insert(line);
  std::vector<std::pair<fs::path, int>> todo{{"/sys/fs/cgroup", 6}};
  while (!todo.empty()) {
    const auto [folder, depth] = todo.back();
    todo.pop_back();
    for_each_entry(folder, [&, depth = depth](const fs::directory_entry& entry) {
      std::error_code error;
      if (entry.is_symlink(error) || !entry.is_directory(error)) return;
      cgroups.insert(entry.path());
      if (depth > 0) todo.emplace_back(entry.path(), depth - 1);
    });
  }
  for_each_process([&](int number) {
    const Status status = read_status(number);
    if (status.start.empty() || status.state == "Z") return;
    processes.insert(describe({ProcessKey(number, status.start)}));
  });
  for (const char* folder : {"/tmp", "/var/tmp", "/dev/shm", "/run"}) {
    for_each_entry(folder, [&](const fs::directory_entry& entry) { files.insert(entry.path()); });
  }
  return inventory;
}

std::set<std::string> Inventory::added_since(const Inventory& before, std::size_t kind) const {
  std::set<std::string> added;
  std::set_difference(m_entries[kind].begin(), m_entries[kind].end(), before.m_entries[kind].begin(),
                      before.m_entries[kind].end(), std::inserter(added, added.end()));
  return added;
}

std::set<std::string> Inventory::common(const std::set<std::string>& entries, std::size_t kind) const {
  std::set<std::string> found;
  std::set_intersection(m_entries[kind].begin(), m_entries[kind].end(), entries.begin(), entries.end(),
                        std::inserter(found, found.end()));
  return found;
}

Audit::Audit() : m_descriptors(read_descriptors()), m_threads(read_threads()), m_processes(descendants_of(getpid())) {}

Leaks Audit::find_now(const std::string& mark) const {
  Leaks leaks;
  const auto leak = [&](Leak kind) -> std::string& { return leaks[static_cast<std::size_t>(kind)]; };
  leak(Leak::descriptors) = compare_descriptors(m_descriptors, read_descriptors());

  std::set<std::string> threads;
  for (const int thread : read_threads()) {
    if (!m_threads.contains(thread)) threads.insert(std::to_string(thread));
  }
  leak(Leak::threads) = join(threads);

  Processes processes;
  const Processes now = descendants_of(getpid());
  std::set_difference(now.begin(), now.end(), m_processes.begin(), m_processes.end(),
                      std::inserter(processes, processes.end()));
  if (!mark.empty()) processes.merge(processes_with_mark(mark));
  leak(Leak::processes) = describe(processes);
  if (mark.empty()) return leaks;

  std::set<std::string> mounts;
  std::istringstream lines(read_all("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find(mark) != std::string::npos) mounts.insert(line);
  }
  leak(Leak::mounts) = join(mounts);

  std::set<std::string> cgroups;
  find_marked("/sys/fs/cgroup", mark, 6, cgroups);
  leak(Leak::cgroups) = join(cgroups);

  std::set<std::string> files;
  for (const char* folder : {"/tmp", "/var/tmp", "/dev/shm", "/run"}) find_marked(folder, mark, 3, files);
  leak(Leak::files) = join(files);
  return leaks;
}

Leaks Audit::find_leaks(const std::string& mark, const LeakKinds& known) const {
  Leaks leaks;
  const auto search_until = [&](std::chrono::milliseconds within, const LeakKinds& ignored) {
    const auto is_clean = [&] {
      leaks = find_now(mark);
      for (std::size_t kind = 0; kind < leak_kinds; ++kind) {
        if (!ignored[kind] && !leaks[kind].empty()) return false;
      }
      return true;
    };
    return eventually(is_clean, within);
  };
  if (!search_until(time_for_known_leaks, {})) search_until(time_for_leaks, known);
  return leaks;
}

}  // namespace tellina::conformance
