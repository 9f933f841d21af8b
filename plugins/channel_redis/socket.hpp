#pragma once

/// Sockets that are waited for together with the order to stop.

#include <chrono>
#include <stdexcept>
#include <string>

#include "plugins/common/wake_up.hpp"
#include "tellina/descriptor.hpp"
#include "url.hpp"

namespace tellina::redis {

/// Why a connection is of no use any more.
class Failure : public std::runtime_error {
 public:
  enum class Kind {
    stopped,  ///< the layer ends
    lost,     ///< no answer, or none that is Redis's: what was sent may have been done, or not
    refused,  ///< Redis answered with an error
  };
  Failure(Kind kind_, const std::string& what) : std::runtime_error(what), kind(kind_) {}

  Kind kind;
};

/// Returns the events that came, of POLLIN and POLLOUT (an error counts as both), or 0 after `limit`. Throws
/// Failure(stopped) as soon as `stop` is readable.
short wait_for(int socket, short events, int stop, std::chrono::milliseconds limit);

/// False as soon as `stop` is readable.
bool sleep_unless_stopped(std::chrono::milliseconds duration, int stop);

/// Connects, without blocking longer than `limit` for each address of the host; the name itself is looked up by the
/// system, with the system's time-outs. The socket does not block. Throws Failure.
Descriptor open_socket(const Address& address, int stop, std::chrono::milliseconds limit);

}  // namespace tellina::redis
