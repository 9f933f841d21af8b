/// Promises to a loop on whose thread a layer receives.

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "cases.hpp"
#include "channel_cases.hpp"

namespace tellina::conformance {
namespace {

/// Dispatches on the thread that created it, like a host's loop.
class Dispatcher {
 public:
  explicit Dispatcher(ChannelLayer& layer) : m_layer(layer), m_descriptor(layer.begin_dispatching()) {
    if (m_descriptor < 0) throw Skip("the layer uses its own threads: begin_dispatching() returns -1");
  }
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher() {
    if (m_descriptor >= 0) m_layer.end_dispatching();
  }

  /// Returns whether the condition became true in time.
  template <typename Condition>
  bool until(const Condition& holds, std::chrono::milliseconds limit = delivery_time) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= deadline) return false;
      if (m_layer.dispatch()) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
      pollfd entry{m_descriptor, POLLIN, 0};
      ::poll(&entry, 1, static_cast<int>(std::min<std::chrono::milliseconds::rep>(left.count(), 1000)));
    }
    return true;
  }

 private:
  ChannelLayer& m_layer;
  const int m_descriptor;
};

void dispatches_on_the_callers_thread(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  std::atomic<int> elsewhere = 0;
  std::atomic<bool> counts = false;
  const auto subscription =
      layer->receive(channel, [&, receiver = inbox.receiver(), here = std::this_thread::get_id()](Message message) {
        if (counts && std::this_thread::get_id() != here) ++elsewhere;
        receiver(std::move(message));
      });
  Dispatcher dispatcher(*layer);
  // The layer may need one message to notice that its own thread should pause.
  deliver(*layer, channel, numbered("first", 0));
  expect(dispatcher.until([&] { return inbox.has_received(1, {}); }), "the first message", "nothing");
  counts = true;
  constexpr std::uint64_t count = 2000;
  Worker sender([&] {
    for (std::uint64_t number = 0; number < count; ++number) deliver(*layer, channel, numbered("one", number));
  });
  const bool has_received = dispatcher.until([&] { return inbox.has_received(count + 1, {}); });
  sender.join();
  expect(has_received, "all of 2000 messages", "only " + show(inbox.size() - 1) + " of them");
  expect_no_duplicates(inbox.messages());
  expect_order_of_senders(inbox.messages());
  expect_equal("messages delivered on a thread other than the dispatching one", 0, elsewhere.load());
}

void continues_without_a_dispatcher(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  std::uint64_t number = 0;
  for (int round = 0; round < 5; ++round) {
    {
      Dispatcher dispatcher(*layer);
      for (int i = 0; i < 20; ++i) deliver(*layer, channel, numbered("one", number++));
      // Leaves some messages, because undispatched ones must not be lost.
      dispatcher.until([&] { return inbox.has_received(number - 10, {}); });
    }
    for (int i = 0; i < 20; ++i) deliver(*layer, channel, numbered("one", number++));
    inbox.wait_for(number);
  }
  expect_no_duplicates(inbox.messages());
  expect_order_of_senders(inbox.messages());
}

void sleeps_while_there_is_nothing_to_dispatch(Probe& probe) {
  const auto layer = probe.make<ChannelLayer>();
  const ChannelName channel = channel_of(probe);
  Inbox inbox;
  const auto subscription = layer->receive(channel, inbox.receiver());
  const int descriptor = layer->begin_dispatching();
  if (descriptor < 0) throw Skip("the layer uses its own threads: begin_dispatching() returns -1");
  int calls = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < end) {
    ++calls;
    if (layer->dispatch()) continue;
    pollfd entry{descriptor, POLLIN, 0};
    ::poll(&entry, 1, 500);
  }
  layer->end_dispatching();
  // Other instances that come and go are work too, some hundred times at most.
  expect(calls < 1000, "a descriptor that is readable only while there is work",
         "that dispatch() was called " + show(static_cast<std::uint64_t>(calls)) + " times within 2 s");
}

}  // namespace

void add_dispatch_cases(std::vector<Case>& cases) {
  cases.insert(cases.end(), {{"DispatchesOnTheCallersThread",
                              "While a thread dispatches, messages are delivered on it, once each and in order.",
                              dispatches_on_the_callers_thread},
                             {"ContinuesWithoutADispatcher",
                              "When dispatching ends, no message is lost, and the layer continues on its own threads.",
                              continues_without_a_dispatcher},
                             Case("SleepsWhileThereIsNothingToDispatch",
                                  "The descriptor is readable only while dispatch() has work.",
                                  sleeps_while_there_is_nothing_to_dispatch)
                                 .alone()});
}

}  // namespace tellina::conformance
