/// Promises of a gate, one rule in each case.

#include <malloc.h>

#include <chrono>
#include <set>
#include <thread>

#include "cases.hpp"
#include "policy_model.hpp"

namespace tellina::conformance {
namespace {

/// A gate whose connect has finished.
std::unique_ptr<Gate> connected_gate(OrderingPolicy& policy) {
  auto gate = opened_gate(policy);
  gate->arrive(0, MessageKind::connect);
  expect(gate->next() == Sequence{0}, "that the connect may start once it has arrived", "another result");
  gate->finish(0);
  return gate;
}

void empty_gate_has_nothing_to_start(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = opened_gate(*policy);
  expect(!gate->next(), "nothing from next() of a fresh gate", "a number");
  expect_equal("overtakings() of a fresh gate", 0, gate->overtakings());
}

void connect_goes_first(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = opened_gate(*policy);
  gate->arrive(0, MessageKind::connect);
  gate->arrive(1, MessageKind::data);
  gate->arrive(2, MessageKind::text);
  expect(gate->next() == Sequence{0}, "that the connect starts first", "another result");
  expect(!gate->next(), "that nothing starts before the connect has finished", "that something does");
  gate->finish(0);
  expect(gate->next().has_value(), "that something starts once the connect has finished", "nothing");
}

void handles_a_whole_connection(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = opened_gate(*policy);
  const MessageKind kinds[] = {MessageKind::connect, MessageKind::text,   MessageKind::data, MessageKind::data,
                               MessageKind::text,    MessageKind::credit, MessageKind::data, MessageKind::disconnect};
  for (Sequence sequence = 0; sequence < 8; ++sequence) {
    gate->arrive(sequence, kinds[sequence]);
    const auto started = gate->next();
    expect(started == sequence, "that number " + show(sequence) + " starts when it alone waits",
           started ? "number " + show(*started) : "nothing");
    gate->finish(sequence);
  }
}

void starts_each_number_once(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = connected_gate(*policy);
  for (Sequence sequence = 1; sequence <= 20; ++sequence) gate->arrive(sequence, MessageKind::data);
  std::set<Sequence> started;
  for (auto one = gate->next(); one; one = gate->next()) {
    expect(started.insert(*one).second, "that each number starts once", "number " + show(*one) + " twice");
    gate->finish(*one);
  }
  expect_equal("numbers of 20 that have started", 20, started.size());
}

void data_keeps_its_order(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = connected_gate(*policy);
  for (Sequence sequence = 1; sequence <= 20; ++sequence) gate->arrive(sequence, MessageKind::data);
  for (Sequence sequence = 1; sequence <= 20; ++sequence) {
    const auto started = gate->next();
    expect(started == sequence, "data messages in the order of their arrival, number " + show(sequence) + " next",
           started ? "number " + show(*started) : "nothing");
    gate->finish(sequence);
  }
}

void refuses_a_number_out_of_order(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = connected_gate(*policy);
  const auto refused = [&](Sequence sequence, const std::string& state) {
    expect_error(ErrorCode::bad_request, "the arrival of a number that " + state,
                 [&] { gate->arrive(sequence, MessageKind::data); });
  };
  refused(2, "leaves a hole");
  gate->arrive(1, MessageKind::data);
  refused(1, "waits");
  gate->next();
  refused(1, "has started");
  gate->finish(1);
  refused(1, "has finished");
  refused(0, "was the connect");
  refused(5, "leaves a hole");
  gate->arrive(2, MessageKind::data);
  expect(gate->next() == Sequence{2}, "that number 2 starts", "another result");
}

void refuses_to_finish_unstarted_messages(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = connected_gate(*policy);
  const auto refused = [&](Sequence sequence, const std::string& state) {
    expect_error(ErrorCode::bad_request, "finish() of a number that " + state, [&] { gate->finish(sequence); });
  };
  refused(7, "has not arrived");
  gate->arrive(1, MessageKind::data);
  refused(1, "has not started");
  gate->next();
  gate->finish(1);
  refused(1, "has finished");
  refused(0, "has finished");
}

void counts_overtakings(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  CheckedGate gate(*policy, order_of(*policy));
  gate.arrive(MessageKind::connect);
  gate.handle_all();
  for (int round = 0; round < 5; ++round) {
    for (const MessageKind kind : {MessageKind::data, MessageKind::text, MessageKind::data, MessageKind::text}) {
      gate.arrive(kind);
    }
    gate.handle_all();
    gate.check_overtakings();
  }
}

void gates_are_independent(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto one = opened_gate(*policy);
  const auto two = opened_gate(*policy);
  one->arrive(0, MessageKind::connect);
  two->arrive(0, MessageKind::connect);
  expect(one->next() == Sequence{0} && two->next() == Sequence{0}, "that two gates start their connects",
         "that one waits for the other");
  one->finish(0);
  two->arrive(1, MessageKind::data);
  one->arrive(1, MessageKind::data);
  expect(!two->next(), "that a gate waits for its own connect", "that another gate's connect is enough");
  expect(one->next() == Sequence{1}, "that a gate continues after its own connect", "that it waits for another gate's");
}

void gates_open_on_any_thread(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  std::vector<std::thread> threads;
  std::vector<std::string> failures(4);
  for (std::size_t i = 0; i < failures.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        for (int round = 0; round < 200; ++round) {
          const auto gate = connected_gate(*policy);
          gate->arrive(1, MessageKind::text);
          expect(gate->next() == Sequence{1}, "that number 1 starts", "another result");
          gate->finish(1);
        }
      } catch (...) {
        failures[i] = describe_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) expect(failure.empty(), "gates on four threads", failure);
}

/// Bytes of the heap in use; 0 where the C library cannot tell.
std::size_t heap_in_use() {
  const struct mallinfo2 found = mallinfo2();
  return found.uordblks + found.hblkhd;
}

void forgets_finished_messages(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto gate = connected_gate(*policy);
  Sequence sequence = 1;
  const auto handle = [&](Sequence count) {
    for (const Sequence end = sequence + count; sequence < end; ++sequence) {
      gate->arrive(sequence, sequence % 3 == 0 ? MessageKind::text : MessageKind::data);
      expect(gate->next() == sequence, "that number " + show(sequence) + " starts when it alone waits",
             "another result");
      gate->finish(sequence);
    }
  };
  handle(1000);
  const std::size_t before = heap_in_use();
  handle(200'000);
  const std::size_t after = heap_in_use();
  expect(after < before + 500'000, "a gate that keeps nothing of messages that have finished",
         show(after - before) + " bytes more after 200,000 messages");
}

void nothing_waits_forever(Probe& probe) {
  for (const MessageKind waiting : {MessageKind::data, MessageKind::text}) {
    const MessageKind others = waiting == MessageKind::data ? MessageKind::text : MessageKind::data;
    const auto policy = probe.make<OrderingPolicy>();
    const auto gate = connected_gate(*policy);
    gate->arrive(1, others);
    std::set<Sequence> running;
    std::set<Sequence> started;
    const auto start_all = [&] {
      for (auto one = gate->next(); one; one = gate->next()) {
        running.insert(*one);
        started.insert(*one);
      }
    };
    start_all();
    gate->arrive(2, waiting);
    // Another message has always arrived before the one that runs finishes.
    for (Sequence sequence = 3; sequence < 1000; ++sequence) {
      gate->arrive(sequence, others);
      start_all();
      expect(!running.empty(), "that something runs while messages wait", "nothing");
      gate->finish(*running.begin());
      running.erase(running.begin());
      start_all();
    }
    expect(started.contains(2),
           std::string("that a ") + (waiting == MessageKind::data ? "data" : "text") +
               " message starts, however many others arrive after it",
           "that it waits while 1,000 others pass");
  }
}

void gate_may_end_at_any_time(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const auto waiting = opened_gate(*policy);
  waiting->arrive(0, MessageKind::connect);
  waiting->arrive(1, MessageKind::data);
  const auto running = opened_gate(*policy);
  running->arrive(0, MessageKind::connect);
  running->next();
}

// Seeded schedules; the model checks each step.

constexpr std::size_t connections = 200;
constexpr std::size_t messages = 50;

MessageKind kind_of(Probe& probe, Sequence sequence) {
  if (sequence == 0) return MessageKind::connect;
  return probe.pick(0, 2) == 0 ? MessageKind::text : MessageKind::data;
}

/// Does what the host does between two arrivals: starts and finishes messages, in any order.
void work_a_little(Probe& probe, CheckedGate& gate) {
  for (std::uint64_t steps = probe.pick(0, 3); steps > 0; --steps) {
    if (probe.pick(0, 1) == 0) {
      gate.next();
    } else {
      gate.finish_any(probe.random()());
    }
  }
}

/// Sends random messages through the gates of several connections, and calls `then` after each of them.
template <typename Then>
void send_messages(Probe& probe, Then then) {
  const auto policy = probe.make<OrderingPolicy>();
  const Order order = order_of(*policy);
  for (std::size_t connection = 0; connection < connections; ++connection) {
    CheckedGate gate(*policy, order);
    while (gate.arrived() < messages) {
      gate.arrive(kind_of(probe, gate.arrived()));
      work_a_little(probe, gate);
      then(gate);
    }
    gate.handle_all();
    expect_equal("handled messages of a connection", messages, gate.finished());
  }
}

void agrees_with_the_model(Probe& probe) {
  send_messages(probe, [](CheckedGate&) {});
}

void survives_numbers_out_of_order(Probe& probe) {
  send_messages(probe, [&probe](CheckedGate& gate) {
    if (probe.pick(0, 3) != 0) return;
    const Sequence next = gate.arrived();
    const bool is_duplicate = probe.pick(0, 1) == 0;
    const Sequence wrong = is_duplicate ? probe.pick(0, next - 1) : next + probe.pick(1, 12);
    gate.expect_refusal(wrong, kind_of(probe, wrong));
  });
}

void counts_overtakings_under_load(Probe& probe) {
  send_messages(probe, [](CheckedGate& gate) { gate.check_overtakings(); });
}

/// Works on random ones of several gates until all have handled their messages.
void handle_many_gates(OrderingPolicy& policy, Order order, std::mt19937_64& random) {
  constexpr std::size_t gates = 32;
  std::vector<std::unique_ptr<CheckedGate>> all;
  for (std::size_t i = 0; i < gates; ++i) all.push_back(std::make_unique<CheckedGate>(policy, order));
  for (std::size_t step = 0; step < gates * messages * 3; ++step) {
    CheckedGate& gate = *all[random() % gates];
    if (gate.arrived() < messages && random() % 2 == 0) {
      gate.arrive(gate.arrived() == 0 ? MessageKind::connect
                  : random() % 3 == 0 ? MessageKind::text
                                      : MessageKind::data);
    } else if (random() % 2 == 0) {
      gate.next();
    } else {
      gate.finish_any(random());
    }
    gate.check_overtakings();
  }
  for (const auto& gate : all) gate->handle_all();
}

void many_gates_are_independent(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  const Order order = order_of(*policy);
  handle_many_gates(*policy, order, probe.random());
  std::vector<std::thread> threads;
  std::vector<std::string> failures(4);
  for (std::string& failure : failures) {
    threads.emplace_back([&, seed = probe.random()()] {
      try {
        std::mt19937_64 random(seed);
        for (int round = 0; round < 5; ++round) handle_many_gates(*policy, order, random);
      } catch (...) {
        failure = describe_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) expect(failure.empty(), "many gates on four threads", failure);
}

void keeps_up_with_a_long_connection(Probe& probe) {
  const auto policy = probe.make<OrderingPolicy>();
  CheckedGate gate(*policy, order_of(*policy));
  constexpr std::size_t many = 200'000;
  const auto began = std::chrono::steady_clock::now();
  while (gate.arrived() < many) {
    gate.arrive(kind_of(probe, gate.arrived()));
    work_a_little(probe, gate);
  }
  gate.handle_all();
  expect_equal("messages handled", many, gate.finished());
  if (std::chrono::steady_clock::now() - began > std::chrono::seconds(5)) {
    probe.warn("200,000 messages took more than 5 s: a gate's calls must stay fast in a long connection");
  }
}

}  // namespace

void add_ordering_policy_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{5};
  constexpr std::chrono::seconds seeded_deadline{40};
  cases.insert(
      cases.end(),
      {{"EmptyGateHasNothingToStart", "A fresh gate starts nothing and has counted nothing.",
        empty_gate_has_nothing_to_start, deadline},
       {"ConnectGoesFirst", "Nothing else starts before the connect (number 0) has finished.", connect_goes_first,
        deadline},
       {"HandlesAWholeConnection", "A message that waits alone may start, whatever its kind.",
        handles_a_whole_connection, deadline},
       {"StartsEachNumberOnce", "Every number that has arrived starts, and none twice.", starts_each_number_once,
        deadline},
       {"DataKeepsItsOrder", "Data messages start in the order in which they arrived.", data_keeps_its_order, deadline},
       {"RefusesANumberOutOfOrder", "arrive() throws Error(bad_request) for any number but the next one.",
        refuses_a_number_out_of_order, deadline},
       {"RefusesToFinishUnstartedMessages",
        "finish() throws Error(bad_request) for a number that has not started or has already finished.",
        refuses_to_finish_unstarted_messages, deadline},
       {"CountsOvertakings", "overtakings() counts the messages that started while one with a lower number waited.",
        counts_overtakings, deadline},
       {"GatesAreIndependent", "One gate's messages do not affect another gate.", gates_are_independent, deadline},
       {"ForgetsFinishedMessages", "A gate's memory does not grow with the messages that have finished.",
        forgets_finished_messages, deadline},
       {"NothingWaitsForever", "Every message that has arrived starts, however many others arrive after it.",
        nothing_waits_forever, deadline},
       {"GatesOpenOnAnyThread", "open_gate() may be called from several threads at once.", gates_open_on_any_thread,
        deadline},
       {"GateMayEndAtAnyTime", "A gate may be destroyed while messages wait or run.", gate_may_end_at_any_time,
        deadline},
       {"AgreesWithTheModel", "In any order of arrivals, starts and finishes, every message starts once.",
        agrees_with_the_model, seeded_deadline, true},
       {"SurvivesNumbersOutOfOrder", "A refused number changes nothing.", survives_numbers_out_of_order,
        seeded_deadline, true},
       {"CountsOvertakingsUnderLoad", "overtakings() agrees with the model after every step.",
        counts_overtakings_under_load, seeded_deadline, true},
       {"ManyGatesAreIndependent", "Many gates on several threads: each agrees with the model after every step.",
        many_gates_are_independent, seeded_deadline, true},
       {"KeepsUpWithALongConnection", "A gate handles 200,000 messages of one connection without slowing down.",
        keeps_up_with_a_long_connection, seeded_deadline, true}});
}

}  // namespace tellina::conformance
