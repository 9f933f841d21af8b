/// What a lane counts, for /metrics.

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "host/worker/http_requests.hpp"
#include "host/worker/worker_lane.hpp"

namespace tellina {
namespace {

void add_file(MetricSamples& samples, const char* name, const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return;
  samples.add("tellina_store_bytes", {{"file", name}}, static_cast<double>(status.st_size));
}

}  // namespace

void add_store_files(MetricSamples& samples, const Store& store) {
  const std::string path = store.path();
  add_file(samples, "database", path);
  add_file(samples, "log", path + "-wal");
  struct statvfs disk {};
  if (statvfs(path.c_str(), &disk) != 0) return;
  samples.add("tellina_store_disk_free_bytes", {},
              static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize));
}

MetricSamples WorkerLane::describe() const {
  std::uint64_t overtakings = m_overtakings;
  for (const auto& [id, connection] : m_connections) overtakings += connection->overtakings();
  const SessionStatistics& statistics = *m_environment.statistics;
  const MetricLabels worker{{"worker", std::to_string(m_environment.number)}};
  MetricSamples samples;
  samples.add("tellina_worker_connections", worker, static_cast<double>(m_connections.size()));
  samples.add("tellina_worker_sessions", worker, static_cast<double>(m_sessions.size()));
  samples.add("tellina_worker_messages", worker, static_cast<double>(m_messages), "_total");
  samples.add("tellina_worker_overtakings", worker, static_cast<double>(overtakings), "_total");
  const std::pair<const char*, std::int64_t> sandboxes[] = {
      {"starting", statistics.sandboxes_starting},
      {"ready", statistics.sandboxes_ready},
      {"running", statistics.sandboxes_there - statistics.sandboxes_ready},
      {"leaving", statistics.sandboxes_leaving}};
  for (const auto& [state, number] : sandboxes) {
    MetricLabels labels = worker;
    labels["state"] = state;
    samples.add("tellina_sandboxes", labels, static_cast<double>(number));
  }
  samples.add("tellina_sandbox_failures", worker, static_cast<double>(statistics.sandbox_failures), "_total");
  samples.add("tellina_sandbox_start_seconds", worker, statistics.sandbox_start);
  samples.add("tellina_key_to_echo_seconds", worker, statistics.key_to_echo);
  if (m_environment.process.empty()) return samples;
  if (const Histogram* times = m_environment.store.commit_times()) {
    samples.add("tellina_store_commit_seconds", worker, *times);
  }
  samples.add_process(m_environment.process, m_environment.loop.clock());
  return samples;
}

}  // namespace tellina
