#include "host/study/line_balance.hpp"

#include <algorithm>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/line_ends.hpp"

namespace tellina {

void LineBalance::typed(BytesView bytes, MonotonicTime at) {
  const InvariantScope invariant(*this);
  if (m_is_at_prompt && m_at_prompt == 0 && at - m_prompt_at >= limits::read_ahead) m_ahead = 0;
  const auto ends = static_cast<std::uint64_t>(std::count_if(bytes.begin(), bytes.end(), ends_line));
  m_at_prompt += ends;
  if (ends > 0) m_knows_all = true;
}

void LineBalance::prompt_started() {
  const InvariantScope invariant(*this);
  if (!m_has_command) {
    if (m_ahead > 0) {
      --m_ahead;
    } else if (m_at_prompt > 0) {
      --m_at_prompt;
    }
  }
  m_has_command = false;
}

void LineBalance::prompt_shown(MonotonicTime at) {
  const InvariantScope invariant(*this);
  m_ahead += m_at_prompt;
  m_at_prompt = 0;
  m_is_at_prompt = true;
  m_prompt_at = at;
}

bool LineBalance::command_started(std::size_t lines_read) {
  const InvariantScope invariant(*this);
  const bool was_typed = !m_knows_all || m_ahead + m_at_prompt > 0;
  const std::uint64_t lines = std::max<std::uint64_t>(lines_read, 1);
  const std::uint64_t from_ahead = std::min(lines, m_ahead);
  m_ahead -= from_ahead;
  m_at_prompt -= std::min(lines - from_ahead, m_at_prompt);
  m_has_command = true;
  m_is_at_prompt = false;
  return was_typed;
}

void LineBalance::check_invariant() const { TELLINA_ASSERT(m_knows_all || (m_ahead == 0 && m_at_prompt == 0)); }

}  // namespace tellina
