#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "integration/channel_ipc/ipc_fixture.hpp"

namespace tellina::testing {
namespace {

constexpr std::chrono::seconds soon{1};

bool has_numbers(const std::vector<std::string>& lines, std::size_t count) { return lines.size() > count; }

TEST_F(IpcLayerTest, AKilledReceiverIsReplacedByItsRestart) {
  const auto sender = start("flood", "worker.1", {"s"});
  Sequence last = 0;
  for (int status = 0; status < 4; ++status) {
    const auto receiver = start_ready("receive", "worker.1");
    ASSERT_TRUE(receiver->waits_until([](const auto& lines) { return has_numbers(lines, 1); }, soon)) << status;
    ASSERT_TRUE(receiver->waits_until([](const auto& lines) { return has_numbers(lines, 2000); }));
    receiver->kill();
    const auto lines = receiver->lines();
    const auto numbers = numbers_of(lines, "s");
    EXPECT_FALSE(is_damaged(lines));
    EXPECT_TRUE(is_rising(numbers));
    EXPECT_TRUE(status == 0 || numbers.front() > last);
    last = numbers.back();
  }
}

TEST_F(IpcLayerTest, AKilledReceiversShareGoesToTheOthers) {
  const auto layer = make();
  const ChannelName shared("http.request");
  const auto steady = start_ready("receive", "http.request");
  const auto dying = start_ready("receive", "http.request");
  const auto send = [&](Sequence from, Sequence to) {
    for (Sequence i = from; i < to; ++i) {
      ASSERT_TRUE(eventually([&] { return layer->send(shared, numbered("s", i)) == SendResult::accepted; }));
    }
  };
  send(0, 100);
  ASSERT_TRUE(dying->waits_until([](const auto& lines) { return has_numbers(lines, 10); }));
  const auto locks = files().size();
  dying->kill();
  ASSERT_TRUE(eventually([&] { return files().size() < locks; }, soon));
  send(100, 1100);
  ASSERT_TRUE(steady->waits_for("s 1099", soon));
  auto all = numbers_of(steady->lines(), "s");
  EXPECT_TRUE(is_rising(all));
  const auto given = numbers_of(dying->lines(), "s");
  EXPECT_TRUE(is_rising(given));
  all.insert(all.end(), given.begin(), given.end());
  std::sort(all.begin(), all.end());
  EXPECT_TRUE(is_rising(all)) << "a message arrived twice";
}

TEST_F(IpcLayerTest, AKilledSenderAffectsNoOther) {
  const auto receiver = start_ready("receive", "worker.1");
  const auto steady = start("flood", "worker.1", {"steady"});
  const auto dying = start("flood", "worker.1", {"dying"});
  const auto has_many = [](const std::string& sender) {
    return [sender](const auto& lines) { return numbers_of(lines, sender).size() > 1000; };
  };
  ASSERT_TRUE(receiver->waits_until(has_many("dying")));
  dying->kill();
  const auto reborn = start("flood", "worker.1", {"reborn"});
  ASSERT_TRUE(receiver->waits_until(has_many("reborn")));
  ASSERT_TRUE(receiver->waits_until(has_many("steady")));
  steady->kill();
  reborn->kill();
  const auto lines = receiver->lines();
  EXPECT_FALSE(is_damaged(lines));
  for (const std::string name : {"steady", "dying", "reborn"}) {
    const auto numbers = numbers_of(lines, name);
    EXPECT_EQ(numbers, row(0, numbers.size())) << name;
  }
}

TEST_F(IpcLayerTest, FilesOfDeadInstancesAreRemoved) {
  const auto survivor = start_ready("receive", "worker.2");
  const auto before = files();
  EXPECT_EQ(before.size(), 3u);
  const auto dying = start_ready("receive", "worker.1");
  EXPECT_EQ(files().size(), 6u);
  dying->kill();
  EXPECT_TRUE(eventually([&] { return files() == before; }, soon)) << ::testing::PrintToString(files());
}

TEST_F(IpcLayerTest, FilesOfUnnoticedDeathsAffectNobodyAndAreRemoved) {
  for (int i = 0; i < 3; ++i) start_ready("receive", "worker.1")->kill();
  write_text(directory() + "/0123456789abcdef.socket", "");
  write_text(directory() + "/0123456789abcdef@worker.1", "");
  write_text(directory() + "/fedcba9876543210.new", "");
  std::filesystem::last_write_time(directory() + "/fedcba9876543210.new",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::minutes(2));
  write_text(directory() + "/notes.txt", "somebody else's");
  EXPECT_GE(files().size(), 6u);

  const auto layer = make();
  EXPECT_EQ(layer->send(m_channel, numbered("s", 0)), SendResult::accepted);
  const auto receiver = start_ready("receive", "worker.1");
  EXPECT_TRUE(receiver->waits_for("s 0", soon));
  EXPECT_EQ(files().size(), 2u + 3u + 1u) << ::testing::PrintToString(files());
  EXPECT_TRUE(files().contains("notes.txt"));
}

TEST_F(IpcLayerTest, AChildThatHoldsTheDescriptorsDoesNotKeepADeadInstanceAlive) {
  // A receiver that has forked, and whose child never calls exec.
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe(told.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    IpcPlugin plugin;
    const auto layer = plugin.make(directory());
    const auto subscription = layer->receive(m_channel, [](const Message&) {});
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    [[maybe_unused]] const ssize_t written = ::write(told[1], &child, sizeof child);
    for (;;) ::pause();
  }
  pid_t child = 0;
  ASSERT_EQ(::read(told[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  const auto layer = make();
  layer->send(ChannelName("worker.2"), numbered("s", 0));
  EXPECT_EQ(files().size(), 5u);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return files().size() == 2; }, soon)) << ::testing::PrintToString(files());
  ::kill(child, SIGKILL);
  ::close(told[0]);
  ::close(told[1]);
}

TEST_F(IpcLayerTest, ARemovedFolderIsCreatedAgain) {
  const auto receiver = start_ready("receive", "worker.1");
  const auto layer = make();
  layer->send(m_channel, numbered("s", 0));
  ASSERT_TRUE(receiver->waits_for("s 0"));
  // The instances create files again meanwhile, so there may be more files than this sees.
  std::error_code ignored;
  std::filesystem::remove_all(directory(), ignored);
  ASSERT_TRUE(eventually([&] { return files().size() == 5; })) << ::testing::PrintToString(files());
  ASSERT_TRUE(eventually([&, i = Sequence(0)]() mutable {
    layer->send(m_channel, numbered("again", i++));
    return !numbers_of(receiver->lines(), "again").empty();
  }));
  const auto newcomer = start("send", "worker.1", {"new", "0", "1", "1"});
  EXPECT_TRUE(receiver->waits_for("new0 0"));
}

TEST_F(IpcLayerTest, AFolderThatCannotBeCreatedIsRetriedSilently) {
  const auto receiver = make();
  const auto sender = make();
  ReceivedMessages book;
  const auto subscription = receiver->receive(m_channel, book.receiver());
  sender->send(m_channel, numbered("s", 0));
  ASSERT_TRUE(book.waits_for(1));
  const double before = cpu_in_seconds();
  // In one step, because the instances are fast.
  const std::string file = m_folder.path() / "file";
  write_text(file, "in the way");
  ASSERT_EQ(::renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, directory().c_str(), RENAME_EXCHANGE), 0);
  const auto errors = [&] {
    const auto lines = m_plugin.log.lines();
    return std::count_if(lines.begin(), lines.end(),
                         [](const std::string& line) { return line.find("got a file") != std::string::npos; });
  };
  ASSERT_TRUE(eventually([&] { return errors() >= 2; }));
  EXPECT_LT(cpu_in_seconds() - before, 0.5);
  std::filesystem::remove(directory());
  ASSERT_TRUE(eventually([&] { return files().size() == 5; })) << ::testing::PrintToString(files());
  const auto newcomer = start("send", "worker.1", {"new", "0", "1", "1"});
  ASSERT_TRUE(eventually([&] { return book.count() >= 2; }));
  EXPECT_EQ(book.of("new0"), row(0, 1));
}

TEST_F(IpcLayerTest, AnInstanceIdIsNotUsedTwice) {
  const auto receiver = m_plugin.make_seeded(directory(), 1);
  const auto sender = m_plugin.make_seeded(directory(), 1);
  ReceivedMessages book;
  const auto subscription = receiver->receive(m_channel, book.receiver());
  sender->send(m_channel, numbered("s", 0));
  EXPECT_TRUE(book.waits_for(1));
  EXPECT_EQ(files().size(), 5u);
}

TEST_F(IpcLayerTest, TheShareOfAHangingReceiverGoesToTheOthers) {
  const auto layer = make();
  const ChannelName shared("http.request");
  const auto steady = start_ready("receive", "http.request");
  const auto standing = start_ready("receive", "http.request");
  const auto send = [&](Sequence from, Sequence to) {
    for (Sequence i = from; i < to; ++i) {
      ASSERT_TRUE(eventually([&] { return layer->send(shared, numbered("s", i)) == SendResult::accepted; }));
    }
  };
  send(0, 100);
  ASSERT_TRUE(standing->waits_until([](const auto& lines) { return has_numbers(lines, 10); }));
  standing->signal(SIGSTOP);
  // The receiver counts as hanging after it has owed an answer for a second. That time is under test.
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  send(100, 104);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  send(104, 204);
  ASSERT_TRUE(steady->waits_for("s 203", soon));
  const auto numbers = numbers_of(steady->lines(), "s");
  ASSERT_GE(numbers.size(), 100U);
  EXPECT_EQ(std::vector<Sequence>(numbers.end() - 100, numbers.end()), row(104, 100));

  standing->signal(SIGCONT);
  const std::size_t got = standing->lines().size();
  Sequence next = 204;
  EXPECT_TRUE(eventually([&] {
    send(next, next + 2);
    next += 2;
    return standing->lines().size() > got + 10;
  })) << "it gets its share again";
}

}  // namespace
}  // namespace tellina::testing
