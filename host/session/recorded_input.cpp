#include "host/session/recorded_input.hpp"

#include <algorithm>
#include <utility>

#include "host/runtime/assertion.hpp"

namespace tellina {

void RecordedInput::ask(const TerminalIo& terminal, Timestamp at) {
  if (!m_masks) return;
  switch (terminal.input_mode()) {
    case InputMode::open:
      m_is_secret = false;
      return;
    case InputMode::secret:
      m_is_secret = true;
      return;
    case InputMode::unknown:
      return;
    case InputMode::no_terminal:
      m_is_secret = false;
      if (std::exchange(m_has_no_terminal, true)) return;
      m_recorder.add(EventRecord("masking_unavailable", {}, at));
  }
}

void RecordedInput::add(BytesView bytes, Timestamp at) {
  TELLINA_ASSERT(m_held.empty());
  record(bytes, at);
}

void RecordedInput::add_dropped(BytesView bytes, Timestamp at) {
  const bool is_secret = std::exchange(m_is_secret, m_lost_is_secret);
  add(bytes, at);
  m_is_secret = is_secret;
}

void RecordedInput::record(BytesView bytes, Timestamp at) {
  const bool is_masked = m_is_secret && m_recorder.keeps_bytes();
  if (is_masked) {
    // A range ends with its line, so that each password has its own. Lines that came together share one, because each
    // range is a row in the store.
    if (!m_secret_from) m_secret_from = m_end;
    m_recorder.add_masked_input(m_end, bytes.size(), *m_secret_from, at);
  } else {
    m_recorder.add(StreamName::input, m_end, bytes, at);
  }
  m_end += bytes.size();
  if (!is_masked || bytes.ends_with('\r') || bytes.ends_with('\n')) m_secret_from.reset();
}

void RecordedInput::hold(BytesView bytes, Timestamp at) {
  const InvariantScope invariant(*this);
  m_held.push_back({bytes.size(), at});
  m_held_size += bytes.size();
}

void RecordedInput::add_held(BytesView waiting) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_held_size <= waiting.size());
  waiting.remove_prefix(waiting.size() - m_held_size);
  for (const Held& piece : std::exchange(m_held, {})) {
    record(waiting.substr(0, piece.size), piece.at);
    waiting.remove_prefix(piece.size);
  }
  m_held_size = 0;
}

void RecordedInput::jump_to(std::uint64_t offset) {
  TELLINA_ASSERT(m_held.empty());
  TELLINA_ASSERT(offset >= m_end);
  m_end = offset;
  m_secret_from.reset();
}

void RecordedInput::check_invariant() const {
  TELLINA_ASSERT(m_held.empty() == (m_held_size == 0));
  TELLINA_ASSERT(!m_secret_from || *m_secret_from <= m_end);
  TELLINA_ASSERT(m_masks || !m_is_secret);
}

}  // namespace tellina
