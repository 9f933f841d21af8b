#pragma once

/// Finds the longest run of an answer's lines in a stream of lines.

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "tellina/bytes.hpp"

namespace tellina {

/// The suffix automaton (Blumer and others, 1985) of a sequence of lines. It needs memory proportional to the sequence,
/// and amortised constant time for each line of the stream, however often lines repeat.
class LineAutomaton {
 public:
  /// A position in the stream: its last `length` lines are consecutive lines of the sequence.
  class Position {
   public:
    Position() = default;
    int state = 0;
    int length = 0;
  };

  explicit LineAutomaton(const std::vector<Bytes>& lines);

  Position advance(Position from, BytesView line) const;

  /// Takes time proportional to the sequence.
  void check_invariant() const;

 private:
  class State {
   public:
    State() = default;
    int length = 0;
    int link = -1;
    std::map<int, int> next;
  };
  class Hash {
   public:
    using is_transparent = void;
    std::size_t operator()(BytesView bytes) const { return std::hash<BytesView>()(bytes); }
  };

  void append(int number);

  std::unordered_map<Bytes, int, Hash, std::equal_to<>> m_numbers;
  std::vector<State> m_states{1};
  int m_last = 0;
};

}  // namespace tellina
