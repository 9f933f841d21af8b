#include "host/study/form.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

constexpr std::string_view type_names[] = {"text",    "paragraph", "number", "choice",
                                           "choices", "scale",     "matrix", "confirm"};

std::string plain_number(double number) {
  std::ostringstream text;
  text.precision(15);
  text << number;
  return text.str();
}

std::optional<double> as_number(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  return value.to_number<double>();
}

/// Equal as values: numbers by what they are worth, lists in any order.
bool is_same(const json::value& left, const json::value& right) {
  const auto left_number = as_number(left);
  const auto right_number = as_number(right);
  if (left_number && right_number) return *left_number == *right_number;
  if (left.is_array() && right.is_array()) {
    const json::array& items = left.get_array();
    const json::array& others = right.get_array();
    return items.size() == others.size() && std::all_of(items.begin(), items.end(), [&](const json::value& item) {
             return std::count(items.begin(), items.end(), item) == std::count(others.begin(), others.end(), item);
           });
  }
  if (left.is_object() && right.is_object()) {
    const json::object& members = left.get_object();
    const json::object& others = right.get_object();
    return members.size() == others.size() && std::all_of(members.begin(), members.end(), [&](const auto& member) {
             const json::value* other = others.if_contains(member.key());
             return other && is_same(member.value(), *other);
           });
  }
  return left == right;
}

/// The answer, or null if there is none.
const json::value* answer_to(const std::string& name, const json::object& answers) {
  const json::value* answer = answers.if_contains(name);
  return answer && !answer->is_null() ? answer : nullptr;
}

std::string why_bad_text(const json::value& value, std::size_t limit) {
  if (!value.is_string()) return "Enter a text.";
  const json::string& text = value.get_string();
  const auto characters = std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; });
  if (characters <= static_cast<std::ptrdiff_t>(limit)) return "";
  return "Enter at most " + std::to_string(limit) + " characters; these are " + std::to_string(characters) + ".";
}

std::string why_bad_number(const FormField& field, const json::value& value) {
  const std::string kind = field.is_whole ? "a whole number" : "a number";
  std::string range;
  if (field.at_least && field.at_most) {
    range = " from " + plain_number(*field.at_least) + " to " + plain_number(*field.at_most);
  } else if (field.at_least) {
    range = " of at least " + plain_number(*field.at_least);
  } else if (field.at_most) {
    range = " of at most " + plain_number(*field.at_most);
  }
  const auto number = as_number(value);
  const bool is_good = number && std::isfinite(*number) && (!field.is_whole || *number == std::floor(*number)) &&
                       (!field.at_least || *number >= *field.at_least) && (!field.at_most || *number <= *field.at_most);
  return is_good ? "" : "Enter " + kind + range + ".";
}

bool is_option(const FormField& field, const json::value& value) {
  return value.is_string() && std::any_of(field.options.begin(), field.options.end(), [&](const std::string& option) {
           return std::string_view(value.get_string()) == option;
         });
}

std::string why_bad_choices(const FormField& field, const json::value& value) {
  const std::string message = "Choose some of the options.";
  if (!value.is_array()) return message;
  std::set<std::string_view> chosen;
  for (const json::value& item : value.get_array()) {
    if (!is_option(field, item) || !chosen.insert(item.get_string()).second) return message;
  }
  return "";
}

std::string why_bad_rating(const FormField& field, const json::value& value) {
  const auto number = as_number(value);
  const bool is_good = number && *number == std::floor(*number) && *number >= static_cast<double>(field.from) &&
                       *number <= static_cast<double>(field.to);
  return is_good ? "" : "Choose a value from " + std::to_string(field.from) + " to " + std::to_string(field.to) + ".";
}

std::string why_bad_matrix(const FormField& field, const json::value& value) {
  if (!value.is_object()) return "Choose a value in each row.";
  for (const auto& member : value.get_object()) {
    const bool is_row =
        std::any_of(field.rows.begin(), field.rows.end(), [&](const FormRow& row) { return member.key() == row.name; });
    if (!is_row) return "Choose values for the rows of this question only.";
    if (member.value().is_null()) continue;
    const std::string fault = why_bad_rating(field, member.value());
    if (!fault.empty()) return fault;
  }
  return "";
}

/// Why a shown, required field is not answered; empty if it is. `answer` is a good one, or null.
std::string why_incomplete(const FormField& field, const json::value* answer) {
  switch (field.type) {
    case FieldType::confirm:
      return answer && answer->get_bool() ? "" : "Tick this box to continue.";
    case FieldType::choices:
      return answer && !answer->get_array().empty() ? "" : "Choose at least one option.";
    case FieldType::matrix: {
      const bool is_whole = answer && std::all_of(field.rows.begin(), field.rows.end(), [&](const FormRow& row) {
                              return answer_to(row.name, answer->get_object()) != nullptr;
                            });
      return is_whole ? "" : "Choose a value in each row.";
    }
    case FieldType::text:
    case FieldType::paragraph:
      if (answer && std::string_view(answer->get_string()).find_first_not_of(" \t\r\n") != std::string_view::npos)
        return "";
      break;
    case FieldType::number:
    case FieldType::choice:
    case FieldType::scale:
      if (answer) return "";
  }
  return "Answer this question.";
}

}  // namespace

std::string_view to_string(FieldType type) { return type_names[static_cast<std::size_t>(type)]; }

std::optional<FieldType> field_type_named(std::string_view name) {
  for (std::size_t index = 0; index < std::size(type_names); ++index) {
    if (type_names[index] == name) return static_cast<FieldType>(index);
  }
  return std::nullopt;
}

bool is_answer(const boost::json::value& answer, const boost::json::value& value) { return is_same(answer, value); }

bool includes_answer(const boost::json::value& answer, const boost::json::value& value) {
  if (!answer.is_array()) return is_same(answer, value);
  const json::array& items = answer.get_array();
  return std::any_of(items.begin(), items.end(), [&](const json::value& item) { return is_same(item, value); });
}

bool is_shown(const Form& form, const FormField& field, const boost::json::object& answers) {
  if (!field.show_if) return true;
  const auto other = std::find_if(form.fields.begin(), form.fields.end(),
                                  [&](const FormField& one) { return one.name == field.show_if->field; });
  TELLINA_ASSERT(other != form.fields.end() && &*other < &field);
  if (!is_shown(form, *other, answers)) return false;
  const json::value* answer = answer_to(other->name, answers);
  return answer && includes_answer(*answer, field.show_if->is);
}

std::string why_bad_answer(const FormField& field, const boost::json::value& value) {
  if (value.is_null()) return "";
  switch (field.type) {
    case FieldType::text:
      return why_bad_text(value, text_answer_characters);
    case FieldType::paragraph:
      return why_bad_text(value, paragraph_answer_characters);
    case FieldType::number:
      return why_bad_number(field, value);
    case FieldType::choice:
      return is_option(field, value) ? "" : "Choose one of the options.";
    case FieldType::choices:
      return why_bad_choices(field, value);
    case FieldType::scale:
      return why_bad_rating(field, value);
    case FieldType::matrix:
      return why_bad_matrix(field, value);
    case FieldType::confirm:
      return value.is_bool() ? "" : "Tick this box, or leave it empty.";
  }
  return "";
}

bool can_include(const FormField& field, const boost::json::value& value) {
  if (value.is_null()) return false;
  return why_bad_answer(field, value).empty() || (field.type == FieldType::choices && is_option(field, value));
}

std::vector<FieldFault> check_answers(const Form& form, const boost::json::object& answers) {
  std::vector<FieldFault> faults;
  for (const FormField& field : form.fields) {
    if (!is_shown(form, field, answers)) continue;
    const json::value* answer = answer_to(field.name, answers);
    std::string fault = answer ? why_bad_answer(field, *answer) : "";
    if (fault.empty() && field.required) fault = why_incomplete(field, answer);
    if (!fault.empty()) faults.push_back({field.name, fault});
  }
  for (const auto& member : answers) {
    const bool is_known = std::any_of(form.fields.begin(), form.fields.end(),
                                      [&](const FormField& field) { return member.key() == field.name; });
    if (!is_known) faults.push_back({std::string(member.key()), "This form has no such question."});
  }
  return faults;
}

boost::json::object shown_answers(const Form& form, const boost::json::object& answers) {
  json::object result;
  for (const FormField& field : form.fields) {
    const json::value* answer = answer_to(field.name, answers);
    if (answer && is_shown(form, field, answers)) result[field.name] = *answer;
  }
  return result;
}

std::vector<std::string> wrong_fields(const Form& form, const boost::json::object& answers) {
  std::vector<std::string> wrong;
  for (const FormField& field : form.fields) {
    if (field.correct.is_null() || !is_shown(form, field, answers)) continue;
    const json::value* answer = answer_to(field.name, answers);
    if (!answer || !is_same(*answer, field.correct)) wrong.push_back(field.name);
  }
  return wrong;
}

}  // namespace tellina
