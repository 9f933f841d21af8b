#include "host/server/layer_dispatch.hpp"

#include <gmock/gmock.h>
#include <sys/eventfd.h>

#include <atomic>
#include <future>

#include "host/server/loop_threads.hpp"
#include "tellina/descriptor.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

/// Delivers one waiting message in each call.
class CountingLayer final : public ChannelLayer {
 public:
  SendResult send(const ChannelName&, Message) override { return SendResult::unavailable; }
  std::unique_ptr<Subscription> receive(const ChannelName&, Receiver) override { return nullptr; }
  bool is_process_local() const override { return false; }
  int begin_dispatching() override { return descriptor; }
  bool dispatch() override {
    if (throws) throw std::runtime_error("broken");
    eventfd_t ignored = 0;
    ::eventfd_read(event.get(), &ignored);
    if (waiting == 0) return false;
    if (--waiting == 0) all_handed_over.set_value();
    return true;
  }
  void end_dispatching() override { ++ends; }

  const Descriptor event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  int descriptor = event.get();
  std::atomic<bool> throws = false;
  std::atomic<int> waiting = 0;
  std::atomic<int> ends = 0;
  std::promise<void> all_handed_over;
};

class LayerDispatchTest : public ::testing::Test {
 protected:
  void start() { dispatch.emplace(loops[0], layer, log); }
  bool hands_all_over() { return layer.all_handed_over.get_future().wait_for(seconds(5)) == std::future_status::ready; }

  SystemClock clock;
  CollectingLog log;
  CountingLayer layer;
  LoopThreads loops{1, clock};
  std::optional<LayerDispatch> dispatch;
};

TEST_F(LayerDispatchTest, AsksAgainUntilNothingIsLeft) {
  start();
  layer.waiting = 1000;
  ::eventfd_write(layer.event.get(), 1);
  EXPECT_TRUE(hands_all_over());
  dispatch.reset();
  EXPECT_EQ(layer.ends, 1);
}

/// Otherwise each message that a timed dispatch finds, without an event on the descriptor, would take half a second.
TEST_F(LayerDispatchTest, ContinuesAfterATimedDispatch) {
  start();
  layer.waiting = 1000;
  EXPECT_TRUE(hands_all_over());
}

TEST_F(LayerDispatchTest, StopsDispatchingALayerThatThrows) {
  start();
  layer.throws = true;
  ::eventfd_write(layer.event.get(), 1);
  for (const auto end = std::chrono::steady_clock::now() + seconds(5);
       layer.ends == 0 && std::chrono::steady_clock::now() < end;) {
    std::this_thread::yield();
  }
  EXPECT_EQ(layer.ends, 1);
  EXPECT_THAT(log.lines(), ::testing::ElementsAre(::testing::HasSubstr("broken")));
  dispatch.reset();
  EXPECT_EQ(layer.ends, 1);
}

TEST_F(LayerDispatchTest, DoesNotDispatchALayerWhoseDescriptorCannotBeWatched) {
  layer.descriptor = 1'000'000;
  EXPECT_THROW(start(), Error);
  EXPECT_EQ(layer.ends, 1);
}

TEST_F(LayerDispatchTest, DoesNotDispatchALayerWithoutADescriptor) {
  layer.descriptor = -1;
  start();
  dispatch.reset();
  EXPECT_EQ(layer.ends, 0);
}

}  // namespace
}  // namespace tellina::testing
