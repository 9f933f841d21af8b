#pragma once

/// Another participant, who works while an attack runs.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/test_client.hpp"

namespace tellina::hostile {

/// The times from key to echo during one attack, in milliseconds.
class Figures {
 public:
  std::size_t keys = 0;
  double median = 0;
  double p99 = 0;
  double longest = 0;
};

/// Types a key, waits for its echo, and types the next one 20 ms later, on a separate thread, until it is destroyed.
///
/// Threads: one at a time.
class Victim {
 public:
  /// Returns once the victim sees a prompt. Throws std::runtime_error.
  Victim(std::uint16_t port, const std::string& access_code);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  /// Discards all measurements.
  void begin();
  /// The measurements since begin(). A key without an echo counts with the time until now.
  Figures figures();
  /// Why the victim types no more; empty while it does.
  std::string failure();
  /// How often the connection ended.
  int disconnections() const { return m_disconnections; }
  /// Identifies the shell by its process number in the sandbox and its start time. Ends the measurements.
  std::string end_and_name_shell();
  /// Whether the record has everything that was typed and printed, byte for byte. Call it after end_and_name_shell().
  bool is_recorded(const std::filesystem::path& database_file);
  /// The shell at the start, in the form of end_and_name_shell().
  const std::string& shell() const { return m_shell; }

 private:
  void run();
  std::string name_shell();

  const std::string m_access_code;
  testing::TestClient m_client;
  std::string m_shell;
  std::atomic<bool> m_is_running{true};
  std::atomic<int> m_disconnections{0};
  std::atomic<std::int64_t> m_typed_at{0};  ///< in nanoseconds; 0 while no key waits
  std::mutex m_mutex;
  std::vector<double> m_times;
  std::string m_failure;
  std::thread m_thread;
};

}  // namespace tellina::hostile
