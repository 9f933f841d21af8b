#pragma once

/// The plugin's section of config.json.

#include <chrono>
#include <cstddef>
#include <string>

#include "tellina/channel_layer.hpp"
#include "url.hpp"

namespace tellina::redis {

class Settings {
 public:
  /// Throws ConfigError.
  explicit Settings(const Config& config);

  Address address;
  std::string prefix = "tellina";
  std::size_t capacity = 10'000;
  std::chrono::seconds expiry{60};
};

}  // namespace tellina::redis
