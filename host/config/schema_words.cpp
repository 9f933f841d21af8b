#include "host/config/schema_words.hpp"

#include <algorithm>
#include <vector>

#include "host/config/words.hpp"

namespace tellina {
namespace {

std::vector<std::string> type_names(const Config& schema) {
  std::vector<std::string> names;
  const Config* type = schema.find("type");
  if (!type) return names;
  if (type->is_string()) return {type->as_string()};
  for (const Config& name : type->items()) names.push_back(name.as_string());
  return names;
}

std::string bounds(const Config& schema) {
  const Config* minimum = schema.find("minimum");
  const Config* maximum = schema.find("maximum");
  const Config* above = schema.find("exclusiveMinimum");
  std::string words;
  if (above) {
    words = " above " + above->describe();
    if (maximum) words += " and up to " + maximum->describe();
  } else if (minimum && maximum) {
    words = " from " + minimum->describe() + " to " + maximum->describe();
  } else if (minimum) {
    words = " of at least " + minimum->describe();
  } else if (maximum) {
    words = " of at most " + maximum->describe();
  }
  return words;
}

std::string words_for(const std::string& type, const Config& schema) {
  if (type == "boolean") return "true or false";
  if (type == "integer") return "a whole number" + bounds(schema);
  if (type == "number") return "a number" + bounds(schema);
  if (type == "string") return "a string";
  if (type == "array") return "an array";
  if (type == "object") return "an object";
  return "null";
}

bool is_kind(Config::Kind kind, const std::string& type) {
  switch (kind) {
    case Config::Kind::null:
      return type == "null";
    case Config::Kind::boolean:
      return type == "boolean";
    case Config::Kind::integer:
      return type == "integer" || type == "number";
    case Config::Kind::number:
      return type == "number";
    case Config::Kind::string:
      return type == "string";
    case Config::Kind::array:
      return type == "array";
    case Config::Kind::object:
      return type == "object";
  }
  return false;
}

}  // namespace

bool accepts_kind(const Config& schema, const Config& value) {
  const std::vector<std::string> names = type_names(schema);
  return names.empty() ||
         std::any_of(names.begin(), names.end(), [&](const std::string& name) { return is_kind(value.kind(), name); });
}

std::string kind_words(const Config& schema) {
  std::vector<std::string> words;
  for (const std::string& name : type_names(schema)) words.push_back(words_for(name, schema));
  return words.empty() ? "a value" : joined(words, "or");
}

}  // namespace tellina
