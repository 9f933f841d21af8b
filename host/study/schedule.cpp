#include "host/study/schedule.hpp"

#include <algorithm>
#include <set>

#include "host/runtime/assertion.hpp"
#include "host/study/draws.hpp"

namespace tellina {
namespace {

constexpr std::string_view entry_names[] = {"consent", "page", "questionnaire", "break", "task"};

void add_practice_tasks(const std::vector<FlowStep>& steps, std::set<int>& tasks) {
  for (const FlowStep& step : steps) {
    tasks.insert(step.practice_tasks.begin(), step.practice_tasks.end());
    add_practice_tasks(step.steps, tasks);
    add_practice_tasks(step.between, tasks);
  }
}

/// The tasks of "*".
std::vector<int> all_tasks(const Study& study) {
  std::set<int> practice;
  add_practice_tasks(study.design.flow, practice);
  std::vector<int> tasks;
  for (int number = 1; number <= static_cast<int>(study.tasks.size()); ++number) {
    if (!practice.contains(number)) tasks.push_back(number);
  }
  return tasks;
}

EntryKind entry_kind(StepKind kind) {
  switch (kind) {
    case StepKind::consent:
      return EntryKind::consent;
    case StepKind::page:
      return EntryKind::page;
    case StepKind::questionnaire:
      return EntryKind::questionnaire;
    case StepKind::pause:
      return EntryKind::pause;
    case StepKind::practice:
    case StepKind::tasks:
    case StepKind::periods:
      break;
  }
  return EntryKind::task;
}

class Builder {
 public:
  explicit Builder(const Study& study) : m_study(study) {}

  /// `choice`: null before the group is known.
  void add(const FlowStep& step, const GroupChoice* choice) {
    if (step.kind == StepKind::periods) return add_periods(step, choice);
    ScheduleEntry entry{.step_id = step.id + m_suffix,
                        .kind = entry_kind(step.kind),
                        .period = m_period ? m_number : 0,
                        .block = m_period ? m_period->block : "",
                        .treatment = m_period ? m_period->treatment : ""};
    if (step.kind == StepKind::practice) {
      entry.is_practice = true;
      return add_tasks(std::move(entry), step.practice_tasks);
    }
    if (step.kind != StepKind::tasks) return push(std::move(entry));
    if (step.block == "*") {
      entry.block = "all";
      return add_tasks(std::move(entry), all_tasks(m_study));
    }
    if (step.block != "{block}") entry.block = step.block;
    const Block* block = m_study.design.find_block(entry.block);
    TELLINA_ASSERT(block);
    TELLINA_ASSERT(choice || block->order == TaskOrder::fixed);
    add_tasks(std::move(entry), choice ? ordered_tasks(m_study.design, *block, *choice) : block->tasks);
  }

  Schedule take() { return std::move(m_schedule); }

 private:
  void add_periods(const FlowStep& step, const GroupChoice* choice) {
    const Group* group = choice ? m_study.design.find_group(choice->group) : nullptr;
    TELLINA_ASSERT(group);
    const int count = static_cast<int>(group->periods.size());
    for (m_number = 1; m_number <= count; ++m_number) {
      m_suffix = "." + std::to_string(m_number);
      m_period = &group->periods[static_cast<std::size_t>(m_number) - 1];
      for (const FlowStep& inner : step.steps) add(inner, choice);
      m_period = nullptr;
      for (const FlowStep& inner : step.between) {
        if (m_number < count) add(inner, choice);
      }
    }
    m_suffix.clear();
  }

  void add_tasks(ScheduleEntry entry, const std::vector<int>& tasks) {
    for (const int task : tasks) {
      entry.task = task;
      push(entry);
    }
  }

  void push(ScheduleEntry entry) {
    entry.position = static_cast<int>(m_schedule.size()) + 1;
    m_schedule.push_back(std::move(entry));
  }

  const Study& m_study;
  Schedule m_schedule;
  std::string m_suffix;
  const GroupPeriod* m_period = nullptr;
  int m_number = 0;
};

const FlowStep* find_step(const std::vector<FlowStep>& steps, std::string_view id) {
  for (const FlowStep& step : steps) {
    if (step.id == id) return &step;
    if (const FlowStep* inner = find_step(step.steps, id)) return inner;
    if (const FlowStep* inner = find_step(step.between, id)) return inner;
  }
  return nullptr;
}

/// The flow, or what stands for one that is not configured.
const std::vector<FlowStep>& flow_of(const Study& study) {
  static const std::vector<FlowStep> all_tasks_in_order = [] {
    FlowStep step;
    step.id = "tasks-1";
    step.block = "*";
    return std::vector<FlowStep>{step};
  }();
  return study.design.flow.empty() ? all_tasks_in_order : study.design.flow;
}

const Form* find_form(const Study& study, const ScheduleEntry& entry) {
  const FlowStep* step = step_of(study, entry);
  return step && step->kind == StepKind::questionnaire ? study.design.find_form(step->form) : nullptr;
}

}  // namespace

std::string_view to_string(EntryKind kind) { return entry_names[static_cast<std::size_t>(kind)]; }

std::optional<EntryKind> entry_kind_named(std::string_view name) {
  for (std::size_t index = 0; index < std::size(entry_names); ++index) {
    if (entry_names[index] == name) return static_cast<EntryKind>(index);
  }
  return std::nullopt;
}

bool needs_flow(const Study& study) {
  const Design& design = study.design;
  const std::vector<FlowStep>& flow = flow_of(study);
  const bool has_all_tasks = flow.size() == 1 && flow.front().kind == StepKind::tasks && flow.front().block == "*";
  return !has_all_tasks || !design.completion.empty() || design.open_link || design.resume_within ||
         design.withdrawal != Withdrawal::off;
}

std::optional<std::string> assignment_point(const Design& design) {
  if (!design.assignment.at.empty()) return design.assignment.at;
  for (const FlowStep& step : design.flow) {
    if (step.kind == StepKind::periods) return step.id;
    const Block* block = step.kind == StepKind::tasks ? design.find_block(step.block) : nullptr;
    if (block && block->order != TaskOrder::fixed) return step.id;
  }
  return std::nullopt;
}

Schedule first_part(const Study& study) {
  const std::optional<std::string> end = assignment_point(study.design);
  Builder builder(study);
  for (const FlowStep& step : flow_of(study)) {
    if (step.id == end) break;
    builder.add(step, nullptr);
  }
  return builder.take();
}

Schedule make_schedule(const Study& study, const GroupChoice& choice) {
  Builder builder(study);
  for (const FlowStep& step : flow_of(study)) builder.add(step, &choice);
  return builder.take();
}

const FlowStep* step_of(const Study& study, const ScheduleEntry& entry) {
  return find_step(study.design.flow, std::string_view(entry.step_id).substr(0, entry.step_id.find('.')));
}

PeriodNames names_of(const ScheduleEntry& entry) { return {entry.block, entry.treatment, entry.period}; }

std::string text_of(const Study& study, const ScheduleEntry& entry) {
  if (entry.kind == EntryKind::task) return "";
  const Form* form = find_form(study, entry);
  const FlowStep* step = step_of(study, entry);
  if (!form && !step) return "";
  return (form ? form->text : step->text).for_period(names_of(entry));
}

std::string title_of(const Study& study, const ScheduleEntry& entry) {
  const FlowStep* step = step_of(study, entry);
  const Form* form = find_form(study, entry);
  const std::string title = step && !step->title.empty() ? step->title : form ? form->title : "";
  return replace_period_names(title, names_of(entry));
}

std::optional<Form> form_of(const Study& study, const ScheduleEntry& entry, std::string_view participant) {
  const Form* found = find_form(study, entry);
  if (!found) return std::nullopt;
  Form form = *found;
  for (FormField& field : form.fields) {
    if (!field.has_random_order) continue;
    Draws draws(study.design.assignment.seed, participant, "order of " + entry.step_id + " " + field.name, 0);
    draws.shuffle(field.options);
    draws.shuffle(field.rows);
  }
  return form;
}

const Treatment* treatment_of(const Study& study, const ScheduleEntry& entry) {
  return entry.treatment.empty() ? nullptr : study.design.find_treatment(entry.treatment);
}

std::optional<std::chrono::nanoseconds> block_limit(const Study& study, const ScheduleEntry& entry) {
  const FlowStep* step = step_of(study, entry);
  if (!step || step->kind != StepKind::tasks || step->block == "*") return std::nullopt;
  const Block* block = study.design.find_block(entry.block);
  return block ? block->time_limit : std::nullopt;
}

int count_tasks(const Schedule& schedule, bool with_practice) {
  return static_cast<int>(std::count_if(schedule.begin(), schedule.end(), [&](const ScheduleEntry& entry) {
    return entry.kind == EntryKind::task && (with_practice || !entry.is_practice);
  }));
}

}  // namespace tellina
