#include "host/config/text_reader.hpp"

#include <algorithm>
#include <filesystem>

#include "host/config/document.hpp"
#include "host/config/markdown_pictures.hpp"
#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

/// Whether it is "https:..." (RFC 3986, section 3.1) or "//example.org/...": something that is in no folder.
bool is_elsewhere(const std::string& target) {
  if (target.starts_with("//")) return true;
  const std::size_t end = target.find(':');
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return end != std::string::npos && end > 0 && is_letter(target[0]) &&
         std::all_of(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(end), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-';
         });
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

/// " (page.md:3)" for a file, or empty.
std::string line_in(const std::string& file, const std::string& text, const MarkdownPicture& picture) {
  if (file.empty()) return {};
  return " (" + file + (picture.place ? ":" + std::to_string(place_of(text, picture.place->begin).line) : "") + ")";
}

}  // namespace

std::string TextReader::read(const Config& value) {
  if (value.is_string()) return read_string(value);
  const Config& name = value.at("file");
  return read_file(name, name.as_string());
}

std::string TextReader::read_file(const Config& place, const std::string& name) {
  const auto known = m_texts.find(name);
  if (known != m_texts.end()) return known->second;
  const auto report = [&](const std::string& expected, const std::string& reason) {
    m_diagnostics.add(place, "expected " + expected + ", got " + in_quotes(name) + ": " + reason);
    return std::string();
  };
  const std::string beside = "a file beside " + std::filesystem::path(m_diagnostics.file()).filename().string();
  if (name.find('\0') != std::string::npos) return report(beside, "a file name contains no NUL");
  const std::string path = (std::filesystem::path(m_folder) / name).lexically_normal().string();
  try {
    std::string text = tellina::read_file(path, limits::text_file);
    check_utf8(text, path);
    if (text.empty()) return report(beside + " with text in it", "it is empty");
    const std::string& content = m_files.emplace(name, std::move(text)).first->second;
    return m_texts.emplace(name, with_pictures(place, content, name)).first->second;
  } catch (const Error& error) {
    // The message already names the file: "cannot read PATH: REASON", or "PATH:LINE:COLUMN: REASON".
    const std::string message = error.what();
    const std::string start = "cannot read " + path + ": ";
    return report(beside, message.starts_with(start) ? message.substr(start.size()) : message);
  }
}

std::string TextReader::with_pictures(const Config& place, const std::string& text, const std::string& file) {
  std::map<std::size_t, std::pair<std::size_t, std::string>> replaced;  // by begin: end and address
  for (const MarkdownPicture& picture : find_pictures(text)) {
    const std::string line = line_in(file, text, picture);
    const std::string got = in_quotes(picture.target) + line;
    if (is_blank(picture.target)) {
      m_warnings.add(place, "expected the name of a picture in the brackets of ![...](), got none" + line);
      continue;
    }
    if (is_elsewhere(picture.target)) {
      m_warnings.add(place, "expected a picture beside the configuration, got " + got +
                                ", which the page does not show: it loads nothing from other sites");
      continue;
    }
    const std::string name = percent_decode(picture.target).value_or(picture.target);
    if (!picture.place) {
      m_diagnostics.add(place, "expected a picture as ![WORDS](NAME), got " + got + " in another form");
      continue;
    }
    if (is_blank(picture.alternative)) {
      m_warnings.add(place, "expected words for participants who do not see the picture, as ![WORDS](" +
                                picture.target + "), got none for " + got);
    }
    const PictureFile* const found = m_pictures.read(place, name, line);
    if (found) replaced[picture.place->begin] = {picture.place->end, found->address()};
  }
  std::string result;
  std::size_t copied = 0;
  for (const auto& [begin, replacement] : replaced) {
    result.append(text, copied, begin - copied).append(replacement.second);
    copied = replacement.first;
  }
  return result.append(text, copied);
}

}  // namespace tellina
