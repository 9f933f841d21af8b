#pragma once

/// The server's answers to a bot, from the study's pure code and in virtual time.

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "host/bots/bot.hpp"
#include "host/study/study_progress.hpp"
#include "host/study/task.hpp"

namespace tellina::testing {

/// A consent, a questionnaire with a wrong answer, pages with a way back, practice, tasks of each way to end them, and
/// a break, in a crossover.
Study bot_study();

class PlayedServer {
 public:
  explicit PlayedServer(const Study& study, int group = 0) : m_study(study), m_group(group) {}

  /// Plays until the bot has ended. Fails the test if it does not come to an end.
  bots::BotResult play(bots::Bot& bot);

  /// Replaces what the server sends: returns whether the event is sent.
  std::function<bool(bots::Bot::Event&)> sent = [](bots::Bot::Event&) { return true; };
  /// Whether a line that was entered passes the task; by default the last line of its solution does.
  std::function<bool(const Task&, const std::string& line)> passes = [](const Task& task, const std::string& line) {
    return !task.solution.empty() && line == task.solution.back();
  };
  void queue(bots::Bot::Event event) { m_sent.push_back(std::move(event)); }
  /// All that was typed in the current task.
  const std::string& typed() const { return m_typed; }
  /// The most bytes that came at once.
  std::size_t longest_key() const { return m_longest_key; }

 private:
  void handle(const bots::Bot::Action& action);
  void handle_frame(const std::string& json);
  void leave_step(const StepDoneFrame& frame);
  void start(const bots::Bot::StartTask& request);
  void type(const std::string& bytes);
  void end_task(TaskSessionState state);
  void apply(const StudyProgress::Event& event);
  void carry_out(const StudyProgress::Effect& effect);
  void send(bots::Bot::Event event);
  boost::json::object state() const;
  const Task& task() const;

  const Study& m_study;
  const int m_group;
  MonotonicTime m_now{};
  StudyProgress m_progress{ParticipantProgress()};
  std::deque<bots::Bot::Event> m_sent;
  std::optional<bots::Bot::Pause> m_pause;
  std::optional<bots::Bot::Expect> m_expected;
  RequestId m_request;
  MonotonicTime m_task_start{};
  std::string m_typed;
  std::string m_line;
  std::size_t m_longest_key = 0;
  bool m_is_over = false;
};

}  // namespace tellina::testing
