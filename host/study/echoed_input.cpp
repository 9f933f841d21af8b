#include "host/study/echoed_input.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

constexpr char backspace = '\b';
constexpr char delete_byte = '\x7f';
constexpr char kill_line = '\x15';

}  // namespace

void EchoedInput::typed(BytesView bytes, BytesView before) {
  const InvariantScope invariant(*this);
  if (!m_is_active) {
    m_is_active = true;
    printed(before);
  }
  for (const char byte : bytes) take(byte);
}

void EchoedInput::take(char byte) {
  if (byte == '\r' || byte == '\n') {
    if (m_lines.size() == limits::echoed_lines) m_lines.pop_front();
    m_lines.push_back(std::exchange(m_typed_line, {}));
    m_cells = 0;
    return;
  }
  if (byte == delete_byte || byte == backspace) return erase();
  if (byte == kill_line) {
    while (m_cells > 0) erase();
    return;
  }
  if (m_typed_line.size() >= limits::kernel_line) return;
  const auto code = static_cast<unsigned char>(byte);
  if (code < 0x20 && byte != '\t') {
    m_typed_line += '^';
    m_typed_line += static_cast<char>(code + 0x40);
    m_cells += 2;
    return;
  }
  m_typed_line += byte;
  if ((code & 0xc0) != 0x80) ++m_cells;
}

void EchoedInput::erase() {
  if (m_cells == 0) return;
  --m_cells;
  m_typed_line += "\b \b";
}

void EchoedInput::printed(BytesView text) {
  if (!m_is_active) return;
  const InvariantScope invariant(*this);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (m_line.size() < m_limit) m_line.append(text.substr(0, end));
    if (end == text.size()) return;
    finish_line();
    text.remove_prefix(end + 1);
  }
}

void EchoedInput::finish_line() {
  const auto found = std::find_if(m_lines.begin(), m_lines.end(),
                                  [this](const Bytes& typed_line) { return m_line.ends_with(typed_line); });
  if (found == m_lines.end()) {
    keep(m_rest, m_line);
    keep(m_rest, "\n");
  } else {
    keep(m_rest, BytesView(m_line).substr(0, m_line.size() - found->size()));
    keep(m_echo, *found);
    keep(m_echo, "\n");
    m_lines.erase(m_lines.begin(), found + 1);
  }
  m_line.clear();
}

void EchoedInput::finish() {
  keep(m_rest, m_line);
  m_line.clear();
}

void EchoedInput::check_invariant() const {
  TELLINA_ASSERT(m_lines.size() <= limits::echoed_lines);
  TELLINA_ASSERT(m_cells <= m_typed_line.size());
  TELLINA_ASSERT(m_echo.size() <= m_limit && m_rest.size() <= m_limit);
  TELLINA_ASSERT(m_is_active || (m_lines.empty() && m_typed_line.empty() && m_rest.empty()));
}

void EchoedInput::keep(Bytes& part, BytesView text) const { part.append(text.substr(0, m_limit - part.size())); }

}  // namespace tellina
