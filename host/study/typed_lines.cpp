#include "host/study/typed_lines.hpp"

#include <algorithm>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

constexpr BytesView paste_start = "200";
constexpr BytesView paste_end = "201";

constexpr char control(char letter) { return static_cast<char>(letter & 0x1f); }
constexpr char backspace = '\b';
constexpr char delete_byte = '\x7f';
constexpr char escape_byte = '\x1b';

bool is_control(char byte) { return (static_cast<unsigned char>(byte) < 0x20 && byte != '\t') || byte == delete_byte; }

}  // namespace

void TypedLines::clear() {
  m_lines.clear();
  m_size = 0;
  m_is_full = false;
  m_line_number = 0;
  m_run.clear();
  m_edited.clear();
  m_escape = Escape::none;
  m_is_pasted = false;
  m_continued.clear();
}

void TypedLines::typed(BytesView bytes) {
  const InvariantScope invariant(*this);
  for (const char byte : bytes) take(byte);
}

void TypedLines::take(char byte) {
  if (byte == '\r' || byte == '\n') {
    end_line();
    return;
  }
  if (is_control(byte)) {
    end_run();
  } else {
    append(m_run, byte);
  }
  if (m_escape == Escape::started) {
    m_escape = byte == '[' ? Escape::csi : Escape::none;
    m_parameters.clear();
  } else if (m_escape == Escape::csi) {
    if (byte >= 0x40 && byte <= 0x7e) {
      m_escape = Escape::none;
      if (byte == '~') end_paste_bracket();
    } else {
      append(m_parameters, byte);
    }
  } else if (byte == escape_byte) {
    m_escape = Escape::started;
  } else if (byte == delete_byte || byte == backspace) {
    erase_character();
  } else if (byte == control('W')) {
    erase_word();
  } else if (byte == control('U') || byte == control('C') || byte == control('Z') || byte == control('\\')) {
    m_edited.clear();
  } else if (byte == control('D')) {
    add(m_edited);
    m_edited.clear();
  } else {
    append(m_edited, byte);
  }
}

void TypedLines::end_paste_bracket() {
  if (m_parameters != paste_start && m_parameters != paste_end) return;
  m_is_pasted = m_parameters == paste_start;
  m_run.clear();  // only the text inside the brackets is echoed
}

void TypedLines::append(Bytes& line, char byte) {
  if (line.size() <= m_max_line) line += byte;
}

void TypedLines::end_run() {
  if (!m_run.empty()) add(m_run);
  m_run.clear();
}

void TypedLines::end_line() {
  end_run();
  const std::size_t backslashes = m_edited.size() - std::min(m_edited.find_last_not_of('\\') + 1, m_edited.size());
  if (backslashes % 2 == 1 && m_continued.size() < limits::continued_lines) m_continued.push_back(m_line_number);
  add(m_edited);
  m_edited.clear();
  m_escape = Escape::none;
  if (!m_is_pasted) ++m_line_number;
}

void TypedLines::erase_character() {
  while (!m_edited.empty()) {
    const bool continues = (static_cast<unsigned char>(m_edited.back()) & 0xc0) == 0x80;
    m_edited.pop_back();
    if (!continues) return;
  }
}

void TypedLines::erase_word() {
  const auto is_blank = [](char byte) { return byte == ' ' || byte == '\t'; };
  while (!m_edited.empty() && is_blank(m_edited.back())) m_edited.pop_back();
  while (!m_edited.empty() && !is_blank(m_edited.back())) m_edited.pop_back();
}

void TypedLines::add(const Bytes& line) {
  if (m_is_full || line.size() > m_max_line || !m_matters(line)) return;
  const auto [entry, is_new] = m_lines.insert_or_assign(line, m_line_number);
  if (is_new) m_size += entry->first.size();
  m_is_full = m_size > limits::typed_text;
}

void TypedLines::forget_first(std::uint64_t count) {
  const InvariantScope invariant(*this);
  std::erase_if(m_lines, [this, count](const auto& entry) {
    if (entry.second >= count) return false;
    m_size -= entry.first.size();
    return true;
  });
  if (m_line_number >= count) return;
  m_run.clear();
  m_edited.clear();
  m_escape = Escape::none;
}

void TypedLines::forget_command(BytesView text, std::uint64_t lines_read) {
  if (lines_read > 0) return forget_first(lines_read);
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::uint64_t count = 1 + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  for (const std::uint64_t number : m_continued) {
    if (number < count) ++count;
  }
  forget_first(count);
}

void TypedLines::output_line_ended() { end_run(); }

void TypedLines::check_invariant() const {
  TELLINA_ASSERT(m_is_full || m_size <= limits::typed_text);
  TELLINA_ASSERT(!m_lines.empty() || m_size == 0);
  TELLINA_ASSERT(m_run.size() <= m_max_line + 1 && m_edited.size() <= m_max_line + 1);
  TELLINA_ASSERT(m_parameters.size() <= m_max_line + 1);
  TELLINA_ASSERT(m_continued.size() <= limits::continued_lines);
  TELLINA_ASSERT(m_continued.empty() || m_continued.back() <= m_line_number);
}

bool TypedLines::contains(BytesView line) const {
  if (m_is_full) return true;
  if (!line.empty() && (line == m_run || line == m_edited)) return true;
  return !m_lines.empty() && m_lines.contains(line);
}

}  // namespace tellina
