#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace tellina::testing {

/// While it exists, a process cannot open any descriptor: each attempt fails with EMFILE. Open descriptors stay open.
class NoDescriptors {
 public:
  explicit NoDescriptors(pid_t process = ::getpid()) : m_process(process) {
    // All descriptors below the lowest free one are open. With a lower limit, poll() would fail, because it compares
    // the number of its entries with the limit.
    rlim_t lowest_free = 0;
    const std::string folder = "/proc/" + std::to_string(process) + "/fd/";
    std::error_code none;
    while (std::filesystem::is_symlink(std::filesystem::symlink_status(folder + std::to_string(lowest_free), none))) {
      ++lowest_free;
    }
    if (::prlimit(process, RLIMIT_NOFILE, nullptr, &m_before) != 0) throw std::runtime_error("prlimit");
    const rlimit now{lowest_free, m_before.rlim_max};
    if (::prlimit(process, RLIMIT_NOFILE, &now, nullptr) != 0) throw std::runtime_error("prlimit");
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::prlimit(m_process, RLIMIT_NOFILE, &m_before, nullptr); }

 private:
  const pid_t m_process;
  rlimit m_before{};
};

}  // namespace tellina::testing
