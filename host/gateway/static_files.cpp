#include "host/gateway/static_files.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>

#include "host/limits.hpp"
#include "tellina/error.hpp"
#include "tellina/text.hpp"

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

/// The content's hash and its length, both in hexadecimal.
std::string content_tag(std::string_view content) {
  return hexadecimal(Fnv1a().add(content).value(), 16) + "-" + hexadecimal(content.size());
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

constexpr const char* main_page = "html/index.html";
constexpr std::string_view version_prefix = "v-";
constexpr std::size_t version_size = version_prefix.size() + 16;

bool is_version(std::string_view name) {
  return name.size() == version_size && name.starts_with(version_prefix) &&
         name.find_first_not_of("0123456789abcdef", version_prefix.size()) == std::string_view::npos;
}

bool is_page(std::string_view path) { return path.ends_with(".html"); }

/// The files by path, in order. Leaves out files that cannot be read.
std::map<std::string, std::string> read_all(const fs::path& root) {
  std::map<std::string, std::string> contents;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(root, options, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code none;
    const fs::path full = fs::canonical(entry->path(), none);
    if (none || !fs::is_regular_file(full, none)) continue;
    const auto [root_end, unused] = std::mismatch(root.begin(), root.end(), full.begin(), full.end());
    if (root_end != root.end() || fs::file_size(full, none) > limits::served_file || none) continue;
    std::ifstream stream(full, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(stream), {});
    if (!stream.bad() && stream.is_open()) contents.emplace(entry->path().lexically_relative(root), std::move(content));
  }
  return contents;
}

/// A page refers to its parts as "../PATH", because pages have their own folder. Replaces "../".
std::string with_parts_in(const std::string& folder, const std::string& page) {
  constexpr std::string_view reference = "=\"../";
  constexpr std::string_view begin = "=\"";
  std::string text;
  std::size_t from = 0;
  for (std::size_t at; (at = page.find(reference, from)) != std::string::npos; from = at + reference.size()) {
    text.append(page, from, at + begin.size() - from).append(folder);
  }
  return text.append(page, from);
}

std::shared_ptr<const StaticFile> make_file(const std::string& path, std::string content) {
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

}  // namespace

StaticFiles::StaticFiles(const std::string& root) {
  std::error_code error;
  const fs::path folder = fs::canonical(root, error);
  if (error || !fs::is_directory(folder, error)) {
    throw Error(ErrorCode::not_found,
                "static files: \"" + root + "\" is not a folder: install the program's share folder");
  }
  std::map<std::string, std::string> contents = read_all(folder);
  Fnv1a hash;
  for (const auto& [path, content] : contents) {
    if (!is_page(path)) hash.add(path + '\0' + content_tag(content) + '\0');
  }
  m_version = std::string(version_prefix) + hexadecimal(hash.value(), 16);
  const auto page = contents.find(main_page);
  if (page != contents.end()) {
    m_join_page = make_file(main_page, with_parts_in("static/" + m_version + "/", page->second));
  }
  for (auto& [path, content] : contents) {
    m_files.emplace(
        path, make_file(path, is_page(path) ? with_parts_in("../" + m_version + "/", content) : std::move(content)));
  }
}

StaticFiles::Found StaticFiles::find(std::string_view path) const {
  Found found;
  const std::string_view first = path.substr(0, path.find('/'));
  if (is_version(first) && first.size() < path.size()) {
    path.remove_prefix(first.size() + 1);
    if (is_page(path)) return found;
    found.never_changes = first == m_version;
  }
  const auto file = m_files.find(std::string(path));
  if (file != m_files.end()) found.file = file->second;
  return found;
}

}  // namespace tellina
