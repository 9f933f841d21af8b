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

  std::string channel_key(const std::string& channel) const { return prefix + ":channel:" + channel; }
  /// Says how far an instance has come with a channel.
  std::string mark_key(const std::string& instance, const std::string& channel) const {
    return prefix + ":sender:" + instance + ":" + channel;
  }
  std::string wake_key(const std::string& instance) const { return prefix + ":wake:" + instance; }

  Address address;
  std::string prefix = "tellina";
  std::size_t capacity = 10'000;
  std::chrono::seconds expiry{60};
};

}  // namespace tellina::redis
