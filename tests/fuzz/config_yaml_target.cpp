#include "fuzz/config_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/yaml_reader.hpp"
#include "host/config/yaml_writer.hpp"

namespace tellina::fuzz {

/// A study in YAML: the same as a study in JSON, or messages that name the file.
FUZZ_TARGET(config_yaml) {
  Diagnostics diagnostics("study.yaml");
  YamlDocument yaml;
  try {
    yaml = read_yaml(input, "study.yaml", diagnostics);
  } catch (const ConfigError&) {
    return;
  }
  if (!diagnostics.empty()) return;
  const std::string as_yaml = pretty_yaml(yaml.document.root);
  const YamlDocument again = read_yaml(as_yaml, "study.yaml", diagnostics);
  FUZZ_EXPECT(pretty_json(again.document.root) == pretty_json(yaml.document.root));
  // YAML takes a thousand times as long, so this covers only objects.
  if (yaml.document.root.is_object()) read_config(input, "study.yaml");
}

}  // namespace tellina::fuzz
