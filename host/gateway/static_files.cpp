#include "host/gateway/static_files.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <system_error>

#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace fs = std::filesystem;

class ContentType {
 public:
  std::string_view extension;
  std::string_view type;
  bool is_text;
};

constexpr std::array<ContentType, 14> content_types{{
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".json", "application/json", true},
    {".map", "application/json", true},
    {".svg", "image/svg+xml", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".png", "image/png", false},
    {".ico", "image/x-icon", false},
    {".woff", "font/woff", false},
    {".woff2", "font/woff2", false},
    {".wasm", "application/wasm", true},
    {"", "application/octet-stream", false},
}};

const ContentType& find_content_type(const fs::path& path) {
  const std::string extension = path.extension().string();
  const auto found = std::find_if(content_types.begin(), content_types.end(),
                                  [&](const ContentType& type) { return type.extension == extension; });
  return found == content_types.end() ? content_types.back() : *found;
}

/// Empty and hidden names are refused, and with them ".", ".." and "//".
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const auto slash = path.find('/');
    if (slash == 0 || path.empty() || path.front() == '.') return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv), with the length beside it.
std::string content_tag(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : content) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  char text[48];
  std::snprintf(text, sizeof text, "%016llx-%zx", static_cast<unsigned long long>(hash), content.size());
  return text;
}

std::optional<std::string> gzip(const std::string& content) {
  z_stream stream{};
  constexpr int gzip_window_bits = 15 + 16;  // zlib's manual, deflateInit2: 16 more makes a gzip header
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string compressed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const bool complete = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  if (!complete) return std::nullopt;
  return compressed;
}

std::shared_ptr<const StaticFile> load(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return nullptr;
  std::string content(std::istreambuf_iterator<char>(stream), {});
  if (stream.bad()) return nullptr;
  const ContentType& type = find_content_type(path);
  auto file = std::make_shared<StaticFile>();
  file->content_type = type.type;
  const std::string tag = content_tag(content);
  file->etag = "\"" + tag + "\"";
  if (type.is_text) {
    auto compressed = gzip(content);
    if (compressed && compressed->size() + compressed->size() / 8 < content.size()) {
      file->gzip = std::make_shared<const std::string>(std::move(*compressed));
      file->gzip_etag = "\"" + tag + "-gzip\"";
    }
  }
  file->content = std::make_shared<const std::string>(std::move(content));
  return file;
}

std::uint64_t cost(const StaticFile& file) { return file.content->size() + (file.gzip ? file.gzip->size() : 0); }

}  // namespace

StaticFiles::StaticFiles(const std::string& root) {
  std::error_code error;
  m_root = fs::canonical(root, error);
  if (error || !fs::is_directory(m_root, error)) {
    throw Error(ErrorCode::not_found,
                "static files: \"" + root + "\" is no folder: install the program's share folder");
  }
}

std::shared_ptr<const StaticFile> StaticFiles::find(const std::string& path) {
  if (!is_plain_path(path)) return nullptr;
  std::error_code error;
  const fs::path full = fs::canonical(m_root / path, error);
  if (error) return nullptr;
  const auto [root_end, unused] = std::mismatch(m_root.begin(), m_root.end(), full.begin(), full.end());
  if (root_end != m_root.end() || !fs::is_regular_file(full, error)) return nullptr;
  const auto modified = fs::last_write_time(full, error);
  if (error) return nullptr;
  const auto size = fs::file_size(full, error);
  if (error || size > max_file_bytes) return nullptr;
  const Version version(modified, size);
  {
    std::lock_guard lock(m_mutex);
    const auto cached = m_cache.find(path);
    if (cached != m_cache.end() && cached->second.version == version) return cached->second.file;
  }
  auto file = load(full);
  if (file) remember(path, version, file);
  return file;
}

void StaticFiles::remember(const std::string& path, const Version& version,
                           const std::shared_ptr<const StaticFile>& file) {
  std::lock_guard lock(m_mutex);
  Cached& cached = m_cache[path];
  if (cached.file) m_cached_bytes -= cost(*cached.file);
  if (m_cached_bytes + cost(*file) > 4 * max_file_bytes) {
    m_cache.erase(path);
    return;
  }
  cached.version = version;
  cached.file = file;
  m_cached_bytes += cost(*file);
}

}  // namespace tellina
