#include "host/config/schema_walker.hpp"

#include <algorithm>

#include "host/config/json_writer.hpp"
#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"
#include "host/text/utf8.hpp"

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

/// Whether `type` names the kind of the value; a schema without `type` accepts all. 1.0 is not an integer here.
bool accepts_kind(const Config& schema, const Config& value) {
  const std::vector<std::string> names = type_names(schema);
  return names.empty() ||
         std::any_of(names.begin(), names.end(), [&](const std::string& name) { return is_kind(value.kind(), name); });
}

/// "a whole number from 0 to 65535", "null or an object": the kinds and bounds that the schema names.
std::string kind_words(const Config& schema) {
  std::vector<std::string> words;
  for (const std::string& name : type_names(schema)) words.push_back(words_for(name, schema));
  return words.empty() ? "a value" : joined(words, "or");
}

/// A byte that belongs to no character counts as one.
std::int64_t count_characters(const std::string& text) {
  std::int64_t characters = 0;
  for (std::size_t position = 0; position < text.size(); ++characters) {
    if (!next_character(text, position)) ++position;
  }
  return characters;
}

}  // namespace

const Config& SchemaWalker::resolve(const Config& schema) const {
  const Config* target = &schema;
  for (int references = 0; target->is_object() && target->find("$ref"); ++references) {
    const Config& reference = target->at("$ref");
    const std::string& pointer = reference.as_string();
    if (references > limits::schema_references || !pointer.starts_with("#/"))
      reference.fail("expected a reference \"#/...\" that does not lead back to itself");
    target = &m_root;
    std::size_t start = 2;
    while (start <= pointer.size()) {
      const std::size_t end = std::min(pointer.find('/', start), pointer.size());
      const Config* part = target->is_object() ? target->find(pointer.substr(start, end - start)) : nullptr;
      if (!part) reference.fail("expected a place in this schema, got " + in_quotes(pointer));
      target = part;
      start = end + 1;
    }
  }
  return *target;
}

void SchemaWalker::report(const Config& value, const Config& schema, const std::string& expected) {
  m_diagnostics.add(value, "expected " + schema.string_or("x-expected", expected) + ", got " + got(value));
}

std::string SchemaWalker::got(const Config& value) const {
  if (!m_is_secret) return describe(value);
  switch (value.kind()) {
    case Config::Kind::string:
      return "a string of " + counted(count_characters(value.as_string()), "character");
    case Config::Kind::integer:
    case Config::Kind::number:
      return "a number";
    default:
      return value.describe();
  }
}

void SchemaWalker::check(const Config& value, const Config& reference) {
  const Config& schema = resolve(reference);
  if (!schema.is_object()) return;
  const bool outer_is_secret = m_is_secret;
  m_is_secret = outer_is_secret || schema.bool_or("x-secret", false);
  if (m_is_secret && !outer_is_secret) m_secrets.emplace_back(value, schema.bool_or("x-secret-names", false));
  check_kind(value, schema);
  m_is_secret = outer_is_secret;
}

void SchemaWalker::check_kind(const Config& value, const Config& schema) {
  if (!accepts_kind(schema, value)) {
    // `x-expected` of a oneOf belongs to the error about the key that selects the branch.
    if (!schema.find("oneOf")) return report(value, schema, kind_words(schema));
    return m_diagnostics.add(value, "expected " + kind_words(schema) + ", got " + got(value));
  }
  if (const Config* wanted = schema.find("const"); wanted && canonical_json(*wanted) != canonical_json(value)) {
    return report(value, schema, describe(*wanted));
  }
  if (const Config* choices = schema.find("enum")) {
    std::vector<std::string> names;
    for (const Config& choice : choices->items()) {
      if (canonical_json(choice) == canonical_json(value)) {
        names.clear();
        break;
      }
      names.push_back(choice.is_string() ? choice.as_string() : choice.describe());
    }
    if (!names.empty()) {
      return m_diagnostics.add(value,
                               "expected " + listed(names, "or") + ", got " + got(value) +
                                   (value.is_string() && !m_is_secret ? suggestion(value.as_string(), names) : ""));
    }
  }
  switch (value.kind()) {
    case Config::Kind::integer:
    case Config::Kind::number:
      check_number(value, schema);
      break;
    case Config::Kind::string:
      check_string(value, schema);
      break;
    case Config::Kind::array:
      check_array(value, schema);
      break;
    case Config::Kind::object:
      check_object(value, schema);
      break;
    case Config::Kind::null:
    case Config::Kind::boolean:
      break;
  }
  if (schema.find("oneOf")) check_one_of(value, schema);
}

void SchemaWalker::check_number(const Config& value, const Config& schema) {
  const double number = value.as_number();
  const Config* minimum = schema.find("minimum");
  const Config* maximum = schema.find("maximum");
  const Config* above = schema.find("exclusiveMinimum");
  if ((minimum && number < minimum->as_number()) || (maximum && number > maximum->as_number()) ||
      (above && number <= above->as_number())) {
    report(value, schema, kind_words(schema));
  }
}

void SchemaWalker::check_string(const Config& value, const Config& schema) {
  const std::string& text = value.as_string();
  const std::int64_t characters = count_characters(text);
  const std::int64_t least = schema.integer_or("minLength", 0);
  const std::int64_t most = schema.integer_or("maxLength", characters);
  if (characters < least) {
    return report(value, schema, least == 1 ? "a string that is not empty" : "at least " + counted(least, "character"));
  }
  if (characters > most) return report(value, schema, "at most " + counted(most, "character"));
  const Config* pattern = schema.find("pattern");
  if (pattern && !matches(text, pattern->as_string())) {
    report(value, schema, "a string that matches " + pattern->as_string());
  }
}

bool SchemaWalker::matches(const std::string& text, const std::string& pattern) {
  return m_patterns.try_emplace(pattern, pattern).first->second.matches(text);
}

void SchemaWalker::check_array(const Config& value, const Config& schema) {
  const std::vector<Config>& items = value.items();
  const std::int64_t count = static_cast<std::int64_t>(items.size());
  const auto report_count = [&](const std::string& words, std::int64_t bound) {
    m_diagnostics.add(value, "expected " + words + " " + counted(bound, "entry") + ", got " + std::to_string(count));
  };
  const std::int64_t least = schema.integer_or("minItems", 0);
  const std::int64_t most = schema.integer_or("maxItems", count);
  if (count < least) report_count("at least", least);
  if (count > most) report_count("at most", most);
  if (const Config* item_schema = schema.find("items")) {
    for (const Config& item : items) check(item, *item_schema);
  }
  if (!schema.bool_or("uniqueItems", false)) return;
  std::map<std::string, const Config*> seen;
  for (const Config& item : items) {
    const auto [first, is_new] = seen.try_emplace(canonical_json(item), &item);
    if (is_new) continue;
    m_diagnostics.add(item, "expected each entry once, got " + (m_is_secret ? "one" : describe(item)) +
                                " a second time (first at " + std::to_string(first->second->line()) + ":" +
                                std::to_string(first->second->column()) + ")");
  }
}

void SchemaWalker::check_object(const Config& value, const Config& schema) {
  if (const Config* required = schema.find("required")) {
    for (const Config& key : required->items()) {
      if (value.find(key.as_string())) continue;
      m_diagnostics.add(value, "expected the key " + in_quotes(key.as_string()) + ", got none");
    }
  }
  for (const auto& [key, member] : value.members()) check_key(key, member, schema);
}

void SchemaWalker::check_key(const std::string& key, const Config& value, const Config& schema) {
  const auto found_place = m_keys.find(value.path());
  const TextPlace place =
      found_place == m_keys.end() ? TextPlace{.line = value.line(), .column = value.column()} : found_place->second;
  const Config* properties = schema.find("properties");
  if (const Config* property = properties ? properties->find(key) : nullptr) return check(value, *property);

  if (const Config* patterns = schema.find("patternProperties")) {
    for (const auto& [pattern, member_schema] : patterns->members()) {
      if (matches(key, pattern)) return check(value, member_schema);
    }
  }
  const Config* others = schema.find("additionalProperties");
  if (!others) return;
  if (others->kind() != Config::Kind::boolean) return check(value, *others);
  if (others->as_bool()) return;

  std::vector<std::string> known;
  if (properties) {
    for (const Config::Member& property : properties->members()) known.push_back(property.first);
  }
  const std::string meant = suggestion(key, known);
  const Config* words = schema.find("x-expected-name");
  const std::string choices = words           ? words->as_string()
                              : known.empty() ? "no key"
                              : meant.empty() ? listed(known, "or")
                                              : "a known key";
  m_diagnostics.add(place, value.path(), "expected " + choices + ", got " + in_quotes(key) + meant);
}

namespace {

bool requires_key(const Config& branch, const std::string& key) {
  const Config* required = branch.find("required");
  return required && std::any_of(required->items().begin(), required->items().end(),
                                 [&](const Config& name) { return name.as_string() == key; });
}

/// Whether the properties that are `const` in the branch fit the value.
bool fits_constants(const Config& branch, const Config& value) {
  const Config* properties = branch.find("properties");
  if (!properties) return true;
  return std::all_of(properties->members().begin(), properties->members().end(), [&](const Config::Member& property) {
    const Config* wanted = property.second.is_object() ? property.second.find("const") : nullptr;
    if (!wanted) return true;
    const Config* found = value.find(property.first);
    return found ? canonical_json(*wanted) == canonical_json(*found) : !requires_key(branch, property.first);
  });
}

bool has_required(const Config& branch, const Config& value) {
  const Config* required = branch.find("required");
  return required && std::all_of(required->items().begin(), required->items().end(),
                                 [&](const Config& key) { return value.find(key.as_string()) != nullptr; });
}

/// The first property that is `const` in a branch, and all its values.
std::pair<std::string, std::vector<std::string>> discriminator(const std::vector<const Config*>& branches) {
  std::pair<std::string, std::vector<std::string>> result;
  for (const Config* branch : branches) {
    const Config* properties = branch->find("properties");
    if (!properties) continue;
    for (const auto& [key, property] : properties->members()) {
      const Config* wanted = property.is_object() ? property.find("const") : nullptr;
      if (!wanted || !wanted->is_string() || !(result.first.empty() || result.first == key)) continue;
      result.first = key;
      result.second.push_back(wanted->as_string());
    }
  }
  return result;
}

}  // namespace

void SchemaWalker::check_one_of(const Config& value, const Config& schema) {
  std::vector<const Config*> branches;
  std::vector<std::string> kinds;
  for (const Config& reference : schema.at("oneOf").items()) {
    const Config& branch = resolve(reference);
    if (accepts_kind(branch, value)) branches.push_back(&branch);
    const std::string words = kind_words(branch);
    if (std::find(kinds.begin(), kinds.end(), words) == kinds.end()) kinds.push_back(words);
  }
  if (branches.empty()) {
    return m_diagnostics.add(value, "expected " + joined(kinds, "or") + ", got " + got(value));
  }
  if (!value.is_object()) return check(value, *branches.front());

  std::vector<const Config*> fitting;
  std::copy_if(branches.begin(), branches.end(), std::back_inserter(fitting),
               [&](const Config* branch) { return fits_constants(*branch, value); });
  if (fitting.empty()) {
    const auto [key, names] = discriminator(branches);
    const Config* found = value.find(key);
    if (!found) return m_diagnostics.add(value, "expected the key " + in_quotes(key) + ", got none");
    const Config* words = schema.find("x-expected");
    return m_diagnostics.add(
        *found, "expected " + (words ? words->as_string() + " (" + listed(names, "or") + ")" : listed(names, "or")) +
                    ", got " + got(*found) + (found->is_string() ? suggestion(found->as_string(), names) : ""));
  }
  const auto chosen_by_key =
      std::find_if(fitting.begin(), fitting.end(), [&](const Config* branch) { return has_required(*branch, value); });
  if (chosen_by_key != fitting.end()) return check(value, **chosen_by_key);
  const auto fallback = std::find_if(fitting.begin(), fitting.end(),
                                     [](const Config* branch) { return branch->find("required") == nullptr; });
  if (fitting.size() > 1 && fallback == fitting.end()) return report_missing_key(value, fitting);
  check(value, fallback != fitting.end() ? **fallback : *fitting.front());
}

void SchemaWalker::report_missing_key(const Config& value, const std::vector<const Config*>& branches) {
  std::vector<std::string> names;
  for (const Config* branch : branches) {
    for (const Config& key : branch->at("required").items()) names.push_back(key.as_string());
  }
  std::vector<std::string> found;
  std::string meant;
  for (const Config::Member& member : value.members()) {
    found.push_back(member.first);
    if (meant.empty()) meant = suggestion(member.first, names);
  }
  m_diagnostics.add(value, "expected one of the keys " + listed(names, "and") + ", got " +
                               (found.empty() ? "none" : listed(found, "and")) + meant);
}

std::string describe_expected(const Config& schema) {
  if (const Config* words = schema.find("x-expected")) return words->as_string();
  if (const Config* wanted = schema.find("const")) return describe(*wanted);
  const Config* choices = schema.find("enum");
  if (!choices) return kind_words(schema);
  std::vector<std::string> names;
  for (const Config& choice : choices->items())
    names.push_back(choice.is_string() ? choice.as_string() : choice.describe());
  return listed(names, "or");
}

}  // namespace tellina
