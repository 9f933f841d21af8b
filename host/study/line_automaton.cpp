#include "host/study/line_automaton.hpp"

#include "host/runtime/assertion.hpp"

namespace tellina {

LineAutomaton::LineAutomaton(const std::vector<Bytes>& lines) {
  m_states.reserve(2 * lines.size() + 1);
  for (const Bytes& line : lines) {
    append(m_numbers.try_emplace(line, static_cast<int>(m_numbers.size())).first->second);
  }
  check_invariant();
}

void LineAutomaton::check_invariant() const {
  TELLINA_ASSERT(m_states.front().link < 0 && m_states.front().length == 0);
  for (std::size_t i = 1; i < m_states.size(); ++i) {
    const State& state = m_states[i];
    // Each link leads to a shorter run, so advance() ends.
    TELLINA_ASSERT(state.link >= 0 && static_cast<std::size_t>(state.link) < m_states.size());
    TELLINA_ASSERT(m_states[static_cast<std::size_t>(state.link)].length < state.length);
  }
}

void LineAutomaton::append(int number) {
  const auto add_state = [this](State state) {
    m_states.push_back(std::move(state));
    return static_cast<int>(m_states.size()) - 1;
  };
  State fresh;
  fresh.length = m_states[m_last].length + 1;
  const int current = add_state(std::move(fresh));
  int state = m_last;
  while (state >= 0 && m_states[state].next.try_emplace(number, current).second) state = m_states[state].link;
  m_last = current;
  if (state < 0) {
    m_states[current].link = 0;
    return;
  }
  const int target = m_states[state].next[number];
  if (m_states[target].length == m_states[state].length + 1) {
    m_states[current].link = target;
    return;
  }
  State copy = m_states[target];
  copy.length = m_states[state].length + 1;
  const int clone = add_state(std::move(copy));
  for (; state >= 0; state = m_states[state].link) {
    const auto edge = m_states[state].next.find(number);
    if (edge == m_states[state].next.end() || edge->second != target) break;
    edge->second = clone;
  }
  m_states[target].link = clone;
  m_states[current].link = clone;
}

LineAutomaton::Position LineAutomaton::advance(Position from, BytesView line) const {
  TELLINA_ASSERT(from.state >= 0 && static_cast<std::size_t>(from.state) < m_states.size());
  TELLINA_ASSERT(from.length <= m_states[static_cast<std::size_t>(from.state)].length);
  const auto number = m_numbers.find(line);
  if (number == m_numbers.end()) return Position();
  while (true) {
    const State& state = m_states[from.state];
    const auto edge = state.next.find(number->second);
    if (edge != state.next.end()) {
      from.state = edge->second;
      ++from.length;
      return from;
    }
    if (state.link < 0) return Position();
    from.state = state.link;
    from.length = m_states[state.link].length;
  }
}

}  // namespace tellina
