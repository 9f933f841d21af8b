#include "host/bots/bot.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <cmath>
#include <utility>

#include "host/bots/answers.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina::bots {
namespace {

namespace json = boost::json;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// What a person takes on average, in seconds.
constexpr double reading_time = 2;
constexpr double thinking_time = 1;
constexpr double key_time = 0.12;

constexpr seconds answer_limit{30};
constexpr seconds connect_limit{60};
/// Sandboxes of many participants start one after another.
constexpr seconds start_limit{180};
constexpr seconds prompt_limit{60};
/// How long a line may print nothing before the next line is typed, as in a construct of several lines, and how often
/// the last line may.
constexpr seconds quiet_line{2};
constexpr int quiet_waits = 60;
constexpr seconds verdict_limit{30};
constexpr seconds clock_margin{60};
constexpr seconds retry_pause{1};
/// The server counts from when it recorded that the step was shown.
constexpr std::chrono::milliseconds waiting_margin{50};
constexpr int most_refusals = 20;
constexpr int most_failed_connections = 5;

constexpr double refuses = 0.05;
constexpr double goes_back = 0.3;
constexpr double hurries = 0.3;
constexpr double forgets_an_answer = 0.2;
constexpr double answers_wrong = 0.5;
constexpr double answers_with_the_end = 0.5;
constexpr double loses_connection = 0.15;

nanoseconds in_nanoseconds(double seconds_) { return nanoseconds(std::llround(seconds_ * 1e9)); }

std::string text_at(const json::object& object, const char* key) { return json::value_to<std::string>(object.at(key)); }

double number_at(const json::object& object, const char* key) { return object.at(key).to_number<double>(); }

/// Nothing if it is null or absent.
std::optional<double> optional_number(const json::object& object, const char* key) {
  const json::value* const value = object.if_contains(key);
  return value && value->is_number() ? std::optional(value->to_number<double>()) : std::nullopt;
}

std::string seconds_text(nanoseconds time) { return std::to_string(std::chrono::round<seconds>(time).count()) + " s"; }

/// The first character of UTF-8, or the first byte of what is none.
std::size_t size_of_first(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) ++size;
  return size;
}

TaskOffer offer_in(const json::object& task) {
  TaskOffer offer;
  offer.can_give_up = task.at("give_up").as_bool();
  offer.give_up_in = in_nanoseconds(optional_number(task, "give_up_in_seconds").value_or(0));
  offer.can_start_over = task.at("start_over").as_bool();
  const std::string hand_in = text_at(task, "hand_in");
  offer.can_hand_in = hand_in != "automatic";
  offer.must_hand_in = hand_in == "button";
  offer.tries_left = static_cast<int>(optional_number(task, "tries_left").value_or(0));
  offer.has_end = optional_number(task, "time_left_in_seconds").has_value();
  offer.is_practice = task.at("practice").as_bool();
  const json::object& attempt = task.at("try").as_object();
  offer.is_last_try = number_at(attempt, "number") >= number_at(attempt, "of");
  if (const auto solution = optional_number(task, "solution_in_seconds")) offer.solution_in = in_nanoseconds(*solution);
  return offer;
}

}  // namespace

const Bot::Transition Bot::transitions[] = {
    {Phase::connecting, Trigger::welcomed, &Bot::take_up},
    {Phase::connecting, Trigger::overdue, &Bot::connection_lost},
    {Phase::reading, Trigger::rested, &Bot::act},
    {Phase::leaving, Trigger::confirmed, &Bot::step_confirmed},
    {Phase::leaving, Trigger::refused, &Bot::step_refused},
    {Phase::starting, Trigger::welcomed, &Bot::task_welcomed},
    {Phase::starting, Trigger::refused, &Bot::start_refused},
    {Phase::at_first, Trigger::prompted, &Bot::think},
    {Phase::thinking, Trigger::rested, &Bot::do_deed},
    {Phase::typing, Trigger::rested, &Bot::type_key},
    {Phase::watching, Trigger::prompted, &Bot::line_ended},
    {Phase::watching, Trigger::overdue, &Bot::line_is_quiet},
    {Phase::requesting, Trigger::prompted, &Bot::note_prompt},
    {Phase::requesting, Trigger::confirmed, &Bot::request_confirmed},
    {Phase::requesting, Trigger::refused, &Bot::request_refused},
    {Phase::requesting, Trigger::solution_shown, &Bot::compare_solution},
    {Phase::ending, Trigger::overdue, &Bot::end_is_overdue},
};

Bot::Bot(const BotStudy& study, const BotSettings& settings, int number)
    : m_study(study), m_settings(settings), m_decisions(settings.seed, number), m_pace(m_decisions.draws("pace")) {
  TELLINA_ASSERT(number >= 1 && settings.speed > 0);
  m_result.number = number;
  if (m_decisions.chance("drops out", settings.dropout)) {
    m_leaves_at = 1 + m_decisions.below("drops out at", std::max<std::size_t>(study.length(), 1));
  }
}

Bot::Actions Bot::begin() {
  m_interrupted = Phase::connecting;
  return {Reconnect{}, Expect{connect_limit}};
}

Bot::Handler Bot::find_handler(Phase phase, Trigger trigger) {
  for (const Transition& row : transitions) {
    if (row.phase == phase && row.trigger == trigger) return row.handler;
  }
  // In every other phase.
  switch (trigger) {
    case Trigger::state_changed:
      return &Bot::follow;
    case Trigger::refused:
      return &Bot::refused_out_of_turn;
    case Trigger::overdue:
      return &Bot::overdue;
    case Trigger::disconnected:
      return &Bot::connection_lost;
    case Trigger::welcomed:
    case Trigger::prompted:
    case Trigger::confirmed:
    case Trigger::solution_shown:
    case Trigger::rested:
      break;
  }
  return nullptr;
}

Bot::Actions Bot::react(const Event& event) {
  if (m_phase == Phase::ended) return {};
  const InvariantScope invariant(*this);
  const Handler handler = find_handler(m_phase, static_cast<Trigger>(event.index()));
  if (handler) (this->*handler)(event);
  return std::exchange(m_actions, {});
}

Bot::Actions Bot::give_up_walk(const std::string& fault) {
  if (m_phase == Phase::ended) return {};
  fail(fault);
  m_phase = Phase::ended;
  m_actions.emplace_back(Leave{});
  return std::exchange(m_actions, {});
}

// The connection.

void Bot::take_up(const Event& event) {
  const auto& welcome = std::get<Welcomed>(event);
  if (!welcome.request.empty()) return;
  m_failed_connections = 0;
  m_state = welcome.state;
  m_state_number = m_state.at("state_number").to_number<std::int64_t>();
  m_phase = m_interrupted;
  if (is_in_task()) {
    const bool runs = text_at(m_state, "state") == "running";
    if (!runs) return end_task();
    switch (m_phase) {
      case Phase::watching:
        return expect(m_phase, quiet_line, true);
      case Phase::requesting:
        m_actions.emplace_back(Say{m_request_json});
        return expect(m_phase, start_limit);
      case Phase::at_first:
        return expect(m_phase, prompt_limit, true);
      case Phase::ending:
        return begin_deed();
      default:
        return pause(m_phase, person_takes(thinking_time));
    }
  }
  if (m_phase == Phase::starting && text_at(m_state, "state") == "running") return ask_for_task();
  if (m_phase == Phase::leaving && has_moved_on()) return step_confirmed(Confirmed{m_request});
  if (m_phase == Phase::leaving) m_phase = Phase::reading;
  const bool is_news = m_state_number > m_seen_number;
  if (is_news || m_phase == Phase::connecting || m_phase == Phase::between) return look();
  pause(Phase::reading, person_takes(reading_time));
}

void Bot::connection_lost(const Event& event) {
  const auto* const lost = std::get_if<Disconnected>(&event);
  const std::string reason = lost ? lost->reason : "no welcome within " + seconds_text(connect_limit);
  if (m_phase == Phase::connecting) {
    if (++m_failed_connections >= most_failed_connections) {
      fail("expected a connection, got: " + reason);
      m_phase = Phase::ended;
      m_actions.emplace_back(Leave{});
      return;
    }
  } else {
    fail("expected that the connection lasts, got: " + reason);
    m_interrupted = m_phase;
  }
  m_actions.emplace_back(Reconnect{retry_pause});
  expect(Phase::connecting, retry_pause + connect_limit);
}

void Bot::refused_out_of_turn(const Event& event) {
  const auto& refusal = std::get<Refused>(event);
  fail("expected no error, got " + refusal.code + ": " + refusal.message);
}

void Bot::overdue(const Event&) {
  constexpr const char* expected[] = {
      "a welcome", "the next step or task", "", "that the step is left", "a terminal", "a prompt", "", "",
      "",          "an answer to a request"};
  const auto index = static_cast<std::size_t>(m_phase);
  TELLINA_ASSERT(index < std::size(expected) && *expected[index] != '\0');
  fail(std::string("expected ") + expected[index] + ", got nothing in time");
  m_phase = Phase::ended;
  m_actions.emplace_back(Leave{});
}

// States.

void Bot::follow(const Event& event) {
  const json::object& state = std::get<StateChanged>(event).state;
  const auto number = state.at("state_number").to_number<std::int64_t>();
  if (number < m_state_number) {
    return fail("expected a state number of at least " + std::to_string(m_state_number) + ", got " +
                std::to_string(number));
  }
  m_state = state;
  m_state_number = number;
  if (is_in_task()) {
    if (text_at(m_state, "state") != "running") return end_task();
    if (m_state.at("task").at("terminal_replaced").as_bool()) {
      fail("expected that the terminal lasts, got that the server had to replace it");
    }
    return;
  }
  const bool waits = m_phase == Phase::between || m_phase == Phase::reading;
  if (waits && m_state_number > m_seen_number) look();
}

void Bot::look() {
  m_seen_number = m_state_number;
  const std::string state = text_at(m_state, "state");
  if (state == "finished") return finish_walk();
  if (state == "step") return look_at_step();
  if (state == "ready") return look_at_task();
  m_actions = give_up_walk("expected a step or a task that is ready, got the state " + state);
}

void Bot::begin_visit(const std::string& id) {
  m_result.visits.push_back(id);
  ++m_showings[id];
  m_refusals = 0;
  const std::size_t most = 100 + 20 * m_study.length();
  if (m_result.visits.size() > most) {
    m_actions = give_up_walk("expected the end of the study after " + std::to_string(most) + " steps, got another one");
    return;
  }
  if (m_result.visits.size() != m_leaves_at || drops_out_in_task()) return;
  drop_out();
}

bool Bot::drops_out_in_task() const {
  return text_at(m_state, "state") == "ready" && m_decisions.chance("drops out in the task", 0.5);
}

void Bot::drop_out() {
  m_result.left_at = m_result.visits.back();
  m_phase = Phase::ended;
  m_actions.emplace_back(Leave{});
}

void Bot::finish_walk() {
  if (m_state.at("outcome").is_null()) return expect(Phase::between, answer_limit);
  m_result.outcome = text_at(m_state, "outcome");
  const AssignmentRules& rules = m_study.design().assignment;
  const bool may_be_full = m_result.outcome == "full" && rules.target_per_group && !rules.continues_when_full;
  const std::string expected = m_expected_outcome.empty() ? "completed" : m_expected_outcome;
  if (m_result.outcome != expected && !may_be_full) {
    fail("expected the outcome " + expected + ", got " + m_result.outcome);
  }
  int ended = 0;
  for (const auto& [state, count] : m_result.tasks) ended += count;
  const std::size_t listed = m_state.at("outcomes").as_array().size();
  if (listed != static_cast<std::size_t>(ended)) {
    fail("expected the outcomes of " + std::to_string(ended) + " tasks, got " + std::to_string(listed));
  }
  m_phase = Phase::ended;
  m_actions.emplace_back(Leave{});
}

// Steps.

void Bot::look_at_step() {
  const json::object& shown = m_state.at("step").as_object();
  const std::string id = step_id();
  // The participant gets a group.
  if (id.empty()) return expect(Phase::between, answer_limit);
  const FlowStep* const step = m_study.find_step(id);
  if (!step || text_at(shown, "kind") != to_string(step->kind)) {
    m_actions = give_up_walk("expected a step of the configured study, got the " + text_at(shown, "kind") + " " + id);
    return;
  }
  // A welcome may come before the record has the step; then its state comes again.
  const bool is_known = m_phase == Phase::reading && !m_result.visits.empty() && m_result.visits.back() == id;
  if (is_known && !m_left.contains(id)) return pause(Phase::reading, person_takes(reading_time));
  const std::string again = std::exchange(m_expected_again, {});
  const bool is_repeated = step->kind == StepKind::questionnaire && shown.at("repeated").as_bool();
  if (!again.empty() && (again != id || !is_repeated)) {
    fail("expected the questionnaire " + again + " again, got " + id);
  } else if (again.empty() && (is_repeated || m_left.contains(id))) {
    fail("expected a step that was not left, got " + id + " again");
  }
  begin_visit(id);
  if (m_phase == Phase::ended) return;
  const nanoseconds least = in_nanoseconds(number_at(shown, "at_least_in_seconds"));
  const bool waits = least.count() > 0 && !m_decisions.chance(place() + " hurries", hurries);
  pause(Phase::reading, std::max(person_takes(reading_time), waits ? least + waiting_margin : nanoseconds()));
}

void Bot::act(const Event&) {
  const bool loses = m_decisions.chance(place() + " loses the connection", loses_connection);
  if (loses && m_disturbed.insert(place() + " connection").second) {
    ++m_result.reconnects;
    m_interrupted = Phase::reading;
    m_actions.emplace_back(Reconnect{person_takes(thinking_time)});
    return expect(Phase::connecting, connect_limit);
  }
  if (text_at(m_state, "state") == "step") return leave_step();
  m_task_number = static_cast<int>(number_at(m_state.at("task").as_object(), "number"));
  m_request = next_request();
  ask_for_task();
}

void Bot::ask_for_task() {
  m_actions.emplace_back(StartTask{m_task_number, m_request});
  expect(Phase::starting, start_limit);
}

void Bot::leave_step() {
  const FlowStep* const step = m_study.find_step(step_id());
  TELLINA_ASSERT(step);
  m_expected_refusal.clear();
  m_left_back = false;
  StepDoneFrame frame;
  frame.id = m_request = next_request();
  frame.step = step_id();
  if (step->kind == StepKind::consent) leave_consent(*step, frame);
  if (step->kind == StepKind::page) leave_page(frame);
  if (const Form* const form = m_study.find_form(*step)) fill_in(*step, *form, frame);
  m_actions.emplace_back(Say{encode_frame(frame)});
  expect(Phase::leaving, answer_limit);
}

void Bot::leave_consent(const FlowStep& step, StepDoneFrame& frame) {
  const bool is_refused = step.can_refuse && m_decisions.chance(frame.step + " is refused", refuses);
  frame.choice = is_refused ? "refuse" : "agree";
  m_expected_outcome = is_refused ? "no_consent" : "";
}

void Bot::leave_page(StepDoneFrame& frame) {
  const bool has_back = m_state.at("step").at("back").as_bool();
  if (!has_back || !m_decisions.chance(frame.step + " goes back", goes_back)) return;
  if (!m_disturbed.insert(frame.step + " back").second) return;
  frame.choice = "back";
  m_left_back = true;
}

void Bot::fill_in(const FlowStep& step, const Form& form, StepDoneFrame& frame) {
  const int showing = m_showings[frame.step];
  // Only the last showing has consequences, so that most bots come to the end.
  const bool is_last = !step.repeat_if_wrong || showing > step.repeat_if_wrong->times;
  const bool may_be_wrong = !is_last && m_decisions.chance(place() + " is wrong", answers_wrong);
  Draws draws = m_decisions.draws("answers of " + place());
  const json::object whole = random_answers(form, draws, may_be_wrong ? Correctness::random : Correctness::right);
  json::object answers = whole;
  std::vector<std::string> required;
  for (const FormField& field : form.fields) {
    if (field.required && whole.contains(field.name) && !m_answered.contains(place() + " " + field.name)) {
      required.push_back(field.name);
    }
  }
  const bool forgets = !required.empty() && m_decisions.chance(place() + " forgets", forgets_an_answer);
  if (forgets && m_disturbed.insert(place() + " forgotten").second) {
    m_forgotten = required[m_decisions.below(place() + " forgotten", required.size())];
    answers.erase(m_forgotten);
    m_expected_refusal = "bad_answers";
  } else {
    expect_after(step, form, whole);
  }
  for (const auto& member : answers) {
    m_answered.insert(place() + " " + std::string(member.key()));
    StepAnswerFrame change;
    change.step = frame.step;
    change.field = member.key();
    change.value = member.value();
    m_actions.emplace_back(Say{encode_frame(change)});
  }
  if (m_decisions.chance(place() + " sends all", answers_with_the_end)) frame.answers = answers;
}

void Bot::expect_after(const FlowStep& step, const Form& form, const json::object& answers) {
  const json::object shown = shown_answers(form, answers);
  const auto ends = ending_outcome(step.ends_if, shown);
  m_expected_outcome = ends ? std::string(to_string(*ends)) : "";
  m_expected_again.clear();
  if (ends || !step.repeat_if_wrong || wrong_fields(form, shown).empty()) return;
  if (m_showings[step_id()] <= step.repeat_if_wrong->times) {
    m_expected_again = step_id();
  } else if (step.repeat_if_wrong->outcome) {
    m_expected_outcome = to_string(*step.repeat_if_wrong->outcome);
  }
}

void Bot::step_confirmed(const Event& event) {
  if (std::get<Confirmed>(event).request != m_request) return;
  const std::string id = m_result.visits.back();
  if (m_expected_refusal == "bad_answers") fail("expected bad_answers, as " + m_forgotten + " has no answer, got done");
  m_expected_refusal.clear();
  if (m_left_back && m_result.visits.size() >= 2) {
    m_left.erase(m_result.visits[m_result.visits.size() - 2]);
  } else if (m_expected_again != id) {
    m_left.insert(id);
  }
  m_phase = Phase::between;
  if (has_moved_on()) return look();
  m_seen_number = m_state_number;
  expect(Phase::between, answer_limit);
}

bool Bot::has_moved_on() const {
  if (m_state_number <= m_seen_number) return false;
  if (text_at(m_state, "state") != "step" || step_id() != m_result.visits.back()) return true;
  const json::value* const repeated = m_state.at("step").as_object().if_contains("repeated");
  return m_expected_again == step_id() && repeated && repeated->as_bool();
}

void Bot::step_refused(const Event& event) {
  const auto& refusal = std::get<Refused>(event);
  if (refusal.request != m_request) return refused_out_of_turn(event);
  const bool is_expected = refusal.code == m_expected_refusal;
  if (is_expected && refusal.fields != std::vector<std::string>{m_forgotten}) {
    fail("expected bad_answers for " + m_forgotten + " alone, got them for other fields");
  }
  m_expected_again.clear();
  // The record may not have the step yet, or a wait may be longer than it was when the state was sent.
  const bool is_temporary = refusal.code == "busy" || refusal.code == "too_early" || refusal.code == "wrong_step";
  if (!is_expected && (!is_temporary || ++m_refusals > most_refusals)) {
    std::string fields;
    for (const std::string& name : refusal.fields) fields += " " + name;
    m_actions = give_up_walk("expected that the step is left, got " + refusal.code + ": " + refusal.message + fields);
    return;
  }
  const nanoseconds left = in_nanoseconds(refusal.seconds_left.value_or(0));
  const nanoseconds again =
      is_expected || refusal.seconds_left ? person_takes(thinking_time) : nanoseconds(retry_pause);
  pause(Phase::reading, std::max(left, again));
}

// Tasks.

void Bot::look_at_task() {
  const std::string id = text_at(m_state.at("task").as_object(), "id");
  m_task = m_study.find_task(id);
  if (!m_task) {
    m_actions = give_up_walk("expected a task of the configured study, got the task " + id);
    return;
  }
  const std::string again = std::exchange(m_expected_again, {});
  if (!again.empty()) fail("expected the questionnaire " + again + " again, got the task " + id);
  begin_visit(id);
  if (m_phase == Phase::ended) return;
  pause(Phase::reading, person_takes(reading_time));
}

void Bot::task_welcomed(const Event& event) {
  const auto& welcome = std::get<Welcomed>(event);
  if (welcome.request != m_request) return;
  m_state = welcome.state;
  m_state_number = m_state.at("state_number").to_number<std::int64_t>();
  m_seen_number = m_state_number;
  if (text_at(m_state, "state") != "running") {
    m_actions = give_up_walk("expected that the task runs, got the state " + text_at(m_state, "state"));
    return;
  }
  m_offer = offer_in(m_state.at("task").as_object());
  m_script = write_task_script(*m_task, m_offer, m_decisions, place(), m_settings.unsolved);
  m_deed = 0;
  m_last_may_pass = true;
  expect(Phase::at_first, prompt_limit, true);
}

void Bot::start_refused(const Event& event) {
  const auto& refusal = std::get<Refused>(event);
  if (refusal.request != m_request) return refused_out_of_turn(event);
  const bool is_temporary = refusal.code == "busy" || refusal.code == "sandbox_unavailable";
  if (refusal.code != "busy" && is_temporary) fail("expected a terminal, got " + refusal.code + ": " + refusal.message);
  if (!is_temporary || ++m_refusals > most_refusals) {
    m_actions = give_up_walk("expected that the task starts, got " + refusal.code + ": " + refusal.message);
    return;
  }
  pause(Phase::reading, retry_pause);
}

void Bot::think(const Event&) {
  if (m_result.visits.size() == m_leaves_at) return drop_out();
  pause(Phase::thinking, person_takes(thinking_time));
}

void Bot::do_deed(const Event&) { begin_deed(); }

void Bot::begin_deed() {
  TELLINA_ASSERT(m_deed < m_script.deeds.size());
  const Deed& deed = m_script.deeds[m_deed];
  switch (deed.kind) {
    case Deed::Kind::line:
      m_key = 0;
      m_quiet = 0;
      m_last_may_pass = !deed.must_fail;
      return type_key(Rested{});
    case Deed::Kind::reconnect:
      ++m_deed;
      ++m_result.reconnects;
      m_interrupted = Phase::thinking;
      m_actions.emplace_back(Reconnect{person_takes(thinking_time)});
      return expect(Phase::connecting, connect_limit);
    case Deed::Kind::await_end: {
      const bool is_judged = m_script.meant != "timed_out";
      const auto left = optional_number(m_state.at("task").as_object(), "time_left_in_seconds");
      const bool has_checker = m_task->type == TaskType::command;
      return expect(Phase::ending, is_judged
                                       ? verdict_limit + (has_checker ? m_task->checker.time_limit : nanoseconds())
                                       : in_nanoseconds(left.value_or(0)) + clock_margin);
    }
    case Deed::Kind::start_over:
    case Deed::Kind::show_solution:
    case Deed::Kind::hand_in:
    case Deed::Kind::give_up:
      break;
  }
  m_has_prompt = false;
  m_request = next_request();
  m_request_json = request_of(deed.kind);
  m_actions.emplace_back(Say{m_request_json});
  expect(Phase::requesting, start_limit);
}

std::string Bot::request_of(Deed::Kind kind) const {
  const auto filled = [&](auto frame) {
    frame.id = m_request;
    frame.task = m_task_number;
    return encode_frame(frame);
  };
  if (kind == Deed::Kind::start_over) return filled(ResetFrame());
  if (kind == Deed::Kind::show_solution) return filled(ShowSolutionFrame());
  if (kind == Deed::Kind::hand_in) return filled(SubmitFrame());
  return filled(GiveUpFrame());
}

void Bot::type_key(const Event&) {
  const std::string& line = m_script.deeds[m_deed].line;
  if (m_key >= line.size()) {
    m_actions.emplace_back(Type{"\r"});
    return expect(Phase::watching, quiet_line, true);
  }
  const std::size_t size = size_of_first(std::string_view(line).substr(m_key));
  m_actions.emplace_back(Type{line.substr(m_key, size)});
  m_key += size;
  pause(Phase::typing, person_takes(key_time));
}

void Bot::line_ended(const Event&) {
  ++m_deed;
  pause(Phase::thinking, person_takes(thinking_time));
}

void Bot::line_is_quiet(const Event& event) {
  const bool has_more_lines = m_deed + 1 < m_script.deeds.size() && m_script.deeds[m_deed + 1].kind == Deed::Kind::line;
  if (has_more_lines) return line_ended(event);
  if (++m_quiet <= quiet_waits) return expect(Phase::watching, quiet_line, true);
  fail("expected a prompt after \"" + m_script.deeds[m_deed].line + "\", got nothing within " +
       seconds_text(quiet_waits * quiet_line));
  line_ended(event);
}

void Bot::note_prompt(const Event&) { m_has_prompt = true; }

void Bot::request_confirmed(const Event& event) {
  if (std::get<Confirmed>(event).request != m_request) return;
  switch (m_script.deeds[m_deed].kind) {
    case Deed::Kind::start_over:
      ++m_deed;
      m_last_may_pass = true;
      if (!m_has_prompt) return expect(Phase::at_first, prompt_limit, true);
      return pause(Phase::thinking, person_takes(thinking_time));
    case Deed::Kind::give_up:
      return expect(Phase::ending, answer_limit);
    default:
      ++m_deed;
      return pause(Phase::thinking, person_takes(thinking_time));
  }
}

void Bot::request_refused(const Event& event) {
  const auto& refusal = std::get<Refused>(event);
  if (refusal.request != m_request) return refused_out_of_turn(event);
  const bool is_temporary = refusal.code == "busy" || refusal.code == "too_early" || refusal.code == "checker_failed";
  if (refusal.code == "checker_failed") fail("expected a verdict, got " + refusal.code + ": " + refusal.message);
  if (!is_temporary || ++m_refusals > most_refusals) {
    m_actions = give_up_walk("expected an answer, got " + refusal.code + ": " + refusal.message);
    return;
  }
  pause(Phase::thinking, std::max<nanoseconds>(in_nanoseconds(refusal.seconds_left.value_or(0)), waiting_margin));
}

void Bot::compare_solution(const Event& event) {
  const auto& shown = std::get<SolutionShown>(event);
  if (shown.request != m_request) return;
  if (shown.lines != m_task->solution) fail("expected the configured solution, got another one");
  ++m_deed;
  pause(Phase::thinking, person_takes(thinking_time));
}

void Bot::end_is_overdue(const Event&) {
  fail("expected that the task ends as " + m_script.meant + ", got that it still runs");
  const bool can_end = m_offer.can_give_up && m_script.deeds[m_deed].kind != Deed::Kind::give_up;
  if (!can_end) {
    m_actions = give_up_walk("expected a way to end the task, got none");
    return;
  }
  m_script.deeds.resize(m_deed);
  m_script.deeds.push_back({Deed::Kind::give_up});
  m_script.meant = "gave_up";
  begin_deed();
}

void Bot::end_task() {
  const json::value& previous = m_state.at("previous");
  const Task& task = *std::exchange(m_task, nullptr);
  if (!previous.is_object() || number_at(previous.get_object(), "number") != m_task_number) {
    m_actions = give_up_walk("expected the end of task " + std::to_string(m_task_number) + " in the state, got none");
    return;
  }
  const std::string end = text_at(previous.get_object(), "state");
  if (m_offer.is_practice) {
    ++m_result.practice;
  } else {
    ++m_result.tasks[end];
  }
  const bool has_passed = end == "passed" || end == "handed_in";
  if (end == "passed" && !m_last_may_pass) {
    fail("expected that \"must_fail\" does not pass the task, got that it passes");
  } else if (end == "interrupted" || (end != "passed" && end != "timed_out" && !is_as_meant(m_script.meant, end))) {
    fail("expected that the task ends as " + m_script.meant + ", got " + end);
  }
  const FlowStep* const practice = m_offer.is_practice ? m_study.find_practice(task) : nullptr;
  const bool fails = practice && !has_passed && end != "interrupted" && m_offer.is_last_try && practice->outcome;
  if (fails) m_expected_outcome = to_string(*practice->outcome);
  m_phase = Phase::between;
  look();
}

// Helpers.

void Bot::fail(const std::string& text) {
  const std::string where = m_result.visits.empty() ? "start" : m_result.visits.back();
  m_result.faults.push_back(where + ": " + text);
}

std::string Bot::place() const {
  TELLINA_ASSERT(!m_result.visits.empty());
  const std::string& id = m_result.visits.back();
  return id + "#" + std::to_string(m_showings.at(id));
}

std::string Bot::step_id() const { return text_at(m_state.at("step").as_object(), "id"); }

nanoseconds Bot::person_takes(double mean_in_seconds) {
  constexpr std::uint64_t steps = 1000;
  const double share = static_cast<double>(m_pace.below(steps)) / steps;
  return in_nanoseconds(mean_in_seconds * (0.5 + share) / m_settings.speed);
}

void Bot::pause(Phase phase, nanoseconds time) {
  m_phase = phase;
  m_actions.emplace_back(Pause{time});
}

void Bot::expect(Phase phase, nanoseconds limit, bool restarts) {
  m_phase = phase;
  m_actions.emplace_back(Expect{limit, restarts});
}

void Bot::check_invariant() const {
  TELLINA_ASSERT(m_seen_number <= m_state_number);
  TELLINA_ASSERT(!is_in_task() || m_task);
  TELLINA_ASSERT(!is_in_task() || m_deed < m_script.deeds.size());
  TELLINA_ASSERT(m_phase != Phase::ended || m_result.outcome.empty() || m_result.left_at.empty());
}

}  // namespace tellina::bots
