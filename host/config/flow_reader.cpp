#include "host/config/flow_reader.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "host/config/form_reader.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

constexpr std::array<StepKind, 7> step_kinds = {StepKind::consent,  StepKind::page,  StepKind::questionnaire,
                                                StepKind::practice, StepKind::tasks, StepKind::pause,
                                                StepKind::periods};

/// The schema allows known outcomes only.
std::optional<Outcome> read_outcome(const Config& value) {
  const Config* name = value.find("outcome");
  return name ? outcome_named(name->as_string()) : std::nullopt;
}

class FlowReader {
 public:
  FlowReader(Design& design, DesignSources& sources) : m_design(design), m_sources(sources) {}

  void read(const Config& section, bool has_groups) {
    m_design.flow = read_steps(section);
    check_new_ids(section, m_design.flow);
    check_periods(section, has_groups);
  }

 private:
  std::vector<FlowStep> read_steps(const Config& section) {
    std::vector<FlowStep> steps;
    for (const Config& value : section.items()) steps.push_back(read_step(value));
    return steps;
  }

  FlowStep read_step(const Config& value) {
    FlowStep step;
    for (const StepKind kind : step_kinds) {
      if (value.find(to_string(kind))) step.kind = kind;
    }
    const std::string kind(to_string(step.kind));
    const int number = ++m_numbers[step.kind];
    step.id = value.string_or("id", kind + "-" + std::to_string(number));
    step.title = value.string_or("title", "");
    const Config& content = value.at(kind);
    switch (step.kind) {
      case StepKind::consent:
        step.text = read_text(content);
        step.version = value.string_or("version", "");
        if (const Config* boxes = value.find("boxes")) {
          for (const Config& box : boxes->items()) step.boxes.push_back(box.as_string());
        }
        step.can_refuse = value.bool_or("refuse", true);
        break;
      case StepKind::page:
        step.text = read_text(content);
        step.has_back = value.bool_or("back", false);
        break;
      case StepKind::pause:
        step.text = read_text(content);
        if (const Config* most = value.find("at_most_in_seconds")) step.at_most = seconds_of(*most);
        break;
      case StepKind::questionnaire:
        read_questionnaire(value, content, step);
        break;
      case StepKind::practice:
        read_practice(value, content, step);
        break;
      case StepKind::tasks:
        step.block = content.as_string();
        check_block(content);
        break;
      case StepKind::periods:
        m_is_in_period = true;
        step.steps = read_steps(content);
        m_is_in_period = false;
        if (const Config* between = value.find("between")) step.between = read_steps(*between);
        break;
    }
    if (const Config* least = value.find("at_least_in_seconds")) step.at_least = seconds_of(*least);
    if (step.at_most && *step.at_most < step.at_least) {
      const Config& most = value.at("at_most_in_seconds");
      m_sources.diagnostics.add(most, "expected at least \"at_least_in_seconds\", which is " +
                                          describe(value.at("at_least_in_seconds")) + ", got " + describe(most));
    }
    return step;
  }

  StudyText read_text(const Config& value) {
    const Config* file = value.is_object() ? value.find("file") : nullptr;
    if (!file || m_is_in_period || !depends_on_period(file->as_string())) return read_study_text(value, m_sources);
    m_sources.diagnostics.add(*file,
                              "expected a name without {block}, {treatment} and {period}, which only steps in "
                              "periods have, got " +
                                  describe(*file));
    return {};
  }

  void read_questionnaire(const Config& value, const Config& content, FlowStep& step) {
    step.form = content.as_string();
    std::vector<std::string> names;
    for (const Form& form : m_design.forms) names.push_back(form.name);
    if (!check_name(content, names, "a name in \"questionnaires\"", m_sources.diagnostics)) return;
    const Form& form = *m_design.find_form(step.form);
    if (depends_on_period(form.text.file) && !m_is_in_period) {
      m_sources.diagnostics.add(content,
                                "expected a form whose text is the same in all periods, as this step is in "
                                "none, got " +
                                    describe(content));
    }
    if (const Config* rules = value.find("ends_if")) {
      for (const Config& rule : rules->items()) read_end_rule(rule, form, step);
    }
    const Config* repeat = value.find("repeat_if_wrong");
    if (!repeat) return;
    step.repeat_if_wrong = RepeatRule{static_cast<int>(repeat->at("times").as_integer()), read_outcome(*repeat)};
    const bool has_correct = std::any_of(form.fields.begin(), form.fields.end(),
                                         [](const FormField& field) { return !field.correct.is_null(); });
    if (!has_correct) {
      m_sources.diagnostics.add(*repeat, "expected a form in which a field has \"correct\", got " + describe(content));
    }
  }

  void read_end_rule(const Config& value, const Form& form, FlowStep& step) {
    constexpr std::array<std::pair<const char*, EndRule::Test>, 4> tests = {{{"is", EndRule::Test::is},
                                                                             {"less_than", EndRule::Test::less_than},
                                                                             {"more_than", EndRule::Test::more_than},
                                                                             {"includes", EndRule::Test::includes}}};
    EndRule rule;
    const Config* wanted = nullptr;
    int count = 0;
    for (const auto& [key, test] : tests) {
      const Config* found = value.find(key);
      if (!found) continue;
      ++count;
      wanted = found;
      rule.test = test;
    }
    if (count != 1) {
      return m_sources.diagnostics.add(value, R"(expected one of "is", "less_than", "more_than" and "includes", got )" +
                                                  (count == 0 ? std::string("none") : std::to_string(count)));
    }
    const Config& name = value.at("field");
    std::vector<std::string> names;
    for (const FormField& field : form.fields) names.push_back(field.name);
    if (!check_name(name, names, "a field of " + in_quotes(form.name), m_sources.diagnostics)) return;
    rule.field = name.as_string();
    rule.value = to_json(*wanted);
    rule.outcome = read_outcome(value).value_or(Outcome::screened_out);
    const FormField& field = *std::find_if(form.fields.begin(), form.fields.end(),
                                           [&](const FormField& one) { return one.name == rule.field; });
    check_rule_fits(rule, field, *wanted);
    step.ends_if.push_back(std::move(rule));
  }

  void check_rule_fits(const EndRule& rule, const FormField& field, const Config& wanted) {
    const bool compares = rule.test == EndRule::Test::less_than || rule.test == EndRule::Test::more_than;
    const bool is_number = field.type == FieldType::number || field.type == FieldType::scale;
    if (compares && !is_number) {
      m_sources.diagnostics.add(wanted, "expected a field with a number, got " + in_quotes(field.name) +
                                            ", which has the type \"" + std::string(to_string(field.type)) + "\"");
    }
    if (rule.test == EndRule::Test::includes && field.type != FieldType::choices) {
      return m_sources.diagnostics.add(wanted, "expected a field with choices, got " + in_quotes(field.name) +
                                                   ", which has the type \"" + std::string(to_string(field.type)) +
                                                   "\"");
    }
    const bool fits = rule.test == EndRule::Test::includes ? can_include(field, rule.value)
                                                           : compares || why_bad_answer(field, rule.value).empty();
    if (fits && !rule.value.is_null()) return;
    m_sources.diagnostics.add(
        wanted, "expected an answer that " + in_quotes(field.name) + " can have, got " + describe(wanted));
  }

  void read_practice(const Config& value, const Config& content, FlowStep& step) {
    for (const Config& id : content.items()) {
      if (!check_name(id, m_sources.task_ids, "the id of a task", m_sources.diagnostics)) continue;
      const auto found = std::find(m_sources.task_ids.begin(), m_sources.task_ids.end(), id.as_string());
      step.practice_tasks.push_back(static_cast<int>(found - m_sources.task_ids.begin()) + 1);
    }
    step.until = value.string_or("until", "ended") == "passed" ? FlowStep::Until::passed : FlowStep::Until::ended;
    step.tries = static_cast<int>(value.integer_or("tries", step.tries));
    if (const Config* after = value.find("solution_after_in_seconds")) step.solution_after = seconds_of(*after);
    step.outcome = read_outcome(value);
    if (step.until == FlowStep::Until::passed) return;
    for (const char* const key : {"tries", "outcome"}) {
      const Config* found = value.find(key);
      if (!found) continue;
      m_sources.diagnostics.add(*found, "expected \"until\": \"passed\" with \"" + std::string(key) +
                                            "\", got practice until the tasks have ended");
    }
  }

  void check_block(const Config& content) {
    const std::string& name = content.as_string();
    if (name == "*" || (name == "{block}" && m_is_in_period)) return;
    std::vector<std::string> names;
    for (const Block& block : m_design.blocks) names.push_back(block.name);
    if (name == "{block}") {
      return m_sources.diagnostics.add(
          content, "expected a name in \"blocks\" or \"*\", as the step is in no period, got \"{block}\"");
    }
    check_name(content, names,
               m_is_in_period ? R"(a name in "blocks", "*" or "{block}")" : R"(a name in "blocks" or "*")",
               m_sources.diagnostics);
  }

  /// `steps` were read from `section`.
  void check_new_ids(const Config& section, const std::vector<FlowStep>& steps) {
    for (std::size_t index = 0; index < steps.size(); ++index) {
      const Config& value = section.items()[index];
      const FlowStep& step = steps[index];
      const auto [first, is_new] = m_ids.emplace(step.id, value.path());
      if (!is_new) {
        const Config* id = value.find("id");
        m_sources.diagnostics.add(id ? *id : value, "expected a new id, got " + in_quotes(step.id) +
                                                        (id ? "" : " (the default)") + ", which " + first->second +
                                                        " has");
      }
      if (step.kind != StepKind::periods) continue;
      check_new_ids(value.at("periods"), step.steps);
      if (const Config* between = value.find("between")) check_new_ids(*between, step.between);
    }
  }

  void check_periods(const Config& section, bool has_groups) {
    const Config* first = nullptr;
    for (std::size_t index = 0; index < m_design.flow.size(); ++index) {
      if (m_design.flow[index].kind != StepKind::periods) continue;
      const Config& periods = section.items()[index].at("periods");
      if (!has_groups) {
        m_sources.diagnostics.add(periods,
                                  "expected \"assignment.groups\", whose periods these steps are for, got none");
      }
      if (first) {
        m_sources.diagnostics.add(periods, "expected one step with periods, got a second one (first at " +
                                               std::to_string(first->line()) + ":" + std::to_string(first->column()) +
                                               ")");
      } else {
        first = &periods;
      }
    }
  }

  Design& m_design;
  DesignSources& m_sources;
  std::map<StepKind, int> m_numbers;
  std::map<std::string, std::string> m_ids;
  bool m_is_in_period = false;
};

}  // namespace

void read_flow(const Config& section, bool has_groups, Design& design, DesignSources& sources) {
  FlowReader(design, sources).read(section, has_groups);
}

}  // namespace tellina
