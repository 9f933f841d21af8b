/// Seeded schedules of what a network does to numbers, each compared with the model.

#include <algorithm>

#include "policy_cases.hpp"

namespace tellina::conformance {
namespace {

constexpr std::size_t connections = 200;
constexpr std::size_t messages = 50;

MessageKind kind_of(Probe& probe, Sequence sequence) {
  if (sequence == 0) return MessageKind::connect;
  return probe.pick(0, 2) == 0 ? MessageKind::text : MessageKind::data;
}

/// Numbers 0 to `count` - 1, each moved up to `distance` places.
std::vector<Sequence> shuffled(Probe& probe, std::size_t count, std::uint64_t distance) {
  std::vector<std::pair<std::uint64_t, Sequence>> places;
  for (Sequence sequence = 0; sequence < count; ++sequence) {
    places.emplace_back(sequence + probe.pick(0, distance), sequence);
  }
  std::sort(places.begin(), places.end());
  std::vector<Sequence> order;
  for (const auto& [place, sequence] : places) order.push_back(sequence);
  return order;
}

/// What the owner does between two arrivals: any of starting and finishing, in any order.
void work_a_little(Probe& probe, CheckedGate& gate) {
  for (std::uint64_t steps = probe.pick(0, 3); steps > 0; --steps) {
    if (probe.pick(0, 1) == 0) {
      gate.next();
    } else {
      gate.finish_any(probe.random()());
    }
  }
}

void runs_reordered_numbers(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const Order order = order_of(*policy);
  for (std::size_t connection = 0; connection < connections; ++connection) {
    CheckedGate gate(*policy, order);
    for (const Sequence sequence : shuffled(probe, messages, probe.pick(0, 12))) {
      gate.arrive(sequence, kind_of(probe, sequence));
      work_a_little(probe, gate);
    }
    gate.work_off();
    expect_equal("messages handled of a connection that lost none", messages, gate.finished());
  }
}

void survives_lost_numbers(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const Order order = order_of(*policy);
  for (std::size_t connection = 0; connection < connections; ++connection) {
    CheckedGate gate(*policy, order);
    Sequence first_lost = messages;
    for (const Sequence sequence : shuffled(probe, messages, probe.pick(0, 4))) {
      if (probe.pick(0, 19) == 0) {
        first_lost = std::min(first_lost, sequence);
        continue;
      }
      gate.arrive(sequence, kind_of(probe, sequence));
      work_a_little(probe, gate);
    }
    gate.work_off();
    const bool all = order == Order::loose && first_lost > 0;
    const std::size_t expected = all ? gate.arrived().size() : static_cast<std::size_t>(first_lost);
    expect_equal("messages handled where number " + show(first_lost) + " is the first that was lost", expected,
                 gate.finished());
  }
}

void survives_duplicates(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const Order order = order_of(*policy);
  for (std::size_t connection = 0; connection < connections; ++connection) {
    CheckedGate gate(*policy, order);
    for (const Sequence sequence : shuffled(probe, messages, 3)) {
      gate.arrive(sequence, kind_of(probe, sequence));
      work_a_little(probe, gate);
      if (probe.pick(0, 4) != 0) continue;
      const auto& arrived = gate.arrived();
      const auto again = std::next(arrived.begin(), static_cast<std::ptrdiff_t>(probe.pick(0, arrived.size() - 1)));
      gate.arrive_again(*again, kind_of(probe, *again));
    }
    gate.work_off();
    expect_equal("messages handled beside refused duplicates", messages, gate.finished());
  }
}

void counts_overtakings_under_load(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const Order order = order_of(*policy);
  for (std::size_t connection = 0; connection < connections; ++connection) {
    CheckedGate gate(*policy, order);
    for (const Sequence sequence : shuffled(probe, messages, probe.pick(0, 12))) {
      gate.arrive(sequence, kind_of(probe, sequence));
      work_a_little(probe, gate);
      gate.check_overtakings();
    }
  }
}

void keeps_up_with_a_long_connection(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  CheckedGate gate(*policy, order_of(*policy));
  constexpr std::size_t many = 20'000;
  const auto began = std::chrono::steady_clock::now();
  for (const Sequence sequence : shuffled(probe, many, 8)) {
    gate.arrive(sequence, kind_of(probe, sequence));
    work_a_little(probe, gate);
  }
  gate.work_off();
  expect_equal("messages handled", many, gate.finished());
  if (std::chrono::steady_clock::now() - began > std::chrono::seconds(5)) {
    probe.warn("20,000 messages took more than 5 s: a gate's calls must stay cheap in a long connection");
  }
}

}  // namespace

void add_policy_fault_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{40};
  cases.insert(
      cases.end(),
      {{"RunsReorderedNumbers", "Numbers that are delayed and reordered: all start, once, as the model says.",
        runs_reordered_numbers, deadline, true},
       {"SurvivesLostNumbers", "Numbers that never come hold back only what the policy's order demands.",
        survives_lost_numbers, deadline, true},
       {"SurvivesDuplicates", "A duplicate is refused with Error(bad_request) and changes nothing.",
        survives_duplicates, deadline, true},
       {"CountsOvertakingsUnderLoad", "overtakings() agrees with the model after every step.",
        counts_overtakings_under_load, deadline, true},
       {"KeepsUpWithALongConnection", "A gate handles 20,000 messages of one connection, without slowing down.",
        keeps_up_with_a_long_connection, deadline, true}});
}

}  // namespace tellina::conformance
