#pragma once

/// The response to /metrics: the metrics of the gateway and of the workers.

#include <functional>
#include <string>

#include "host/gateway/lane.hpp"

namespace tellina {

/// Asks one worker for the study's metrics, then every live worker for its own, and calls `answer` exactly once with
/// the text, on the lane's loop. Leaves out workers that do not answer within 1 s.
void scrape(Lane& lane, std::function<void(std::string)> answer);

}  // namespace tellina
