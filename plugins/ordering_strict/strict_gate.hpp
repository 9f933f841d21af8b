#pragma once

/// One message of a connection after another, in sequence.

#include <set>

#include "tellina/ordering_policy.hpp"

namespace tellina::strict {

/// In sequence every call is a comparison and an addition; only numbers that arrive early are kept.
class StrictGate final : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind kind) override;
  std::optional<Sequence> next() override;
  void finish(Sequence sequence) override;
  std::uint64_t overtakings() const override { return 0; }

 private:
  Sequence m_turn = 0;         ///< the number that is running, or that may start next
  Sequence m_arrived_end = 0;  ///< every lower number has arrived
  std::set<Sequence> m_early;  ///< numbers above it that have arrived
  bool m_running = false;
};

class StrictOrdering final : public OrderingPolicy {
 public:
  explicit StrictOrdering(const PluginContext&) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<StrictGate>(); }
};

}  // namespace tellina::strict
