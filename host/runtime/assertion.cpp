#include "host/runtime/assertion.hpp"

#include <cstdio>
#include <cstdlib>

namespace tellina {
namespace {

std::string description(const char* expression, const char* file, int line) {
  return "assertion failed: " + std::string(expression) + " (" + file + ":" + std::to_string(line) + ")";
}

}  // namespace

AssertionFailure::AssertionFailure(const char* expression, const char* file, int line)
    : std::logic_error(description(expression, file, line)) {}

void throw_assertion_failure(const char* expression, const char* file, int line) {
  throw AssertionFailure(expression, file, line);
}

void abort_on_assertion_failure(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "tellina: assertion failed: %s (%s:%d); the process ends\n", expression, file, line);
  std::abort();
}

}  // namespace tellina
