#pragma once

/// The installed plugins. Only the registry creates plugins.

#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "host/config/plugin_schemas.hpp"
#include "host/plugins/plugin_file.hpp"
#include "host/plugins/plugin_note.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/log.hpp"
#include "tellina/ordering_policy.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// A plugin that can be used.
class InstalledPlugin {
 public:
  std::string version;
  std::string file;  ///< as found: folder and file name
};

/// The constructor reads the notes in the bytes of every *.so file of the given folders, and opens none. A folder or
/// file that cannot be used is reported in problems() and affects no others. A plugin is opened when its schema or the
/// plugin itself is first asked for, and stays loaded until the process ends.
///
/// Threads: any.
class PluginRegistry final : public PluginSchemas {
 public:
  /// `folders`: in the order of plugin_search_path(). A folder that occurs twice is read once.
  /// `program`: of this project; see try_plugin_file().
  explicit PluginRegistry(const std::vector<std::filesystem::path>& folders, std::string program = {});
  /// Has one plugin. Throws Error if the file is not a plugin.
  static PluginRegistry of_file(const std::filesystem::path& file) { return {read_plugin_note(file), std::string()}; }

  /// Sorted by kind, then by name. If several plugins have the same kind and name, all are here, and problems() reports
  /// them.
  const std::vector<PluginNote>& notes() const { return m_notes; }

  /// One sentence each, with the file, what was expected and what was found.
  const std::vector<std::string>& problems() const { return m_problems; }

  /// Sorted.
  std::vector<std::string> names(PluginKind kind) const override;
  std::string schema(PluginKind kind, const std::string& name) const override;
  std::string options_schema(const std::string& name) const override;
  /// Opens the plugin, and throws as make_channel_layer() does, unless that has been done.
  InstalledPlugin find_installed(PluginKind kind, const std::string& name) const;

  /// Creates the plugin that config.json names. `context` and the objects that it refers to must outlive the plugin.
  ///
  /// Throws Error(not_found) if no plugin has this name and kind, and Error(bad_config) if two have. Exceptions of the
  /// plugin's constructor: a ConfigError stays as it is, because it names the place in config.json; an Error gets the
  /// plugin and its file as a prefix; any other exception becomes Error(internal) with the same prefix.
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
  PluginRegistry(PluginNote only, std::string program) : m_program(std::move(program)), m_notes{std::move(only)} {}
  void read_folder(const std::filesystem::path& folder);
  void find_duplicates();
  const PluginNote& find(PluginKind kind, const std::string& name) const;
  const PluginFile& open(PluginKind kind, const std::string& name) const;
  [[noreturn]] void fail_to_find(PluginKind kind, const std::string& name) const;
  std::unique_ptr<Plugin> make_any(const PluginFile& file, const PluginContext& context) const;
  [[noreturn]] static void refuse_wrong_class(const PluginFile& file);

  template <PluginKind kind>
  std::unique_ptr<PluginBase<kind>> make(const std::string& name, const PluginContext& context) const {
    const PluginFile& file = open(kind, name);
    std::unique_ptr<Plugin> plugin = make_any(file, context);
    auto* typed = dynamic_cast<PluginBase<kind>*>(plugin.get());
    if (!typed) refuse_wrong_class(file);
    [[maybe_unused]] Plugin* const same = plugin.release();
    return std::unique_ptr<PluginBase<kind>>(typed);
  }

  const std::string m_program;
  std::vector<PluginNote> m_notes;
  mutable std::mutex m_mutex;
  mutable std::list<PluginFile> m_opened;  ///< guarded by m_mutex; the elements never change
  std::vector<std::string> m_folders;
  std::vector<std::string> m_problems;
};

}  // namespace tellina
