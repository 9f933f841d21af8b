#pragma once

/// The counters and gauges of this process's plugins.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "host/runtime/metric_samples.hpp"
#include "tellina/plugin.hpp"

namespace tellina {

/// Threads: any. Lifetime: longer than the plugins.
class PluginFigures {
 public:
  PluginFigures();
  PluginFigures(const PluginFigures&) = delete;
  PluginFigures& operator=(const PluginFigures&) = delete;
  ~PluginFigures();

  /// The figures of all instances of a plugin.
  PluginMetrics& of(PluginKind kind, const std::string& plugin);

  /// Adds all figures, with the labels kind, plugin and process.
  void add_to(MetricSamples& samples, const std::string& process) const;

 private:
  class OnePlugin;

  mutable std::mutex m_mutex;
  std::map<std::pair<PluginKind, std::string>, std::unique_ptr<OnePlugin>> m_plugins;
};

}  // namespace tellina
