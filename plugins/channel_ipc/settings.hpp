#pragma once

/// What config.json says to this layer.

#include <cstddef>
#include <string>

#include "tellina/config.hpp"

namespace tellina::ipc {

class Settings {
 public:
  Settings() = default;

  std::string directory;  ///< absolute
  std::string base;       ///< folder to be made and checked before `directory`; empty where the config names one
  std::size_t capacity = 10'000;
};

/// Looks at no file but the links on the config file's path. Throws ConfigError.
///
/// The default directory is /tmp/tellina-UID/HASH, by the config file's path: it depends neither on the environment nor
/// on a login session (XDG_RUNTIME_DIR goes when the user logs out, and a gateway started by systemd has none),
/// so that all who have one config meet.
Settings read_settings(const Config& section);

}  // namespace tellina::ipc
