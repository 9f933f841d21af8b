#pragma once

/// Figures of a plugin that the host shows at /metrics.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "tellina/error.hpp"

namespace tellina {

/// A number that only grows, such as of requests. Copies count together; one without a value counts for nobody.
///
/// Threads: any. Neither blocks nor throws.
class PluginCounter {
 public:
  using Value = std::atomic<std::uint64_t>;

  PluginCounter() = default;
  explicit PluginCounter(std::shared_ptr<Value> value) : m_value(std::move(value)) {}

  void add(std::uint64_t count = 1) const {
    if (m_value) m_value->fetch_add(count, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<Value> m_value;
};

/// A number that grows and shrinks, such as of open connections. The rest is as with a PluginCounter.
class PluginGauge {
 public:
  using Value = std::atomic<std::int64_t>;

  PluginGauge() = default;
  explicit PluginGauge(std::shared_ptr<Value> value) : m_value(std::move(value)) {}

  void set(std::int64_t value) const {
    if (m_value) m_value->store(value, std::memory_order_relaxed);
  }
  void add(std::int64_t difference) const {
    if (m_value) m_value->fetch_add(difference, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<Value> m_value;
};

/// The figures of one plugin. The host implements it; plugins call PluginContext::counter() and gauge().
///
/// Threads: any.
class TELLINA_VISIBLE PluginMetrics {
 public:
  PluginMetrics() = default;
  PluginMetrics(const PluginMetrics&) = delete;
  PluginMetrics& operator=(const PluginMetrics&) = delete;
  virtual ~PluginMetrics() = default;
  virtual PluginCounter counter(std::string_view name, std::string_view help) = 0;
  virtual PluginGauge gauge(std::string_view name, std::string_view help) = 0;
};

}  // namespace tellina
