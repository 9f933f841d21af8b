#pragma once

/// What /metrics tells: the gateway's own numbers, and those that it asks workers for.

#include <functional>
#include <string>

#include "host/gateway/lane.hpp"

namespace tellina {

/// Asks a worker for the study's numbers, then every worker that lives for its own, and calls `answer` once, on the
/// lane's loop, with the text. Workers that do not answer within a second are left out.
void scrape(Lane& lane, std::function<void(std::string)> answer);

}  // namespace tellina
