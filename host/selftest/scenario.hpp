#pragma once

/// The part of the self-test that acts as a participant.

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "host/selftest/report.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// The gateway that the self-test's participant uses, and their access code.
struct SelfTestTarget {
  std::uint16_t port;  ///< of a gateway on this machine's loopback address
  std::string access_code;
};

/// Works through the three tasks of make_self_test_study() within the limit, and stops at the first failed step.
/// Blocks. Throws ClientFailure only if the kernel has no descriptor left.
SelfTestReport play_self_test(const SelfTestTarget& target, Clock& clock, std::chrono::nanoseconds limit,
                              const std::stop_token& stop);

}  // namespace tellina
