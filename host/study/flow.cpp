#include "host/study/flow.hpp"

#include "host/study/form.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

bool holds(const EndRule& rule, const json::value& answer) {
  const auto compares = [&] { return answer.is_number() && rule.value.is_number(); };
  switch (rule.test) {
    case EndRule::Test::is:
      return is_answer(answer, rule.value);
    case EndRule::Test::includes:
      return includes_answer(answer, rule.value);
    case EndRule::Test::less_than:
      return compares() && answer.to_number<double>() < rule.value.to_number<double>();
    case EndRule::Test::more_than:
      return compares() && answer.to_number<double>() > rule.value.to_number<double>();
  }
  return false;
}

}  // namespace

std::string_view to_string(StepKind kind) {
  constexpr std::string_view names[] = {"consent", "page", "questionnaire", "practice", "tasks", "break", "periods"};
  return names[static_cast<std::size_t>(kind)];
}

std::optional<Outcome> ending_outcome(const std::vector<EndRule>& rules, const boost::json::object& answers) {
  for (const EndRule& rule : rules) {
    const json::value* answer = answers.if_contains(rule.field);
    if (answer && !answer->is_null() && holds(rule, *answer)) return rule.outcome;
  }
  return std::nullopt;
}

std::string consent_version(const FlowStep& consent, const PeriodNames& names) {
  if (!consent.version.empty()) return consent.version;
  std::string whole = consent.text.for_period(names);
  for (const std::string& box : consent.boxes) whole += '\0' + box;
  return sha256(whole);
}

}  // namespace tellina
