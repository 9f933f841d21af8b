#pragma once

/// One shared object that was found to be a plugin.

#include <filesystem>
#include <string>

#include "tellina/plugin.hpp"

namespace tellina {

/// What a descriptor says, and where it was found. The library behind it stays loaded until the process ends, so
/// `create` is always good to call.
class PluginFile {
 public:
  PluginFile(const PluginDescriptor& descriptor, std::string file_);

  PluginKind kind;
  std::string name;
  std::string version;
  std::string file;    ///< as found: folder and file name
  std::string schema;  ///< a JSON object
  std::unique_ptr<Plugin> (*create)(const PluginContext&);

  /// `ordering policy "strict" (build/lib/tellina/plugins/ordering_strict.so)`.
  std::string describe() const;
};

/// Opens a shared object (every symbol resolved at once, none given to others) and reads its descriptor. No function of
/// it but its static constructors runs; the ABI tag is compared before anything else in the descriptor is looked at.
///
/// Throws Error "FILE: expected ..., found ...": not_found, incompatible for another ABI tag, bad_config for the rest.
PluginFile open_plugin_file(const std::filesystem::path& file);

}  // namespace tellina
