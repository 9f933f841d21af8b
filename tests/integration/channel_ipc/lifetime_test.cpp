#include <sys/wait.h>

#include <cstdio>
#include <ctime>
#include <zmq.hpp>

#include "integration/channel_ipc/ipc_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::size_t count_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}
std::size_t descriptors() { return count_in("/proc/self/fd"); }
std::size_t threads() { return count_in("/proc/self/task"); }

/// A joined thread may stay in /proc for a moment: the kernel wakes the joining thread before it removes the entry
/// (exit_mm comes before release_task).
bool comes_down_to(std::size_t expected_threads) {
  const auto end = std::chrono::steady_clock::now() + enough;
  while (threads() > expected_threads && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return threads() == expected_threads;
}

/// The descriptors of a child of this process.
std::string inherited() {
  std::FILE* const child = ::popen("exec ls /proc/self/fd", "r");
  std::string text;
  for (int letter; (letter = std::fgetc(child)) != EOF;) text += static_cast<char>(letter);
  ::pclose(child);
  return text;
}

TEST_F(IpcLayerTest, ConstructionTouchesNothing) {
  const std::size_t descriptors_before = descriptors();
  const std::size_t threads_before = threads();
  const auto layer = make();
  EXPECT_EQ(descriptors(), descriptors_before);
  EXPECT_EQ(threads(), threads_before);
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(IpcLayerTest, DestructionLeavesNothing) {
  { const auto loaded = make(); }
  std::thread([] {}).join();  // ThreadSanitizer starts its own thread when the first one starts
  const std::size_t descriptors_before = descriptors();
  const std::size_t threads_before = threads();
  {
    const auto receiver = make();
    const auto sender = make();
    ReceivedMessages book;
    const auto subscription = receiver->receive(m_channel, book.receiver());
    sender->send(m_channel, numbered("s", 0));
    EXPECT_TRUE(book.waits_for(1));
    EXPECT_EQ(files().size(), 5u);
  }
  EXPECT_EQ(descriptors(), descriptors_before);
  EXPECT_TRUE(comes_down_to(threads_before)) << threads() << " threads, expected " << threads_before;
  EXPECT_TRUE(files().empty());
}

TEST_F(IpcLayerTest, MessagesAcceptedJustBeforeDestructionAreSent) {
  const auto receiver = start_ready("receive", "worker.1");
  for (int round = 0; round < 20; ++round) {
    const auto layer = make();
    for (Sequence i = 0; i < 200; ++i) {
      ASSERT_EQ(layer->send(m_channel, numbered("s" + std::to_string(round), i)), SendResult::accepted);
    }
  }
  ASSERT_TRUE(receiver->waits_until([](const auto& lines) { return lines.size() == 20 * 200 + 1; }))
      << receiver->lines().size();
  {
    // More messages than a socket accepts at once.
    const auto layer = make();
    for (Sequence i = 0; i < 4000; ++i) ASSERT_EQ(layer->send(m_channel, numbered("many", i)), SendResult::accepted);
  }
  ASSERT_TRUE(receiver->waits_for("many 3999"));
  EXPECT_EQ(numbers_of(receiver->lines(), "many"), row(0, 4000));
}

TEST_F(IpcLayerTest, DestructionDoesNotWaitForPeersThatHang) {
  const auto stopped = start_ready("receive", "worker.1");
  const auto hanging = start_ready("hang", "worker.2");
  auto layer = make();
  ReceivedMessages book;
  auto subscription = layer->receive(ChannelName("worker.3"), book.receiver());
  stopped->signal(SIGSTOP);
  for (const std::string channel : {"worker.1", "worker.2"}) {
    for (Sequence i = 0; layer->send(ChannelName(channel), numbered("big", i)) == SendResult::accepted; ++i) {
      if (i == 2000) break;
    }
  }
  const auto begin = std::chrono::steady_clock::now();
  subscription.reset();
  layer.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(IpcLayerTest, ChildrenInheritNothing) {
  const std::string before = inherited();
  const auto receiver = make();
  const auto sender = make();
  ReceivedMessages book;
  const auto subscription = receiver->receive(m_channel, book.receiver());
  sender->send(m_channel, numbered("s", 0));
  EXPECT_TRUE(book.waits_for(1));
  EXPECT_EQ(inherited(), before);
}

TEST_F(IpcLayerTest, AnIdleLayerUsesNoProcessorTime) {
  const auto peer = start_ready("echo", "worker.2");
  const auto layer = make();
  ReceivedMessages book;
  const auto subscription = layer->receive(ChannelName("gateway.1"), book.receiver());
  Message message = numbered("s", 0);
  message.reply_channel = "gateway.1";
  layer->send(ChannelName("worker.2"), message);
  ASSERT_TRUE(book.waits_for(1));
  const double before = cpu_in_seconds();
  EXPECT_FALSE(book.waits_for(2, std::chrono::seconds(1)));
  EXPECT_LT(cpu_in_seconds() - before, 0.01);
}

TEST_F(IpcLayerTest, ForeignFramesAreLoggedAndDropped) {
  const auto layer = make();
  ReceivedMessages book;
  const auto subscription = layer->receive(m_channel, book.receiver());
  std::string socket_path;
  for (const std::string& name : files()) {
    if (name.ends_with(".socket")) socket_path = directory() + "/" + name;
  }
  const std::string head(17, '\1');
  const std::vector<std::string> frames = {
      "",
      "x",
      std::string(1, '\1') + '\4' + std::string(16, '\0') + "\1c",
      std::string(2, '\0') + std::string(16, '\0') + "\1c",
      std::string(1, '\1') + std::string(17, '\0') + "\377short",
      std::string(1, '\1') + std::string(17, '\0') + "\3a/b" + std::string(20, '\1'),
      std::string(1, '\1') + std::string(17, '\0') + "\1c" + "\1\x63" + std::string(20, '\0'),
      std::string(1, '\1') + std::string(17, '\0') + "\1c" + "\1\1" + std::string(20, '\7'),
  };
  zmq::context_t context(1);
  zmq::socket_t stranger(context, zmq::socket_type::push);
  stranger.connect("ipc://" + socket_path);
  for (const std::string& frame : frames) stranger.send(zmq::buffer(frame), zmq::send_flags::none);
  ASSERT_TRUE(eventually([&] { return m_plugin.log.lines().size() == 4; })) << m_plugin.log.lines().size();
  EXPECT_EQ(m_plugin.log.lines().front(), "channel layer ipc: dropped a malformed message of 0 bytes (1 so far)");
  EXPECT_THAT(m_plugin.log.lines().back(), HasSubstr("(8 so far)"));
  const auto sender = make();
  sender->send(m_channel, numbered("s", 0));
  EXPECT_TRUE(book.waits_for(1));
  EXPECT_EQ(book.faults(), 0u);
}

TEST_F(IpcLayerTest, ManyInstancesStartAndStop) {
  const auto layer = make();
  ReceivedMessages book;
  const auto subscription = layer->receive(m_channel, book.receiver());
  std::vector<std::thread> threads_of_senders;
  for (int t = 0; t < 4; ++t) {
    threads_of_senders.emplace_back([&, t] {
      for (int round = 0; round < 10; ++round) {
        const auto sender = make();
        const auto busy = sender->receive(ChannelName("gateway." + std::to_string(t)), [](const Message&) {});
        sender->send(m_channel, numbered("s" + std::to_string(10 * t + round), 0));
      }
    });
  }
  for (std::thread& thread : threads_of_senders) thread.join();
  EXPECT_TRUE(book.waits_for(40)) << book.count();
  EXPECT_TRUE(eventually([&] { return files().size() == 3; }));
}

}  // namespace
}  // namespace tellina::testing
