#pragma once

namespace tellina::floor {

/// Prints, as one JSON line, how long a message of a key's size takes through ZeroMQ to another process and back. Both
/// ends only wait for the message, so the layer "ipc" cannot be faster.
int measure_zmq();

}  // namespace tellina::floor
