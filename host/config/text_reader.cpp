#include "host/config/text_reader.hpp"

#include <filesystem>

#include "host/config/document.hpp"
#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/text/message_parts.hpp"

namespace tellina {

std::string TextReader::read(const Config& value) {
  if (value.is_string()) return value.as_string();
  const Config& name = value.at("file");
  return read_file(name, name.as_string());
}

std::string TextReader::read_file(const Config& place, const std::string& name) {
  const auto known = m_files.find(name);
  if (known != m_files.end()) return known->second;
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
    return m_files.emplace(name, std::move(text)).first->second;
  } catch (const Error& error) {
    // The message already names the file: "cannot read PATH: REASON", or "PATH:LINE:COLUMN: REASON".
    const std::string message = error.what();
    const std::string start = "cannot read " + path + ": ";
    return report(beside, message.starts_with(start) ? message.substr(start.size()) : message);
  }
}

}  // namespace tellina
