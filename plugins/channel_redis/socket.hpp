#pragma once

/// Sockets that also wait for a stop request.

#include <chrono>
#include <stdexcept>
#include <string>

#include "plugins/common/wake_up.hpp"
#include "tellina/descriptor.hpp"
#include "url.hpp"

namespace tellina::redis {

/// Why a connection cannot be used any more.
class Failure : public std::runtime_error {
 public:
  enum class Kind {
    stopped,  ///< the layer is closing
    lost,     ///< no answer, or not one of Redis: the sent commands may have run, or not
    refused,  ///< Redis answered with an error
  };
  Failure(Kind kind_, const std::string& what) : std::runtime_error(what), kind(kind_) {}

  Kind kind;
};

/// Returns the events that occurred, of POLLIN and POLLOUT (an error counts as both), or 0 after `limit`. Throws
/// Failure(stopped) as soon as `stop` is readable.
short wait_for(int socket, short events, int stop, std::chrono::milliseconds limit);

/// Returns false as soon as `stop` is readable.
bool sleep_unless_stopped(std::chrono::milliseconds duration, int stop);

/// Connects, and waits no longer than `limit` for each address of the host. The system resolves the name, with its own
/// timeouts. The socket is non-blocking. Throws Failure.
Descriptor open_socket(const Address& address, int stop, std::chrono::milliseconds limit);

}  // namespace tellina::redis
