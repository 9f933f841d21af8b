#include "host/runtime/loop_inbox.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <thread>

#include "host/runtime/asio_loop.hpp"
#include "host/runtime/system.hpp"
#include "support/virtual_loop.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using Delivery = LoopInbox::Delivery;

Message message_of(const std::string& body) { return {MessageKind::data, "c", 0, body}; }

class LoopInboxTest : public ::testing::Test {
 protected:
  void make(Delivery delivery, LoopInbox::Keeper keeper = {}) {
    inbox.emplace(
        loop, delivery,
        [this](std::span<Message> batch) {
          EXPECT_FALSE(std::exchange(inside, true)) << "the handler was entered while it ran";
          std::string bodies;
          for (const Message& message : batch) bodies += message.body;
          seen.push_back(bodies);
          if (on_handle) on_handle(bodies);
          inbox->check_invariant();
          inside = false;
        },
        std::move(keeper));
  }
  void deliver(const std::string& body) { inbox->deliver(message_of(body)); }
  void deliver_from_a_thread(const std::string& body) {
    std::thread([&] { deliver(body); }).join();
  }

  VirtualLoop loop;
  std::optional<LoopInbox> inbox;
  std::vector<std::string> seen;
  std::function<void(const std::string&)> on_handle;
  bool inside = false;
};

TEST_F(LoopInboxTest, HandlesAMessageOfTheLoopsOwnThreadInsideDeliver) {
  make(Delivery::at_once);
  deliver("a");
  EXPECT_THAT(seen, ElementsAre("a"));
  deliver("b");
  EXPECT_THAT(seen, ElementsAre("a", "b"));
}

TEST_F(LoopInboxTest, CollectsABatchIfRequested) {
  make(Delivery::in_batches);
  deliver("a");
  deliver_from_a_thread("b");
  EXPECT_TRUE(seen.empty());
  loop.run_until_idle();
  EXPECT_THAT(seen, ElementsAre("ab"));
}

TEST_F(LoopInboxTest, LetsNoMessageOvertakeAWaitingOne) {
  make(Delivery::at_once);
  deliver_from_a_thread("a");
  deliver("b");
  EXPECT_TRUE(seen.empty()) << "b overtook a, or a ran on another thread";
  loop.run_until_idle();
  EXPECT_THAT(seen, ElementsAre("ab"));
  deliver("c");
  EXPECT_THAT(seen, ElementsAre("ab", "c"));
}

TEST_F(LoopInboxTest, QueuesMessagesWhileTheHandlerRuns) {
  make(Delivery::at_once);
  on_handle = [this](const std::string& bodies) {
    if (bodies == "a") {
      deliver("b");
      deliver_from_a_thread("c");
    }
  };
  deliver("a");
  deliver("d");
  EXPECT_THAT(seen, ElementsAre("a"));
  loop.run_until_idle();
  EXPECT_THAT(seen, ElementsAre("a", "bcd"));
}

TEST_F(LoopInboxTest, HandlesMessagesThatArriveDuringABatchOnTheNextTurn) {
  make(Delivery::in_batches);
  on_handle = [this](const std::string& bodies) {
    if (bodies != "a") return;
    loop.post([this] { seen.emplace_back("another task"); });
    deliver("b");
  };
  deliver("a");
  loop.run_until_idle();
  EXPECT_THAT(seen, ElementsAre("a", "another task", "b"));
}

TEST_F(LoopInboxTest, DeliversNothingInsideAHold) {
  make(Delivery::at_once);
  {
    const LoopInbox::Hold outer(*inbox);
    {
      const LoopInbox::Hold inner(*inbox);
      EXPECT_TRUE(inbox->is_held());
    }
    deliver("a");
    EXPECT_TRUE(seen.empty()) << "the handler ran inside the hold";
  }
  EXPECT_FALSE(inbox->is_held());
  deliver("b");
  loop.run_until_idle();
  EXPECT_THAT(seen, ElementsAre("ab"));
}

TEST_F(LoopInboxTest, ContinuesAfterAHandlerThatThrew) {
  make(Delivery::at_once);
  on_handle = [this](const std::string& bodies) {
    if (bodies != "a") return;
    deliver("b");
    inside = false;
    throw std::runtime_error("broken");
  };
  EXPECT_THROW(deliver("a"), std::runtime_error);
  loop.run_until_idle();
  deliver("c");
  EXPECT_THAT(seen, ElementsAre("a", "b", "c"));
}

TEST_F(LoopInboxTest, DropsItsTaskWhenItIsDestroyed) {
  make(Delivery::in_batches);
  deliver("a");
  inbox.reset();
  loop.run_until_idle();
  EXPECT_TRUE(seen.empty());
}

TEST_F(LoopInboxTest, KeepsWhatItsKeeperReturnsUntilTheTaskHasRun) {
  std::weak_ptr<int> kept;
  make(Delivery::in_batches, [&kept] {
    auto value = std::make_shared<int>(1);
    kept = value;
    return value;
  });
  deliver("a");
  EXPECT_FALSE(kept.expired());
  loop.run_until_idle();
  EXPECT_THAT(seen, ElementsAre("a"));
  EXPECT_TRUE(kept.expired());
}

/// With a real loop: messages of each of four threads, and of the loop itself, stay in order.
TEST(LoopInboxThreads, KeepsTheOrderOfEachSender) {
  constexpr int senders = 4;
  constexpr Sequence messages = 5000;
  SystemClock clock;
  AsioLoop loop(clock);
  std::vector<Sequence> next(senders + 1);
  std::size_t handled = 0;
  LoopInbox inbox(loop, Delivery::at_once, [&](std::span<Message> batch) {
    for (const Message& message : batch) {
      EXPECT_EQ(message.sequence, next[message.connection.size()]++);
      if (++handled == (senders + 1) * messages) loop.stop();
    }
  });
  const auto send = [&inbox](int sender) {
    for (Sequence i = 0; i < messages; ++i) {
      inbox.deliver(Message(MessageKind::data, std::string(static_cast<std::size_t>(sender), 'x'), i, {}));
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&loop] { loop.run(); });
  loop.post([&send] { send(0); });
  for (int i = 1; i <= senders; ++i) threads.emplace_back([&send, i] { send(i); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(handled, (senders + 1) * messages);
}

}  // namespace
}  // namespace tellina::testing
