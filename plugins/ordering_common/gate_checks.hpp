#pragma once

/// What the built-in gates check of their callers and of themselves.

#include <string>

#include "tellina/error.hpp"
#include "tellina/message.hpp"

namespace tellina::ordering {

/// Throws Error(bad_request) unless `sequence` is the number that arrives next.
inline void expect_arrival(Sequence sequence, Sequence next) {
  if (sequence == next) return;
  throw Error(ErrorCode::bad_request,
              "message " + std::to_string(sequence) + " arrived, expected message " + std::to_string(next));
}

[[noreturn]] inline void refuse_finish(Sequence sequence) {
  throw Error(ErrorCode::bad_request, "message " + std::to_string(sequence) + " has not been started");
}

/// Throws Error(internal) for a gate whose state is broken; the host then ends the connection of that gate.
inline void expect_invariant(bool holds, const char* invariant) {
  if (!holds) throw Error(ErrorCode::internal, std::string("broken invariant of a gate: ") + invariant);
}

}  // namespace tellina::ordering
