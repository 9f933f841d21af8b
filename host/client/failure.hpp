#pragma once

#include <stdexcept>

namespace tellina::client {

/// The server refused, broke the protocol, or did not answer in time. The text is a whole sentence.
class ClientFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The connection broke while something was sent on it.
class ConnectionLost : public ClientFailure {
 public:
  using ClientFailure::ClientFailure;
};

}  // namespace tellina::client
