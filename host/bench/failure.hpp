#pragma once

#include <stdexcept>

namespace tellina::bench {

/// What keeps a figure from being measured: the server died, refused, or did not answer. The text is a whole sentence.
class BenchFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tellina::bench
