#pragma once

#include <stdexcept>

namespace tellina {

/// The command line is invalid; exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tellina
