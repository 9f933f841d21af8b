#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tellina/ordering_policy.hpp"

namespace tellina::bad {

inline constexpr char policy_schema[] = R"({"type": "object", "properties": {}, "additionalProperties": false})";

/// Connect first, then text before data, data in order of arrival. A bad gate overrides the function that it breaks.
class GoodGate : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind kind) override {
    if (sequence != m_arrived) throw Error(ErrorCode::bad_request, "it is not the next number");
    ++m_arrived;
    (kind == MessageKind::data ? m_data : m_others).push_back(sequence);
  }

  std::optional<Sequence> next() override {
    if (!m_is_connected) return m_arrived > 0 && m_running.empty() ? start(0) : std::nullopt;
    if (!m_others.empty()) return start(m_others.front());
    return m_data.empty() ? std::nullopt : start(m_data.front());
  }

  void finish(Sequence sequence) override {
    if (m_running.erase(sequence) == 0) throw Error(ErrorCode::bad_request, "it is not started");
    if (sequence == 0) m_is_connected = true;
  }

  std::uint64_t overtakings() const override { return m_overtakings; }

 protected:
  std::optional<Sequence> start(Sequence sequence) {
    std::erase(m_data, sequence);
    std::erase(m_others, sequence);
    m_running.insert(sequence);
    const auto is_lower = [&](Sequence other) { return other < sequence; };
    if (std::any_of(m_data.begin(), m_data.end(), is_lower) ||
        std::any_of(m_others.begin(), m_others.end(), is_lower)) {
      ++m_overtakings;
    }
    return sequence;
  }

  Sequence m_arrived = 0;
  std::vector<Sequence> m_data;
  std::vector<Sequence> m_others;
  std::set<Sequence> m_running;
  bool m_is_connected = false;  ///< number 0 has finished
  std::uint64_t m_overtakings = 0;
};

template <typename BadGate>
class PolicyOf final : public OrderingPolicy {
 public:
  explicit PolicyOf(const PluginContext&) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<BadGate>(); }
};

}  // namespace tellina::bad

#define TELLINA_BAD_GATE(type_) \
  TELLINA_PLUGIN(ordering_policy, tellina::bad::PolicyOf<type_>, "bad", "1.0.0", tellina::bad::policy_schema)
