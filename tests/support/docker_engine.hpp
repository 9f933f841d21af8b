#pragma once

/// A Docker engine for the tests, which does not affect other programs' containers, images or settings.

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tellina::test {

/// Runs dockerd as root. Its data is in a folder below build/ that is kept, so that the image is imported only once. A
/// second engine waits until the first has stopped.
///
/// Lifetime: dockerd ends with the thread that started it, or with this object. Only its folder is left then.
class DockerEngine {
 public:
  enum class Image { tellina, none };

  /// Returns when the engine answers and has the image. Throws std::runtime_error with the engine's last output.
  explicit DockerEngine(Image image = Image::tellina);
  ~DockerEngine();
  /// Ends the engine that a killed program has left, and removes its files. Does nothing if that program still runs, or
  /// if there is none.
  static void remove_leftovers();
  DockerEngine(const DockerEngine&) = delete;
  DockerEngine& operator=(const DockerEngine&) = delete;

  /// Path of its socket, which stays the same over restarts.
  const std::string& socket() const { return m_socket; }
  /// The parent of its containers' control groups, in every hierarchy.
  const std::string& cgroup_parent() const { return m_cgroup_parent; }
  /// For sockets and the like; removed with the engine.
  const std::string& folder() const { return m_folder; }

  void start();
  /// Stops it in an orderly way, which ends its containers. Idempotent.
  void stop();
  /// Kills it like a crash: its containers keep running.
  void kill();
  /// Removes what a killed engine has on its disk about containers, so that it will not know those that keep running.
  void forget_containers() const;
  /// Makes it hang: it accepts connections and does not answer.
  void freeze();
  void thaw();

  /// The output of `docker ARGUMENTS`. Throws std::runtime_error if it fails.
  std::string run(const std::string& arguments) const { return run(m_socket, arguments); }
  /// The same for the engine that listens at `socket`.
  static std::string run(const std::string& socket, const std::string& arguments);
  /// Processes in its containers, as (number, start time).
  std::set<std::pair<int, std::string>> processes() const;
  /// Remaining containers (if the engine can be asked), mounts and control groups, one per line. If the engine was
  /// killed, without empty groups.
  std::vector<std::string> leftovers() const;

 private:
  /// Opens the lock and starts nothing.
  explicit DockerEngine(std::string data_folder);
  /// Removes what the last engine has left. Needs the lock.
  void remove_last();
  void wait_until_it_answers();
  void take_folder(const std::string& folder);
  void clean_up();
  void remove_remains();
  std::vector<std::string> mounts() const;

  std::string m_data;
  std::string m_folder;
  std::string m_socket;
  std::string m_cgroup_parent;
  int m_lock = -1;
  int m_process = -1;
  bool m_is_frozen = false;
  bool m_was_killed = false;
};

}  // namespace tellina::test
