#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/config/diagnostics.hpp"
#include "host/config/pattern.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// A value that must not be given away.
class SecretValue {
 public:
  SecretValue(Config value_, bool names_are_secret_) : value(std::move(value_)), names_are_secret(names_are_secret_) {}
  Config value;           ///< with its parts
  bool names_are_secret;  ///< of an object: the names of its members are the secrets, and not the values
};

/// Compares values with a schema and reports every error in words that a researcher understands.
///
/// The subset of JSON Schema 2020-12: type, const, enum, minimum, maximum, exclusiveMinimum, minLength, maxLength,
/// pattern, items, minItems, maxItems, uniqueItems, properties, required, additionalProperties, patternProperties, $ref
/// to a place in the same schema ("#/$defs/tree"), and oneOf, if one of these selects the branch: the kind of the
/// value, a property that is `const` in the branches, or a key that only one of them requires. Annotations (title,
/// description, default, examples, $comment) have no effect. `x-expected` replaces the words after "expected",
/// `x-expected-name` those about an unknown key. Diagnostics do not quote a value whose schema has `"x-secret": true`,
/// nor its parts. With `"x-secret-names": true` beside it, the secrets are the names of an object's members.
class SchemaWalker {
 public:
  /// Refers to all three. `schema` is the document that $ref points into; verify_schema() has checked it.
  SchemaWalker(const Config& schema, const KeyPlaces& keys, Diagnostics& diagnostics)
      : m_root(schema), m_keys(keys), m_diagnostics(diagnostics) {}

  void check(const Config& value, const Config& schema);
  /// The outermost values that check() has found to be secret.
  const std::vector<SecretValue>& secrets() const { return m_secrets; }

  /// The part of the schema that a $ref names. Throws ConfigError if it does not exist.
  const Config& resolve(const Config& schema) const;

 private:
  void check_kind(const Config& value, const Config& schema);
  void check_number(const Config& value, const Config& schema);
  void check_string(const Config& value, const Config& schema);
  void check_array(const Config& value, const Config& schema);
  void check_object(const Config& value, const Config& schema);
  void check_key(const std::string& key, const Config& value, const Config& schema);
  void check_one_of(const Config& value, const Config& schema);
  /// `branches`: each is selected by keys that it requires, and the value has none of these.
  void report_missing_key(const Config& value, const std::vector<const Config*>& branches);
  bool matches(const std::string& text, const std::string& pattern);
  void report(const Config& value, const Config& schema, const std::string& expected);
  /// The text after "got".
  std::string got(const Config& value) const;

  const Config& m_root;
  const KeyPlaces& m_keys;
  Diagnostics& m_diagnostics;
  std::map<std::string, Pattern> m_patterns;
  bool m_is_secret = false;  ///< the value being checked is secret
  std::vector<SecretValue> m_secrets;
};

/// What a value must be, after "expected": "a whole number from 0 to 65535", "\"a\" or \"b\"". Of a schema whose
/// references are resolved.
std::string describe_expected(const Config& schema);

}  // namespace tellina
