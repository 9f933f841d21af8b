#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "host/config/load_host_config.hpp"
#include "host/config/plugin_schemas.hpp"
#include "host/runtime/files.hpp"

namespace tellina {

/// Plugins whose schemas resemble the built-in ones, and use every feature that a plugin may use.
class FakePlugins : public PluginSchemas {
 public:
  /// A name and a schema.
  using InstalledPlugin = std::pair<std::string, std::string>;

  std::vector<std::string> names(PluginKind kind) const override {
    std::vector<std::string> found;
    for (const auto& plugin : installed(kind)) found.push_back(plugin.first);
    return found;
  }
  std::string schema(PluginKind kind, const std::string& name) const override {
    for (const auto& plugin : installed(kind)) {
      if (plugin.first == name) return plugin.second;
    }
    throw Error(ErrorCode::not_found, name);
  }

  std::string options_schema(const std::string& name) const override {
    const auto found = options.find(name);
    return found == options.end() ? "" : found->second;
  }

  const std::vector<InstalledPlugin>& installed(PluginKind kind) const {
    switch (kind) {
      case PluginKind::channel_layer:
        return channel_layers;
      case PluginKind::ordering_policy:
        return ordering_policies;
      case PluginKind::sandbox:
        return sandboxes;
    }
    throw Error(ErrorCode::not_found, "no such kind");
  }

  std::vector<InstalledPlugin> channel_layers = {
      {"memory", R"({"type": "object", "properties": {"capacity": {"type": "integer", "minimum": 1}}})"},
      {"redis", R"({"type": "object", "required": ["hosts"], "properties": {
                     "hosts": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/host"}}},
                   "$defs": {"host": {"type": "string", "pattern": "^[a-z.]+:[0-9]+$", "x-expected": "HOST:PORT"}}})"},
  };
  std::vector<InstalledPlugin> ordering_policies = {{"strict", "{}"}, {"slight", "{}"}};
  std::vector<InstalledPlugin> sandboxes = {
      {"chroot", R"({"type": "object", "additionalProperties": false, "properties": {
                      "memory_in_mib": {"type": "integer", "minimum": 16, "maximum": 65536, "default": 256},
                      "processes": {"type": "integer", "minimum": 4, "default": 64},
                      "disk_in_mib": {"type": "integer", "minimum": 1, "default": 10},
                      "network": {"type": "boolean", "default": false}}})"},
      {"docker", R"({"type": "object", "properties": {"image": {"type": "string", "maxLength": 20}}})"},
  };
  std::map<std::string, std::string> options = {
      {"docker", R"({"type": "object", "required": ["image"], "additionalProperties": false, "properties": {
                   "image": {"$ref": "#/$defs/name"}, "memory_in_mib": {"type": "integer", "minimum": 16}},
                 "$defs": {"name": {"type": "string", "minLength": 1}}})"}};
};

/// "access_codes" and the other required members, after the given ones.
inline std::string config_with(const std::string& members) {
  return "{" + members + (members.empty() ? "" : ", ") +
         R"("access_codes": ["bob"], "task_duration_in_seconds": 60, "tasks": []})";
}

/// A config with one filesystem task whose initial tree is the given one.
inline std::string config_with_tree(const std::string& tree) {
  return R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
{"type": "filesystem", "description": "d", "answer": {}, "initial_filesystem":
)" + tree +
         "}]}";
}

/// The message, or "" if the configuration is valid.
inline std::string error_of(const std::string& text, const PluginSchemas& plugins = FakePlugins(),
                            const std::string& file = "config.json") {
  try {
    parse_host_config(text, file, plugins);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

/// A text and its exact message.
class BrokenText {
 public:
  BrokenText(const char* name_, std::string text_, std::string message_)
      : name(name_), text(std::move(text_)), message(std::move(message_)) {}

  const char* name;
  std::string text;
  std::string message;
};

inline void PrintTo(const BrokenText& broken, std::ostream* out) { *out << broken.name; }

inline std::string name_of(const testing::TestParamInfo<BrokenText>& test) { return test.param.name; }

}  // namespace tellina
