#pragma once

namespace tellina::floor {

/// Prints, as one JSON line, how long a message of a key's size takes through ZeroMQ to another process and back, with
/// nothing at either end but the call that waits for it: what the layer "ipc" cannot be faster than.
int measure_zmq();

}  // namespace tellina::floor
