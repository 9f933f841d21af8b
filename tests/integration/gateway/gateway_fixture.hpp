#pragma once

/// A running gateway on the real memory layer, with a fake worker behind it.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/fake_worker.hpp"
#include "host/gateway/gateway.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/runtime/system.hpp"

namespace tellina::testing {

/// Keeps what is logged. Threads: any.
class KeptLog final : public Log {
 public:
  void write(LogLevel, std::string_view text) override {
    std::lock_guard lock(m_mutex);
    m_text.append(text).append("\n");
  }
  std::string text() {
    std::lock_guard lock(m_mutex);
    return m_text;
  }

 private:
  std::mutex m_mutex;
  std::string m_text;
};

class GatewayTest : public ::testing::Test {
 protected:
  static constexpr std::size_t loop_count = 2;

  GatewayTest();
  ~GatewayTest() override;

  /// Called by the test once it has set `config`.
  void start();
  void stop();

  /// The value of a line of /metrics, asked of the gateway itself.
  long metric(const std::string& name_and_labels);
  /// Waits until the metric has the value; false after 5 s.
  bool wait_for_metric(const std::string& name_and_labels, long value);

  std::filesystem::path folder;  ///< removed at the end; static/ in it holds html/index.html
  SystemClock clock;
  SystemRandom random;
  KeptLog log;
  GatewayConfig config;
  std::unique_ptr<FaultyLayer> layer;
  std::unique_ptr<FakeWorker> worker;
  std::vector<std::unique_ptr<AsioLoop>> loops;
  std::unique_ptr<Gateway> gateway;
  std::uint16_t port = 0;

 private:
  std::vector<std::thread> m_threads;
};

}  // namespace tellina::testing
