#include "host/bench/machine.hpp"

#include <cmath>
#include <fstream>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>

namespace tellina::bench {
namespace {

/// The text after the colon of the first line with that name.
std::string line_of(const char* file, const std::string& name) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

}  // namespace

std::string machine_description() {
  utsname system{};
  ::uname(&system);
  const double pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  const double gibibytes = pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024.0 * 1024 * 1024);
  return line_of("/proc/cpuinfo", "model name") + ", " + std::to_string(std::thread::hardware_concurrency()) +
         " cores, " + std::to_string(static_cast<int>(std::lround(gibibytes))) + " GiB, " + system.sysname + " " +
         system.release;
}

}  // namespace tellina::bench
