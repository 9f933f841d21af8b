#include <cstdio>

#include "integration/channel_ipc/ipc_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::steady_clock;

/// Prints what it measured; nothing here depends on the machine.
TEST_F(IpcLayerTest, TellsItsSpeed) {
  const auto peer = start_ready("echo", "worker.1");
  const auto layer = make();
  const ChannelName back("gateway.1");
  std::mutex mutex;
  std::condition_variable arrived;
  std::size_t count = 0;
  const auto subscription = layer->receive(back, [&](const Message&) {
    std::lock_guard lock(mutex);
    ++count;
    arrived.notify_one();
  });
  const auto send = [&](Sequence i) {
    Message message(MessageKind::data, "connection-1", i, Bytes(9, 'k'));
    message.reply_channel = back.text();
    return layer->send(m_channel, std::move(message)) == SendResult::accepted;
  };
  const auto waits_for = [&](std::size_t wanted) {
    std::unique_lock lock(mutex);
    return arrived.wait_for(lock, enough, [&] { return count >= wanted; });
  };

  std::vector<double> round_trips;
  for (Sequence i = 0; i < 5000; ++i) {
    const auto begin = steady_clock::now();
    ASSERT_TRUE(send(i));
    ASSERT_TRUE(waits_for(i + 1));
    round_trips.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - begin).count());
  }
  std::sort(round_trips.begin(), round_trips.end());
  std::printf("round trip between two processes: p50 %.0f us, p99 %.0f us\n", round_trips[2500], round_trips[4950]);

  const auto begin = steady_clock::now();
  // A window, as the echo refuses what its own way back cannot take.
  for (Sequence i = 5000; i < 105'000; ++i) {
    ASSERT_TRUE(waits_for(i - std::min<Sequence>(i, 4000)));
    ASSERT_TRUE(send(i));
  }
  ASSERT_TRUE(waits_for(105'000));
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  std::printf("there and back: %.0f messages/s\n", 100'000 / seconds);
}

}  // namespace
}  // namespace tellina::testing
