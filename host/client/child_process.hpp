#pragma once

/// Programs that a client starts, such as a server of its own.

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "host/client/http.hpp"
#include "tellina/clock.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::client {

class ChildProcess {
 public:
  /// Runs `program` in `folder`, in its own process group and with the default signal dispositions. Its standard error
  /// goes to NAME.err there. Throws ClientFailure if it cannot be started. The clock must outlive the object.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::filesystem::path& folder, const std::string& name, const Clock& clock);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Sends SIGINT, and SIGKILL if that does not end it within 30 s.
  ~ChildProcess();

  pid_t process() const { return m_process; }
  /// "exit status 1" or "signal 9"; nothing while it runs.
  std::optional<std::string> end();
  /// Waits up to `limit` until `program` prints a first line, and returns the line. If the program ends or prints
  /// nothing, throws ClientFailure with its errors. `check` is called after each signal, and may throw to end the wait.
  std::string first_line(
      std::chrono::milliseconds limit, const std::function<void()>& check = [] {});
  /// The last part of its standard error.
  std::string last_errors() const;

 private:
  bool wait(std::chrono::milliseconds limit);

  const Clock& m_clock;
  std::string m_program;
  pid_t m_process = -1;
  std::optional<int> m_status;
  Descriptor m_output;
  std::filesystem::path m_errors;
};

/// The file of this program.
std::filesystem::path own_program();

/// The address that a server prints in its first line, "listening on http://ADDRESS:PORT". Throws ClientFailure; see
/// ChildProcess::first_line().
Endpoint wait_for_endpoint(
    ChildProcess& server, std::chrono::milliseconds limit, const std::function<void()>& check = [] {});

}  // namespace tellina::client
