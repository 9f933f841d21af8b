#pragma once

/// A gate next to a short model of what every gate must do.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>

#include "tellina/conformance/case.hpp"
#include "tellina/ordering_policy.hpp"

namespace tellina::conformance {

/// Opens a gate for one connection; throws Failure if there is none.
std::unique_ptr<Gate> opened_gate(OrderingPolicy& policy);

/// The order that a policy enforces: a strict policy never lets a message overtake. order_of() finds it by a test.
enum class Order { strict, loose };
Order order_of(OrderingPolicy& policy);

/// Forwards calls to a gate and throws Failure if a result violates the contract.
///
/// The model: a number may start once, after it has arrived and after number 0 has finished. If nothing runs and
/// something waits, something may start; under a strict order that is the lowest waiting number, and only that one.
class CheckedGate {
 public:
  CheckedGate(OrderingPolicy& policy, Order order);

  /// The next number arrives.
  void arrive(MessageKind kind);
  /// A number arrives that is not the next: the gate must refuse it, and change nothing.
  void expect_refusal(Sequence sequence, MessageKind kind);
  std::optional<Sequence> next();
  void finish(Sequence sequence);
  /// Starts messages until none may start; returns how many started.
  std::size_t start_all();
  /// Finishes one of the running messages.
  void finish_any(std::uint64_t choice);

  /// Starts and finishes messages until none is left.
  void handle_all();
  /// Throws Failure unless the gate counts overtakings as the model does.
  void check_overtakings() const;

  Sequence arrived() const { return m_arrived; }
  const std::set<Sequence>& running() const { return m_running; }
  std::size_t finished() const { return m_finished; }
  std::size_t waiting() const { return m_waiting.size(); }

 private:
  void check_start(Sequence sequence);
  void check_idle() const;

  const Order m_order;
  const std::unique_ptr<Gate> m_gate;
  Sequence m_arrived = 0;  ///< every lower number has arrived
  std::set<Sequence> m_waiting;
  std::set<Sequence> m_running;
  std::size_t m_finished = 0;
  bool m_connected = false;  ///< number 0 has finished
  std::uint64_t m_overtakings = 0;
};

}  // namespace tellina::conformance
