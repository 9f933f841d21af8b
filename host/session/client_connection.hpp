#pragma once

#include <cstddef>
#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// A session's end of one WebSocket. Threads: the session's loop. No function blocks. If the layer refuses a message,
/// the connection ends, and the page reconnects to get the missing data.
class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  /// A binary frame: stream offset and bytes, as on the wire.
  virtual void send_data(Bytes frame) = 0;
  virtual void send_text(std::string json) = 0;
  /// Returns credit for `bytes` of this connection's input.
  virtual void credit(std::size_t bytes) = 0;
  /// Sends the close message. Nothing may be sent after it.
  virtual void close(int code, const std::string& reason) = 0;
  virtual const std::string& address() const = 0;
};

}  // namespace tellina
