#pragma once

namespace tellina::floor {

/// Prints, as one JSON line, how long a key takes through a pty and `cat`, and how fast a pty delivers output.
int measure_pty();

}  // namespace tellina::floor
