#include "host/config/verify_schema.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "host/config/schema_walker.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

enum class ValueKind {
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

const std::map<std::string, ValueKind>& keywords() {
  static const std::map<std::string, ValueKind> table = {
      {"type", ValueKind::type},
      {"const", ValueKind::anything},
      {"enum", ValueKind::anything},
      {"minimum", ValueKind::number},
      {"maximum", ValueKind::number},
      {"exclusiveMinimum", ValueKind::number},
      {"minLength", ValueKind::count},
      {"maxLength", ValueKind::count},
      {"pattern", ValueKind::pattern},
      {"items", ValueKind::schema},
      {"minItems", ValueKind::count},
      {"maxItems", ValueKind::count},
      {"uniqueItems", ValueKind::boolean},
      {"properties", ValueKind::schemas},
      {"required", ValueKind::strings},
      {"additionalProperties", ValueKind::schema},
      {"patternProperties", ValueKind::pattern_schemas},
      {"$ref", ValueKind::string},
      {"$defs", ValueKind::schemas},
      {"oneOf", ValueKind::schema_list},
      {"$schema", ValueKind::string},
      {"$comment", ValueKind::string},
      {"title", ValueKind::string},
      {"description", ValueKind::string},
      {"default", ValueKind::anything},
      {"examples", ValueKind::anything},
      {"x-expected", ValueKind::string},
      {"x-expected-name", ValueKind::string},
      {"x-secret", ValueKind::boolean},
      {"x-secret-names", ValueKind::boolean},
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

void verify_keyword(const Config& value, ValueKind kind, const SchemaWalker& root) {
  switch (kind) {
    case ValueKind::number:
      value.as_number();
      break;
    case ValueKind::count:
      value.as_integer();
      break;
    case ValueKind::string:
      value.as_string();
      break;
    case ValueKind::boolean:
      value.as_bool();
      break;
    case ValueKind::pattern:
      verify_pattern(value.as_string(), value);
      break;
    case ValueKind::strings:
      for (const Config& item : value.items()) item.as_string();
      break;
    case ValueKind::type:
      if (!value.is_array()) return verify_type(value);
      for (const Config& item : value.items()) verify_type(item);
      break;
    case ValueKind::schema:
      verify(value, root);
      break;
    case ValueKind::schemas:
      for (const Config::Member& member : value.members()) verify(member.second, root);
      break;
    case ValueKind::pattern_schemas:
      for (const auto& [pattern, member] : value.members()) {
        verify_pattern(pattern, member);
        verify(member, root);
      }
      break;
    case ValueKind::schema_list:
      for (const Config& item : value.items()) verify(item, root);
      break;
    case ValueKind::anything:
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
