#include "host/study/path_scan.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/study/shell_word.hpp"

namespace tellina {
namespace {

/// "." and "..", with or without "/" at the end.
bool is_dots(BytesView path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path == "." || path == "..";
}

class Scan {
 public:
  Scan(const HomeNames& names, BytesView working_directory, BytesView command)
      : m_names(names), m_bases{Bytes(working_directory)} {
    for (const Bytes& word : words_of(command)) {
      const std::optional<Bytes> name = m_names.find(word, working_directory);
      if (!name || !m_names.is_directory(*name) || m_bases.size() > limits::directories_of_command) continue;
      Bytes path = m_names.path_of(*name);
      if (std::find(m_bases.begin(), m_bases.end(), path) == m_bases.end()) m_bases.push_back(std::move(path));
    }
  }

  /// Reads one line. Returns false if it is none that counts.
  bool read(BytesView line, ScannedLine& scanned) {
    const BytesView text = trimmed(line);
    if (text.empty() || is_total_line(text)) return false;
    scanned.line = line;
    if (add(line, scanned) || add(text, scanned)) return true;
    if (is_heading(text)) return false;
    const std::vector<BytesView> fields = fields_of(text);
    if (!add_all(fields, scanned) && !add_all(quoted_fields_of(text), scanned)) add_end(text, fields, scanned);
    return true;
  }

 private:
  /// The name that a text means, in one of the ways in which programs write it.
  std::optional<Bytes> name_of(BytesView text) const {
    if (text.size() > limits::listed_path) return std::nullopt;
    if (const auto name = find(text)) return name;
    const std::size_t arrow = text.find(" -> ");
    if (arrow != BytesView::npos) return name_of(text.substr(0, arrow));
    for (const auto& plain : {unquoted(text), without_backslashes(text)}) {
      if (!plain) continue;
      if (const auto name = find(*plain)) return name;
    }
    constexpr BytesView signs_of_ls = "*@|=";
    if (text.size() > 1 && signs_of_ls.find(text.back()) != BytesView::npos) {
      text.remove_suffix(1);
      if (const auto name = find(text)) return name;
      if (const auto plain = unquoted(text)) return find(*plain);
    }
    return std::nullopt;
  }

  std::optional<Bytes> find(BytesView path) const {
    if (m_heading) {
      if (const auto name = m_names.find(path, *m_heading)) return name;
    }
    for (const Bytes& base : m_bases) {
      if (const auto name = m_names.find(path, base)) return name;
    }
    return std::nullopt;
  }

  bool add(BytesView text, ScannedLine& scanned) const {
    if (is_dots(text)) return true;
    if (auto name = name_of(text)) {
      scanned.names.push_back(std::move(*name));
      return true;
    }
    return false;
  }

  bool add_all(const std::vector<BytesView>& fields, ScannedLine& scanned) const {
    ScannedLine all;
    for (const BytesView field : fields) {
      if (!add(field, all)) return false;
    }
    scanned.names = std::move(all.names);
    return true;
  }

  void add_end(BytesView text, const std::vector<BytesView>& fields, ScannedLine& scanned) const {
    const std::size_t tried = std::min(fields.size(), limits::words_of_listed_path);
    for (std::size_t i = fields.size() - tried; i < fields.size(); ++i) {
      if (add(text.substr(static_cast<std::size_t>(fields[i].data() - text.data())), scanned)) return;
    }
  }

  bool is_heading(BytesView text) {
    if (!text.ends_with(':')) return false;
    text.remove_suffix(1);
    // A heading is not relative to the one before it.
    const std::optional<Bytes> before = std::exchange(m_heading, std::nullopt);
    const std::optional<Bytes> name = name_of(text);
    const bool is_directory = name && m_names.is_directory(*name);
    m_heading = is_directory ? m_names.path_of(*name) : before;
    return is_directory;
  }

  const HomeNames& m_names;
  std::vector<Bytes> m_bases;  ///< absolute paths
  std::optional<Bytes> m_heading;
};

}  // namespace

bool is_total_line(BytesView line) {
  line = trimmed(line);
  const auto is_word = [](BytesView text) {
    return !text.empty() && text.find_first_of(blanks_of_lines) == BytesView::npos;
  };
  const auto is_number = [](BytesView text) {
    return !text.empty() && text.find_first_not_of("0123456789") == BytesView::npos;
  };
  if (line.starts_with("total ")) return is_word(trimmed(line.substr(6)));
  return line.ends_with(" total") && is_number(trimmed(line.substr(0, line.size() - 6)));
}

std::vector<ScannedLine> scan_paths(const HomeNames& names, BytesView output, BytesView working_directory,
                                    BytesView command) {
  Scan scan(names, working_directory, command);
  std::vector<ScannedLine> lines;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    ScannedLine scanned;
    if (scan.read(output.substr(0, end), scanned)) lines.push_back(std::move(scanned));
    output.remove_prefix(end == BytesView::npos ? output.size() : end + 1);
  }
  return lines;
}

}  // namespace tellina
