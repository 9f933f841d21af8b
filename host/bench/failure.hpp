#pragma once

#include "host/client/failure.hpp"

namespace tellina::bench {

/// Why a figure cannot be measured: the server died, refused, or did not answer. The text is a whole sentence.
class BenchFailure : public client::ClientFailure {
 public:
  using ClientFailure::ClientFailure;
};

}  // namespace tellina::bench
