#pragma once

#include <string>
#include <vector>

#include "plugins/sandbox_docker/engine.hpp"
#include "plugins/sandbox_docker/settings.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::docker_sandbox {

/// What a container is made for.
class ContainerSpec {
 public:
  std::string token;
  std::string folder;       ///< where its socket is
  std::string memory_file;  ///< path of what it sees as /proc/meminfo
  OwnerId owner;            ///< empty: made in advance
  SandboxId id;
};

/// The containers of one study on one engine. A container is called tellina-TOKEN.
///
/// Threads: any. Throws: Error.
class Containers {
 public:
  Containers(Engine& engine, const Settings& settings) : m_engine(engine), m_settings(settings) {}

  /// Throws Error(not_found) where there is no image.
  void create(const ContainerSpec& spec, const Deadline& deadline);
  void start(const std::string& token, const Deadline& deadline);
  /// Its processes, file systems and itself. One that is not there is fine.
  void remove(const std::string& token, const Deadline& deadline);
  /// Why its init does not come, where it has ended; else empty.
  std::string find_end(const std::string& token, const Deadline& deadline);

  class Found {
   public:
    std::string token;
    OwnerId owner;  ///< as its label says; empty where it was made in advance
    SandboxId id;
  };
  std::vector<Found> list(const Deadline& deadline);

  /// Which limits the engine keeps.
  std::vector<LimitReport> report_limits(const Deadline& deadline);
  /// Throws Error(not_found) with the way out.
  void require_image(const Deadline& deadline);

 private:
  std::string make_body(const ContainerSpec& spec) const;
  [[noreturn]] void fail_for_image(const Engine::Answer& answer, const std::string& what) const;

  Engine& m_engine;
  const Settings& m_settings;
  std::once_flag m_profile_made;
  std::string m_seccomp_profile;
};

}  // namespace tellina::docker_sandbox
