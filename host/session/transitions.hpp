#pragma once

/// The state changes that a state machine allows, as a table.

#include <cstddef>

namespace tellina {

template <typename State>
struct Transition {
  State from;
  State to;
};

/// Whether the table allows this change.
template <typename State, std::size_t size>
constexpr bool allows(const Transition<State> (&table)[size], State from, State to) {
  for (const Transition<State>& row : table) {
    if (row.from == from && row.to == to) return true;
  }
  return false;
}

}  // namespace tellina
