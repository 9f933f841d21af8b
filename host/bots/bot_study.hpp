#pragma once

/// What bots know of a study besides what the server tells them.

#include <map>
#include <string>
#include <vector>

#include "host/study/flow.hpp"
#include "host/study/form.hpp"
#include "host/study/task.hpp"

namespace tellina::bots {

/// The study must outlive it. Pure.
class BotStudy {
 public:
  explicit BotStudy(const Study& study);

  /// The step that the server names so. Null if the study has none.
  const FlowStep* find_step(const std::string& id) const;
  /// The form of a questionnaire. Null if the step has none.
  const Form* find_form(const FlowStep& step) const;
  /// Null if the study has none with this id.
  const Task* find_task(const std::string& id) const;
  /// The practice step that has to be passed in this task. Null if there is none.
  const FlowStep* find_practice(const Task& task) const;
  /// How many steps and tasks the longest schedule of a group has.
  std::size_t length() const { return m_length; }
  const Design& design() const { return m_study.design; }

  /// Why a bot cannot come to the end of the study: a line for each task that no bot can end. Empty if it can.
  std::vector<std::string> dead_ends() const;

 private:
  const Study& m_study;
  std::map<std::string, const FlowStep*> m_steps;
  std::size_t m_length = 0;
};

}  // namespace tellina::bots
