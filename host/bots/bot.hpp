#pragma once

/// A scripted participant: what the server says goes in, what the participant does comes out.

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "host/bots/bot_settings.hpp"
#include "host/bots/bot_study.hpp"
#include "host/bots/decisions.hpp"
#include "host/bots/task_script.hpp"
#include "host/wire/client_frames.hpp"

namespace tellina::bots {

/// How a bot's walk went.
struct BotResult {
  int number = 0;                    ///< of the bot, from 1
  std::string access_code;           ///< a secret: not for output
  std::string outcome;               ///< as the server says it; empty if the bot did not come to the end
  std::string left_at;               ///< the step or task at which it dropped out; empty if it did not
  std::vector<std::string> visits;   ///< ids of steps and tasks, in order
  std::map<std::string, int> tasks;  ///< how many ended in each state, without practice
  int practice = 0;                  ///< how many sessions of practice tasks ended
  int reconnects = 0;                ///< on purpose
  std::vector<std::string> faults;   ///< what was not as expected: place, what was expected, what came
};

/// Pure: it sends nothing and knows no time. The driver carries out what react() returns, and reports what happens. At
/// any time, one wait is set: a pause, whose end is reported as Rested, or a deadline for something that the server
/// has to do, reported as Overdue.
class Bot {
 public:
  // Events.

  /// The server's welcome. `request`: that it answers; empty for the hello.
  struct Welcomed {
    boost::json::object state;
    RequestId request;
  };
  struct StateChanged {
    boost::json::object state;
  };
  /// The shell shows a prompt.
  struct Prompted {};
  struct Confirmed {
    RequestId request;
  };
  /// An error frame.
  struct Refused {
    RequestId request;  ///< empty if it answers none
    std::string code;
    std::string message;
    std::optional<double> seconds_left{};
    std::vector<std::string> fields{};  ///< names, of bad answers
  };
  struct SolutionShown {
    RequestId request;
    std::vector<std::string> lines;
  };
  struct Rested {};
  struct Overdue {};
  /// The connection has ended, or none could be made.
  struct Disconnected {
    std::string reason;
  };
  using Event =
      std::variant<Welcomed, StateChanged, Prompted, Confirmed, Refused, SolutionShown, Rested, Overdue, Disconnected>;

  // Actions, to carry out in order.

  /// Send this text frame.
  struct Say {
    std::string json;
  };
  struct StartTask {
    int number = 0;  ///< the wire's
    RequestId request;
  };
  struct Type {
    std::string bytes;
  };
  /// Replaces the wait that is set.
  struct Pause {
    std::chrono::nanoseconds time{};
  };
  /// Replaces the wait that is set. `restarts`: output of the shell begins it again.
  struct Expect {
    std::chrono::nanoseconds limit{};
    bool restarts = false;
  };
  /// Drop the connection if there is one, and connect again after the pause. Welcomed or Disconnected follows.
  struct Reconnect {
    std::chrono::nanoseconds after{};
  };
  /// Drop the connection. Nothing follows.
  struct Leave {};
  using Action = std::variant<Say, StartTask, Type, Pause, Expect, Reconnect, Leave>;
  using Actions = std::vector<Action>;

  /// `number`: from 1. The study must outlive the bot.
  Bot(const BotStudy& study, const BotSettings& settings, int number);

  /// The first action: connect.
  Actions begin();
  /// Events after the end cause nothing.
  Actions react(const Event& event);
  bool has_ended() const { return m_phase == Phase::ended; }
  const BotResult& result() const { return m_result; }
  /// Ends the walk with a fault, such as a reason that the driver knows.
  Actions give_up_walk(const std::string& fault);

  void check_invariant() const;

 private:
  enum class Phase : std::uint8_t {
    connecting,  ///< no welcome yet
    between,     ///< the server has to say what is next
    reading,     ///< pauses before it leaves a step or starts a task
    leaving,     ///< has asked to leave a step
    starting,    ///< has asked for a task
    at_first,    ///< waits for the first prompt of a shell
    thinking,    ///< pauses before the next deed
    typing,      ///< pauses before the next key
    watching,    ///< a line runs
    requesting,  ///< waits for the answer to a request in a task
    ending,      ///< waits for the end of the task
    ended
  };
  /// The same order as in Event.
  enum class Trigger : std::uint8_t {
    welcomed,
    state_changed,
    prompted,
    confirmed,
    refused,
    solution_shown,
    rested,
    overdue,
    disconnected
  };
  using Handler = void (Bot::*)(const Event&);
  struct Transition {
    Phase phase;
    Trigger trigger;
    Handler handler;
  };
  static const Transition transitions[];
  static Handler find_handler(Phase phase, Trigger trigger);

  // Handlers of the table.
  void take_up(const Event& event);
  void act(const Event& event);
  void step_confirmed(const Event& event);
  void step_refused(const Event& event);
  void task_welcomed(const Event& event);
  void start_refused(const Event& event);
  void think(const Event& event);
  void do_deed(const Event& event);
  void type_key(const Event& event);
  void line_ended(const Event& event);
  void line_is_quiet(const Event& event);
  void note_prompt(const Event& event);
  void request_confirmed(const Event& event);
  void request_refused(const Event& event);
  void compare_solution(const Event& event);
  void end_is_overdue(const Event& event);
  // Handlers for every phase that the table does not name.
  void follow(const Event& event);
  void refused_out_of_turn(const Event& event);
  void overdue(const Event& event);
  void connection_lost(const Event& event);

  /// Looks at the newest state and decides what to do.
  void look();
  void begin_visit(const std::string& id);
  void drop_out();
  void finish_walk();
  void look_at_step();
  void look_at_task();
  void leave_step();
  /// Whether the newest state came after the step that the bot has asked to leave. The first step's state comes again
  /// when the record has the step.
  bool has_moved_on() const;
  void leave_consent(const FlowStep& step, StepDoneFrame& frame);
  void leave_page(StepDoneFrame& frame);
  void fill_in(const FlowStep& step, const Form& form, StepDoneFrame& frame);
  /// Answers of this showing, with what they should cause.
  void expect_after(const FlowStep& step, const Form& form, const boost::json::object& answers);
  void end_task();
  void begin_deed();
  std::string request_of(Deed::Kind kind) const;
  /// Asks for the task, again if the connection was lost meanwhile.
  void ask_for_task();

  bool is_in_task() const { return m_phase >= Phase::at_first && m_phase <= Phase::ending; }
  /// Whether it leaves in the middle of the task that comes now, and not before it.
  bool drops_out_in_task() const;
  void fail(const std::string& text);
  /// The current visit: no other has the same.
  std::string place() const;
  /// Of the newest state.
  std::string step_id() const;
  RequestId next_request() { return std::to_string(m_next_request++); }
  /// Around the mean, as a person takes it at the configured speed.
  std::chrono::nanoseconds person_takes(double mean_in_seconds);
  void pause(Phase phase, std::chrono::nanoseconds time);
  void expect(Phase phase, std::chrono::nanoseconds limit, bool restarts = false);

  const BotStudy& m_study;
  const BotSettings m_settings;
  const Decisions m_decisions;
  Draws m_pace;
  Phase m_phase = Phase::connecting;
  BotResult m_result;
  Actions m_actions;  ///< of the event that is handled

  boost::json::object m_state;  ///< the newest
  std::int64_t m_state_number = -1;
  /// The state that the bot acts on: a newer one is news.
  std::int64_t m_seen_number = -1;
  std::int64_t m_next_request = 1;
  RequestId m_request;                    ///< the one that waits for an answer
  std::string m_request_json;             ///< its frame, in a task
  std::size_t m_leaves_at = 0;            ///< the visit at which it drops out; 0: at none
  int m_failed_connections = 0;           ///< in a row
  std::set<std::string> m_disturbed;      ///< places, with what it does there only once
  std::map<std::string, int> m_showings;  ///< of each step and task, by id
  std::set<std::string> m_left;           ///< ids of steps that must not come again
  std::set<std::string> m_answered;       ///< places and fields
  int m_refusals = 0;                     ///< of requests of the current visit, not provoked

  // What the last request to leave a step should cause.
  std::string m_expected_refusal;  ///< the code of an error
  std::string m_forgotten;         ///< the field that it is about
  std::string m_expected_again;    ///< the step that has to come again, as its answers are wrong
  std::string m_expected_outcome;  ///< empty: completed, or that there is no free place
  bool m_left_back = false;        ///< to the page before

  // Of the current task.
  const Task* m_task = nullptr;
  int m_task_number = 0;  ///< the wire's
  TaskOffer m_offer;
  TaskScript m_script;
  std::size_t m_deed = 0;
  std::size_t m_key = 0;        ///< in the line of the deed
  int m_quiet = 0;              ///< how often the line has printed nothing for a while
  bool m_has_prompt = false;    ///< a fresh shell, whose request is not answered yet, has shown a prompt
  bool m_last_may_pass = true;  ///< the last line
  /// What was under way when the connection was lost.
  Phase m_interrupted = Phase::connecting;
};

}  // namespace tellina::bots
