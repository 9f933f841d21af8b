#pragma once

/// The connect first; then whole messages may overtake each other.

#include <set>
#include <vector>

#include "sequence_queue.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina::slight {

/// Once the connect has finished, whatever has arrived may start at once, however much is running: text messages (the
/// page's requests) first, then all others, each in the order in which they arrived. Nothing waits for a missing
/// number.
///
/// In sequence each call costs the same and allocates nothing; only numbers that arrive early are kept, and finish()
/// looks through those that are running.
class SlightGate final : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind kind) override;
  std::optional<Sequence> next() override;
  void finish(Sequence sequence) override;
  std::uint64_t overtakings() const override { return m_overtakings; }

 private:
  void note_arrival(Sequence sequence);
  Sequence start_waiting();

  Sequence m_arrived_end = 0;  ///< every lower number has arrived
  std::set<Sequence> m_early;  ///< numbers above it that have arrived
  bool m_connect_waits = false;
  bool m_is_connected = false;  ///< the connect has finished
  SequenceQueue m_texts;
  SequenceQueue m_others;
  std::vector<Sequence> m_running;
  std::uint64_t m_overtakings = 0;
};

class SlightOrdering final : public OrderingPolicy {
 public:
  explicit SlightOrdering(const PluginContext&) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<SlightGate>(); }
};

}  // namespace tellina::slight
