#pragma once

/// The checks that the built-in gates make on their callers and on themselves.

#include <string>

#include "tellina/error.hpp"
#include "tellina/message.hpp"

namespace tellina::ordering {

/// Throws Error(bad_request) unless `sequence` is the next number.
inline void expect_arrival(Sequence sequence, Sequence next) {
  if (sequence == next) return;
  throw Error(ErrorCode::bad_request,
              "message " + std::to_string(sequence) + " arrived, expected message " + std::to_string(next));
}

[[noreturn]] inline void refuse_finish(Sequence sequence) {
  throw Error(ErrorCode::bad_request, "message " + std::to_string(sequence) + " has not been started");
}

/// Throws Error(internal) if an invariant of the gate is broken. The host then ends the gate's connection.
inline void expect_invariant(bool holds, const char* invariant) {
  if (!holds) throw Error(ErrorCode::internal, std::string("broken invariant of a gate: ") + invariant);
}

}  // namespace tellina::ordering
