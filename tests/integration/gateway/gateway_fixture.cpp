#include "gateway/gateway_fixture.hpp"

#include <stdlib.h>

#include <fstream>

#include "gateway/raw_client.hpp"
#include "host/plugins/registry.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<ChannelLayer> make_memory_layer(Log& log, Clock& clock, Random& random) {
  static const PluginRegistry registry({fs::path(plugin_folder())});
  return registry.make_channel_layer("memory", PluginContext(Config(), log, clock, random));
}

}  // namespace

GatewayTest::GatewayTest() {
  std::string pattern = (fs::temp_directory_path() / "gateway_XXXXXX").string();
  folder = ::mkdtemp(pattern.data());
  fs::create_directories(folder / "static" / "html");
  std::ofstream(folder / "static" / "html" / "index.html") << "<!DOCTYPE html><title>study</title>";

  config.port = 0;
  config.id = "test";
  config.static_root = (folder / "static").string();
  layer = std::make_unique<FaultyLayer>(make_memory_layer(log, clock, random));
  worker = std::make_unique<FakeWorker>(*layer);
  for (std::size_t i = 0; i < loop_count; ++i) {
    loops.push_back(std::make_unique<AsioLoop>(clock));
    m_threads.emplace_back([loop = loops.back().get()] { loop->run(); });
  }
}

GatewayTest::~GatewayTest() {
  stop();
  for (const auto& loop : loops) loop->stop();
  for (std::thread& thread : m_threads) thread.join();
  worker.reset();
  gateway.reset();
  fs::remove_all(folder);
}

void GatewayTest::start() {
  std::vector<AsioLoop*> worker_loops;
  for (const auto& loop : loops) worker_loops.push_back(loop.get());
  gateway = std::make_unique<Gateway>(config, *layer, worker_loops, clock, random, log);
  port = gateway->start();
}

void GatewayTest::stop() {
  if (gateway) gateway->stop();
}

long GatewayTest::metric(const std::string& name_and_labels) {
  RawClient client(port);
  const std::string text = client.get("/metrics").body;
  const std::string line = "\ntellina_gateway_" + name_and_labels + " ";
  const auto place = text.find(line);
  return place == std::string::npos ? -1 : std::stol(text.substr(place + line.size()));
}

bool GatewayTest::wait_for_metric(const std::string& name_and_labels, long value) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < end) {
    if (metric(name_and_labels) == value) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace tellina::testing
