#pragma once

/// What a plugin's file says about itself in its bytes. Nothing of the plugin runs.

#include <filesystem>
#include <string>

#include "tellina/plugin.hpp"

namespace tellina {

class PluginNote {
 public:
  PluginKind kind = PluginKind::sandbox;
  std::string name;  ///< as in the file: printable, not checked further
  std::string file;  ///< as found: folder and file name
};

/// Reads the sections that TELLINA_PLUGIN writes, and compares the ABI tag with this program's.
///
/// Throws Error "FILE: expected ..., found ...": not_found; incompatible for another ABI tag, or for a plugin built
/// with an SDK that writes none, with what to change about its build; bad_config for everything else.
PluginNote read_plugin_note(const std::filesystem::path& file);

/// Throws Error(incompatible) as read_plugin_note() does, unless `found` is this program's ABI tag for a kind; returns
/// the kind.
PluginKind check_abi_tag(const std::string& file, const std::string& found);

}  // namespace tellina
