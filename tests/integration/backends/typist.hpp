#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "support/study_database.hpp"
#include "support/test_client.hpp"

namespace tellina::testing {

/// A participant at a page who types into `tee`, and reconnects whenever the connection ends.
///
/// Threads: begin(), then type(), then finish(), on one thread; typed() and acknowledged() from any.
class Typist {
 public:
  Typist(std::uint16_t port, std::string access_code);

  /// Starts the task, and `tee typed` in a raw terminal. Throws if that fails.
  void begin();
  /// Types ten keys a second until `continues` is false.
  void type(const std::atomic<bool>& continues);
  /// Waits until all keys have been acknowledged. Throws if they are not.
  void finish();

  const std::string& access_code() const { return m_access_code; }
  /// Keys.
  std::size_t typed() const { return m_typed; }
  std::size_t acknowledged() const { return m_acknowledged; }
  /// The longest time during which keys waited and none was acknowledged.
  std::chrono::duration<double> longest_silence() const { return m_longest_silence; }

  TestClient& client() { return m_client; }
  const std::string& keys() const { return m_keys; }
  /// Where the keys begin in the input, and their echo in the output.
  std::uint64_t input_before() const { return m_input_before; }
  std::uint64_t output_before() const { return m_output_before; }
  /// Acknowledged input when the connection first ended.
  std::uint64_t acknowledged_before_the_break() const { return m_acknowledged_before_the_break; }

 private:
  void look();
  void reconnect();

  std::string m_access_code;
  TestClient m_client;
  std::string m_keys;
  std::uint64_t m_input_before = 0;
  std::uint64_t m_output_before = 0;
  std::uint64_t m_acknowledged_before_the_break = 0;
  std::uint64_t m_acknowledged_input = 0;
  SteadyTime m_last_progress;
  std::chrono::duration<double> m_longest_silence{0};
  std::atomic<std::size_t> m_typed{0};
  std::atomic<std::size_t> m_acknowledged{0};
};

}  // namespace tellina::testing
