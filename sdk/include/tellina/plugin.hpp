#pragma once

/// The parts of every plugin: one descriptor, one constructor, and one context from the host.
///
/// A plugin is a shared object that exports exactly one symbol, `tellina_plugin`, a PluginDescriptor of plain
/// data that TELLINA_PLUGIN writes. The host (1) opens the file, (2) compares `abi_tag` with its own before it
/// calls anything, (3) checks the plugin's section of config.json against `config_schema`, (4) calls `create`.
/// Plugins are never unloaded, so statics and exceptions of a plugin stay valid until the process ends.

#include <memory>
#include <type_traits>
#include <utility>

#include "tellina/abi_tag.hpp"
#include "tellina/clock.hpp"
#include "tellina/config.hpp"
#include "tellina/error.hpp"
#include "tellina/log.hpp"

namespace tellina {

enum class PluginKind { channel_layer, ordering_policy, sandbox };

inline const char* to_string(PluginKind kind) {
  switch (kind) {
    case PluginKind::channel_layer:
      return "channel layer";
    case PluginKind::ordering_policy:
      return "ordering policy";
    case PluginKind::sandbox:
      return "sandbox";
  }
  return "unknown kind";
}

/// What the host gives a plugin. It outlives the plugin.
///
/// Threads: `log`, `clock` and `random` may be used from any thread. `config` is the plugin's own section,
/// already checked against its schema; it still contains the key "plugin".
class PluginContext {
 public:
  PluginContext(Config config_, Log& log_, Clock& clock_, Random& random_)
      : config(std::move(config_)), log(log_), clock(clock_), random(random_) {}

  Config config;
  Log& log;
  Clock& clock;
  Random& random;
};

/// The base of the three kinds. The constructor reads the configuration and touches nothing outside the process
/// (no socket, no daemon, no file system change); it throws ConfigError or Error.
class TELLINA_VISIBLE Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;
};

/// Plain data, so that it can be read before any function of the plugin runs.
struct PluginDescriptor {
  const char* abi_tag;  ///< the value of TELLINA_SDK_ABI_TAG when the plugin was built
  PluginKind kind;
  const char* name;           ///< the name in config.json: lower-case letters, digits, '_'
  const char* version;        ///< of the plugin, "MAJOR.MINOR.PATCH"
  const char* config_schema;  ///< JSON Schema (an object) of the section; "plugin" need not be listed
  std::unique_ptr<Plugin> (*create)(const PluginContext&);
};

}  // namespace tellina

/// Writes the descriptor: `TELLINA_PLUGIN(sandbox, acme::PodmanSandbox, "podman", "1.0.0", schema)`.
/// `kind` is a PluginKind without its scope; `type` is constructed from a PluginContext.
#define TELLINA_PLUGIN(kind_, type_, name_, version_, schema_)                             \
  static_assert(std::is_base_of_v<tellina::PluginBase<tellina::PluginKind::kind_>, type_>, \
                #type_ " must derive from the SDK class of kind " #kind_);                 \
  extern "C" TELLINA_VISIBLE const tellina::PluginDescriptor tellina_plugin;               \
  const tellina::PluginDescriptor tellina_plugin = {                                       \
      TELLINA_SDK_ABI_TAG,                                                                 \
      tellina::PluginKind::kind_,                                                          \
      name_,                                                                               \
      version_,                                                                            \
      schema_,                                                                             \
      [](const tellina::PluginContext& context) -> std::unique_ptr<tellina::Plugin> {      \
        return std::make_unique<type_>(context);                                           \
      }}

namespace tellina {

class ChannelLayer;
class OrderingPolicy;
class SandboxBackend;

template <PluginKind kind>
struct PluginBaseOf;
template <>
struct PluginBaseOf<PluginKind::channel_layer> {
  using type = ChannelLayer;
};
template <>
struct PluginBaseOf<PluginKind::ordering_policy> {
  using type = OrderingPolicy;
};
template <>
struct PluginBaseOf<PluginKind::sandbox> {
  using type = SandboxBackend;
};
/// The SDK class that a plugin of a kind derives from.
template <PluginKind kind>
using PluginBase = typename PluginBaseOf<kind>::type;

}  // namespace tellina
