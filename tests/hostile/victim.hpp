#pragma once

/// Another participant at work while an attack runs.

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

/// Of the keys typed during one attack, in milliseconds.
class Figures {
 public:
  std::size_t keys = 0;
  double median = 0;
  double p99 = 0;
  double longest = 0;
};

/// Types a key, waits for its echo, types the next one 20 ms later. Runs on a thread of its own until it is destroyed.
///
/// Threads: one calls the members.
class Victim {
 public:
  /// Returns once the victim sees a prompt. Throws std::runtime_error.
  Victim(std::uint16_t port, const std::string& access_code);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  /// Forgets what was measured.
  void begin();
  /// What was measured since begin(). A key that still waits counts with its time until now.
  Figures figures();
  /// How often the connection ended.
  int disconnections() const { return m_disconnections; }
  /// The shell's process number in the sandbox and its start time: another shell has others. Ends the measuring.
  std::string end_and_name_shell();
  /// Whether the record has what was typed and printed, byte for byte. After end_and_name_shell().
  bool is_recorded(const std::filesystem::path& database_file);
  /// At the start.
  const std::string& shell() const { return m_shell; }

 private:
  void run();
  std::string name_shell();

  const std::string m_access_code;
  testing::TestClient m_client;
  std::string m_shell;
  std::atomic<bool> m_goes_on{true};
  std::atomic<int> m_disconnections{0};
  std::atomic<std::int64_t> m_typed_at{0};  ///< in nanoseconds; 0 while no key waits
  std::mutex m_mutex;
  std::vector<double> m_times;
  std::thread m_thread;
};

}  // namespace tellina::hostile
