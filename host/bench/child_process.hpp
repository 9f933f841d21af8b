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
  /// Runs `program` in `folder`, in a process group of its own and with the default signal dispositions; its errors
  /// go to NAME.err there. Throws BenchFailure where it cannot be started.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::filesystem::path& folder, const std::string& name);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// SIGINT, and SIGKILL where that does not end it within 30 s.
  ~ChildProcess();

  pid_t process() const { return m_process; }
  /// "exit status 1", "signal 9"; nothing while it runs.
  std::optional<std::string> end();
  /// Waits until `program` has said a first line, at most `limit`, and returns it. Throws BenchFailure with what it
  /// said where it ends or says nothing.
  std::string first_line(std::chrono::milliseconds limit);
  /// The end of what it wrote to its standard error.
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
