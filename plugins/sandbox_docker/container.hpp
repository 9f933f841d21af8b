#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "plugins/sandbox_docker/engine.hpp"
#include "plugins/sandbox_docker/image_users.hpp"
#include "plugins/sandbox_docker/settings.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"
#include "tellina/clock.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::docker_sandbox {

/// Where a container sees the folder of its sandbox.
inline constexpr const char* folder_place = "/run/tellina";

/// Where a container sees the folder of its program.
inline constexpr const char* check_place = "/check";

/// The parameters of a new container.
class ContainerSpec {
 public:
  std::string token;
  std::string folder;                                ///< the folder of its socket
  std::string memory_file;                           ///< path of the file that becomes its /proc/meminfo
  std::string terminals;                             ///< path of what it sees as /dev/pts; empty: the engine's
  std::uint32_t user = init_protocol::sandbox_user;  ///< the number of `me`, as a user and as a group
  std::string users_file;   ///< path of the file that becomes its /etc/passwd; empty: the image's
  std::string groups_file;  ///< the same of /etc/group
  std::string image;
  SessionLimits limits;
  std::string check_folder;  ///< path of what it sees as /check; empty: it has none
  OwnerId owner;             ///< empty: prewarmed
  SandboxId id;
};

/// What identifies an image.
class ImageIdentity {
 public:
  std::string id;                         ///< "sha256:...", a hash of its configuration with the hashes of its layers
  std::vector<std::string> repositories;  ///< "NAME@sha256:..." for each repository that it came from or went to
};

/// The containers of one study on one engine. Their names are tellina-TOKEN.
///
/// Threads: any. Throws Error.
class Containers {
 public:
  Containers(Engine& engine, const Settings& settings) : m_engine(engine), m_settings(settings) {}

  /// Asks the engine once, and each image once, what create() needs to know. `spec`: of the container to create, which
  /// exists meanwhile without having been started. Throws Error(not_found) if the image does not exist.
  void learn(const ContainerSpec& spec, const Deadline& deadline);
  /// After learn(): the image's users, valid as long as this object; nullptr if their numbers have to stay.
  const ImageUsers* users(const std::string& image);
  /// After learn(): a number for `me` that hardly any other session has.
  std::uint32_t choose_user(Random& random) const;
  /// After learn(). Throws Error(not_found) if the image does not exist.
  void create(const ContainerSpec& spec, const Deadline& deadline);
  void start(const std::string& token, const Deadline& deadline);
  /// Removes a container with its processes and file systems. Returns whether the engine knew it.
  bool remove(const std::string& token, const Deadline& deadline);
  /// If the container's init has ended, returns why; otherwise an empty string.
  std::string find_end(const std::string& token, const Deadline& deadline);

  class Found {
   public:
    std::string token;
    OwnerId owner;  ///< from its label; empty if it was prewarmed
    SandboxId id;
  };
  std::vector<Found> list(const Deadline& deadline);

  /// Which limits the engine enforces.
  std::vector<LimitReport> report_limits(const Deadline& deadline);
  /// Throws Error(not_found) with a remedy.
  ImageIdentity identify_image(const Deadline& deadline);

 private:
  /// What is known of an image.
  class Image {
   public:
    std::once_flag has_learnt;
    std::optional<ImageUsers> users;
  };

  /// The reference stays valid.
  Image& image_named(const std::string& name);
  void learn_image(Image& image, const ContainerSpec& spec, const Deadline& deadline);
  std::string ask_for_options(const Deadline& deadline);
  std::optional<std::string> read_file(const std::string& token, const char* path, const Deadline& deadline);
  std::string make_body(const ContainerSpec& spec) const;
  [[noreturn]] void fail_for_image(const Engine::Answer& answer, const std::string& what) const;

  Engine& m_engine;
  const Settings& m_settings;
  std::once_flag m_has_learnt;  ///< about the engine
  std::string m_seccomp_profile;
  bool m_has_selinux = false;
  bool m_has_user_namespace = false;  ///< the engine translates numbers of users, and has 65536 of them
  std::mutex m_mutex;
  std::map<std::string, Image> m_images;  ///< under m_mutex; entries stay
};

}  // namespace tellina::docker_sandbox
