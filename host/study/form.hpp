#pragma once

/// A questionnaire: its fields, and what its answers must be.
///
/// The answers of a form are an object with a member for each answered field: a string (text, paragraph, choice), a
/// number (number, scale), a list of strings (choices), true or false (confirm), or an object with a number for each
/// answered row (matrix).

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/study/study_text.hpp"

namespace tellina {

enum class FieldType : std::uint8_t { text, paragraph, number, choice, choices, scale, matrix, confirm };

/// As the configuration and the wire spell it.
std::string_view to_string(FieldType type);
std::optional<FieldType> field_type_named(std::string_view name);

/// A row of a matrix.
struct FormRow {
  std::string name;  ///< unique in its field
  std::string label;
};

/// Holds if the field's answer is `is`, or is a list that includes it. Never holds for a field without an answer, or
/// one that is not shown.
struct FieldCondition {
  std::string field;  ///< one before the field that has the condition
  boost::json::value is;
};

struct FormField {
  std::string name;  ///< unique in its form: up to 40 of a-z, 0-9, "-" and "_"
  FieldType type = FieldType::text;
  std::string label;
  std::string help;
  bool required = false;       ///< confirm: must be true; matrix: each row needs an answer
  boost::json::value correct;  ///< the only right answer; null if every answer is right
  std::optional<FieldCondition> show_if;
  bool has_random_order = false;     ///< of its options or rows
  std::vector<std::string> options;  ///< choice, choices
  std::vector<FormRow> rows;         ///< matrix
  std::optional<double> at_least;    ///< number
  std::optional<double> at_most;     ///< number
  bool is_whole = false;             ///< number
  std::int64_t from = 0;             ///< scale, matrix: the lowest value
  std::int64_t to = 0;               ///< scale, matrix: the highest value
  std::string from_label;            ///< scale, matrix
  std::string to_label;              ///< scale, matrix
};

struct Form {
  std::string name;  ///< its key in `questionnaires`
  std::string title;
  StudyText text;
  std::vector<FormField> fields;
};

/// What is wrong with the answer of a field: a sentence for the participant.
struct FieldFault {
  std::string name;  ///< of the field
  std::string message;
};

/// The longest answers, in characters.
inline constexpr std::size_t text_answer_characters = 500;
inline constexpr std::size_t paragraph_answer_characters = 5000;

/// Whether an answer is this value: numbers by what they are worth, lists in any order.
bool is_answer(const boost::json::value& answer, const boost::json::value& value);
/// The same, or whether the answer is a list that includes the value.
bool includes_answer(const boost::json::value& answer, const boost::json::value& value);

/// Whether the participant sees the field, which is one of the form's, given the other answers.
bool is_shown(const Form& form, const FormField& field, const boost::json::object& answers);

/// Why `value` cannot be an answer of the field; empty if it can. Null stands for no answer, and can always be kept: a
/// form that is being filled in has required fields without answers.
std::string why_bad_answer(const FormField& field, const boost::json::value& value);

/// Whether an answer of the field can be this value, or a list that includes it. False for null.
bool can_include(const FormField& field, const boost::json::value& value);

/// The faults of a submitted form, in the order of its fields: bad answers, missing required ones, and names that are
/// no field. Fields that are not shown are not judged.
std::vector<FieldFault> check_answers(const Form& form, const boost::json::object& answers);

/// The answers without those of fields that are not shown, and without null.
boost::json::object shown_answers(const Form& form, const boost::json::object& answers);

/// The shown fields that have a `correct` answer and another one in `answers`, or none.
std::vector<std::string> wrong_fields(const Form& form, const boost::json::object& answers);

}  // namespace tellina
