#pragma once

#include <cstdint>
#include <string>

#include "host/study/draws.hpp"

namespace tellina::bots {

/// What one bot decides. Each decision depends on the seed, the bot and its own name only, not on what came before: a
/// bot that had to wait somewhere decides the same afterwards.
class Decisions {
 public:
  /// `bot`: its number in the run.
  Decisions(std::int64_t seed, int bot) : m_seed(seed), m_bot(bot) {}

  /// A generator of the decision's own.
  Draws draws(const std::string& name) const { return {m_seed, "bots", name, m_bot}; }
  /// Uniform, at least 0 and below 1.
  double share(const std::string& name) const;
  bool chance(const std::string& name, double probability) const { return share(name) < probability; }
  /// Uniform from 0 to `count` - 1. `count` is at least 1.
  std::size_t below(const std::string& name, std::size_t count) const { return draws(name).below(count); }

 private:
  std::int64_t m_seed;
  int m_bot;
};

}  // namespace tellina::bots
