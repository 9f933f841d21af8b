#pragma once

#include <functional>
#include <string>
#include <thread>

namespace tellina {

/// Starts a thread. `purpose` completes "cannot start a thread for", such as "an event loop". Throws Error(unavailable)
/// if the system can start no more threads; the hint names the limits.
std::thread start_thread(const std::string& purpose, std::function<void()> body);

}  // namespace tellina
