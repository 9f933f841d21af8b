#pragma once

/// Assertions that are checked in every build.
///
/// TELLINA_ASSERT(expression) guards the state of one session: it throws AssertionFailure, and the session's boundary
/// logs it and ends that session as interrupted. Other sessions continue. TELLINA_ASSERT_PROCESS(expression) guards
/// state that all sessions share, such as the store: it prints the expression and its location to stderr and ends the
/// process with SIGABRT, so that nothing is written from a broken state.
///
/// The expression must have no side effects. Threads: any.

#include <exception>
#include <stdexcept>
#include <string>

namespace tellina {

/// A violated invariant of one session. what() is "assertion failed: EXPRESSION (FILE:LINE)".
class AssertionFailure : public std::logic_error {
 public:
  AssertionFailure(const char* expression, const char* file, int line);
};

[[noreturn]] void throw_assertion_failure(const char* expression, const char* file, int line);
[[noreturn]] void abort_on_assertion_failure(const char* expression, const char* file, int line) noexcept;

/// Calls object.check_invariant() on construction and at the end of its scope: make it the first statement of a
/// mutating member function. If another exception leaves the scope, that one continues, and an AssertionFailure of the
/// check at the end is dropped.
///
/// Do not use it in a function that may destroy the object.
template <class Object>
class InvariantScope {
 public:
  explicit InvariantScope(const Object& object) : m_object(object) { m_object.check_invariant(); }
  ~InvariantScope() noexcept(false) {
    try {
      m_object.check_invariant();
    } catch (const AssertionFailure&) {
      // A second exception during unwinding ends the process.
      if (std::uncaught_exceptions() == 0) throw;
    }
  }
  InvariantScope(const InvariantScope&) = delete;
  InvariantScope& operator=(const InvariantScope&) = delete;

 private:
  const Object& m_object;
};

}  // namespace tellina

#define TELLINA_ASSERT(expression)                      \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::tellina::throw_assertion_failure(#expression, __FILE__, __LINE__))

#define TELLINA_ASSERT_PROCESS(expression)              \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::tellina::abort_on_assertion_failure(#expression, __FILE__, __LINE__))
