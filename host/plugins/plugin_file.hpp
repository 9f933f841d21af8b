#pragma once

/// A shared object that contains a plugin.

#include <filesystem>
#include <string>

#include "tellina/plugin.hpp"

namespace tellina {

/// The content of a plugin's descriptor, and the plugin's file. The library stays loaded until the process ends, so
/// `create` can always be called.
class PluginFile {
 public:
  PluginFile(const PluginDescriptor& descriptor, std::string file_);

  PluginKind kind;
  std::string name;
  std::string version;
  std::string file;            ///< as found: folder and file name
  std::string schema;          ///< a JSON object
  std::string options_schema;  ///< a JSON object; empty if there are no options
  std::unique_ptr<Plugin> (*create)(const PluginContext&);

  /// `ordering policy "strict" (build/lib/tellina/plugins/ordering_strict.so)`.
  std::string describe() const;
};

/// Opens a shared object (resolves every symbol at once, and exports none to other objects) and reads its descriptor.
/// Of the plugin's code, only static constructors run, and these only if the ABI tag in the file's bytes is this
/// program's.
///
/// Throws Error "FILE: expected ..., found ..." as read_plugin_note() does, and bad_config for everything else.
PluginFile open_plugin_file(const std::filesystem::path& file);

/// The same, but opens the file in another process first: if the plugin's static constructors crash or hang, this
/// throws an error that names the file, as run_apart() does. A process with several threads needs `program` for this,
/// see show_apart(); without it, the file is opened untried.
PluginFile try_plugin_file(const std::filesystem::path& file, const std::string& program = {});

}  // namespace tellina
