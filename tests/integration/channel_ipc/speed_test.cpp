#include <cstdio>

#include "integration/channel_ipc/ipc_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::steady_clock;

/// Prints its measurements; the test itself does not depend on the machine's speed.
TEST_F(IpcLayerTest, ReportsItsSpeed) {
  constexpr std::size_t round_trips = 5000;
  constexpr std::size_t messages = 100'000;
  // The most messages in flight, because the echo refuses what its return channel cannot accept.
  constexpr std::size_t window = 4000;
  const auto peer = start_ready("echo", "worker.1");
  const auto layer = make();
  const ChannelName back("gateway.1");
  const auto send = [&] {
    Message message(MessageKind::data, "connection-1", 0, Bytes(9, 'k'));
    message.reply_channel = back.text();
    return layer->send(m_channel, std::move(message)) == SendResult::accepted;
  };

  std::vector<double> times;
  auto sent_at = steady_clock::now();
  std::promise<void> is_over;
  auto subscription = layer->receive(back, [&](const Message&) {
    const auto now = steady_clock::now();
    times.push_back(std::chrono::duration<double, std::micro>(now - sent_at).count());
    if (times.size() == round_trips) return is_over.set_value();
    sent_at = now;
    send();
  });
  ASSERT_TRUE(send());
  ASSERT_EQ(is_over.get_future().wait_for(enough), std::future_status::ready);
  std::sort(times.begin(), times.end());
  std::printf("round trip between two processes: p50 %.0f us, p99 %.0f us\n", times[round_trips / 2],
              times[round_trips * 99 / 100]);

  subscription.reset();
  std::mutex mutex;
  std::condition_variable arrived;
  std::size_t count = 0;
  const auto waits_for = [&](std::size_t wanted) {
    std::unique_lock lock(mutex);
    return arrived.wait_for(lock, enough, [&] { return count >= wanted; });
  };
  subscription = layer->receive(back, [&](const Message&) {
    std::lock_guard lock(mutex);
    ++count;
    arrived.notify_one();
  });
  const auto begin = steady_clock::now();
  for (std::size_t i = 0; i < messages; ++i) {
    ASSERT_TRUE(waits_for(i - std::min(i, window)));
    ASSERT_TRUE(send());
  }
  ASSERT_TRUE(waits_for(messages));
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  std::printf("there and back: %.0f messages/s\n", static_cast<double>(messages) / seconds);
}

}  // namespace
}  // namespace tellina::testing
