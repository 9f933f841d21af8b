#pragma once

namespace tellina::floor {

/// Prints, as one JSON line, how long a message of a key's size takes through ZeroMQ to another process and back. At
/// both ends there is only the call that waits for it, so the layer "ipc" cannot be faster.
int measure_zmq();

}  // namespace tellina::floor
