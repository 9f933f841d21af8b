#include "policy_model.hpp"

#include <iterator>

namespace tellina::conformance {
namespace {

std::string number(Sequence sequence) { return "number " + std::to_string(sequence); }

}  // namespace

std::unique_ptr<Gate> opened_gate(OrderingPolicy& policy) {
  auto gate = policy.open_gate();
  expect(gate != nullptr, "a gate from open_gate()", "none");
  return gate;
}

Order order_of(OrderingPolicy& policy) {
  const auto gate = opened_gate(policy);
  gate->arrive(0, MessageKind::connect);
  gate->next();
  gate->finish(0);
  gate->arrive(1, MessageKind::data);
  gate->arrive(2, MessageKind::text);
  return gate->next() == Sequence{2} ? Order::loose : Order::strict;
}

CheckedGate::CheckedGate(OrderingPolicy& policy, Order order) : m_order(order), m_gate(opened_gate(policy)) {}

void CheckedGate::arrive(MessageKind kind) {
  m_gate->arrive(m_arrived, kind);
  m_waiting.insert(m_arrived++);
}

void CheckedGate::expect_refusal(Sequence sequence, MessageKind kind) {
  expect_error(ErrorCode::bad_request,
               "the arrival of " + number(sequence) + " while " + number(m_arrived) + " is the next",
               [&] { m_gate->arrive(sequence, kind); });
}

std::optional<Sequence> CheckedGate::next() {
  const std::optional<Sequence> started = m_gate->next();
  if (started) {
    check_start(*started);
  } else {
    check_idle();
  }
  return started;
}

void CheckedGate::check_start(Sequence sequence) {
  expect(sequence < m_arrived, "that only arrived messages start", number(sequence) + ", which has not");
  expect(m_waiting.contains(sequence), "that each number starts once", number(sequence) + " again");
  expect(sequence == 0 || m_connected, "that nothing starts before the connect (number 0) has finished",
         number(sequence));
  const Sequence lowest = *m_waiting.begin();
  if (m_order == Order::strict) {
    expect(sequence == lowest, "under a strict order " + number(lowest), number(sequence));
  }
  if (lowest < sequence) ++m_overtakings;
  m_waiting.erase(sequence);
  m_running.insert(sequence);
}

void CheckedGate::check_idle() const {
  if (!m_running.empty() || m_waiting.empty()) return;
  throw Failure("expected that a waiting message may start because none runs, found that none may; " +
                number(*m_waiting.begin()) + " is the lowest");
}

void CheckedGate::finish(Sequence sequence) {
  m_gate->finish(sequence);
  m_running.erase(sequence);
  ++m_finished;
  if (sequence == 0) m_connected = true;
}

std::size_t CheckedGate::start_all() {
  std::size_t count = 0;
  while (next()) ++count;
  return count;
}

void CheckedGate::finish_any(std::uint64_t choice) {
  if (!m_running.empty()) {
    finish(*std::next(m_running.begin(), static_cast<std::ptrdiff_t>(choice % m_running.size())));
  }
}

void CheckedGate::handle_all() {
  while (start_all() > 0 || !m_running.empty()) {
    while (!m_running.empty()) finish(*m_running.begin());
  }
}

void CheckedGate::check_overtakings() const {
  expect_equal("overtakings() after " + std::to_string(m_finished + m_running.size()) + " starts", m_overtakings,
               m_gate->overtakings());
}

}  // namespace tellina::conformance
