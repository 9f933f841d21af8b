/// Seeded schedules: senders and receivers that start, stop, pause and die.

#include <map>

#include "channel_cases.hpp"
#include "peer.hpp"

namespace tellina::conformance {
namespace {

/// A thread's own random generator, seeded from the case's.
class Schedule {
 public:
  explicit Schedule(Probe& probe) : m_random(probe.random()()) {}
  std::uint64_t pick(std::uint64_t least, std::uint64_t most) { return least + m_random() % (most - least + 1); }
  /// Pauses in one call of ten.
  void pause_briefly() {
    if (pick(0, 9) == 0) std::this_thread::sleep_for(std::chrono::microseconds(pick(1, 800)));
  }

 private:
  std::mt19937_64 m_random;
};

const std::vector<std::string> senders = {"one", "two", "three", "four"};

/// Sends `count` numbered messages of random sizes from each of four threads, each through a different layer in
/// `layers`.
void send_all(Probe& probe, const std::vector<ChannelLayer*>& layers, const ChannelName& channel, std::uint64_t count,
              std::uint64_t largest) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    ChannelLayer* const layer = layers[i % layers.size()];
    workers.push_back(std::make_unique<Worker>([&, layer, i, schedule = Schedule(probe)]() mutable {
      for (std::uint64_t number = 0; number < count; ++number) {
        const std::uint64_t size = schedule.pick(0, 3) == 0 ? schedule.pick(0, largest) : schedule.pick(0, 40);
        deliver(*layer, channel, numbered(senders[i], number, size));
        schedule.pause_briefly();
      }
    }));
  }
  for (auto& worker : workers) worker->join();
}

void random_sizes_arrive_complete(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  send_all(probe, {layer.get()}, channel, 100, 100'000);
  inbox.has_received(400, delivery_time);
  const std::vector<Message> got = inbox.messages();
  expect_intact(got);
  expect_equal("messages lost", 0, check_order_and_count_lost(got, senders, 100));
}

/// One receiver stays; others start and stop. Messages in flight to a stopping receiver may be lost, except within one
/// process.
void receivers_come_and_go(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox staying;
  std::vector<Inbox> others;
  const auto subscription = layer->receive(channel, staying.receiver());
  std::atomic<bool> over = false;
  Worker changes([&, schedule = Schedule(probe)]() mutable {
    while (!over) {
      others.emplace_back();
      const auto passing = layer->receive(channel, others.back().receiver());
      std::this_thread::sleep_for(std::chrono::microseconds(schedule.pick(1, 3000)));
    }
  });
  send_all(probe, {layer.get()}, channel, 150, 2000);
  over = true;
  changes.join();

  const auto count = [&] {
    std::size_t found = staying.size();
    for (const Inbox& inbox : others) found += inbox.size();
    return found;
  };
  const bool all = eventually([&] { return count() >= 600; }, std::chrono::seconds(2));
  std::vector<Message> got = staying.messages();
  expect_order_of_senders(got);
  for (const Inbox& inbox : others) {
    const std::vector<Message> its = inbox.messages();
    expect_order_of_senders(its);
    got.insert(got.end(), its.begin(), its.end());
  }
  expect_no_duplicates(got);
  expect_intact(got);
  if (layer->is_process_local()) {
    expect(all, "600 messages at the receivers of one process that started and stopped", show(count()));
  }
}

void interleaved_channels_keep_their_order(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  constexpr std::size_t channels = 5;
  std::vector<Inbox> inboxes(channels);
  std::vector<std::unique_ptr<Subscription>> subscriptions(channels);
  Schedule schedule(probe);
  std::map<std::size_t, std::uint64_t> sent;
  for (int step = 0; step < 600; ++step) {
    const std::size_t which = schedule.pick(0, channels - 1);
    if (schedule.pick(0, 19) == 0 && !subscriptions[which]) {
      subscriptions[which] = layer->receive(channel_of(probe, "." + show(which)), inboxes[which].receiver());
    }
    deliver(*layer, channel_of(probe, "." + show(which)), numbered("one", sent[which]++, schedule.pick(0, 500)));
  }
  for (std::size_t which = 0; which < channels; ++which) {
    if (!subscriptions[which]) {
      subscriptions[which] = layer->receive(channel_of(probe, "." + show(which)), inboxes[which].receiver());
    }
    const std::vector<Message> got = inboxes[which].wait_for(sent[which]);
    expect_intact(got);
    for (std::uint64_t number = 0; number < sent[which]; ++number) {
      expect_equal("sequence", number, got[number].sequence);
    }
  }
}

/// Forwards messages until it is killed.
void forward_messages(Probe& probe, Wire& wire) {
  const auto layer = probe.make<ChannelLayer>();
  if (layer->is_process_local()) throw Skip("local");
  const auto subscription =
      layer->receive(channel_of(probe), [&](Message message) { deliver(*layer, channel_of(probe, ".back"), message); });
  wire.send_line("ready");
  wire.receive_line(std::chrono::seconds(120));
}

void dead_receiver_loses_only_its_own_messages(Probe& probe) {
  Peer doomed([&](Wire& wire) { forward_messages(probe, wire); });
  const auto layer = probe.make<ChannelLayer>();
  if (layer->is_process_local()) throw Skip("is_process_local(): there is no receiver in another process");
  doomed.expect_line("ready");
  Inbox back;
  Inbox own;
  const auto answers = layer->receive(channel_of(probe, ".back"), back.receiver());
  Worker killer([&, schedule = Schedule(probe)]() mutable {
    back.has_received(schedule.pick(1, 60), delivery_time);
    doomed.kill();
  });
  send_all(probe, {layer.get()}, channel_of(probe), 100, 5000);
  killer.join();

  // An instance that starts after the dead one must work.
  const auto subscription = layer->receive(channel_of(probe), own.receiver());
  const auto has_received = [&] {
    for (const Message& message : own.messages()) {
      if (message.connection == "later" && message.sequence >= 100) return true;
    }
    return false;
  };
  std::uint64_t number = 0;
  expect(eventually(
             [&] {
               layer->send(channel_of(probe), numbered("later", number++));
               return has_received();
             },
             std::chrono::seconds(20)),
         "that a receiver that starts after a dead one gets later messages", "that it gets nothing");
  std::vector<Message> got = back.messages();
  expect_order_of_senders(got);
  const std::vector<Message> later = own.messages();
  expect_order_of_senders(later);
  got.insert(got.end(), later.begin(), later.end());
  expect_no_duplicates(got);
  expect_intact(got);
}

void dead_sender_loses_only_its_own_messages(Probe& probe) {
  Peer doomed([&](Wire& wire) {
    const auto layer = probe.make<ChannelLayer>();
    if (layer->is_process_local()) throw Skip("local");
    wire.send_line("ready");
    for (std::uint64_t number = 0;; ++number) deliver(*layer, channel_of(probe), numbered("doomed", number, 200));
  });
  const auto layer = probe.make<ChannelLayer>();
  if (layer->is_process_local()) throw Skip("is_process_local(): there is no sender in another process");
  Inbox inbox;
  const auto subscription = layer->receive(channel_of(probe), inbox.receiver());
  doomed.expect_line("ready");
  inbox.has_received(probe.pick(1, 200), delivery_time);
  doomed.kill();
  for (std::uint64_t number = 0; number < 100; ++number) deliver(*layer, channel_of(probe), numbered("alive", number));
  const auto alive = [&] {
    std::size_t found = 0;
    for (const Message& message : inbox.messages()) found += message.connection == "alive";
    return found;
  };
  const bool all = eventually([&] { return alive() == 100; }, delivery_time);
  expect(all, "100 messages of the surviving sender", show(alive()));
  const std::vector<Message> got = inbox.messages();
  expect_no_duplicates(got);
  expect_order_of_senders(got);
  expect_intact(got);
}

}  // namespace

void add_channel_fault_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{60};
  cases.insert(
      cases.end(),
      {{"RandomSizesArriveComplete",
        "Four threads with random sizes and delays: all messages arrive complete, once, in order.",
        random_sizes_arrive_complete, deadline, true},
       {"ReceiversComeAndGo", "Subscriptions that begin and end meanwhile: no message is duplicated or out of order.",
        receivers_come_and_go, deadline, true},
       {"InterleavedChannelsKeepTheirOrder",
        "Random sends to channels with a receiver now or later: each channel keeps its order.",
        interleaved_channels_keep_their_order, deadline, true},
       Case("DeadReceiverLosesOnlyItsOwnMessages",
            "A receiver killed with SIGKILL: no message is duplicated or out of order, and the next receiver works.",
            dead_receiver_loses_only_its_own_messages, deadline, true)
           .provoking(),
       Case("DeadSenderLosesOnlyItsOwnMessages",
            "A sender killed with SIGKILL: messages of others arrive complete, once, in order.",
            dead_sender_loses_only_its_own_messages, deadline, true)
           .provoking()});
}

}  // namespace tellina::conformance
