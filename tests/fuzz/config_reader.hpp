#pragma once

/// Reads a whole configuration, with the schemas of plugins that have settings of every kind.

#include <stdexcept>

#include "fuzz/target.hpp"
#include "host/config/load_host_config.hpp"

namespace tellina::fuzz {

class Plugins final : public PluginSchemas {
 public:
  std::vector<std::string> names(PluginKind kind) const override {
    if (kind == PluginKind::channel_layer) return {"memory", "ipc"};
    if (kind == PluginKind::ordering_policy) return {"strict"};
    return {"chroot", "process"};
  }
  std::string schema(PluginKind, const std::string&) const override {
    return R"({"type": "object", "properties": {
      "capacity": {"type": "integer", "minimum": 1, "maximum": 9223372036854775807},
      "share": {"type": "number", "minimum": 0.05}, "name": {"type": "string", "pattern": "^[a-z.]+:[0-9]+$"},
      "names": {"type": "array", "items": {"type": "string", "minLength": 1}}}, "additionalProperties": false})";
  }
  std::string options_schema(const std::string& name) const override {
    return name == "process" ? schema(PluginKind::sandbox, name) : "";
  }
};

/// Every error message must begin with "FILE:LINE:COLUMN: " or at least with the file's name. Archives are only
/// searched in the folder /nonexistent.
inline void read_config(BytesView text, const std::string& name) {
  static const Plugins plugins;
  const std::string file = "/nonexistent/" + name;
  try {
    parse_host_config(text, file, plugins);
  } catch (const ConfigError& error) {
    FUZZ_EXPECT(std::string_view(error.what()).starts_with(file));
  }
}

}  // namespace tellina::fuzz
