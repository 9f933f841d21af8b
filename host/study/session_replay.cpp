#include "host/study/session_replay.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/checker_run.hpp"
#include "host/study/command_judge.hpp"
#include "host/study/command_lines.hpp"
#include "host/study/command_tracker.hpp"
#include "host/study/home_state.hpp"
#include "host/study/relative_times.hpp"
#include "host/study/snapshot_limits.hpp"
#include "host/study/tree_compare.hpp"
#include "host/study/tree_listing.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

/// What happened at one time, in the order in which a session handles it.
using Item = std::variant<const InputRecord*, const OutputRecord*, const EventRecord*, const CommandRecord*,
                          const RecordedState*>;

class TimedItem {
 public:
  MonotonicTime at;
  Item item;
};

std::vector<TimedItem> timeline_of(const RecordedSession& session) {
  std::vector<TimedItem> items;
  for (const InputRecord& input : session.input) items.push_back({input.at.monotonic, &input});
  for (const OutputRecord& output : session.output) items.push_back({output.at.monotonic, &output});
  for (const EventRecord& event : session.events) items.push_back({event.at.monotonic, &event});
  if (!session.has_bytes) {
    for (const CommandRecord& command : session.commands) items.push_back({command.ended.monotonic, &command});
  }
  for (const RecordedState& state : session.states) items.push_back({state.at, &state});
  std::stable_sort(items.begin(), items.end(), [](const TimedItem& a, const TimedItem& b) {
    return std::make_tuple(a.at, a.item.index()) < std::make_tuple(b.at, b.item.index());
  });
  return items;
}

/// The secret that the first mark in an output carries; empty if there is none.
std::string first_nonce(const std::vector<OutputRecord>& output) {
  constexpr BytesView mark = "\x1b]133;A;nonce=";
  Bytes tail;
  for (const OutputRecord& record : output) {
    tail += record.bytes;
    const std::size_t begin = tail.find(mark);
    if (begin == Bytes::npos) {
      if (tail.size() > mark.size()) tail.erase(0, tail.size() - mark.size());
      continue;
    }
    const std::size_t end = tail.find_first_of(";\a\x1b", begin + mark.size());
    if (end != Bytes::npos) return tail.substr(begin + mark.size(), end - begin - mark.size());
  }
  return {};
}

void add_contents(const FileNode& node, std::map<std::string, const Bytes*>& contents) {
  if (node.content) contents.emplace(sha256(*node.content), &*node.content);
  for (const auto& [name, child] : node.children) add_contents(child, contents);
}

class Replay {
 public:
  Replay(const Task& task, const RecordedSession& session, const ReplaySources& sources)
      : m_task(task),
        m_session(session),
        m_sources(sources),
        m_initial(with_times(task.initial, task.initial_times, session.started.wall)),
        m_before(std::make_shared<const FileTree>(m_initial)) {
    if (OutputJudge::is_for(task)) {
      m_judge.emplace(task);
    } else if (task.type == TaskType::output) {
      m_output_check.emplace(task.output_answer, task.output_match, task.max_extra_lines);
    }
    if (task.type == TaskType::filesystem) {
      m_wanted = *snapshot_request_for(task.filesystem_answer, task.root).content_of;
      add_contents(task.filesystem_answer.root, m_known);
    }
    add_contents(task.initial.root, m_known);
  }

  ReplayVerdict run() {
    const bool has_no_files = m_session.states.empty() && needs_states();
    if (has_no_files) {
      m_verdict.reason = "the files after its commands are not recorded";
      return m_verdict;
    }
    if (m_session.has_bytes) {
      m_verdict.is_approximate = !m_session.gaps.empty();
      use_sandbox(m_session.sandbox);
    } else {
      m_verdict.is_approximate = m_task.type == TaskType::output || m_task.type == TaskType::file_search;
    }
    for (const TimedItem& item : timeline_of(m_session)) {
      judge_found(item.at);
      if (m_verdict.is_passed) return m_verdict;
      m_now = item.at;
      std::visit([this](const auto* what) { take(*what); }, item.item);
      if (m_verdict.is_passed) return m_verdict;
    }
    end();
    if (!m_verdict.is_passed) m_verdict.reason = m_doubt;
    return m_verdict;
  }

 private:
  bool needs_states() const { return m_task.type != TaskType::output || (m_judge && m_judge->needs_names()); }

  /// The streams are those of a shell whose marks have the sandbox's secret.
  void use_sandbox(const std::string& sandbox) {
    const bool has_others = std::any_of(m_session.events.begin(), m_session.events.end(), [](const EventRecord& event) {
      return event.kind == "reset" || event.kind == "sandbox_replaced";
    });
    m_nonce = has_others ? first_nonce(m_session.output) : "n" + sandbox;
    make_tracker();
  }

  void make_tracker() {
    CommandTracker::Callbacks callbacks;
    callbacks.finished = [this](CommandRecord command) { on_finished(command); };
    callbacks.judged = [this](const Progress& progress) { on_verdict(progress, m_tracker->commands_begun()); };
    callbacks.found = [this] { m_found_at = m_now; };
    CommandTracker::Start start;
    start.output = m_output_end;
    start.input = m_input_end;
    start.next_command_number = m_commands + 1;
    m_tracker = std::make_unique<CommandTracker>(m_nonce, start, m_output_check ? &*m_output_check : nullptr,
                                                 std::move(callbacks));
    if (m_judge) m_tracker->leave_out_typed_lines();
  }

  Timestamp timestamp() const {
    Timestamp at = m_session.started;
    at.monotonic = m_now;
    return at;
  }

  void take(const InputRecord& input) {
    m_tracker->typed(input.bytes, input.offset, input.at);
    m_input_end = input.offset + input.bytes.size();
  }

  void take(const OutputRecord& output) {
    if (output.offset != m_output_end) continue_after_gap(output.offset);
    if (output.bytes == full_reset) next_sandbox();
    m_tracker->printed(output.bytes, output.at);
    m_output_end = output.offset + output.bytes.size();
  }

  /// The server that ran the session died, and another one continued with the same shell or with a new one.
  void continue_after_gap(std::uint64_t offset) {
    m_tracker->shell_ended(timestamp(), CommandEnd::task);
    m_output_end = offset;
    make_tracker();
    m_tracker->expect_earlier_lines();
  }

  /// The terminal was cleared: by the server, if a new sandbox has come into use, or by a program.
  void next_sandbox() {
    while (m_next_event < m_session.events.size()) {
      const EventRecord& event = m_session.events[m_next_event];
      const bool is_change = event.kind == "reset" || event.kind == "sandbox_replaced";
      if (is_change && event.at.monotonic >= m_now) {
        ++m_next_event;
        boost::system::error_code error;
        const boost::json::value detail = boost::json::parse(event.detail, error);
        const boost::json::value* const sandbox =
            !error && detail.is_object() ? detail.get_object().if_contains("sandbox") : nullptr;
        if (!sandbox || !sandbox->is_string()) return;
        m_tracker->shell_ended(timestamp(), CommandEnd::task);
        m_nonce = "n" + std::string(sandbox->get_string());
        make_tracker();
        m_waiting.clear();
        m_last_verdict.reset();
        m_before = std::make_shared<const FileTree>(m_initial);
        return;
      }
      if (event.at.monotonic >= m_now) return;
      ++m_next_event;
    }
  }

  void take(const EventRecord& event) {
    if (event.kind == "shell_ended" && m_tracker) {
      m_tracker->shell_ended(event.at);
      make_tracker();
    }
    if (event.kind == "handed_in" && m_task.hand_in != HandIn::automatic) hand_in();
  }

  void take(const CommandRecord& command) {
    if (m_output_check) {
      m_output_check->prompt_started();
      m_output_check->command_started(command.text, 1);
      m_output_check->printed(command.output_without_echo());
      const Progress progress = m_output_check->command_ended();
      m_output_check->output_begins();
      on_verdict(progress, command.number);
    }
    on_finished(command);
  }

  void on_finished(const CommandRecord& command) {
    m_commands = std::max(m_commands, command.number);
    m_found_at.reset();
    if (!m_judge) return;
    m_waiting.emplace_back(command);
    if (m_judge->needs_names()) return;
    judge_waiting(nullptr);
  }

  void judge_waiting(const FileTree* home) {
    const JudgedCommand judged = judge_commands(m_task, *m_judge, m_waiting, *m_before, home);
    m_waiting.clear();
    on_verdict(judged.progress, judged.number);
  }

  void on_verdict(const Progress& progress, std::int64_t command_number) {
    if (m_verdict.is_passed) return;
    m_last_verdict = progress;
    if (progress.passed && m_task.hand_in != HandIn::button) pass(command_number);
  }

  void pass(std::int64_t command_number) {
    m_verdict.is_passed = true;
    m_verdict.command_number = command_number;
    m_verdict.after = m_now - m_session.started.monotonic;
  }

  /// A running command has printed the answer: the verdict includes what it printed soon after.
  void judge_found(MonotonicTime until) {
    if (!m_found_at || until - *m_found_at <= limits::verdict) return;
    m_now = *std::exchange(m_found_at, std::nullopt) + limits::verdict;
    const Progress progress = m_output_check->progress();
    if (progress.passed) on_verdict(progress, m_tracker->commands_begun());
  }

  void take(const RecordedState& state) {
    if (!update_listing(state)) return;
    if (m_task.type == TaskType::command) {
      m_last_number = state.command_number;
      if (m_task.checker.when != CheckerRuns::hand_in && commands_until(state.at) > 0)
        run_checker(state.command_number);
    } else if (m_task.type == TaskType::filesystem) {
      if (state.has_verdict) judge_home(state);
    } else if (m_judge && m_judge->needs_names() && !m_waiting.empty() && state.has_verdict) {
      const auto home = std::make_shared<const FileTree>(home_for([](const Bytes&) { return false; }));
      judge_waiting(home.get());
      m_before = home;
    }
  }

  /// How many commands had ended.
  std::size_t commands_until(MonotonicTime time) const {
    return static_cast<std::size_t>(
        std::count_if(m_session.commands.begin(), m_session.commands.end(),
                      [&](const auto& command) { return command.ended.monotonic <= time; }));
  }

  void doubt(std::string reason) {
    if (m_doubt.empty()) m_doubt = std::move(reason);
  }

  /// Returns false if the state is not known, or not whole.
  bool update_listing(const RecordedState& state) {
    const std::string name = "state " + std::to_string(state.command_number);
    if (!state.changes) {
      const std::optional<Bytes> text = m_sources.find_content(state.tree_sha256);
      m_listing.reset();
      if (text) {
        m_listing = parse_listing(*text);
      } else {
        doubt("the files of " + name + " are not in the record");
      }
    } else if (m_listing) {
      apply_changes(*m_listing, *state.changes);
    } else {
      doubt("the files before " + name + " are not in the record");
    }
    if (!m_listing) return false;
    if (sha256(m_listing->text()) != state.tree_sha256) {
      m_listing.reset();
      doubt(name + " does not have the digest that is recorded");
      return false;
    }
    if (state.is_truncated) doubt(name + " is truncated");
    return !state.is_truncated;
  }

  FileTree home_for(std::function<bool(const Bytes&)> is_needed) const {
    ListedContents contents;
    contents.is_needed = std::move(is_needed);
    contents.find = [this](const std::string& hash) -> std::optional<Bytes> {
      const auto known = m_known.find(hash);
      return known == m_known.end() ? m_sources.find_content(hash) : *known->second;
    };
    return tree_of(*m_listing, contents, m_initial, m_session.started.wall);
  }

  void judge_home(const RecordedState& state) {
    const FileTree home = home_for([this](const Bytes& name) { return m_wanted.contains(name); });
    on_verdict(compare_trees(m_initial, m_task.filesystem_answer, home, m_task.root, m_task.answer_ranges),
               state.command_number);
    // A digest that is known, and is none of the answer's, is enough to know that the content differs.
    for (const Bytes& name : m_wanted) {
      const FileNode* const found = node_at(home.root, name);
      const auto entry = m_listing->entries.find(listed_name(name));
      const bool is_unknown = found && found->kind == FileKind::regular && entry != m_listing->entries.end() &&
                              entry->second.content.empty();
      if (is_unknown) {
        doubt("the content of " + listed_name(name) + " in state " + std::to_string(state.command_number) +
              " is not in the record");
      }
    }
  }

  void run_checker(std::int64_t number) {
    if (!m_listing) return;
    FileTree home = home_for([](const Bytes&) { return true; });
    if (lacks_content(home.root)) {
      return doubt("the content of a file in state " + std::to_string(number) + " is not in the record");
    }
    Bytes commands;
    for (const CommandRecord& command : m_session.commands) {
      if (command.ended.monotonic <= m_now) commands += command_line_of(command);
    }
    const CheckerVerdict verdict = m_sources.run_checker(std::move(home), std::move(commands));
    if (verdict.progress) return on_verdict(*verdict.progress, number);
    doubt("the checker failed at state " + std::to_string(number) + ": " + verdict.failure);
  }

  void hand_in() {
    if (m_task.type == TaskType::command && m_task.checker.when != CheckerRuns::each_command)
      run_checker(m_last_number);
    if (m_last_verdict && m_last_verdict->passed) pass(m_commands);
  }

  /// The last check, if the session had one.
  void end() {
    judge_found(m_session.ended);
    if (m_verdict.is_passed || !m_tracker || m_task.hand_in == HandIn::button) return;
    const bool had_last_check = m_session.state == to_string(TaskSessionState::timed_out) ||
                                m_session.state == to_string(TaskSessionState::gave_up) ||
                                m_session.state == to_string(TaskSessionState::passed);
    if (!had_last_check) return;
    m_now = m_session.ended;
    if (const auto progress = m_tracker->verdict_if_passed()) on_verdict(*progress, m_tracker->commands_begun());
  }

  /// What a new sandbox's output begins with, see TerminalSession.
  static constexpr BytesView full_reset =
      "\x1b"
      "c";

  const Task& m_task;
  const RecordedSession& m_session;
  const ReplaySources& m_sources;
  const FileTree m_initial;
  std::set<Bytes> m_wanted;                     ///< files whose content the answer names
  std::map<std::string, const Bytes*> m_known;  ///< contents that the task has

  std::optional<OutputJudge> m_judge{};
  std::optional<OutputCheck> m_output_check{};
  std::string m_nonce;
  std::unique_ptr<CommandTracker> m_tracker;  ///< null without the streams
  std::uint64_t m_input_end = 0;
  std::uint64_t m_output_end = 0;
  std::size_t m_next_event = 0;
  std::int64_t m_commands = 0;
  std::int64_t m_last_number = 0;  ///< of the last state
  MonotonicTime m_now{};
  std::optional<MonotonicTime> m_found_at{};
  std::vector<EndedCommand> m_waiting;
  std::shared_ptr<const FileTree> m_before;
  std::optional<TreeListing> m_listing{};
  std::optional<Progress> m_last_verdict{};
  std::string m_doubt;
  ReplayVerdict m_verdict;
};

}  // namespace

ReplayVerdict replay(const Task& task, const RecordedSession& session, const ReplaySources& sources) {
  return Replay(task, session, sources).run();
}

}  // namespace tellina
