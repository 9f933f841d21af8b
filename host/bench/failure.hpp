#pragma once

#include "host/client/failure.hpp"

namespace tellina::bench {

/// The reason why a figure cannot be measured: the server died, refused a request, or did not answer. The text is a
/// complete sentence.
class BenchFailure : public client::ClientFailure {
 public:
  using ClientFailure::ClientFailure;
};

}  // namespace tellina::bench
