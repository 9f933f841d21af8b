/// The ordering policy "YOUR_NAME". It starts the messages of a connection one after another, in sequence, which is the
/// strictest order. Change next() to decide which message may start.

#include <string>

#include "tellina/ordering_policy.hpp"

namespace ordering_YOUR_NAME {

using namespace tellina;

constexpr char schema[] = R"json({"type": "object", "properties": {}, "additionalProperties": false})json";

/// The queue of one connection: plain logic without threads or clock.
class ConnectionGate final : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind) override {
    if (sequence != m_arrived_end) refuse(sequence, "is not the next one");
    ++m_arrived_end;
  }

  /// The connect, number 0, must finish before anything else starts; here every message must.
  std::optional<Sequence> next() override {
    if (m_is_running || m_turn == m_arrived_end) return std::nullopt;
    m_is_running = true;
    return m_turn;
  }

  void finish(Sequence sequence) override {
    if (!m_is_running || sequence != m_turn) refuse(sequence, "has not been started");
    m_is_running = false;
    ++m_turn;
  }

  /// Count here how often a message starts while one with a lower number waits.
  std::uint64_t overtakings() const override { return 0; }

 private:
  [[noreturn]] static void refuse(Sequence sequence, const std::string& why) {
    throw Error(ErrorCode::bad_request, "message " + std::to_string(sequence) + " " + why);
  }

  Sequence m_turn = 0;         ///< the number that runs, or may start next
  Sequence m_arrived_end = 0;  ///< every lower number has arrived
  bool m_is_running = false;
};

class Policy final : public OrderingPolicy {
 public:
  explicit Policy(const PluginContext&) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<ConnectionGate>(); }
};

TELLINA_PLUGIN(ordering_policy, Policy, "YOUR_NAME", "0.1.0", schema);

}  // namespace ordering_YOUR_NAME
