#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tellina::docker_sandbox {

/// /etc/passwd and /etc/group of an image, for sandboxes in which `me` has another number.
class ImageUsers {
 public:
  /// Returns nothing if either text has no `me` with the number 1000.
  static std::optional<ImageUsers> of(std::string users, std::string groups);

  /// The same files, in which `me` has this number as a user and as a group.
  std::string users_with(std::uint32_t number) const;
  std::string groups_with(std::uint32_t number) const;

 private:
  ImageUsers(std::string users, std::string groups) : m_users(std::move(users)), m_groups(std::move(groups)) {}

  std::string m_users;
  std::string m_groups;
};

/// The content of the only file in a tar archive, as the engine sends it. Returns nothing if it is not a regular file
/// of at most 1 MiB.
std::optional<std::string> only_file_in(const std::string& archive);

}  // namespace tellina::docker_sandbox
