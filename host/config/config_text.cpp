#include "host/config/config_text.hpp"

#include <algorithm>

#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/yaml_reader.hpp"
#include "host/config/yaml_writer.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

bool ends_with(std::string_view file, std::string_view lower_case_end) {
  if (file.size() < lower_case_end.size()) return false;
  const std::string_view end = file.substr(file.size() - lower_case_end.size());
  return std::equal(end.begin(), end.end(), lower_case_end.begin(), [](char given, char wanted) {
    return given == wanted || (given >= 'A' && given <= 'Z' && given - 'A' + 'a' == wanted);
  });
}

YamlDocument read(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  if (form_of(file) == ConfigForm::yaml) return read_yaml(text, file, diagnostics);
  return {.document = read_json(text, file, diagnostics), .comments = 0};
}

}  // namespace

ConfigForm form_of(std::string_view file) {
  return ends_with(file, ".yaml") || ends_with(file, ".yml") ? ConfigForm::yaml : ConfigForm::json;
}

ConfigDocument read_config_text(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  return read(text, file, diagnostics).document;
}

ConvertedConfig convert_config(std::string_view text, const std::string& from, const std::string& to) {
  Diagnostics diagnostics(from);
  const YamlDocument source = read(text, from, diagnostics);
  diagnostics.throw_if_any();
  const Config& value = source.document.root;
  ConvertedConfig result{.text = form_of(to) == ConfigForm::yaml ? pretty_yaml(value) : pretty_json(value),
                         .lost_comments = source.comments};
  const ConfigDocument read_back = read_config_text(result.text, to, diagnostics);
  TELLINA_ASSERT(diagnostics.empty() && pretty_json(read_back.root) == pretty_json(value));
  return result;
}

}  // namespace tellina
