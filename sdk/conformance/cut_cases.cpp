/// Faults below a layer: its server is away, hangs, or loses connections.

#include "channel_cases.hpp"
#include "proxy.hpp"

namespace tellina::conformance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// For the layer to notice a fault, and to recover.
constexpr seconds recovery_time{20};
/// A call that may not block takes at most this long on a busy machine.
constexpr milliseconds no_time{1000};

/// Numbers of one sender that are sent once each, whatever the answer.
class Stream {
 public:
  Stream(ChannelLayer& layer, const ChannelName& channel, std::string sender)
      : m_layer(layer), m_channel(channel), m_sender(std::move(sender)) {}

  SendResult send(std::size_t padding = 100) {
    const auto began = std::chrono::steady_clock::now();
    const SendResult result = m_layer.send(m_channel, numbered(m_sender, m_next++, padding));
    m_longest = std::max(m_longest, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began));
    return result;
  }
  std::uint64_t next() const { return m_next; }
  void expect_quick() const {
    expect(m_longest <= no_time, "that send() never blocks",
           "that it took " + std::to_string(m_longest.count()) + " ms");
  }

 private:
  ChannelLayer& m_layer;
  const ChannelName m_channel;
  const std::string m_sender;
  std::uint64_t m_next = 0;
  milliseconds m_longest{0};
};

/// Throws Failure unless some batch of messages soon arrives complete.
void expect_recovery(Stream& stream, Inbox& inbox, const std::string& after) {
  constexpr std::uint64_t batch = 20;
  const auto end = std::chrono::steady_clock::now() + recovery_time;
  while (std::chrono::steady_clock::now() < end) {
    const std::uint64_t first = stream.next();
    std::uint64_t accepted = 0;
    for (std::uint64_t i = 0; i < batch; ++i) accepted += stream.send() == SendResult::accepted;
    const auto arrived = [&] {
      std::uint64_t count = 0;
      for (const Message& message : inbox.messages()) count += message.sequence >= first;
      return count;
    };
    if (accepted == batch && eventually([&] { return arrived() == batch; }, seconds(2))) return;
    pause_a_moment();
  }
  throw Failure("expected that messages are accepted and arrive within " + std::to_string(recovery_time.count()) +
                " s " + after + ", found that they do not");
}

void expect_contract(const Inbox& inbox) {
  const std::vector<Message> got = inbox.messages();
  expect_no_duplicates(got);
  expect_order_of_senders(got);
  expect_intact(got);
}

/// A layer behind a proxy with a receiver, through which messages pass.
class Disturbed {
 public:
  explicit Disturbed(Probe& probe)
      : proxy(probe),
        layer(proxy.make_layer()),
        subscription(layer->receive(channel_of(probe), inbox.receiver())),
        stream(*layer, channel_of(probe), "one") {
    expect_recovery(stream, inbox, "after the start");
  }
  Proxy proxy;
  Inbox inbox;
  std::unique_ptr<ChannelLayer> layer;
  std::unique_ptr<Subscription> subscription;
  Stream stream;
};

void recovers_from_lost_connections(Probe& probe) {
  Disturbed disturbed(probe);
  for (int round = 0; round < 4; ++round) {
    disturbed.proxy.drop();
    expect_recovery(disturbed.stream, disturbed.inbox, "after its connections were ended");
  }
  disturbed.stream.expect_quick();
  expect_contract(disturbed.inbox);
}

void delivers_nothing_twice_after_lost_answers(Probe& probe) {
  Disturbed disturbed(probe);
  for (int round = 0; round < 4; ++round) {
    disturbed.proxy.mute();
    for (int i = 0; i < 20; ++i) disturbed.stream.send();
    std::this_thread::sleep_for(milliseconds(probe.pick(20, 120)));  // so that the server has got them
    disturbed.proxy.drop();
    expect_recovery(disturbed.stream, disturbed.inbox, "after its connections were ended before the server's answers");
  }
  expect_contract(disturbed.inbox);
}

void connections_end_under_load(Probe& probe) {
  Disturbed disturbed(probe);
  for (int round = 0; round < 8; ++round) {
    const std::uint64_t some = probe.pick(50, 2000);
    for (std::uint64_t i = 0; i < some; ++i) disturbed.stream.send(probe.pick(0, 300));
    disturbed.proxy.drop();
  }
  expect_recovery(disturbed.stream, disturbed.inbox, "after its connections were ended under load");
  disturbed.stream.expect_quick();
  expect_contract(disturbed.inbox);
}

void reports_a_server_that_is_away(Probe& probe) {
  Disturbed disturbed(probe);
  disturbed.proxy.cut();
  expect(eventually([&] { return disturbed.stream.send() == SendResult::unavailable; }, seconds(10)),
         "unavailable from send() while the server is away", "other results");
  disturbed.stream.expect_quick();
  disturbed.proxy.pass();
  expect_recovery(disturbed.stream, disturbed.inbox, "after the server is back");
  expect_contract(disturbed.inbox);
}

void survives_a_server_that_hangs(Probe& probe) {
  Disturbed disturbed(probe);
  disturbed.proxy.stall();
  // 64 MiB are more than the buffers of a connection hold.
  const bool is_refused = [&] {
    const auto end = std::chrono::steady_clock::now() + recovery_time;
    for (std::uint64_t sent = 0; std::chrono::steady_clock::now() < end;) {
      const SendResult result = disturbed.stream.send(4000);
      if (result != SendResult::accepted) return true;
      if ((sent += 4000) > 64 * 1024 * 1024) pause_a_moment();
    }
    return false;
  }();
  disturbed.stream.expect_quick();
  expect(is_refused, "full or unavailable from send() while the server hangs",
         "that it accepts any number of messages");
  disturbed.proxy.pass();
  expect_recovery(disturbed.stream, disturbed.inbox, "after the server no longer hangs");
  expect_contract(disturbed.inbox);
}

void ends_while_the_server_hangs(Probe& probe) {
  Disturbed disturbed(probe);
  disturbed.proxy.stall();
  for (int i = 0; i < 50; ++i) disturbed.stream.send();
  const auto began = std::chrono::steady_clock::now();
  disturbed.subscription.reset();
  disturbed.layer.reset();
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  expect(took < seconds(6), "that a layer is destroyed within 5 s while its server hangs",
         "that it took " + std::to_string(took.count()) + " ms");
}

void starts_before_its_server(Probe& probe) {
  Proxy proxy(probe);
  proxy.cut();
  const auto layer = proxy.make_layer();
  Inbox inbox;
  const ChannelName channel = channel_of(probe);
  Stream stream(*layer, channel, "one");
  std::unique_ptr<Subscription> subscription;
  const auto receive = [&] {
    try {
      subscription = layer->receive(channel, inbox.receiver());
    } catch (const Error& error) {
      expect(error.code() == ErrorCode::unavailable, "Error(unavailable) from receive()", describe_exception());
    }
    return subscription != nullptr;
  };
  receive();
  for (int i = 0; i < 20; ++i) stream.send();
  stream.expect_quick();
  proxy.pass();
  expect(subscription || eventually(receive, recovery_time), "that receive() works once the server is there",
         "Error(unavailable)");
  expect_recovery(stream, inbox, "after the server is there");
  expect_contract(inbox);
}

}  // namespace

void add_cut_cases(std::vector<Case>& cases) {
  constexpr seconds deadline{60};
  const std::vector<Case> all = {
      {"RecoversFromLostConnections", "A layer whose connections end connects again; its receivers stay registered.",
       recovers_from_lost_connections, deadline},
      {"DeliversNothingTwiceAfterLostAnswers",
       "If a connection ends before the server has answered, no message is delivered twice.",
       delivers_nothing_twice_after_lost_answers, deadline, true},
      {"ConnectionsEndUnderLoad", "Connections that end under load: no message is duplicated or out of order.",
       connections_end_under_load, deadline, true},
      {"ReportsAServerThatIsAway", "While the server is away, send() returns unavailable, at once.",
       reports_a_server_that_is_away, deadline},
      {"SurvivesAServerThatHangs",
       "While the server hangs, send() never blocks, and does not accept any number of messages.",
       survives_a_server_that_hangs, deadline},
      {"EndsWhileTheServerHangs", "A layer is destroyed within 5 s, although its server hangs.",
       ends_while_the_server_hangs, deadline},
      {"StartsBeforeItsServer", "A layer that starts before its server works once the server is there.",
       starts_before_its_server, deadline}};
  for (const Case& one : all) cases.push_back(one.provoking());
}

}  // namespace tellina::conformance
