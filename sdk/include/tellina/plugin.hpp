#pragma once

/// The parts of every plugin: one descriptor, one constructor, and one context from the host.
///
/// A plugin is a shared object that exports exactly one symbol, `tellina_plugin`, a PluginDescriptor of plain
/// data that TELLINA_PLUGIN writes. TELLINA_PLUGIN also writes the ABI tag and the name into sections of the file.
/// The host (1) reads these from the file's bytes, and compares the tag with its own, before anything of the plugin
/// runs; (2) opens the file if config.json names the plugin, which runs its static constructors; (3) checks the
/// plugin's section of config.json against `config_schema`; (4) calls `create`.
/// Plugins are never unloaded, so statics and exceptions of a plugin stay valid until the process ends.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tellina/abi_tag.hpp"
#include "tellina/clock.hpp"
#include "tellina/config.hpp"
#include "tellina/error.hpp"
#include "tellina/layout.hpp"
#include "tellina/log.hpp"
#include "tellina/metrics.hpp"

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
  /// `metrics`: null if nobody reads the figures.
  PluginContext(Config config_, Log& log_, Clock& clock_, Random& random_, PluginMetrics* metrics = nullptr)
      : config(std::move(config_)), log(log_), clock(clock_), random(random_), m_metrics(metrics) {}

  /// A figure that /metrics shows as `tellina_plugin_NAME_total` (a counter) or `tellina_plugin_NAME` (a gauge), with
  /// the labels `kind`, `plugin` and `process`. `name`: lower-case letters, digits and '_', at most 64 bytes, beginning
  /// with a letter. `help`: one line for people, at most 200 bytes; that of the first call counts. Calls with the same
  /// name return the same figure, also to other instances of the plugin in this process. Call them from the constructor
  /// or later, and keep the result: a call takes a lock. Threads: any.
  ///
  /// Throws Error(bad_request) for another name, for a name that the plugin uses for the other kind of figure, and for
  /// the 65th name of a plugin.
  PluginCounter counter(std::string_view name, std::string_view help = {}) const {
    return m_metrics ? m_metrics->counter(name, help) : PluginCounter();
  }
  PluginGauge gauge(std::string_view name, std::string_view help = {}) const {
    return m_metrics ? m_metrics->gauge(name, help) : PluginGauge();
  }

  Config config;
  Log& log;
  Clock& clock;
  Random& random;

 private:
  PluginMetrics* m_metrics;
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

/// Plain data, so that it can be read before any function of the plugin runs. Later versions may append members: the
/// host reads only those that lie within `size`.
struct PluginDescriptor {
  const char* abi_tag;  ///< the value of `abi_tag` for this kind when the plugin was built
  PluginKind kind;
  const char* name;           ///< the name in config.json: lower-case letters, digits, '_'
  const char* version;        ///< of the plugin, "MAJOR.MINOR.PATCH"
  const char* config_schema;  ///< JSON Schema (an object) of the section; "plugin" need not be listed
  std::unique_ptr<Plugin> (*create)(const PluginContext&);
  std::uint32_t size = sizeof(PluginDescriptor);  ///< in bytes, when the plugin was built
  /// Of a sandbox: JSON Schema (an object) of a task's "sandbox", whose value reaches SandboxSpec::options. Null if
  /// tasks have no such options.
  const char* options_schema = nullptr;
};

TELLINA_BEGIN_LAYOUTS
/// What every kind of plugin exchanges with the host.
inline constexpr LayoutHash plugin_layout =
    LayoutHash()
        .number(TELLINA_SDK_REVISION)
        .type<std::string>()
        .type<std::vector<std::string>>()
        .type<std::map<std::string, std::string>>()
        .type<std::optional<std::string>>()
        .type<std::function<void()>>()
        .type<std::unique_ptr<Plugin>>()
        .last(Config::Kind::object)
        .type<Config>()
        .type<Config::Node>(
            {offsetof(Config::Node, kind), offsetof(Config::Node, boolean), offsetof(Config::Node, integer),
             offsetof(Config::Node, number), offsetof(Config::Node, text), offsetof(Config::Node, items),
             offsetof(Config::Node, members), offsetof(Config::Node, file), offsetof(Config::Node, line),
             offsetof(Config::Node, column), offsetof(Config::Node, path)})
        .last(ErrorCode::internal)
        .type<Error>()
        .type<ConfigError>()
        .last(LogLevel::error)
        .type<Log>()
        .type<MonotonicTime>()
        .type<WallTime>()
        .type<Clock>()
        .type<Random>()
        .last(PluginKind::sandbox)
        .type<PluginCounter>()
        .type<PluginGauge>()
        .type<PluginMetrics>()
        .type<PluginContext>({offsetof(PluginContext, config)})
        .type<Plugin>();
TELLINA_END_LAYOUTS

/// `layout` is plugin_layout and what a kind adds to it. The header of each kind defines it.
template <PluginKind kind>
struct PluginLayout;

/// Zero bytes follow the text.
using AbiTag = std::array<char, 160>;

constexpr AbiTag make_abi_tag(std::string_view kind, std::uint64_t layout) {
  AbiTag tag{};
  std::size_t size = 0;
  for (const std::string_view part : {std::string_view(TELLINA_SDK_ABI_TAG "/"), kind, std::string_view("-")}) {
    for (const char c : part) tag[size++] = c;
  }
  for (int shift = 60; shift >= 0; shift -= 4) tag[size++] = "0123456789abcdef"[(layout >> shift) & 0xf];
  tag[size] = '\0';
  return tag;
}

/// The whole ABI tag of a plugin: TELLINA_SDK_ABI_TAG, the kind, and the hash of the layouts. A host refuses a plugin
/// with another tag, because C++ objects cross the boundary, and versions with MAJOR 0 make no promise to each other.
template <PluginKind kind>
inline constexpr AbiTag abi_tag = make_abi_tag(kind == PluginKind::channel_layer     ? "channel_layer"
                                               : kind == PluginKind::ordering_policy ? "ordering_policy"
                                                                                     : "sandbox",
                                               PluginLayout<kind>::layout.value);

/// A plugin's name as it is in the file. A longer one is cut.
using PluginNameNote = std::array<char, 128>;

constexpr PluginNameNote make_name_note(const char* name) {
  PluginNameNote note{};
  for (std::size_t i = 0; name && name[i] && i + 1 < note.size(); ++i) note[i] = name[i];
  return note;
}

}  // namespace tellina

#if defined(__has_attribute) && __has_attribute(retain)
#define TELLINA_NOTE_SECTION(section_) __attribute__((used, retain, section(section_)))
#else
#define TELLINA_NOTE_SECTION(section_) __attribute__((used, section(section_)))
#endif

/// Writes what the host reads from the file's bytes. `name` is a constant, such as a string literal.
#define TELLINA_PLUGIN_NOTES(tag_, name_)                                                        \
  TELLINA_NOTE_SECTION(".tellina_tag") static constexpr tellina::AbiTag tellina_note_tag = tag_; \
  TELLINA_NOTE_SECTION(".tellina_name")                                                          \
  static const tellina::PluginNameNote tellina_note_name = tellina::make_name_note(name_)

/// Writes the descriptor: `TELLINA_PLUGIN(sandbox, acme::PodmanSandbox, "podman", "1.0.0", schema)`.
/// `kind` is a PluginKind without its scope; `type` is constructed from a PluginContext; `name` is a string literal, or
/// another constant.
#define TELLINA_PLUGIN(kind_, type_, name_, version_, schema_) \
  TELLINA_PLUGIN_WITH_OPTIONS(kind_, type_, name_, version_, schema_, nullptr)

/// The same for a sandbox whose tasks have options: `options_schema` is the schema of a task's "sandbox".
#define TELLINA_PLUGIN_WITH_OPTIONS(kind_, type_, name_, version_, schema_, options_schema_) \
  static_assert(std::is_base_of_v<tellina::PluginBase<tellina::PluginKind::kind_>, type_>,   \
                #type_ " must derive from the SDK class of kind " #kind_);                   \
  TELLINA_PLUGIN_NOTES(tellina::abi_tag<tellina::PluginKind::kind_>, name_);                 \
  extern "C" TELLINA_VISIBLE const tellina::PluginDescriptor tellina_plugin;                 \
  const tellina::PluginDescriptor tellina_plugin = {                                         \
      tellina::abi_tag<tellina::PluginKind::kind_>.data(),                                   \
      tellina::PluginKind::kind_,                                                            \
      name_,                                                                                 \
      version_,                                                                              \
      schema_,                                                                               \
      [](const tellina::PluginContext& context) -> std::unique_ptr<tellina::Plugin> {        \
        return std::make_unique<type_>(context);                                             \
      },                                                                                     \
      sizeof(tellina::PluginDescriptor),                                                     \
      options_schema_}

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
