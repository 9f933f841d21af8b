#include "host/study/command_tracker.hpp"

#include <gmock/gmock.h>

#include "scanned.hpp"

namespace tellina::testing {
namespace {

Moment second(int number) {
  Moment moment;
  moment.monotonic = MonotonicTime(std::chrono::seconds(number));
  moment.wall = WallTime(std::chrono::seconds(1000 + number));
  return moment;
}

class CommandTrackerTest : public ::testing::Test {
 protected:
  std::unique_ptr<CommandTracker> make(OutputCheck* check = nullptr, std::uint64_t offset = 0,
                                       std::int64_t next_number = 1) {
    CommandTracker::Callbacks callbacks;
    callbacks.ready = [this] { events.push_back("ready"); };
    callbacks.finished = [this](CommandRecord record) {
      events.push_back("finished " + record.text);
      records.push_back(std::move(record));
    };
    callbacks.judged = [this](const Progress& progress) { events.push_back(progress.passed ? "passed" : "failed"); };
    return std::make_unique<CommandTracker>(nonce, offset, next_number, check, std::move(callbacks));
  }

  std::vector<std::string> events;
  std::vector<CommandRecord> records;
};

TEST_F(CommandTrackerTest, RecordsACommand) {
  const auto tracker = make(nullptr, 500, 7);
  const std::string before = prompt() + "echo hi\r\n" + start_of("echo hi");
  const std::string output = "\x1b[1mhi\x1b[0m\r\n";
  tracker->printed(before, second(1));
  EXPECT_TRUE(tracker->command_runs());
  tracker->printed(output, second(2));
  tracker->printed(end_of(3) + prompt(), second(4));
  EXPECT_FALSE(tracker->command_runs());
  EXPECT_THAT(events, ::testing::ElementsAre("ready", "finished echo hi", "ready"));
  const CommandRecord& record = records.at(0);
  EXPECT_EQ(record.number, 7);
  EXPECT_EQ(record.cwd, "/home/me");
  EXPECT_EQ(record.exit_status, 3);
  EXPECT_EQ(record.started.monotonic, second(1).monotonic);
  EXPECT_EQ(record.ended.monotonic, second(4).monotonic);
  EXPECT_EQ(record.ended.wall, second(4).wall);
  EXPECT_EQ(record.output_from, 500 + before.size());
  EXPECT_EQ(record.output_to, 500 + before.size() + output.size());
  EXPECT_EQ(record.output, "hi\n");
}

TEST_F(CommandTrackerTest, NumbersCommandsOneAfterAnother) {
  const auto tracker = make();
  tracker->printed(start_of("a") + end_of(0) + start_of("b") + end_of(1) + start_of("c") + end_of(2), second(1));
  ASSERT_EQ(records.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(records[i].number, i + 1);
    EXPECT_EQ(records[i].exit_status, i);
  }
}

TEST_F(CommandTrackerTest, AStartEndsACommandThatHasNotEnded) {
  OutputCheck check("hello", OutputMatch::lines);
  const auto tracker = make(&check);
  const std::string first = start_of("outer") + "hello\r\n";
  tracker->printed(first + start_of("inner"), second(1));
  EXPECT_TRUE(tracker->command_runs());
  EXPECT_THAT(events, ::testing::ElementsAre("passed", "finished outer"));
  EXPECT_EQ(records.at(0).exit_status, std::nullopt);
  EXPECT_EQ(records.at(0).output_to, first.size());
}

TEST_F(CommandTrackerTest, PassesOverAnEndWithoutAStart) {
  OutputCheck check("", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(end_of(0) + prompt() + "hello\r\n" + end_of(0), second(1));
  EXPECT_THAT(events, ::testing::ElementsAre("ready"));
}

TEST_F(CommandTrackerTest, TheShellsEndEndsTheCommandWithoutAVerdict) {
  OutputCheck check("bye", OutputMatch::lines);
  const auto tracker = make(&check, 10);
  const std::string bytes = start_of("exec true") + "bye\r\n";
  tracker->printed(bytes, second(1));
  tracker->shell_ended(second(2));
  EXPECT_THAT(events, ::testing::ElementsAre("finished exec true"));
  EXPECT_EQ(records.at(0).exit_status, std::nullopt);
  EXPECT_EQ(records.at(0).output_to, 10 + bytes.size());
  EXPECT_EQ(records.at(0).ended.monotonic, second(2).monotonic);
  tracker->shell_ended(second(3));
  EXPECT_EQ(records.size(), 1u);
}

TEST_F(CommandTrackerTest, JudgesBeforeItSaysFinished) {
  OutputCheck check("hello", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(prompt(), second(1));
  tracker->typed("echo hello\r");
  tracker->printed("echo hello\r\n" + start_of("echo hello") + "hello\r\n" + end_of(0) + prompt(), second(2));
  EXPECT_THAT(events, ::testing::ElementsAre("ready", "passed", "finished echo hello", "ready"));
}

TEST_F(CommandTrackerTest, TheCommandLineAndTypingAreNoOutput) {
  OutputCheck check("echo hello", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(prompt(), second(1));
  tracker->typed("echo hello\r");
  tracker->printed("\r\necho hello\r\n" + start_of("echo hello") + "hello\r\n" + end_of(0) + prompt(), second(2));
  tracker->typed("sleep 1\r");
  tracker->printed("sleep 1\r\n" + start_of("sleep 1"), second(3));
  tracker->typed("echo hello\r");
  tracker->printed("echo hello\r\n" + end_of(0) + "\r\necho hello\r\n" + prompt(), second(4));
  EXPECT_THAT(events, ::testing::ElementsAre("ready", "failed", "finished echo hello", "ready", "failed",
                                             "finished sleep 1", "ready"));
}

TEST_F(CommandTrackerTest, KeepsTheFirstMebibyteOfAFlood) {
  OutputCheck check("the end", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(start_of("yes"), second(1));
  std::string flood;
  while (flood.size() < 64 * 1024) flood += "y\r\n";
  for (int i = 0; i < 100; ++i) tracker->printed(flood, second(2));
  tracker->printed("the end\r\n" + end_of(0), second(3));
  EXPECT_THAT(events, ::testing::ElementsAre("passed", "finished yes"));
  EXPECT_EQ(records.at(0).output.size(), CommandTracker::max_recorded_output);
  EXPECT_EQ(records.at(0).output_to - records.at(0).output_from, 100 * flood.size() + 9);
}

TEST_F(CommandTrackerTest, FindsTheSameHoweverTheStreamIsCut) {
  std::string stream;
  for (int i = 0; i < 20; ++i) {
    stream += prompt() + "x\r\n" + start_of("x" + std::to_string(i)) + "\x1b[1mhello\x1b[0m\r\n\r";
    if (i % 3 != 0) stream += end_of(i);
  }
  const auto found = [this, &stream](std::size_t longest) {
    events.clear();
    records.clear();
    std::mt19937 generator(longest);
    OutputCheck check("hello", OutputMatch::lines);
    const auto tracker = make(&check);
    for (const std::string& piece : cut(stream, generator, longest)) tracker->printed(piece, second(1));
    std::vector<std::string> all = events;
    for (const CommandRecord& record : records) {
      all.push_back(record.output + std::to_string(record.output_from) + " " + std::to_string(record.output_to));
    }
    return all;
  };
  const std::vector<std::string> whole = found(stream.size());
  EXPECT_GT(whole.size(), 60u);
  for (const std::size_t longest : {1, 2, 7, 100}) EXPECT_EQ(found(longest), whole);
}

TEST_F(CommandTrackerTest, WorksWithoutCallbacks) {
  CommandTracker tracker(nonce, 0, 1, nullptr, CommandTracker::Callbacks());
  tracker.typed("ls\r");
  tracker.printed(prompt() + start_of("ls") + "x" + end_of(0), second(1));
  EXPECT_FALSE(tracker.command_runs());
}

}  // namespace
}  // namespace tellina::testing
