#include "host/study/command_tracker.hpp"

#include <gmock/gmock.h>

#include "host/limits.hpp"
#include "scanned.hpp"

namespace tellina::testing {
namespace {

Timestamp second(int number) {
  Timestamp moment;
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
    callbacks.found = [this] { events.push_back("found"); };
    callbacks.judged = [this](const Progress& progress) { events.push_back(progress.passed ? "passed" : "failed"); };
    return std::make_unique<CommandTracker>(nonce, CommandTracker::Start{offset, 0, next_number}, check,
                                            std::move(callbacks));
  }

  void type(CommandTracker& tracker, const std::string& bytes, Timestamp at) {
    tracker.typed(bytes, typed_bytes, at);
    typed_bytes += bytes.size();
  }

  static std::string start(const std::string& shell, int number, int last, const std::string& text) {
    return mark("C",
                ";shell=" + shell + ";n=" + std::to_string(number) + ";last=" + std::to_string(last) + ";cmd=" + text);
  }
  static std::string end(const std::string& shell, int number, int status) {
    return mark("D;" + std::to_string(status), ";shell=" + shell + ";n=" + std::to_string(number));
  }
  std::vector<std::string> statuses() const {
    std::vector<std::string> all;
    for (const CommandRecord& record : records) {
      all.push_back(record.text + " " + (record.exit_status ? std::to_string(*record.exit_status) : "none"));
    }
    return all;
  }

  std::uint64_t typed_bytes = 0;
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
  EXPECT_THAT(events, ::testing::ElementsAre("found", "passed", "finished outer"));
  EXPECT_EQ(records.at(0).exit_status, std::nullopt);
  EXPECT_EQ(records.at(0).output_to, first.size());
}

TEST_F(CommandTrackerTest, IgnoresAnEndWithoutAStart) {
  OutputCheck check("", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(end_of(0) + prompt() + "hello\r\n" + end_of(0), second(1));
  EXPECT_THAT(events, ::testing::ElementsAre("ready"));
}

TEST_F(CommandTrackerTest, TheShellsEndEndsTheCommandWithAVerdict) {
  OutputCheck check("bye", OutputMatch::lines);
  const auto tracker = make(&check, 10);
  const std::string bytes = start_of("exec true") + "bye\r\n";
  tracker->printed(bytes, second(1));
  tracker->shell_ended(second(2));
  EXPECT_THAT(events, ::testing::ElementsAre("found", "passed", "finished exec true"));
  EXPECT_EQ(records.at(0).ended_by, CommandEnd::shell);
  EXPECT_EQ(records.at(0).exit_status, std::nullopt);
  EXPECT_EQ(records.at(0).output_to, 10 + bytes.size());
  EXPECT_EQ(records.at(0).ended.monotonic, second(2).monotonic);
  tracker->shell_ended(second(3));
  EXPECT_EQ(records.size(), 1u);
}

TEST_F(CommandTrackerTest, JudgesBeforeItReportsTheEnd) {
  OutputCheck check("hello", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(prompt(), second(1));
  type(*tracker, "echo hello\r", second(0));
  tracker->printed("echo hello\r\n" + start_of("echo hello") + "hello\r\n" + end_of(0) + prompt(), second(2));
  EXPECT_THAT(events, ::testing::ElementsAre("ready", "found", "passed", "finished echo hello", "ready"));
}

TEST_F(CommandTrackerTest, TheCommandLineAndTypingAreNotOutput) {
  OutputCheck check("echo hello", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(prompt(), second(1));
  type(*tracker, "echo hello\r", second(0));
  tracker->printed("\r\necho hello\r\n" + start_of("echo hello") + "hello\r\n" + end_of(0) + prompt(), second(2));
  type(*tracker, "sleep 1\r", second(0));
  tracker->printed("sleep 1\r\n" + start_of("sleep 1"), second(3));
  type(*tracker, "echo hello\r", second(0));
  tracker->printed("echo hello\r\n" + end_of(0) + "\r\necho hello\r\n" + prompt(), second(4));
  EXPECT_THAT(events, ::testing::ElementsAre("ready", "failed", "finished echo hello", "ready", "failed",
                                             "finished sleep 1", "ready"));
}

TEST_F(CommandTrackerTest, KeepsTheFirstMebibyteOfAFlood) {
  OutputCheck check("the end", OutputMatch::lines, limits::extra_lines);
  const auto tracker = make(&check);
  tracker->printed(start_of("yes"), second(1));
  std::string flood;
  while (flood.size() < 64 * 1024) flood += std::string(98, 'y') + "\r\n";
  for (int i = 0; i < 100; ++i) tracker->printed(flood, second(2));
  tracker->printed("the end\r\n" + end_of(0), second(3));
  EXPECT_THAT(events, ::testing::ElementsAre("found", "passed", "finished yes"));
  EXPECT_EQ(records.at(0).output.size(), limits::recorded_command_output);
  EXPECT_EQ(records.at(0).output_to - records.at(0).output_from, 100 * flood.size() + 9);
}

TEST_F(CommandTrackerTest, FindsTheSameInAnyPieces) {
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

TEST_F(CommandTrackerTest, SeveralCommandsOfOneLineEachHaveTheirStatus) {
  const auto tracker = make();
  tracker->printed(prompt() + start("1.5", 1, 0, "false") + start("1.5", 2, 1, "true") +
                       start("1.5", 3, 0, "(exit 7)") + start("1.5", 4, 7, "echo last") + "last\r\n" +
                       end("1.5", 5, 0) + prompt(),
                   second(1));
  EXPECT_THAT(statuses(), ::testing::ElementsAre("false 1", "true 0", "(exit 7) 7", "echo last 0"));
}

TEST_F(CommandTrackerTest, CommandsOfAnInnerShellAreSeparate) {
  OutputCheck check("hello", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(start("1.5", 1, 0, "bash") + end("7.9", 0, 0) + "in> ", second(1));
  tracker->printed(start("7.9", 1, 0, "echo hello") + "hello\r\n" + end("7.9", 2, 0), second(2));
  EXPECT_THAT(events, ::testing::ElementsAre("found", "passed", "finished echo hello"))
      << "the task passes before the inner shell ends";
  tracker->printed("in> exit\r\n" + end("1.5", 2, 3), second(3));
  EXPECT_THAT(statuses(), ::testing::ElementsAre("echo hello 0", "bash 3"));
  EXPECT_EQ(records.at(0).shell_level, 1);
  EXPECT_EQ(records.at(0).number, 2);
  EXPECT_EQ(records.at(1).shell_level, 0);
  EXPECT_EQ(records.at(1).output, "in> in> exit\n");
}

TEST_F(CommandTrackerTest, AShellThatReplacesAnotherEndsIt) {
  const auto tracker = make();
  tracker->printed(
      start("1.5", 1, 0, "exec bash") + end("1.6", 0, 0) + prompt() + start("1.6", 1, 0, "true") + end("1.6", 2, 0),
      second(1));
  EXPECT_THAT(statuses(), ::testing::ElementsAre("exec bash 0", "true 0"));
}

TEST_F(CommandTrackerTest, AnInnerShellThatDiesEndsWithItsCommand) {
  const auto tracker = make();
  tracker->printed(start("1.5", 1, 0, "bash") + start("7.9", 1, 0, "sleep 9") + end("1.5", 2, 137), second(1));
  EXPECT_THAT(statuses(), ::testing::ElementsAre("sleep 9 none", "bash 137"));
  EXPECT_EQ(records.at(0).ended_by, CommandEnd::shell);
  EXPECT_EQ(records.at(1).ended_by, CommandEnd::exit);
}

TEST_F(CommandTrackerTest, RepeatedMarksAreIgnored) {
  const auto tracker = make();
  const std::string recorded = start("7.9", 1, 0, "rm x") + end("7.9", 2, 0);
  tracker->printed(start("1.5", 1, 0, "script") + recorded + end("1.5", 2, 0), second(1));
  tracker->printed(start("1.5", 2, 0, "cat typescript") + recorded + end("1.5", 1, 4) + "x" + end("1.5", 3, 0),
                   second(2));
  EXPECT_THAT(statuses(), ::testing::ElementsAre("rm x 0", "script 0", "cat typescript 0"));
  EXPECT_EQ(records.back().output, "x");
}

TEST_F(CommandTrackerTest, CommandsInTmuxHaveTextAndStatusAndWhatIsDrawnIsJudged) {
  OutputCheck check("hello\nworld", OutputMatch::lines);
  const auto tracker = make(&check);
  tracker->printed(start("1.5", 1, 0, "tmux") + "\x1b[?1049h\x1b[H$ ", second(1));
  tracker->printed(start("7.9", 1, 0, "cat f;in=tmux") + end("7.9;in=tmux", 2, 4), second(2));
  tracker->printed("\x1b[2;1Hhello\x1b[3;1Hworld\r\n", second(2));
  EXPECT_THAT(events, ::testing::ElementsAre("finished cat f", "found"));
  tracker->printed(start("7.9", 2, 4, "sleep 9;in=tmux"), second(3));
  tracker->shell_ended(second(4), CommandEnd::task);
  EXPECT_THAT(statuses(), ::testing::ElementsAre("cat f 4", "sleep 9 none", "tmux none"));
  EXPECT_EQ(records.at(0).shell_level, 1);
  EXPECT_EQ(records.at(1).ended_by, CommandEnd::task);
  EXPECT_TRUE(records.at(2).is_full_screen);
}

TEST_F(CommandTrackerTest, MarksFullScreenCommandsAndLeavesTheirScreenOut) {
  const auto tracker = make();
  const auto run = [&tracker](const std::string& output) {
    tracker->printed(start_of("x") + output + end_of(0), second(1));
  };
  run("one\r\n\x1b[?1049h\xe2\x96\xbd ~ ^[:\x1b[?1049ltwo\r\n");
  run("\x1b[H\x1b[2J");
  run("\x1b[H\x1b[2Jtop");
  run("\x1b[1mbold\x1b[0m");
  EXPECT_EQ(records.at(0).output, "one\ntwo\n");
  EXPECT_TRUE(records.at(0).is_full_screen);
  EXPECT_FALSE(records.at(1).is_full_screen) << "clear";
  EXPECT_TRUE(records.at(2).is_full_screen);
  EXPECT_EQ(records.at(2).output, "top");
  EXPECT_FALSE(records.at(3).is_full_screen);
}

TEST_F(CommandTrackerTest, ReportsTruncation) {
  const auto tracker = make();
  const std::string limit(limits::recorded_command_output, 'x');
  tracker->printed(mark("C", ";size=9;cmd=ec\\x3b;cwd=/") + limit + end_of(0), second(1));
  tracker->printed(mark("C", ";size=3;cmd=ec\\x3b;cwd=/") + limit + "x" + end_of(0), second(1));
  EXPECT_TRUE(records.at(0).text_is_cut);
  EXPECT_FALSE(records.at(0).output_is_cut);
  EXPECT_FALSE(records.at(1).text_is_cut);
  EXPECT_TRUE(records.at(1).output_is_cut);
}

TEST_F(CommandTrackerTest, SeparatesInputToAProgramFromItsOutput) {
  const auto tracker = make();
  tracker->printed(start_of("sh") + "$ ", second(1));
  type(*tracker, "echo hello\r", second(0));
  tracker->printed("echo hello\r\nhello\r\nPassword: ", second(1));
  type(*tracker, "secret\r", second(0));
  tracker->printed("\r\n$ ", second(1));
  type(*tracker, "lx\x7fs\r", second(0));
  tracker->printed("lx\b \bs\r\nnotes\r\n$ ", second(1));
  type(*tracker, "exit\r", second(0));
  tracker->printed("exit\r\n" + end_of(0), second(2));
  tracker->printed(start_of("true") + end_of(0), second(3));
  EXPECT_EQ(records.at(0).typed, "echo hello\nlx\b \bs\nexit\n");
  EXPECT_EQ(records.at(0).printed, "$ hello\nPassword: \n$ notes\n$ ");
  EXPECT_EQ(records.at(1).typed, "");
  EXPECT_EQ(records.at(1).printed, "");
}

TEST_F(CommandTrackerTest, WhatIsJudgedHasNoTypedLines) {
  const auto tracker = make();
  tracker->leave_out_typed_lines();
  const auto run = [&](const std::string& line, const std::string& input, const std::string& output) {
    tracker->printed(prompt(), second(1));
    type(*tracker, line + "\r", second(1));
    tracker->printed(line + "\r\n\x1b[?2004l\r" + start_of(line), second(1));
    type(*tracker, input, second(2));
    tracker->printed(output + end_of(0), second(3));
    return records.back().judged_output();
  };
  EXPECT_EQ(run("cat", "a/x\rb\r\x04", "a/x\r\nb\r\na/x\r\nb\r\n"), "");
  EXPECT_EQ(records.back().printed, "a/x\nb\n") << "the record has what cat printed";
  EXPECT_EQ(run("cat -", "a/\x7f/xy\x7f\r\x04", "a/\b \b/xy\b \b\r\na/x\r\n"), "");
  EXPECT_EQ(run("stty -echo; cat", "a/x\r\x04", "a/x\r\n"), "");
  EXPECT_EQ(run("sh", "find\r", "$ find\r\na/x\r\n$ "), "$ a/x\n$ ");
  EXPECT_EQ(run("find", "", "a/x\r\nfind\r\n"), "a/x\nfind\n") << "the command's own line is no input of it";
  EXPECT_EQ(run("find", "l", "a/x\r\nl"), "a/x\n") << "typed ahead";
  EXPECT_EQ(run("find", "", "a/x\r\n\r\nb"), "a/x\n\nb");

  tracker->printed(prompt(), second(4));
  type(*tracker, "cat\ra/x\r\x04", second(4));
  tracker->printed("cat\r\n\x1b[?2004l\r" + start_of("cat") + "a/x\r\nb\r\n" + end_of(0), second(5));
  EXPECT_EQ(records.back().judged_output(), "b\n") << "pasted with the command";
  tracker->printed(prompt() + start_of("cat f") + "a/x\r\n" + end_of(0), second(6));
  EXPECT_EQ(records.back().judged_output(), "a/x\n") << "typed before an earlier prompt";
  tracker->printed(prompt(), second(7));
  type(*tracker, "cat <<E\ra/x\rE\r", second(7));
  tracker->printed(start_of("cat <<E\\x0aa/x\\x0aE") + "a/x\r\n" + end_of(0), second(7));
  EXPECT_EQ(records.back().judged_output(), "a/x\n")
      << "the command's own lines, of which nobody has reported the reading";
}

TEST_F(CommandTrackerTest, OutputThatEndsLikeASecretIsNotItsEcho) {
  const auto tracker = make();
  tracker->typed("./login\r", 0, second(0));
  tracker->printed(start_of("./login") + "Password: ", second(1));
  tracker->typed("ux\r", 8, second(1), true);
  tracker->printed("\r\nDebian GNU/Linux\r\n", second(1));
  tracker->typed("x\r", 11, second(2));
  tracker->printed("x\r\n" + end_of(0), second(2));
  EXPECT_EQ(records.at(0).typed, "x\n");
  EXPECT_EQ(records.at(0).printed, "Password: \nDebian GNU/Linux\n");
}

TEST_F(CommandTrackerTest, LinesOfAContinuedCommandStillCount) {
  OutputCheck check("hello world", OutputMatch::lines);
  const auto tracker = make(&check);
  const std::string read = "\x1b[?2004l\r";
  const std::string command = start_of("echo hello world") + "hello world\r\n" + end_of(0);
  tracker->printed(prompt(), second(1));
  type(*tracker, "echo \\\rhello world\r", second(0));
  tracker->printed("echo \\\r\n" + read + "> hello world\r\n" + read + command, second(1));
  tracker->printed(prompt(), second(2));
  type(*tracker, "\x1b[200~echo \\\rhello world\x1b[201~\r", second(0));
  tracker->printed("echo \\\r\nhello world\r\n" + read + command, second(2));
  tracker->printed(prompt(), second(3));
  type(*tracker, "echo \\\rhello world\r", second(0));  // without bracketed paste there is nothing to count
  tracker->printed("echo \\\r\n> hello world\r\n" + command, second(3));
  tracker->printed(prompt(), second(4));
  type(*tracker, "cat\rhello world\r", second(0));
  tracker->printed("cat\r\n" + read + start_of("cat") + "hello world\r\nhello world\r\n" + end_of(0), second(4));
  std::erase_if(events, [](const std::string& event) { return event != "passed" && event != "failed"; });
  EXPECT_THAT(events, ::testing::ElementsAre("passed", "passed", "passed", "failed"));
}

TEST_F(CommandTrackerTest, SaysAgainThatTheAnswerWasFoundIfItWasSpoiltBefore) {
  OutputCheck check("hello", OutputMatch::lines, 1);
  const auto tracker = make(&check);
  type(*tracker, "sh\r", second(0));
  tracker->printed(prompt() + start_of("sh") + "hello\r\n", second(1));
  tracker->printed("1\r\n2\r\n$ ", second(2));
  tracker->printed("hello\r\n", second(3));
  EXPECT_THAT(events, ::testing::ElementsAre("ready", "found"));
  EXPECT_EQ(tracker->verdict_if_passed(), std::nullopt);
  type(*tracker, "echo hello\r", second(4));
  tracker->printed("echo hello\r\nhello\r\n", second(4));
  EXPECT_THAT(events, ::testing::ElementsAre("ready", "found", "found"));
  EXPECT_TRUE(tracker->verdict_if_passed());
}

TEST_F(CommandTrackerTest, ACommandWithoutATypedLineIsDoubtful) {
  const auto tracker = make();
  tracker->printed(prompt(), second(1));
  type(*tracker, "./forge\r", second(2));
  const std::string forged = start("1.5", 2, 0, "find / -name secret") + "/secret\r\n" + end("1.5", 2, 0);
  tracker->printed(start("1.5", 1, 0, "./forge") + forged, second(2));
  tracker->printed(end("1.5", 1, 0) + prompt(), second(3));
  type(*tracker, "ls\r", second(4));
  tracker->printed(start("1.5", 3, 0, "ls") + end("1.5", 3, 0) + prompt(), second(4));
  tracker->printed(start("1.5", 4, 0, "from the background") + end("1.5", 4, 0), second(5));
  std::vector<std::string> doubtful;
  for (const CommandRecord& record : records) {
    if (record.is_doubtful) doubtful.push_back(record.text);
  }
  EXPECT_EQ(records.size(), 4u);
  EXPECT_THAT(doubtful, ::testing::ElementsAre("find / -name secret", "from the background"));
}

TEST_F(CommandTrackerTest, AMarkThatIsIgnoredHasUsedItsLine) {
  const auto tracker = make();
  const std::string forged = start("1.5", 2, 0, "innocent");  // takes the number of the next command
  type(*tracker, "forge\r", second(1));
  tracker->printed(start("1.5", 1, 0, "forge") + end("1.5", 1, 0) + forged + prompt(), second(1));
  type(*tracker, "rm x\r", second(1));
  tracker->printed(start("1.5", 2, 0, "rm x") + end("1.5", 2, 0) + start("1.5", 3, 0, "innocent"), second(1));
  tracker->shell_ended(second(2));
  EXPECT_THAT(statuses(), ::testing::ElementsAre("forge 0", "innocent 0", "innocent none"));
  EXPECT_FALSE(records.at(0).is_doubtful);
  EXPECT_TRUE(records.at(1).is_doubtful);
  EXPECT_TRUE(records.at(2).is_doubtful);
}

TEST_F(CommandTrackerTest, CommandsInTmuxNeedTypedLinesToo) {
  const auto tracker = make();
  type(*tracker, "tmux\r", second(1));
  tracker->printed(start("1.5", 1, 0, "tmux"), second(1));
  type(*tracker, "ls\r", second(2));
  tracker->printed(start("7.9", 1, 0, "ls;in=tmux") + end("7.9;in=tmux", 1, 0), second(2));
  tracker->printed(start("7.9", 2, 0, "send-keys;in=tmux") + end("7.9;in=tmux", 2, 0), second(3));
  EXPECT_FALSE(records.at(0).is_doubtful);
  EXPECT_TRUE(records.at(1).is_doubtful);
}

TEST_F(CommandTrackerTest, AnOlderShellMayRunWhatWasTypedBefore) {
  const auto tracker = make();
  tracker->expect_earlier_lines();
  tracker->printed(start_of("sleep 1") + end_of(0) + start_of("ls") + end_of(0) + prompt(), second(1));
  type(*tracker, "pwd\r", second(5));
  tracker->printed(start_of("pwd") + end_of(0) + start_of("forged") + end_of(0), second(5));
  EXPECT_FALSE(records.at(0).is_doubtful);
  EXPECT_FALSE(records.at(1).is_doubtful);
  EXPECT_FALSE(records.at(2).is_doubtful);
  EXPECT_TRUE(records.at(3).is_doubtful);
}

TEST_F(CommandTrackerTest, ACommandKnowsItsPromptAndItsInput) {
  const auto tracker = make();
  tracker->printed(prompt(), second(1));
  type(*tracker, "ls\rpwd\rx", second(2));
  tracker->printed("ls\r\n" + start("1.5", 1, 0, "ls"), second(3));
  tracker->printed(end("1.5", 1, 0) + prompt(), second(4));
  tracker->printed("pwd\r\n" + start("1.5", 2, 0, "pwd") + end("1.5", 2, 0) + prompt(), second(5));
  type(*tracker, "y\r", second(6));
  tracker->printed("xy\r\n" + start("1.5", 3, 0, "xy") + end("1.5", 3, 0) + start("1.5", 4, 0, "no prompt"), second(7));
  tracker->shell_ended(second(8));
  const auto spans = [this] {
    std::vector<std::string> all;
    for (const CommandRecord& record : records) {
      const auto& span = record.typed_at;
      all.push_back(!span ? "unknown" : std::to_string(span->from) + "-" + std::to_string(span->to));
    }
    return all;
  };
  EXPECT_THAT(spans(), ::testing::ElementsAre("0-3", "8-8", "8-10", "unknown"));
  EXPECT_EQ(records.at(0).typed_at->prompt.wall, second(1).wall);
  EXPECT_EQ(records.at(1).typed_at->prompt.monotonic, second(4).monotonic);
}

TEST_F(CommandTrackerTest, WorksWithoutCallbacks) {
  CommandTracker tracker(nonce, CommandTracker::Start(), nullptr, CommandTracker::Callbacks());
  type(tracker, "ls\r", second(0));
  tracker.printed(prompt() + start_of("ls") + "x" + end_of(0), second(1));
  EXPECT_FALSE(tracker.command_runs());
}

}  // namespace
}  // namespace tellina::testing
