#include "host/store/process_identity.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <unistd.h>

#include "host/runtime/system.hpp"
#include "tellina/error.hpp"

namespace tellina {

namespace {

class ProcessStatus {
 public:
  ProcessStatus() = default;
  char state = 'X';
  std::uint64_t start_ticks = 0;
};

/// From /proc/PID/stat (proc(5)). Field 2 is the name in parentheses and may contain anything, so this starts counting
/// after the last parenthesis, with field 3.
std::optional<ProcessStatus> read_status(std::int64_t process_id) {
  std::ifstream file("/proc/" + std::to_string(process_id) + "/stat");
  const std::string line{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(bracket + 1));
  ProcessStatus status;
  fields >> status.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  if (!(fields >> status.start_ticks)) return std::nullopt;
  return status;
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
  if (worker.boot_id != current_boot_id) return false;
  const std::optional<ProcessStatus> status = read_status(worker.process_id);
  return status && status->start_ticks == worker.process_start_ticks && status->state != 'Z' && status->state != 'X';
}

}  // namespace tellina
