#pragma once

/// Handles the connect first; after that, requests overtake waiting input.

#include <cstdint>
#include <vector>

#include "plugins/common/ring.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina::slight {

/// Once the connect has finished, every message that has arrived may start at once, however many are running: first
/// text messages (the client's requests), then all others, each group in sequence.
///
/// Each call takes constant time on average, except that finish() searches the running messages.
class SlightGate final : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind kind) override;
  std::optional<Sequence> next() override;
  void finish(Sequence sequence) override;
  std::uint64_t overtakings() const override { return m_overtakings; }

  /// Throws Error(internal).
  void check_invariant() const;

 private:
  /// The state of message 0.
  enum class Connect : std::uint8_t { absent, waiting, running, finished };

  Sequence take_waiting();

  Connect m_connect = Connect::absent;
  Sequence m_arrived_end = 0;  ///< the number of the next message to arrive
  Ring<Sequence> m_texts;      ///< waiting
  Ring<Sequence> m_others;     ///< waiting
  std::vector<Sequence> m_running;
  std::uint64_t m_overtakings = 0;
};

class SlightOrdering final : public OrderingPolicy {
 public:
  explicit SlightOrdering(const PluginContext&) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<SlightGate>(); }
};

}  // namespace tellina::slight
