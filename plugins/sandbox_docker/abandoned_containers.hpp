#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "plugins/sandbox_docker/container.hpp"
#include "plugins/sandbox_docker/run_folder.hpp"
#include "tellina/log.hpp"

namespace tellina::docker_sandbox {

/// The containers of this study that belong to no sandbox, because they have no folder: those that could not be removed
/// while the engine was down or hung, and those that it created late or brought back after a restart.
///
/// It keeps no list of them, so that it needs the same memory however long the engine is down.
///
/// Threads: any. Its own thread starts when it is first needed.
class AbandonedContainers {
 public:
  /// The arguments must outlive it.
  AbandonedContainers(Containers& containers, const RunFolder& run_folder, Clock& clock, Log& log)
      : m_containers(containers), m_run_folder(run_folder), m_clock(clock), m_log(log) {}
  AbandonedContainers(const AbandonedContainers&) = delete;
  AbandonedContainers& operator=(const AbandonedContainers&) = delete;
  /// Tries for up to two seconds to remove what is left.
  ~AbandonedContainers();

  /// Removes them now. Returns how many of them were claimed by a session. Throws Error.
  std::size_t remove(const Deadline& deadline);
  /// Ends the processes of a container that the engine has forgotten, and removes its control groups, as far as this
  /// user may. Call it while the sandbox's folder exists: once that is gone, init ends by itself and nothing shows
  /// which groups were its.
  void end_forgotten(const std::string& token) const;
  /// Removes them soon, and retries until that has succeeded. Throws nothing.
  void remove_later();
  /// The same, because a sandbox could not be removed. Logs the first failure until everything is removed.
  void remove_later(const Error& failure);

 private:
  void work();
  /// Returns whether everything is removed.
  bool try_to_remove(const Deadline& deadline);
  std::vector<Containers::Found> find(const Deadline& deadline);
  /// Does so for all containers without a folder. Throws Error.
  void end_forgotten() const;
  /// Keeps those whose token no sandbox's folder has.
  template <class Item>
  void keep_abandoned(std::vector<Item>& items) const;
  void note_failure(const std::exception& failure);
  void note_success();

  Containers& m_containers;
  const RunFolder& m_run_folder;
  Clock& m_clock;
  Log& m_log;
  WakeUp m_stop;
  std::mutex m_mutex;
  std::condition_variable m_wanted;
  int m_attempts = 0;  ///< how many attempts still have to succeed
  bool m_is_stopping = false;
  bool m_has_failed = false;  ///< since the last success
  std::thread m_thread;
};

}  // namespace tellina::docker_sandbox
