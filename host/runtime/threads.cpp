#include "host/runtime/threads.hpp"

#include <system_error>
#include <utility>

#include "tellina/error.hpp"

namespace tellina {

std::thread start_thread(const std::string& purpose, std::function<void()> body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::unavailable, "cannot start a thread for " + purpose + ": " + error.code().message(),
                "raise the limit of processes and threads: TasksMax= in a unit, `ulimit -u` in a shell, pids.max of a "
                "control group");
  }
}

}  // namespace tellina
