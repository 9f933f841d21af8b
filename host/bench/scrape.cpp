#include "host/bench/scrape.hpp"

#include <algorithm>
#include <charconv>

#include "host/bench/time.hpp"

namespace tellina::bench {

std::optional<std::uint64_t> sum_of(std::string_view name, std::string_view metrics) {
  std::optional<std::uint64_t> sum;
  while (!metrics.empty()) {
    const std::string_view line = metrics.substr(0, metrics.find('\n'));
    metrics.remove_prefix(std::min(metrics.size(), line.size() + 1));
    if (!line.starts_with(name)) continue;
    const std::string_view behind = line.substr(name.size());
    if (!behind.starts_with(' ') && !behind.starts_with('{')) continue;
    const std::string_view number = behind.substr(behind.rfind(' ') + 1);
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || stop != number.data() + number.size()) return std::nullopt;
    sum = sum.value_or(0) + value;
  }
  return sum;
}

std::optional<std::uint64_t> count_overtakings(const client::Endpoint& endpoint) {
  const client::WaitLimit limit(system_clock(), answer_limit);
  const client::HttpResponse response = client::http_request(endpoint, "GET /metrics", {}, {}, limit);
  if (response.status != 200) return std::nullopt;
  return sum_of("tellina_worker_overtakings_total", response.body);
}

}  // namespace tellina::bench
