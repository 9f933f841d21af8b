#include "host/bots/answers.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <string>

namespace tellina::bots {
namespace {

namespace json = boost::json;

constexpr const char* words[] = {"often",        "never",  "at work",          "it was easy",
                                 "two attempts", "größer", "\u2603 \"quoted\""};
/// An open end of a range lies this far from the other one.
constexpr double open_range = 100;

bool one_in(Draws& draws, std::uint64_t count) { return draws.below(count) == 0; }

std::string random_text(Draws& draws) { return words[draws.below(std::size(words))]; }

json::value random_number(const FormField& field, Draws& draws) {
  double low = field.at_least.value_or(field.at_most ? *field.at_most - open_range : 0);
  double high = field.at_most.value_or(low + open_range);
  if (field.is_whole || std::floor(high) >= std::ceil(low)) {
    const double least = std::ceil(low);
    const auto count = static_cast<std::uint64_t>(std::min(std::floor(high) - least, 1e9)) + 1;
    const double number = least + static_cast<double>(draws.below(count));
    if (field.is_whole || one_in(draws, 2)) return static_cast<std::int64_t>(number);
    low = number;
    high = std::min(high, number + 1);
  }
  constexpr std::uint64_t steps = 10;
  return low + (high - low) * static_cast<double>(draws.below(steps)) / steps;
}

std::int64_t random_rating(const FormField& field, Draws& draws) {
  return field.from + static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(field.to - field.from) + 1));
}

json::value random_choices(const FormField& field, Draws& draws) {
  json::array chosen;
  for (const std::string& option : field.options) {
    if (one_in(draws, 2)) chosen.emplace_back(option);
  }
  if (chosen.empty()) chosen.emplace_back(field.options[draws.below(field.options.size())]);
  return chosen;
}

json::value random_rows(const FormField& field, Draws& draws) {
  json::object ratings;
  for (const FormRow& row : field.rows) {
    if (field.required || !one_in(draws, 4)) ratings[row.name] = random_rating(field, draws);
  }
  return ratings;
}

json::value random_answer(const FormField& field, Draws& draws) {
  switch (field.type) {
    case FieldType::text:
      return json::string(random_text(draws));
    case FieldType::paragraph:
      return json::string(random_text(draws) + "\n" + random_text(draws));
    case FieldType::number:
      return random_number(field, draws);
    case FieldType::choice:
      return json::string(field.options[draws.below(field.options.size())]);
    case FieldType::choices:
      return random_choices(field, draws);
    case FieldType::scale:
      return random_rating(field, draws);
    case FieldType::matrix:
      return random_rows(field, draws);
    case FieldType::confirm:
      return field.required || one_in(draws, 2);
  }
  return nullptr;
}

}  // namespace

json::object random_answers(const Form& form, Draws& draws, Correctness correctness) {
  json::object answers;
  for (const FormField& field : form.fields) {
    if (!is_shown(form, field, answers)) continue;
    const bool is_right = correctness == Correctness::right && !field.correct.is_null();
    if (is_right) {
      answers[field.name] = field.correct;
    } else if (field.required || !one_in(draws, 4)) {
      answers[field.name] = random_answer(field, draws);
    }
  }
  return answers;
}

}  // namespace tellina::bots
