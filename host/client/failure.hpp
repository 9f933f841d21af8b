#pragma once

#include <stdexcept>

namespace tellina::client {

/// The server refused a request, broke the protocol, or did not answer in time. The text is a complete sentence.
class ClientFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The connection broke during a send.
class ConnectionLost : public ClientFailure {
 public:
  using ClientFailure::ClientFailure;
};

}  // namespace tellina::client
