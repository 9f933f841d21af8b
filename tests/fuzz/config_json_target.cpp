#include "fuzz/config_reader.hpp"
#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"

namespace tellina::fuzz {

/// config.json: a study, or messages that name the file. JSON that can be read is written back unchanged.
FUZZ_TARGET(config_json) {
  Diagnostics diagnostics("study.json");
  try {
    const ConfigDocument document = read_json(input, "study.json", diagnostics);
    if (!diagnostics.empty()) return;
    const std::string canonical = canonical_json(document.root);
    FUZZ_EXPECT(canonical_json(read_json(canonical, "study.json")) == canonical);
    // YAML takes a thousand times as long, so this covers only objects.
    if (document.root.is_object()) read_config(input, "study.json");
  } catch (const ConfigError&) {
  }
}

}  // namespace tellina::fuzz
