#include "host/study/command_input.hpp"

#include <algorithm>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/line_ends.hpp"

namespace tellina {
namespace {

constexpr char interrupt = '\x03';  // Ctrl-C: the shell drops the line and shows a new prompt

}  // namespace

void CommandInput::typed(BytesView bytes, std::uint64_t offset) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(offset >= m_end);
  m_end = offset + bytes.size();
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    if (bytes[index] == interrupt) m_prompt_is_new = true;
    if (!ends_line(bytes[index])) continue;
    m_prompt_is_new = true;
    if (m_line_ends.size() < limits::remembered_line_ends) m_line_ends.push_back(offset + index + 1);
  }
}

void CommandInput::prompt_shown(Timestamp at) {
  const InvariantScope invariant(*this);
  if (!m_prompt_is_new) return;
  m_prompt_is_new = false;
  m_span = TypedSpan{at, m_end, m_end};
  m_line_ends.clear();
}

std::optional<TypedSpan> CommandInput::command_started(std::uint64_t lines_ahead, std::uint64_t lines_read) {
  const InvariantScope invariant(*this);
  m_prompt_is_new = true;
  if (!m_span) return std::nullopt;
  TypedSpan span = *m_span;
  m_span.reset();
  const std::uint64_t lines = std::max<std::uint64_t>(lines_read, 1);
  if (lines > lines_ahead && !m_line_ends.empty()) {
    span.to = m_line_ends[std::min<std::uint64_t>(lines - lines_ahead, m_line_ends.size()) - 1];
  }
  m_line_ends.clear();
  return span;
}

void CommandInput::check_invariant() const {
  TELLINA_ASSERT(m_line_ends.size() <= limits::remembered_line_ends);
  TELLINA_ASSERT(!m_span || (m_span->from == m_span->to && m_span->from <= m_end));
  TELLINA_ASSERT(m_line_ends.empty() || m_line_ends.back() <= m_end);
}

}  // namespace tellina
