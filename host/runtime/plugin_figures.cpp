#include "host/runtime/plugin_figures.hpp"

#include <algorithm>
#include <variant>

#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

/// Begins the names of all figures of plugins.
constexpr const char* prefix = "tellina_plugin_";

bool is_name(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || name.size() > limits::plugin_figure_name || !is_lower(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

void check_name(std::string_view name) {
  if (is_name(name)) return;
  throw Error(ErrorCode::bad_request,
              "expected the name of a figure: 1 to " + std::to_string(limits::plugin_figure_name) +
                  " lower-case letters, digits and '_', beginning with a letter; got " + in_quotes(name));
}

/// One line of plain text.
std::string line_of(std::string_view help) {
  std::string line = replace_invalid_utf8(utf8_prefix(help, limits::plugin_figure_help));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f || c == '\\' || c == '"'; }, ' ');
  return line;
}

}  // namespace

class PluginFigures::OnePlugin final : public PluginMetrics {
 public:
  OnePlugin(PluginKind kind, std::string plugin) : m_kind(kind), m_plugin(std::move(plugin)) {}

  PluginCounter counter(std::string_view name, std::string_view help) override {
    return PluginCounter(find<PluginCounter::Value>(name, help));
  }
  PluginGauge gauge(std::string_view name, std::string_view help) override {
    return PluginGauge(find<PluginGauge::Value>(name, help));
  }

  void add_to(MetricSamples& samples, const std::string& process) const {
    const MetricLabels labels{{"kind", std::string(section_name(m_kind))}, {"plugin", m_plugin}, {"process", process}};
    const std::lock_guard lock(m_mutex);
    for (const auto& [name, figure] : m_figures) {
      const auto add = [&, family = prefix + name, help = figure.help](const auto& value) {
        const bool is_counter = std::is_same_v<decltype(value), const std::shared_ptr<PluginCounter::Value>&>;
        samples.add(family, labels, static_cast<double>(value->load()), is_counter ? "_total" : "", help);
      };
      std::visit(add, figure.value);
    }
  }

 private:
  struct Figure {
    std::string help;
    std::variant<std::shared_ptr<PluginCounter::Value>, std::shared_ptr<PluginGauge::Value>> value;
  };

  static std::string_view section_name(PluginKind kind) {
    return kind == PluginKind::channel_layer     ? "channel_layer"
           : kind == PluginKind::ordering_policy ? "ordering"
                                                 : "sandbox";
  }

  template <typename Value>
  std::shared_ptr<Value> find(std::string_view name, std::string_view help) {
    check_name(name);
    const std::lock_guard lock(m_mutex);
    const auto found = m_figures.find(name);
    if (found != m_figures.end()) {
      if (const auto* same = std::get_if<std::shared_ptr<Value>>(&found->second.value)) return *same;
      throw Error(ErrorCode::bad_request,
                  "expected a figure that is either a counter or a gauge; " + in_quotes(name) + " is used as both");
    }
    if (m_figures.size() == limits::plugin_figures) {
      throw Error(ErrorCode::bad_request, "expected at most " + std::to_string(limits::plugin_figures) +
                                              " figures of a plugin, got another one: " + in_quotes(name));
    }
    auto value = std::make_shared<Value>(0);
    m_figures.emplace(std::string(name), Figure{line_of(help), value});
    return value;
  }

  const PluginKind m_kind;
  const std::string m_plugin;
  mutable std::mutex m_mutex;
  std::map<std::string, Figure, std::less<>> m_figures;
};

PluginFigures::PluginFigures() = default;
PluginFigures::~PluginFigures() = default;

PluginMetrics& PluginFigures::of(PluginKind kind, const std::string& plugin) {
  const std::lock_guard lock(m_mutex);
  std::unique_ptr<OnePlugin>& figures = m_plugins[{kind, plugin}];
  if (!figures) figures = std::make_unique<OnePlugin>(kind, plugin);
  return *figures;
}

void PluginFigures::add_to(MetricSamples& samples, const std::string& process) const {
  const std::lock_guard lock(m_mutex);
  for (const auto& [key, plugin] : m_plugins) plugin->add_to(samples, process);
}

}  // namespace tellina
