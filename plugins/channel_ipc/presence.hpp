#pragma once

/// The files by which other instances see this one.

#include <string>

#include "folder.hpp"
#include "settings.hpp"
#include "tellina/clock.hpp"

namespace tellina::ipc {

/// Threads: one at a time. Throws Error(unavailable).
class Presence {
 public:
  /// Creates the folder if it is missing, and takes an unused name in it.
  Presence(const Settings& settings, Random& random);
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;
  /// Removes the instance's files.
  ~Presence();

  InstanceId id() const { return m_id; }
  std::string socket_path() const;

  /// Call it once the socket is bound: from then on other instances may send.
  void publish();

  void announce(const std::string& channel);
  void withdraw(const std::string& channel);

 private:
  bool take_name();
  std::string path(Entry::Kind kind, const std::string& channel = {}) const;

  const std::string m_directory;
  InstanceId m_id = 0;
  const Descriptor m_folder;
  Descriptor m_lock;
};

}  // namespace tellina::ipc
