#include "host/bench/process_use.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <unistd.h>

namespace tellina::bench {
namespace {

namespace fs = std::filesystem;

std::string proc(pid_t process, const char* name) { return "/proc/" + std::to_string(process) + "/" + name; }

/// 0 if the process does not exist.
pid_t parent_of(pid_t process) {
  std::ifstream file(proc(process, "stat"));
  std::string line;
  std::getline(file, line);
  const std::size_t end_of_name = line.rfind(')');
  return end_of_name == std::string::npos ? 0 : std::stoi(line.substr(end_of_name + 4));
}

std::string program_of(pid_t process) {
  std::error_code ignored;
  return fs::read_symlink(proc(process, "exe"), ignored);
}

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

std::vector<pid_t> processes_of(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t process = std::stoi(name);
    children.emplace(parent_of(process), process);
  }
  const std::string program = program_of(root);
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [from, to] = children.equal_range(found[i]);
    for (auto child = from; child != to; ++child) {
      if (program_of(child->second) == program) found.push_back(child->second);
    }
  }
  return found;
}

std::chrono::nanoseconds processor_time(const std::vector<pid_t>& processes) {
  std::chrono::nanoseconds sum{0};
  for (const pid_t process : processes) {
    clockid_t clock = 0;
    if (::clock_getcpuclockid(process, &clock) == 0) sum += read_clock(clock);
  }
  return sum;
}

std::uint64_t resident_bytes(const std::vector<pid_t>& processes) {
  std::uint64_t pages = 0;
  for (const pid_t process : processes) {
    std::ifstream file(proc(process, "statm"));
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (file >> size >> resident) pages += resident;
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::nanoseconds own_processor_time() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace tellina::bench
