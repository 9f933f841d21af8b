#pragma once

/// Programs that a benchmark starts.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "host/bench/time.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::bench {

class ChildProcess {
 public:
  /// Runs `program` in `folder`, in its own process group and with the default signal dispositions. Its standard error
  /// goes to NAME.err there. Throws BenchFailure if it cannot be started.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::filesystem::path& folder, const std::string& name);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Sends SIGINT, and SIGKILL if that does not end it within 30 s.
  ~ChildProcess();

  pid_t process() const { return m_process; }
  /// "exit status 1" or "signal 9"; nothing while it runs.
  std::optional<std::string> end();
  /// Waits up to `limit` until `program` prints a first line, and returns the line. If the program ends or prints
  /// nothing, throws BenchFailure with its errors.
  std::string first_line(std::chrono::milliseconds limit);
  /// The last part of its standard error.
  std::string last_errors() const;

 private:
  bool wait(std::chrono::milliseconds limit);

  std::string m_program;
  pid_t m_process = -1;
  std::optional<int> m_status;
  Descriptor m_output;
  std::filesystem::path m_errors;
};

}  // namespace tellina::bench
