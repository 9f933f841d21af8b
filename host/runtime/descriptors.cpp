#include "host/runtime/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tellina/descriptor.hpp"

namespace tellina {

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

void require_free_descriptors(std::size_t count) {
  std::vector<Descriptor> opened;
  opened.reserve(count);
  while (opened.size() < count) {
    // A copy of a descriptor would not count for the machine's limit.
    Descriptor next(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!next) {
      const int error = errno;
      throw DescriptorShortage(
          ErrorCode::unavailable,
          "this process needs " + std::to_string(count) + " free descriptors to start, and " +
              std::to_string(opened.size()) + " are free: " + std::strerror(error),
          error == ENFILE ? "raise fs.file-max, or end programs that have many open files"
                          : "raise the hard limit of open files (LimitNOFILE= in a unit, ulimit -Hn in a shell)");
    }
    opened.push_back(std::move(next));
  }
}

}  // namespace tellina
