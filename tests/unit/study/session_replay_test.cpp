#include "host/study/session_replay.hpp"

#include <gmock/gmock.h>

#include "host/study/tree_listing.hpp"
#include "host/text/sha256.hpp"
#include "tellina/error.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

FileNode file(const Bytes& content) {
  FileNode node = FileNode::regular(content);
  node.mode = 0644;
  node.owner = "me";
  node.modified_at = WallTime(seconds(1'500'000'000));
  return node;
}

/// A session whose states are known, and what the record has besides.
class RecordedTest : public ::testing::Test {
 protected:
  RecordedTest() {
    session.started.monotonic = MonotonicTime(seconds(100));
    session.ended = MonotonicTime(seconds(400));
    session.state = "timed_out";
    session.sandbox = "box";
    sources.find_content = [this](const std::string& hash) -> std::optional<Bytes> {
      const auto found = contents.find(hash);
      if (found == contents.end()) return std::nullopt;
      return found->second;
    };
    task.type = TaskType::filesystem;
    task.filesystem_answer.root.children["a"] = FileNode::regular("right");
  }

  /// The home after this command, `second` seconds after the start.
  void add_state(std::int64_t command, int second, std::map<Bytes, FileNode> children) {
    FileTree home;
    home.root.children = std::move(children);
    const TreeListing listing = list_tree(home, {}, nullptr);
    RecordedState state;
    state.command_number = command;
    state.at = session.started.monotonic + seconds(second);
    state.tree_sha256 = sha256(listing.text());
    state.has_verdict = true;
    if (m_last) {
      state.changes = listed_changes(*m_last, listing).json;
    } else {
      contents[state.tree_sha256] = listing.text();
    }
    m_last = listing;
    for (const auto& [name, node] : home.root.children) {
      if (node.content) contents[sha256(*node.content)] = *node.content;
    }
    session.states.push_back(std::move(state));
  }
  void add_command(std::int64_t number, int second, const std::string& output = "") {
    CommandRecord command;
    command.number = number;
    command.text = "command";
    command.home = command.cwd = "/home/me";
    command.output = output;
    command.ended.monotonic = session.started.monotonic + seconds(second);
    session.commands.push_back(std::move(command));
  }
  void forget_states() {
    session.states.clear();
    m_last.reset();
  }
  ReplayVerdict judge() const { return replay(task, session, sources); }

  Task task;
  RecordedSession session;
  ReplaySources sources;
  std::map<std::string, Bytes> contents;

 private:
  std::optional<TreeListing> m_last{};
};

TEST_F(RecordedTest, PassesAtTheFirstStateThatIsTheAnswer) {
  add_state(0, -1, {});
  add_state(1, 10, {{"a", file("wrong")}});
  add_state(2, 20, {{"a", file("right")}});
  add_state(3, 30, {{"a", file("wrong")}});
  const ReplayVerdict verdict = judge();
  EXPECT_TRUE(verdict.is_passed);
  EXPECT_EQ(verdict.command_number, 2);
  EXPECT_EQ(verdict.after, seconds(20));
  EXPECT_FALSE(verdict.is_approximate);
}

TEST_F(RecordedTest, ATruncatedStateLeavesTheVerdictOpenUnlessALaterOnePasses) {
  add_state(0, 0, {});
  add_state(4, 10, {{"a", file("right")}});
  session.states.back().is_truncated = true;
  EXPECT_EQ(judge().reason, "state 4 is truncated");
  add_state(5, 20, {{"a", file("wrong")}});
  EXPECT_EQ(judge().reason, "state 4 is truncated");
  add_state(6, 30, {{"a", file("right")}});
  EXPECT_TRUE(judge().is_passed);
  EXPECT_EQ(judge().reason, "");
}

TEST_F(RecordedTest, AStateDuringWhichFilesChangedIsNotJudged) {
  add_state(0, 0, {});
  add_state(1, 10, {{"a", file("right")}});
  session.states.back().has_verdict = false;
  EXPECT_FALSE(judge().is_passed);
}

TEST_F(RecordedTest, SaysWhatTheRecordLacks) {
  EXPECT_EQ(judge().reason, "the files after its commands are not recorded");
  add_state(0, 0, {{"b", file("1")}});
  add_state(1, 10, {{"a", file("wrong")}});
  const std::map<std::string, Bytes> all = contents;
  contents.erase(session.states[0].tree_sha256);
  EXPECT_EQ(judge().reason, "the files of state 0 are not in the record");
  contents = all;
  session.states[1].changes = "[]";
  EXPECT_EQ(judge().reason, "state 1 does not have the digest that is recorded");
  session.states[1].changes = "[[";
  EXPECT_THROW(judge(), Error);
}

TEST_F(RecordedTest, ADigestIsEnoughToKnowThatAFileDiffers) {
  add_state(0, 0, {});
  add_state(1, 10, {{"a", file("wrong")}});
  contents.erase(sha256("wrong"));
  EXPECT_FALSE(judge().is_passed);
  EXPECT_EQ(judge().reason, "");
  add_state(2, 20, {{"a", file("right")}});
  contents.erase(sha256("right"));
  EXPECT_TRUE(judge().is_passed) << "the answer has this content";
  forget_states();
  FileNode unread = file("right");
  unread.content.reset();
  add_state(3, 30, {{"a", unread}});
  EXPECT_EQ(judge().reason, "the content of a in state 3 is not in the record");
}

TEST_F(RecordedTest, AHandInIsJudgedByTheLastState) {
  task.hand_in = HandIn::button;
  add_state(0, 0, {});
  add_state(1, 10, {{"a", file("right")}});
  add_state(2, 20, {{"a", file("wrong")}});
  Timestamp at;
  at.monotonic = session.started.monotonic + seconds(25);
  session.events.emplace_back("handed_in", "{}", at);
  EXPECT_FALSE(judge().is_passed);
  session.events.back().at.monotonic = session.started.monotonic + seconds(15);
  EXPECT_TRUE(judge().is_passed);
  EXPECT_EQ(judge().after, seconds(15));
}

TEST_F(RecordedTest, ACheckerRunsOnEachStateAndItsFailureLeavesTheVerdictOpen) {
  task = Task();
  task.type = TaskType::command;
  add_state(0, 0, {});
  add_state(1, 10, {{"a", file("1")}});
  add_state(2, 20, {{"a", file("2")}});
  add_command(1, 9, "one");
  add_command(2, 19, "two");
  std::vector<std::string> seen;
  sources.run_checker = [&](const FileTree& home, const Bytes& commands) {
    const Bytes content = *home.root.children.at("a").content;
    seen.push_back(content + " " + std::to_string(std::count(commands.begin(), commands.end(), '\n')));
    CheckerVerdict verdict;
    if (content == "1") {
      verdict.failure = "it ran longer than 1 s";
    } else {
      verdict.progress.emplace();
    }
    return verdict;
  };
  EXPECT_EQ(judge().reason, "the checker failed at state 1: it ran longer than 1 s");
  EXPECT_THAT(seen, ::testing::ElementsAre("1 1", "2 2")) << "none before the first command";
  contents.erase(sha256("1"));
  EXPECT_EQ(judge().reason, "the content of a file in state 1 is not in the record");
}

TEST_F(RecordedTest, WithoutStreamsCommandsAreJudgedByTheirRecordedOutput) {
  task = Task();
  task.output_answer = "hello\n";
  session.has_bytes = false;
  add_command(1, 10, "bye\n");
  EXPECT_FALSE(judge().is_passed);
  add_command(2, 20, "hello\n");
  const ReplayVerdict verdict = judge();
  EXPECT_TRUE(verdict.is_passed);
  EXPECT_TRUE(verdict.is_approximate);
  EXPECT_EQ(verdict.command_number, 2);
}

}  // namespace
}  // namespace tellina::testing
