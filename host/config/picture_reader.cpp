#include "host/config/picture_reader.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "host/config/design_sources.hpp"
#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"
#include "host/text/sha256.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

class PictureKind {
 public:
  std::string_view name;
  std::string_view content_type;
  std::array<std::string_view, 2> endings;
  std::string_view start;      ///< the content's first bytes
  std::string_view start_at8;  ///< the bytes from the eighth on
};

constexpr std::array<PictureKind, 5> picture_kinds{{
    {"png", "image/png", {".png", ".png"}, "\x89PNG\r\n\x1a\n"sv, ""sv},
    {"jpeg", "image/jpeg", {".jpg", ".jpeg"}, "\xff\xd8\xff"sv, ""sv},
    {"webp", "image/webp", {".webp", ".webp"}, "RIFF"sv, "WEBP"sv},
    {"gif", "image/gif", {".gif", ".gif"}, "GIF87a"sv, ""sv},
    {"gif", "image/gif", {".gif", ".gif"}, "GIF89a"sv, ""sv},
}};

const PictureKind* kind_of(std::string_view content) {
  const auto found = std::find_if(picture_kinds.begin(), picture_kinds.end(), [&](const PictureKind& kind) {
    return content.starts_with(kind.start) && content.size() >= 8 && content.substr(8).starts_with(kind.start_at8);
  });
  return found == picture_kinds.end() ? nullptr : &*found;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

[[noreturn]] void refuse(const std::string& reason) { throw Error(ErrorCode::bad_config, reason); }

}  // namespace

const PictureFile* PictureReader::read(const Config& place, const std::string& name, const std::string& line) {
  const auto known = m_pictures.find(name);
  if (known != m_pictures.end()) return &known->second;
  try {
    PictureFile picture = load(name);
    m_bytes += picture.content->size();
    return &m_pictures.emplace(name, std::move(picture)).first->second;
  } catch (const Error& error) {
    m_diagnostics.add(place, "expected a picture beside " + fs::path(m_diagnostics.file()).filename().string() +
                                 ", got " + in_quotes(name) + line + ": " + error.what());
    return nullptr;
  }
}

PictureFile PictureReader::load(const std::string& name) const {
  if (!is_printable(name)) refuse("its name has characters that are not printable");
  const fs::path written(name);
  if (written.is_absolute()) refuse("a picture is named relative to the folder of the configuration");
  std::error_code error;
  const fs::path folder = fs::canonical(m_folder, error);
  const fs::path path = fs::canonical(folder / written, error);
  if (error)
    refuse(depends_on_period(name) ? "a picture has one name in all periods" : error.message() + similar_name(name));
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  if (end != folder.end()) refuse("it is outside the folder of the configuration");

  PictureFile picture;
  try {
    picture.content = std::make_shared<const Bytes>(read_file(path.string(), limits::picture_file));
  } catch (const Error& failure) {
    const std::string message = failure.what();
    const std::string start = "cannot read " + path.string() + ": ";
    refuse(message.starts_with(start) ? message.substr(start.size()) : message);
  }
  const PictureKind* const kind = kind_of(*picture.content);
  if (!kind) refuse("its content is not png, jpeg, webp or gif");
  const std::string ending = lower_case(written.extension().string());
  if (std::find(kind->endings.begin(), kind->endings.end(), ending) == kind->endings.end()) {
    refuse("its content is " + std::string(kind->name) + ", so its name must end in " + std::string(kind->endings[0]));
  }
  const std::size_t bytes = m_bytes + picture.content->size();
  if (bytes > limits::pictures) {
    refuse("with it, the study's pictures have " + std::to_string(bytes) + " bytes, over the limit of " +
           std::to_string(limits::pictures));
  }
  picture.name = name;
  picture.file_name = written.filename().string();
  picture.hash = sha256(*picture.content).substr(0, limits::picture_hash);
  picture.content_type = kind->content_type;
  return picture;
}

std::string PictureReader::similar_name(const std::string& name) const {
  const fs::path written(name);
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry((fs::path(m_folder) / written).parent_path(), error), end;
       !error && entry != end && names.size() < limits::similar_names; entry.increment(error)) {
    const fs::path found = entry->path().filename();
    for (const PictureKind& kind : picture_kinds) {
      const std::string ending = lower_case(found.extension().string());
      if (ending != kind.endings[0] && ending != kind.endings[1]) continue;
      names.push_back((written.parent_path() / found).string());
      break;
    }
  }
  std::sort(names.begin(), names.end());
  return suggestion(name, names);
}

bool has_picture_address(const std::string& text) {
  constexpr std::string_view start = "study/";
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const std::size_t hash = at + start.size();
    if (text.find_first_not_of("0123456789abcdef", hash) == hash + limits::picture_hash &&
        text[hash + limits::picture_hash] == '/') {
      return true;
    }
  }
  return false;
}

}  // namespace tellina
