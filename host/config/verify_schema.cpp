#include "host/config/verify_schema.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "host/config/schema_walker.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

enum class Holds {
  number,
  count,
  string,
  pattern,
  boolean,
  strings,
  type,
  schema,
  schemas,
  pattern_schemas,
  schema_list,
  anything
};

const std::map<std::string, Holds>& keywords() {
  static const std::map<std::string, Holds> table = {
      {"type", Holds::type},
      {"const", Holds::anything},
      {"enum", Holds::anything},
      {"minimum", Holds::number},
      {"maximum", Holds::number},
      {"exclusiveMinimum", Holds::number},
      {"minLength", Holds::count},
      {"maxLength", Holds::count},
      {"pattern", Holds::pattern},
      {"items", Holds::schema},
      {"minItems", Holds::count},
      {"maxItems", Holds::count},
      {"uniqueItems", Holds::boolean},
      {"properties", Holds::schemas},
      {"required", Holds::strings},
      {"additionalProperties", Holds::schema},
      {"patternProperties", Holds::pattern_schemas},
      {"$ref", Holds::string},
      {"$defs", Holds::schemas},
      {"oneOf", Holds::schema_list},
      {"$schema", Holds::string},
      {"$comment", Holds::string},
      {"title", Holds::string},
      {"description", Holds::string},
      {"default", Holds::anything},
      {"examples", Holds::anything},
      {"x-expected", Holds::string},
      {"x-expected-name", Holds::string},
      {"x-secret", Holds::boolean},
  };
  return table;
}

void verify_type(const Config& value) {
  static const std::vector<std::string> known = {"null", "boolean", "integer", "number", "string", "array", "object"};
  const std::string& name = value.as_string();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    value.fail("expected " + listed(known, "or") + ", got " + in_quotes(name) + suggestion(name, known));
  }
}

void verify_pattern(const std::string& pattern, const Config& place) {
  try {
    const Pattern compiled(pattern);
  } catch (const std::invalid_argument& error) {
    place.fail("expected an ECMAScript regular expression, got " + in_quotes(pattern) + ": " + error.what());
  }
}

void verify(const Config& schema, const SchemaWalker& root);

void verify_keyword(const Config& value, Holds holds, const SchemaWalker& root) {
  switch (holds) {
    case Holds::number:
      value.as_number();
      break;
    case Holds::count:
      value.as_integer();
      break;
    case Holds::string:
      value.as_string();
      break;
    case Holds::boolean:
      value.as_bool();
      break;
    case Holds::pattern:
      verify_pattern(value.as_string(), value);
      break;
    case Holds::strings:
      for (const Config& item : value.items()) item.as_string();
      break;
    case Holds::type:
      if (!value.is_array()) return verify_type(value);
      for (const Config& item : value.items()) verify_type(item);
      break;
    case Holds::schema:
      verify(value, root);
      break;
    case Holds::schemas:
      for (const Config::Member& member : value.members()) verify(member.second, root);
      break;
    case Holds::pattern_schemas:
      for (const auto& [pattern, member] : value.members()) {
        verify_pattern(pattern, member);
        verify(member, root);
      }
      break;
    case Holds::schema_list:
      for (const Config& item : value.items()) verify(item, root);
      break;
    case Holds::anything:
      break;
  }
}

void verify(const Config& schema, const SchemaWalker& root) {
  if (schema.kind() == Config::Kind::boolean) return;
  for (const auto& [keyword, value] : schema.members()) {
    const auto known = keywords().find(keyword);
    if (known == keywords().end()) {
      std::vector<std::string> names;
      for (const auto& entry : keywords()) names.push_back(entry.first);
      value.fail("expected a JSON Schema keyword that tellina checks, got " + in_quotes(keyword) +
                 suggestion(keyword, names));
    }
    verify_keyword(value, known->second, root);
  }
  root.resolve(schema);
}

}  // namespace

void verify_schema(const Config& schema) {
  const KeyPlaces no_keys;
  Diagnostics unused(schema.file());
  verify(schema, SchemaWalker(schema, no_keys, unused));
}

}  // namespace tellina
