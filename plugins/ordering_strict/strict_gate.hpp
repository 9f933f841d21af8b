#pragma once

/// Handles the messages of a connection one after another, in sequence.

#include "tellina/ordering_policy.hpp"

namespace tellina::strict {

/// Two counters: every call takes constant time and allocates nothing.
class StrictGate final : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind kind) override;
  std::optional<Sequence> next() override;
  void finish(Sequence sequence) override;
  std::uint64_t overtakings() const override { return 0; }

  /// Throws Error(internal).
  void check_invariant() const;

 private:
  Sequence m_turn = 0;         ///< the number that is running, or that may start next
  Sequence m_arrived_end = 0;  ///< the number of the next message to arrive
  bool m_is_running = false;
};

class StrictOrdering final : public OrderingPolicy {
 public:
  explicit StrictOrdering(const PluginContext&) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<StrictGate>(); }
};

}  // namespace tellina::strict
