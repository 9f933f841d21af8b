#include "host/gateway/pictures.hpp"

#include <algorithm>

#include "host/limits.hpp"

namespace tellina {
namespace {

constexpr std::string_view prefix = "/study/";

}  // namespace

void Pictures::use(const std::vector<Picture>& pictures) {
  const std::lock_guard lock(m_mutex);
  ++m_uses;
  for (const Picture& picture : pictures) {
    Kept& kept = m_pictures[std::string(prefix) + picture.hash + "/" + picture.name];
    if (!kept.picture) kept.picture = std::make_shared<const Picture>(picture);
    kept.last_use = m_uses;
  }
  drop_old();
}

void Pictures::drop_old() {
  std::size_t bytes = 0;
  for (const auto& [path, kept] : m_pictures) bytes += kept.picture->content->size();
  while (bytes > limits::kept_pictures) {
    const auto oldest = std::min_element(m_pictures.begin(), m_pictures.end(), [](const auto& a, const auto& b) {
      return a.second.last_use < b.second.last_use;
    });
    if (oldest->second.last_use == m_uses) return;
    bytes -= oldest->second.picture->content->size();
    m_pictures.erase(oldest);
  }
}

std::shared_ptr<const Picture> Pictures::find(std::string_view path) const {
  const std::lock_guard lock(m_mutex);
  const auto found = m_pictures.find(path);
  return found == m_pictures.end() ? nullptr : found->second.picture;
}

bool Pictures::is_address(std::string_view path) {
  if (!path.starts_with(prefix)) return false;
  path.remove_prefix(prefix.size());
  const std::size_t end = path.find('/');
  return end == limits::picture_hash && path.find_first_not_of("0123456789abcdef") == end && end + 1 < path.size() &&
         path.find('/', end + 1) == std::string_view::npos;
}

}  // namespace tellina
