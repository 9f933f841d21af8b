#include "host/study/session_replay.hpp"

#include <random>

#include "host/store/session_archive.hpp"
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

FileNode file(const Bytes& content) {
  FileNode node = FileNode::regular(content);
  node.mode = 0644;
  node.owner = "me";
  node.modified_at = WallTime(seconds(1'500'000'000));
  return node;
}

std::map<Bytes, FileNode> some_files() {
  FileNode folder = FileNode::directory();
  folder.children["x"] = file("1");
  return {{"d", folder}, {"b", file("0")}, {"c", file("")}};
}

/// A task, one like it that nobody solves, and what commands print who try to.
class Kind {
 public:
  std::string name;
  Task right;
  Task other;
  std::vector<std::string> outputs;
};

Kind lines(const std::string& name, OutputMatch match, HandIn hand_in = HandIn::automatic) {
  Kind kind;
  kind.name = name;
  kind.right.output_answer = "a\nb\n";
  kind.right.output_match = match;
  kind.right.hand_in = hand_in;
  kind.right.tries = 9;
  kind.right.max_extra_lines = 3;
  kind.other = kind.right;
  kind.other.output_answer = "never\n";
  kind.outputs = {
      "a\r\nb\r\n", "a\r\n", "b\r\na\r\n", "x\r\na\r\nb\r\n", "a\r\nb\r\na\r\n", "", "a\r\nb\r\n1\r\n2\r\n3\r\n4\r\n"};
  return kind;
}

Kind paths(const std::string& name, TaskType type, OutputMatch match) {
  Kind kind;
  kind.name = name;
  kind.right.type = type;
  kind.right.output_match = match;
  kind.right.initial.root.children = some_files();
  kind.right.path_answer = {"d/x", "b"};
  kind.other = kind.right;
  kind.other.path_answer = {"d", "c"};
  kind.outputs = {"d/x\r\nb\r\n",   "b\r\nd/x\r\n",      "d/x\r\n",
                  "./d/x  ./b\r\n", "b\r\nd/x\r\nc\r\n", "-rw-r--r-- 1 me me 1 2017-01-01 10:00 b\r\n"};
  return kind;
}

Kind tree(const std::string& name, HandIn hand_in) {
  Kind kind;
  kind.name = name;
  kind.right.type = TaskType::filesystem;
  kind.right.initial.root.children = some_files();
  kind.right.filesystem_answer.root.children = some_files();
  for (auto& [entry, node] : kind.right.filesystem_answer.root.children) {
    node.modified_at.reset();
    for (auto& [inner, child] : node.children) child.modified_at.reset();
  }
  kind.right.filesystem_answer.root.children["b"].content = "1";
  kind.right.hand_in = hand_in;
  kind.right.tries = 9;
  kind.other = kind.right;
  kind.other.filesystem_answer.root.children["never"] = FileNode::regular("");
  kind.outputs = {"", "done\r\n"};
  return kind;
}

std::vector<Kind> kinds() {
  std::vector<Kind> all{lines("lines", OutputMatch::lines),
                        lines("contains", OutputMatch::contains),
                        lines("exact", OutputMatch::exact),
                        lines("unordered", OutputMatch::unordered),
                        lines("set", OutputMatch::set),
                        lines("lines by hand-in", OutputMatch::lines, HandIn::button),
                        lines("exact by hand-in", OutputMatch::exact, HandIn::both),
                        paths("search", TaskType::file_search, OutputMatch::lines),
                        paths("paths", TaskType::output, OutputMatch::paths),
                        tree("files", HandIn::automatic),
                        tree("files by hand-in", HandIn::button)};
  Kind free = paths("search that may change files", TaskType::file_search, OutputMatch::lines);
  free.right.files_may_change = free.other.files_may_change = true;
  all.push_back(free);
  return all;
}

/// Recorded sessions of the live code, judged again.
class SessionReplayTest : public SessionTest {
 protected:
  class Outcome {
   public:
    TaskSessionId session = no_task_session;
    std::string state;
    std::string passed_at;  ///< number of the command; empty if no check has passed
  };

  SessionReplayTest() {
    environment.contents = std::make_shared<ContentQueue>(loop, *store, environment.fault_log);
    pool.time_of_calls = milliseconds(3);
  }
  ~SessionReplayTest() override { environment.contents.reset(); }

  bool runs() const { return !backend.shell().is_destroyed && !has_ended(); }
  bool has_ended() const {
    const boost::json::object last = m_port->last("state");
    return !last.empty() && last.at("state").as_object().at("state") == "finished";
  }
  std::map<Bytes, FileNode>& children() { return backend.shell().home.root.children; }

  void change_files(std::mt19937& dice) {
    switch (dice() % 6) {
      case 0:
      case 1:
        children()["b"] = file("1");
        break;
      case 2:
        children()["b"] = file("2");
        break;
      case 3:
        children()["extra"] = file("e");
        break;
      case 4:
        children().erase("extra");
        break;
      default:
        children().erase("c");
    }
  }

  void act(const Kind& kind, std::mt19937& dice) {
    const ScriptedShell& shell = backend.shell();
    const std::string output = kind.outputs[dice() % kind.outputs.size()];
    const bool changes = kind.right.type == TaskType::filesystem || dice() % 8 == 0;
    switch (dice() % 10) {
      case 0:
        send("echo typed a\r");
        shell.begin("cat");
        loop.advance(milliseconds(5));
        if (!runs()) return;
        send("a\rb\r");
        shell.print("a\r\nb\r\n" + output);
        loop.advance(milliseconds(5));
        if (runs()) shell.end(0);
        return;
      case 1:
        shell.begin("slow");
        loop.advance(milliseconds(1 + dice() % 400));
        shell.print(output.substr(0, output.size() / 2));
        loop.advance(milliseconds(1 + dice() % 400));
        if (!runs()) return;
        shell.print(output.substr(output.size() / 2));
        if (changes) change_files(dice);
        loop.advance(milliseconds(1 + dice() % 3000));
        if (runs()) backend.shell().end(0);
        return;
      case 2:
        if (changes) change_files(dice);
        ++shell.activity.stamp;
        send("x");
        return;
      case 3:
        say_to_session(R"({"type":"reset","id":70})");
        loop.advance(milliseconds(50));
        if (runs()) children() = kind.right.initial.root.children;
        return;
      case 4:
        shell.exit();
        return;
      case 5:
        shell.run("one", output);
        shell.run("two", kind.outputs[dice() % kind.outputs.size()]);
        return;
      default:
        if (changes) change_files(dice);
        return shell.run("command", output);
    }
  }

  void say_to_session(const std::string& json) { m_session->on_text(*m_port, json); }
  void send(const std::string& bytes) {
    m_session->on_data(*m_port, data_frame(m_typed, bytes));
    m_typed += bytes.size();
  }

  Outcome work(const Task& task, const Kind& kind, unsigned seed) {
    auto study = std::make_shared<Study>(*environment.study);
    study->tasks = {task};
    study->tasks[0].feedback = Feedback::counts;
    environment.study = study;
    ParticipantId who = 0;
    const std::string code = "p" + std::to_string(++m_participants);
    store->run([&](StoreTransaction& t) {
      t.add_participant(code, now());
      who = *t.find_participant(code);
    });
    m_port = std::make_unique<KeepingPort>();
    m_typed = 0;
    m_session = open_for(environment, who, *m_port);
    children() = task.initial.root.children;
    std::mt19937 dice(seed);
    for (int left = 1 + static_cast<int>(dice() % 5); left > 0 && runs(); --left) {
      loop.advance(milliseconds(2 + dice() % 1500));
      if (!runs()) break;
      act(kind, dice);
      loop.advance(milliseconds(dice() % 3 == 0 ? dice() % 20 : dice() % 12'000));
      if (runs() && kind.right.hand_in != HandIn::automatic && dice() % 2 == 0) {
        say_to_session(R"({"type":"submit","id":)" + std::to_string(10 + left) + R"(,"task":1})");
        loop.advance(seconds(11));
      }
    }
    loop.run_until_idle();
    if (runs()) {
      say_to_session(R"({"type":"give_up","id":99,"task":1})");
      loop.advance(seconds(1));
    }
    EXPECT_TRUE(wait([&] { return has_ended(); })) << kind.name << ' ' << seed;
    bool released = false;
    m_session->release([&] { released = true; });
    EXPECT_TRUE(wait([&] { return released; }));
    m_session.reset();
    loop.run_until_idle();
    Outcome outcome;
    store->run([](StoreTransaction&) {});
    Reader reader(path);
    const std::string where = " WHERE participant_id = " + std::to_string(who);
    outcome.session = std::stoll(reader.value("SELECT id FROM task_sessions" + where));
    outcome.state = reader.value("SELECT state FROM task_sessions" + where);
    // Of two commands that end at the same time, both may pass.
    outcome.passed_at = reader.value("SELECT command_number FROM recorded_checks WHERE passed AND task_session_id = " +
                                     std::to_string(outcome.session) + " ORDER BY id LIMIT 1");
    return outcome;
  }

  ReplayVerdict judge(const Task& task, TaskSessionId recorded) {
    const auto archive = SessionArchive::open(path);
    ReplaySources sources;
    sources.find_content = [&](const std::string& hash) { return archive->content(hash); };
    return replay(task, archive->read(recorded), sources);
  }

 private:
  std::unique_ptr<KeepingPort> m_port;
  std::uint64_t m_typed = 0;
  int m_participants = 0;
  std::unique_ptr<ParticipantSession> m_session;
};

TEST_F(SessionReplayTest, TheSameCheckGivesTheSameVerdictAndAnotherThatOfADirectRun) {
  const std::vector<Kind> all = kinds();
  int passed = 0;
  int judged = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    const Kind& kind = all[seed % all.size()];
    const std::string what = kind.name + ", seed " + std::to_string(seed);
    const Outcome direct = work(kind.right, kind, seed);
    const ReplayVerdict same = judge(kind.right, direct.session);
    EXPECT_EQ(same.reason, "") << what;
    EXPECT_EQ(same.is_passed, direct.state == "passed") << what;
    EXPECT_FALSE(same.is_approximate) << what;
    if (same.is_passed && kind.right.hand_in == HandIn::automatic) {
      EXPECT_EQ(std::to_string(same.command_number), direct.passed_at) << what;
    }
    passed += direct.state == "passed" ? 1 : 0;
    const Outcome other = work(kind.other, kind, seed);
    EXPECT_NE(other.state, "passed") << what;
    EXPECT_FALSE(judge(kind.other, other.session).is_passed) << what;
    EXPECT_EQ(judge(kind.right, other.session).is_passed, direct.state == "passed") << what << ", under another check";
    judged += 3;
    if (HasFailure()) break;
  }
  EXPECT_EQ(judged, 1500);
  EXPECT_GT(passed, 100);
  EXPECT_LT(passed, 400);
}

}  // namespace
}  // namespace tellina::testing
