#pragma once

/// A running gateway on the real memory layer, with a fake worker behind it.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/fake_worker.hpp"
#include "host/gateway/gateway.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/runtime/system.hpp"
#include "support/collecting_log.hpp"

namespace tellina::testing {

class GatewayTest : public ::testing::Test {
 protected:
  static constexpr std::size_t loop_count = 2;

  GatewayTest();
  ~GatewayTest() override;

  /// Starts the gateway. Call it after setting `config`.
  void start();
  void stop();

  /// The value of a line of the gateway's own /metrics.
  long metric(const std::string& name_and_labels);
  /// Waits until the metric has the value; returns false after 5 s.
  bool wait_for_metric(const std::string& name_and_labels, long value);

  std::filesystem::path folder;  ///< removed at the end; static/ in it holds html/index.html
  SystemClock clock;
  SystemRandom random;
  CollectingLog log;
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
