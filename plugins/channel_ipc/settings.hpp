#pragma once

/// This layer's section of config.json.

#include <cstddef>
#include <string>

#include "tellina/config.hpp"

namespace tellina::ipc {

class Settings {
 public:
  Settings() = default;

  std::string directory;  ///< absolute
  std::string base;       ///< folder to create and check before `directory`; empty if the config names a directory
  std::size_t capacity = 10'000;
};

/// Accesses no file, except to resolve links in the config file's path and to choose the base. Throws ConfigError.
///
/// The default directory is /tmp/tellina-UID/HASH (see choose_base()), where the hash is that of the config file's
/// path. It depends neither on the environment nor on a login session, so that all processes with the same config meet:
/// XDG_RUNTIME_DIR disappears when the user logs out, and a gateway that systemd started has none.
Settings read_settings(const Config& section);

}  // namespace tellina::ipc
