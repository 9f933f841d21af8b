/// Volume and long life: many messages, every form of name, long waits, and what waits when a subscription ends.

#include <sys/resource.h>

#include <future>
#include <map>

#include "channel_cases.hpp"

namespace tellina::conformance {
namespace {

using std::chrono::milliseconds;

/// Checks the numbers of one sender as they arrive, and keeps no message.
class Counter {
 public:
  Receiver receiver() {
    return [state = m_state](const Message& message) {
      const std::uint64_t expected = state->count++;
      if (message.sequence != expected && state->wrong.exchange(true) == false) state->first_wrong = message.sequence;
    };
  }
  std::uint64_t count() const { return m_state->count; }
  void expect_no_gap() const {
    if (!m_state->wrong) return;
    throw Failure("expected the messages in the order sent, each once, found number " +
                  show(m_state->first_wrong.load()) + " out of order");
  }

 private:
  class State {
   public:
    std::atomic<std::uint64_t> count = 0;
    std::atomic<bool> wrong = false;
    std::atomic<std::uint64_t> first_wrong = 0;
  };
  std::shared_ptr<State> m_state = std::make_shared<State>();
};

void carries_200000_messages(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Counter counter;
  const auto subscription = layer->receive(channel, counter.receiver());
  constexpr std::uint64_t many = 200'000;
  constexpr std::uint64_t enough = 70'000;   // more than 2^16
  constexpr std::uint64_t in_flight = 1000;  // at most
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  std::uint64_t sent = 0;
  while (sent < many && std::chrono::steady_clock::now() < end) {
    for (int burst = 0; burst < 100; ++burst) deliver(*layer, channel, numbered("one", sent++, 20));
    const bool goes_on = eventually([&] { return counter.count() + in_flight >= sent; }, delivery_time);
    counter.expect_no_gap();
    expect(goes_on, "that all messages arrive",
           "that none does any more after " + show(counter.count()) + " of " + show(sent));
  }
  eventually([&] { return counter.count() >= sent; }, delivery_time);
  counter.expect_no_gap();
  expect_equal("messages that arrived", sent, counter.count());
  if (sent < enough)
    probe.warn("expected " + show(enough) + " messages within 15 s, found that only " + show(sent) + " were sent");
}

void sequences_have_64_bits(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  std::vector<Sequence> sent;
  for (const int bits : {7, 8, 15, 16, 24, 31, 32, 40, 48, 53, 63}) {
    for (const Sequence near : {Sequence{0}, Sequence{1}, Sequence{2}}) {
      sent.push_back((Sequence{1} << bits) - 1 + near);
    }
  }
  sent.push_back(~Sequence{0});
  for (const Sequence sequence : sent) deliver(*layer, channel, numbered("one", sequence));
  const std::vector<Message> got = inbox.wait_for(sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) expect_equal("sequence", sent[i], got[i].sequence);
}

void names_have_every_form(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const std::string mark = probe.mark();
  std::string upper = mark;
  for (char& letter : upper) letter = static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 32 : letter);
  std::vector<std::string> names = {mark,
                                    upper + "A",
                                    mark + "A",
                                    mark + "a",
                                    "-" + mark,
                                    "--" + mark,
                                    "." + mark,
                                    ".." + mark,
                                    "_" + mark,
                                    "!" + mark,
                                    mark + "!",
                                    mark + "!x",
                                    mark + ".x",
                                    mark + "_x",
                                    mark + "-x",
                                    mark + "..x",
                                    mark + ".",
                                    mark + "-",
                                    mark + ".abcdefghijklmnopqrstuvwxyz0123456789-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ!z",
                                    mark + std::string(70, '-') + "1",
                                    mark + std::string(70, '-') + "2"};
  std::vector<ChannelName> channels;
  for (const std::string& name : names) channels.emplace_back(name);
  expect_separate(*layer, channels);
}

void backlog_survives_the_end_of_a_subscription(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox first;
  std::promise<void> entered;
  std::promise<void> leave;
  std::shared_future<void> may_leave = leave.get_future().share();
  std::atomic<bool> is_first = true;
  auto subscription = layer->receive(channel, [&, keep = first.receiver()](Message message) {
    keep(std::move(message));
    if (!is_first.exchange(false)) return;
    entered.set_value();
    may_leave.wait_for(delivery_time);
  });
  constexpr std::uint64_t early = 60;
  constexpr std::uint64_t all = 100;
  Worker sender([&] { deliver(*layer, channel, numbered("one", 0)); });
  expect(entered.get_future().wait_for(delivery_time) == std::future_status::ready, "a call of the receiver", "none");
  for (std::uint64_t number = 1; number < early; ++number) deliver(*layer, channel, numbered("one", number));
  Worker release([&] {
    std::this_thread::sleep_for(silence);  // so that the subscription ends while the receiver runs
    leave.set_value();
  });
  subscription.reset();
  release.join();
  sender.join();
  Inbox second;
  const auto next = layer->receive(channel, second.receiver());
  for (std::uint64_t number = early; number < all; ++number) deliver(*layer, channel, numbered("one", number));
  const auto has_last = [&] {
    const std::vector<Message> got = second.messages();
    return !got.empty() && got.back().sequence == all - 1;
  };
  expect(eventually(has_last, delivery_time), "the last message at the next receiver", "that it never came");
  std::vector<Message> got = first.messages();
  const std::vector<Message> later = second.messages();
  got.insert(got.end(), later.begin(), later.end());
  expect_no_duplicates(got);
  expect_order_of_senders(got);
  const std::size_t since = all - early;
  expect(later.size() >= since, "all of " + show(since) + " messages sent after the end", show(later.size()));
  if (layer->is_process_local())
    expect_equal("messages at two receivers of one process, the first of which ended", all, got.size());
}

void messages_wait_for_seconds(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName waiting = channel_of(probe, ".waiting");
  const ChannelName idle = channel_of(probe, ".idle");
  Inbox at_idle;
  const auto subscription = layer->receive(idle, at_idle.receiver());
  for (std::uint64_t number = 0; number < 20; ++number) deliver(*layer, waiting, numbered("one", number));
  std::this_thread::sleep_for(std::chrono::seconds(4));  // the pause is what is tested
  deliver(*layer, idle, numbered("one", 7));
  expect_equal("the message at a receiver that had waited", 7, at_idle.wait_for(1)[0].sequence);
  Inbox inbox;
  const auto late = layer->receive(waiting, inbox.receiver());
  const std::vector<Message> got = inbox.wait_for(20);
  for (std::uint64_t number = 0; number < 20; ++number) expect_equal("sequence", number, got[number].sequence);
}

milliseconds processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
  return milliseconds(of(usage.ru_utime) + of(usage.ru_stime));
}

void sleeps_while_nothing_arrives(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  std::vector<Inbox> inboxes(20);
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (std::size_t i = 0; i < inboxes.size(); ++i) {
    const ChannelName channel = channel_of(probe, "." + show(i));
    subscriptions.push_back(layer->receive(channel, inboxes[i].receiver()));
    deliver(*layer, channel, numbered("one", i));
    inboxes[i].wait_for(1);
  }
  const milliseconds before = processor_time();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const milliseconds used = processor_time() - before;
  expect(used < milliseconds(250), "threads that sleep while nothing arrives",
         std::to_string(used.count()) + " ms of the processor in 2 s");
}

}  // namespace

void add_channel_volume_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{60};
  cases.insert(
      cases.end(),
      {{"Carries200000Messages", "A channel carries any number of messages, each once and in order.",
        carries_200000_messages, deadline},
       {"SequencesHave64Bits", "A message's number arrives unchanged, on both sides of each power of two.",
        sequences_have_64_bits},
       {"NamesHaveEveryForm", "Every name that ChannelName accepts is a channel of its own.", names_have_every_form},
       {"BacklogSurvivesTheEndOfASubscription",
        "What is sent after a subscription ended reaches the next receiver; within one process, so does what waited.",
        backlog_survives_the_end_of_a_subscription},
       {"MessagesWaitForSeconds", "Messages and receivers that wait for seconds lose nothing.",
        messages_wait_for_seconds},
       Case("SleepsWhileNothingArrives", "A layer with nothing to do uses no processor.", sleeps_while_nothing_arrives)
           .alone()});
}

}  // namespace tellina::conformance
