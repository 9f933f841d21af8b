#pragma once

/// The context that a test gives a plugin.

#include <string>
#include <vector>

#include "host/runtime/system.hpp"
#include "support/collecting_log.hpp"
#include "support/virtual_loop.hpp"
#include "tellina/plugin.hpp"

namespace tellina::testing {

/// Must outlive the plugin that was made with context().
class PluginHost {
 public:
  PluginContext context(Config config = Config()) { return PluginContext(std::move(config), log, clock, random); }

  CollectingLog log;
  SystemClock clock;
  SeededRandom random;
};

/// {KEY: NUMBER} or {KEY: TEXT}, as a program builds it.
inline Config config_of(const std::string& key, Config::Node value) {
  value.path = key;
  Config::Node object;
  object.kind = Config::Kind::object;
  object.members.emplace_back(key, Config(std::make_shared<Config::Node>(std::move(value))));
  return Config(std::make_shared<Config::Node>(std::move(object)));
}
inline Config config_with_number(const std::string& key, std::int64_t number) {
  Config::Node value;
  value.kind = Config::Kind::integer;
  value.integer = number;
  return config_of(key, std::move(value));
}
inline Config config_with_text(const std::string& key, const std::string& text) {
  Config::Node value;
  value.kind = Config::Kind::string;
  value.text = text;
  return config_of(key, std::move(value));
}

}  // namespace tellina::testing
