#pragma once

/// The pictures of the study's texts, ready to send.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// One picture. Its content never changes at its address, which has the content's hash in it.
class Picture {
 public:
  std::string hash;  ///< limits::picture_hash hexadecimal digits
  std::string name;  ///< "a map.png"
  std::string content_type;
  std::shared_ptr<const std::string> content;
};

/// The pictures of the current configuration, and as many of earlier ones as limits::kept_pictures allows, because
/// pages and running tasks keep the texts that they got.
///
/// Threads: any.
class Pictures {
 public:
  explicit Pictures(const std::vector<Picture>& pictures) { use(pictures); }

  /// These are the pictures of the current configuration from now on.
  void use(const std::vector<Picture>& pictures);

  /// `path`: decoded, see is_address(). Null if there is no such picture.
  std::shared_ptr<const Picture> find(std::string_view path) const;

  /// Whether the path is "/study/HASH/NAME". No other path of the server is, even below a base path "/study".
  static bool is_address(std::string_view path);

 private:
  struct Kept {
    std::shared_ptr<const Picture> picture;
    std::uint64_t last_use = 0;  ///< the last call of use() with this picture
  };

  void drop_old();

  mutable std::mutex m_mutex;
  std::map<std::string, Kept, std::less<>> m_pictures;  ///< by path
  std::uint64_t m_uses = 0;
};

}  // namespace tellina
