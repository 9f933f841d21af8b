#pragma once

namespace tellina {

/// From now on, a thread that gets no memory from `new` waits for it, because other programs may soon return some and a
/// paused session is better than one that ends. After ten seconds `new` throws std::bad_alloc.
void wait_for_memory();

}  // namespace tellina
