#include "hostile/host_view.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <grp.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/runtime/files.hpp"

namespace tellina::hostile {
namespace {

namespace fs = std::filesystem;

std::string link_at(const std::string& path) {
  std::error_code none;
  return fs::read_symlink(path, none).string();
}

std::string identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

void read_status(std::istream& lines, ProcessView& view) {
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(line.find(':') + 1));
    if (line.starts_with("Uid:")) {
      for (uid_t user = 0; words >> user;) view.users.insert(user);
    } else if (line.starts_with("CapPrm:") || line.starts_with("CapEff:") || line.starts_with("CapInh:") ||
               line.starts_with("CapAmb:")) {
      std::uint64_t some = 0;
      words >> std::hex >> some;
      view.capabilities |= some;
    } else if (line.starts_with("NoNewPrivs:")) {
      words >> view.gains_no_privileges;
    } else if (line.starts_with("Seccomp:")) {
      int mode = 0;
      words >> mode;
      view.has_filter = mode == 2;
    } else if (line.starts_with("TracerPid:")) {
      pid_t tracer = 0;
      words >> tracer;
      view.is_traced = tracer != 0;
    } else if (line.starts_with("NSpid:")) {
      while (words >> view.number_inside) continue;
    }
  }
}

/// proc_pid_stat(5): fields 14, 15, 19 and 41.
bool read_stat(const std::string& text, ProcessView& view) {
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return false;
  std::istringstream fields(text.substr(end_of_name + 2));
  std::string field;
  for (int number = 3; fields >> field; ++number) {
    if (number == 3 && (field == "Z" || field == "X")) return false;
    if (number == 14 || number == 15) {
      view.seconds += std::stod(field) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    if (number == 19) view.nice = std::stoi(field);
    if (number == 41) view.policy = std::stoi(field);
  }
  return true;
}

long read_most_files(std::istream& lines) {
  constexpr std::string_view name = "Max open files";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream words(line.substr(name.size()));
    std::string soft;
    long hard = 0;
    words >> soft >> hard;
    return hard;
  }
  return 0;
}

}  // namespace

std::optional<ProcessView> ProcessView::of(pid_t number) {
  const std::string folder = "/proc/" + std::to_string(number);
  ProcessView view;
  view.number = number;
  if (!read_stat(read_text(folder + "/stat"), view)) return {};
  std::istringstream status(read_text(folder + "/status"));
  read_status(status, view);
  std::istringstream limits(read_text(folder + "/limits"));
  view.most_files = read_most_files(limits);
  view.score_of_killer = std::atoi(read_text(folder + "/oom_score_adj").c_str());
  view.process_namespace = link_at(folder + "/ns/pid");
  for (const char* kind : {"user", "mnt", "net", "ipc", "uts", "cgroup"}) {
    view.namespaces.push_back(link_at(folder + "/ns/" + kind));
  }
  view.root = identity_of(folder + "/root/");
  view.program = identity_of(folder + "/exe");
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder + "/fd", none)) view.files.push_back(link_at(entry.path()));
  // If the process has ended meanwhile, some of this is empty.
  if (identity_of(folder + "/exe").empty()) return {};
  return view;
}

std::vector<SandboxView> find_sandboxes(const std::set<pid_t>& processes, bool with_unconfined) {
  const std::string ours = link_at("/proc/self/ns/pid");
  std::map<std::string, SandboxView> found;
  for (const pid_t number : processes) {
    std::optional<ProcessView> view = ProcessView::of(number);
    if (!view || (view->process_namespace == ours && !with_unconfined)) continue;
    SandboxView& sandbox = found[view->process_namespace];
    if (view->number_inside == 1)
      sandbox.init = std::move(view);
    else
      sandbox.processes.push_back(std::move(*view));
  }
  std::vector<SandboxView> all;
  for (auto& [name, sandbox] : found) all.push_back(std::move(sandbox));
  return all;
}

bool as_user(uid_t user, bool (*action)()) {
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    // The system calls themselves: glibc's functions would change the user of all threads.
    const bool has_become =
        ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresuid, user, user, user) == 0;
    ::_exit(has_become && action() ? 0 : 1);
  }
  int status = -1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status == 0;
}

bool can_watch_files() { return ::inotify_init1(IN_CLOEXEC) >= 0; }

bool can_open_terminal() { return ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0; }

bool has_whole_pipes() {
  constexpr ssize_t whole = 65536;
  static const char bytes[whole] = {};
  int ends[2];
  return ::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0 && ::write(ends[1], bytes, whole) == whole;
}

bool can_wait_for_files() {
  const int waiting = ::epoll_create1(EPOLL_CLOEXEC);
  int ends[2];
  epoll_event event{};
  return waiting >= 0 && ::pipe2(ends, O_CLOEXEC) == 0 && ::epoll_ctl(waiting, EPOLL_CTL_ADD, ends[0], &event) == 0;
}

}  // namespace tellina::hostile
