#include "host/config/yaml_plain.hpp"

#include <algorithm>
#include <string>

#include "host/config/document.hpp"
#include "host/config/pattern.hpp"

namespace tellina {
namespace {

struct Word {
  std::string_view text;  ///< in lower case; readers accept several spellings
  PlainScalar meaning;
};

constexpr std::string_view or_boolean = "true, false or text in quotes";
constexpr std::string_view or_null = "null or text in quotes";
constexpr std::string_view or_number = "a decimal number or text in quotes";
constexpr std::string_view or_text = "text in quotes";

constexpr Word words[] = {
    {"true", {PlainKind::ambiguous, "true", or_boolean}},
    {"yes", {PlainKind::ambiguous, "true", or_boolean}},
    {"on", {PlainKind::ambiguous, "true", or_boolean}},
    {"y", {PlainKind::ambiguous, "true", or_boolean}},
    {"false", {PlainKind::ambiguous, "false", or_boolean}},
    {"no", {PlainKind::ambiguous, "false", or_boolean}},
    {"off", {PlainKind::ambiguous, "false", or_boolean}},
    {"n", {PlainKind::ambiguous, "false", or_boolean}},
    {"null", {PlainKind::ambiguous, "null", or_null}},
    {"~", {PlainKind::ambiguous, "null", or_null}},
    {"", {PlainKind::ambiguous, "null", or_null}},
    {"<<", {PlainKind::ambiguous, "a merge key", or_text}},
    {"=", {PlainKind::ambiguous, "a default value", or_text}},
};

struct Shape {
  Pattern pattern;
  PlainScalar meaning;
};

/// Numbers of YAML 1.1 and 1.2 that JSON does not have, and dates. Each has a digit, is infinite, or is NaN.
PlainScalar read_number_or_date(std::string_view text) {
  static const Shape shapes[] = {
      {Pattern("^[-+]?0[0-9_]+$"), {PlainKind::ambiguous, "an octal number", or_number}},
      {Pattern("^[-+]?0[oO][0-7_]+$"), {PlainKind::ambiguous, "an octal number", or_number}},
      {Pattern("^[-+]?0[xX][0-9a-fA-F_]+$"), {PlainKind::ambiguous, "a hexadecimal number", or_number}},
      {Pattern("^[-+]?0[bB][01_]+$"), {PlainKind::ambiguous, "a binary number", or_number}},
      {Pattern("^[-+]?[0-9][0-9_]*(:[0-9]+)+(\\.[0-9_]*)?$"), {PlainKind::ambiguous, "a number in base 60", or_number}},
      {Pattern("^[-+]?([0-9][0-9_]*\\.?|\\.[0-9])[0-9_]*([eE][-+]?[0-9_]+)?$"),
       {PlainKind::ambiguous, "a number", or_number}},
      {Pattern("^[-+]?\\.([iI][nN][fF]|[nN][aA][nN])$"), {PlainKind::ambiguous, "a number", or_number}},
      {Pattern("^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \\t].*)?$"), {PlainKind::ambiguous, "a date", or_text}},
  };
  for (const Shape& shape : shapes) {
    if (shape.pattern.matches(std::string(text))) return shape.meaning;
  }
  return {};
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

}  // namespace

PlainScalar read_plain(std::string_view text) {
  if (text == "null") return {.kind = PlainKind::null, .reading = "null", .alternatives = {}};
  if (text == "true" || text == "false")
    return {.kind = PlainKind::boolean, .reading = "a boolean", .alternatives = {}};
  if (is_json_number(text)) return {.kind = PlainKind::number, .reading = "a number", .alternatives = {}};
  constexpr std::size_t longest_word = 5;
  if (text.size() <= longest_word) {
    const std::string wanted = lower_case(text);
    for (const Word& word : words) {
      if (word.text == wanted) return word.meaning;
    }
  }
  const char first = text.front();
  const bool may_be_number = (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.';
  return may_be_number ? read_number_or_date(text) : PlainScalar();
}

}  // namespace tellina
