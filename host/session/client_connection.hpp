#pragma once

#include <cstddef>
#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// A session's end of one WebSocket. Threads: the session's loop. None of it blocks; what the layer does not take ends
/// the connection, and the page comes back for the rest.
class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  /// A binary frame: stream offset and bytes, as on the wire.
  virtual void send_data(Bytes frame) = 0;
  virtual void send_text(std::string json) = 0;
  /// So many bytes of this connection's input are finished with.
  virtual void credit(std::size_t bytes) = 0;
  /// The last that is sent on it.
  virtual void close(int code, const std::string& reason) = 0;
  virtual const std::string& address() const = 0;
};

}  // namespace tellina
