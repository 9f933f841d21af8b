#pragma once

#include <functional>
#include <string>
#include <thread>

namespace tellina {

/// Starts a thread. `purpose`: what it is for, such as "an event loop". Throws Error(unavailable) if the system has no
/// thread left; the hint names the limits.
std::thread start_thread(const std::string& purpose, std::function<void()> body);

}  // namespace tellina
