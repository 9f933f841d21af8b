#pragma once

/// Many bots at once.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "host/bots/bot.hpp"
#include "host/bots/bot_settings.hpp"
#include "host/client/http.hpp"
#include "tellina/clock.hpp"

namespace tellina::bots {

struct CrowdPlan {
  client::Endpoint endpoint;
  std::vector<std::string> access_codes;  ///< of the bots, each in the study and never used
  BotSettings settings;
  std::chrono::nanoseconds every{};  ///< time between two arrivals
};

/// Sends the bots through the study on a running server; returns when all walks are over. One thread drives them all; a
/// few others log in and connect. `goes_on` is asked several times a second: false interrupts the walks. `ended` is
/// called for each bot at the end of its walk. The bots are in the order of their codes.
std::vector<BotResult> send_bots(const Study& study, const CrowdPlan& plan, Clock& clock,
                                 const std::function<bool()>& goes_on,
                                 const std::function<void(const BotResult&)>& ended);

}  // namespace tellina::bots
