#pragma once

/// A Docker engine of the tests' own: no other program's containers, images or settings are touched.

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tellina::test {

/// Runs dockerd as root, with its data in a folder below build/ that is kept, so that the image is imported only once.
/// A second engine waits until the first has stopped.
///
/// Lifetime: dockerd ends with the thread that has started it, or with this. Nothing of it is left then but the folder.
class DockerEngine {
 public:
  enum class Image { tellina, none };

  /// Returns when the engine answers and has the image. Throws std::runtime_error with the engine's last words.
  explicit DockerEngine(Image image = Image::tellina);
  ~DockerEngine();
  DockerEngine(const DockerEngine&) = delete;
  DockerEngine& operator=(const DockerEngine&) = delete;

  /// Path of its socket, which stays the same over restarts.
  const std::string& socket() const { return m_socket; }
  /// Control groups of its containers are below this, in every hierarchy.
  const std::string& cgroup_parent() const { return m_cgroup_parent; }
  /// For sockets and the like; goes with the engine.
  const std::string& folder() const { return m_folder; }

  void start();
  /// In order: it ends its containers. Idempotent.
  void stop();
  /// As a crash would: its containers keep running.
  void kill();
  /// It hangs: connections are taken, and nothing answers.
  void freeze();
  void thaw();

  /// The output of `docker ARGUMENTS`. Throws std::runtime_error where it fails.
  std::string run(const std::string& arguments) const { return run(m_socket, arguments); }
  /// The same on the engine that listens at `socket`.
  static std::string run(const std::string& socket, const std::string& arguments);
  /// Processes in its containers, as (number, start time).
  std::set<std::pair<int, std::string>> processes() const;
  /// Containers (of an engine that can be asked), mounts and control groups that are left of containers, a line each.
  std::vector<std::string> leftovers() const;

 private:
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
};

}  // namespace tellina::test
