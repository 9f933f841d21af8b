// Gates with one fault each; the setting "fault" names it, and "none" is a good gate.
#include <atomic>
#include <chrono>
#include <thread>

#include "good_gate.hpp"

using namespace tellina;

namespace {

constexpr char schema[] =
    R"({"type": "object", "properties": {"fault": {"type": "string"}}, "required": ["fault"], "additionalProperties": false})";

/// Numbers that run in all gates of the process.
std::atomic<int> running_in_all = 0;

class FaultyGate final : public bad::GoodGate {
 public:
  explicit FaultyGate(std::string fault) : m_fault(std::move(fault)) {}
  ~FaultyGate() override { running_in_all -= static_cast<int>(m_running.size()); }

  void arrive(Sequence sequence, MessageKind kind) override {
    if (has("counts_refused") && sequence != m_arrived) ++m_arrived;
    if (has("keeps_finished")) m_kept.push_back(sequence);
    GoodGate::arrive(sequence, kind);
  }

  std::optional<Sequence> next() override {
    if (has("is_slow") && m_arrived == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    if (has("stalls_after_100000") && m_arrived > 100'000) return std::nullopt;
    if (has("shares_a_limit") && running_in_all >= 40 && !m_running.contains(0)) return std::nullopt;
    if (has("starves_data") && m_is_connected && !m_running.empty()) return std::nullopt;
    if (has("starts_twice") && m_is_connected && m_data.size() == 19 && !m_repeated) {
      m_repeated = true;
      return m_last;
    }
    const std::optional<Sequence> started = GoodGate::next();
    if (!started) return started;
    ++running_in_all;
    m_last = *started;
    return has("wraps_at_2_16") ? *started & 0xffff : *started;
  }

  void finish(Sequence sequence) override {
    GoodGate::finish(sequence);
    --running_in_all;
  }

  std::uint64_t overtakings() const override { return has("counts_nothing") ? 0 : GoodGate::overtakings(); }

 private:
  bool has(const char* fault) const { return m_fault == fault; }

  const std::string m_fault;
  std::vector<Sequence> m_kept;
  Sequence m_last = 0;
  bool m_repeated = false;
};

class Policy final : public OrderingPolicy {
 public:
  explicit Policy(const PluginContext& context) : m_context(context), m_fault(context.config.string_or("fault", "")) {}
  std::unique_ptr<Gate> open_gate() override {
    if (m_fault == "warns") m_context.log.warning("something is wrong");
    return std::make_unique<FaultyGate>(m_fault);
  }

 private:
  PluginContext m_context;
  const std::string m_fault;
};

}  // namespace

TELLINA_PLUGIN(ordering_policy, Policy, "bad", "1.0.0", schema);
