#include "host/store/process_identity.hpp"

#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "host/runtime/system.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace tellina {

namespace {

class ProcessStatus {
 public:
  ProcessStatus() = default;
  char state = 'X';
  std::uint64_t start_ticks = 0;
};

/// Returns the content of /proc/PID/stat, or nothing if the file cannot be opened or read to its end.
std::optional<std::string> read_stat_file(std::int64_t process_id) {
  const std::string path = "/proc/" + std::to_string(process_id) + "/stat";
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string line;
  std::array<char, 1024> part;
  for (;;) {
    const ssize_t size = read(file.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) return line;
    line.append(part.data(), static_cast<std::size_t>(size));
  }
}

/// From /proc/PID/stat (proc(5)). Field 2 is the name in parentheses and may contain anything, so this starts counting
/// after the last parenthesis, with field 3.
std::optional<ProcessStatus> read_status(std::int64_t process_id) {
  const std::optional<std::string> line = read_stat_file(process_id);
  if (!line) return std::nullopt;
  const std::size_t bracket = line->rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(line->substr(bracket + 1));
  ProcessStatus status;
  fields >> status.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  if (!(fields >> status.start_ticks)) return std::nullopt;
  return status;
}

/// Asks with a system call that needs neither a descriptor nor permission: only ESRCH means that there is no process.
bool has_no_process(std::int64_t process_id) {
  if (process_id <= 0 || process_id > std::numeric_limits<pid_t>::max()) return true;
  return kill(static_cast<pid_t>(process_id), 0) != 0 && errno == ESRCH;
}

}  // namespace

WorkerIdentity identify_this_process(std::string id) {
  WorkerIdentity worker;
  worker.id = std::move(id);
  worker.process_id = getpid();
  worker.boot_id = boot_id();
  const std::optional<ProcessStatus> status = read_status(worker.process_id);
  if (!status) throw Error(ErrorCode::internal, "cannot read /proc/self/stat", "mount /proc");
  worker.process_start_ticks = status->start_ticks;
  return worker;
}

bool is_alive(const WorkerIdentity& worker, const std::string& current_boot_id) {
  if (worker.boot_id != current_boot_id || has_no_process(worker.process_id)) return false;
  const std::optional<ProcessStatus> status = read_status(worker.process_id);
  // If the process has ended since, the next check finds it gone.
  if (!status) return true;
  return status->start_ticks == worker.process_start_ticks && status->state != 'Z' && status->state != 'X';
}

}  // namespace tellina
