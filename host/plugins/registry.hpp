#pragma once

/// The plugins that are installed, and the only way to make one.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/config/plugin_schemas.hpp"
#include "host/plugins/plugin_file.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/log.hpp"
#include "tellina/ordering_policy.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// Reads every *.so of some folders once, when it is made; a folder or a file that cannot be used becomes a problem and
/// hinders nobody else. Constructing it is also what loads the shared objects; they stay until the process ends.
///
/// Threads: the functions are const and may be called from any.
class PluginRegistry final : public PluginSchemas {
 public:
  /// `folders` in the order of plugin_search_path(); one that is named twice is read once.
  explicit PluginRegistry(const std::vector<std::filesystem::path>& folders);

  /// By kind, then by name. Plugins that share kind and name are all here, and are a problem too.
  const std::vector<PluginFile>& plugins() const { return m_plugins; }

  /// One sentence each, with the file, what was expected and what was found.
  const std::vector<std::string>& problems() const { return m_problems; }

  /// By name; each name once.
  std::vector<InstalledPlugin> installed(PluginKind kind) const override;

  /// The plugin that config.json chose. `context` must outlive it, with what it lends.
  ///
  /// Throws Error(not_found) where no plugin has the name and the kind, Error(bad_config) where two have, and whatever
  /// the plugin's constructor throws: ConfigError as it is, for it names the place in config.json; Error with the
  /// plugin and its file in front; anything else as Error(internal), likewise.
  std::unique_ptr<ChannelLayer> make_channel_layer(const std::string& name, const PluginContext& context) const {
    return make<PluginKind::channel_layer>(name, context);
  }
  std::unique_ptr<OrderingPolicy> make_ordering_policy(const std::string& name, const PluginContext& context) const {
    return make<PluginKind::ordering_policy>(name, context);
  }
  std::unique_ptr<SandboxBackend> make_sandbox_backend(const std::string& name, const PluginContext& context) const {
    return make<PluginKind::sandbox>(name, context);
  }

 private:
  void read_folder(const std::filesystem::path& folder);
  void find_doubles();
  const PluginFile& find(PluginKind kind, const std::string& name) const;
  [[noreturn]] void fail_to_find(PluginKind kind, const std::string& name) const;
  std::unique_ptr<Plugin> make_any(const PluginFile& file, const PluginContext& context) const;
  [[noreturn]] static void refuse_object(const PluginFile& file);

  template <PluginKind kind>
  std::unique_ptr<PluginBase<kind>> make(const std::string& name, const PluginContext& context) const {
    const PluginFile& file = find(kind, name);
    std::unique_ptr<Plugin> plugin = make_any(file, context);
    auto* typed = dynamic_cast<PluginBase<kind>*>(plugin.get());
    if (!typed) refuse_object(file);
    [[maybe_unused]] Plugin* const same = plugin.release();
    return std::unique_ptr<PluginBase<kind>>(typed);
  }

  std::vector<PluginFile> m_plugins;
  std::vector<std::string> m_folders;
  std::vector<std::string> m_problems;
};

}  // namespace tellina
