/// The ordering policy "YOUR_NAME". As it stands it hands out the messages of a connection one after another, in
/// sequence: the strictest there is. Which one may start is decided in next().

#include <set>
#include <string>

#include "tellina/ordering_policy.hpp"

namespace ordering_YOUR_NAME {

using namespace tellina;

constexpr char schema[] = R"json({"type": "object", "properties": {}, "additionalProperties": false})json";

/// The queue of one connection: plain logic, no threads, no clock.
class ConnectionGate final : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind) override {
    if (sequence < m_turn || !m_waiting.insert(sequence).second) refuse(sequence, "has arrived before");
  }

  /// The connect, 0, must have finished before anything else starts; here every message has to.
  std::optional<Sequence> next() override {
    if (m_is_running || !m_waiting.contains(m_turn)) return std::nullopt;
    m_is_running = true;
    return m_turn;
  }

  void finish(Sequence sequence) override {
    if (!m_is_running || sequence != m_turn) refuse(sequence, "has not been started");
    m_is_running = false;
    m_waiting.erase(m_turn++);
  }

  /// Count here how often one is started while a lower number has arrived and waits.
  std::uint64_t overtakings() const override { return 0; }

 private:
  [[noreturn]] static void refuse(Sequence sequence, const std::string& why) {
    throw Error(ErrorCode::bad_request, "message " + std::to_string(sequence) + " " + why);
  }

  Sequence m_turn = 0;           ///< that runs, or may start next
  std::set<Sequence> m_waiting;  ///< arrived and not finished
  bool m_is_running = false;
};

class Policy final : public OrderingPolicy {
 public:
  explicit Policy(const PluginContext&) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<ConnectionGate>(); }
};

TELLINA_PLUGIN(ordering_policy, Policy, "YOUR_NAME", "0.1.0", schema);

}  // namespace ordering_YOUR_NAME
