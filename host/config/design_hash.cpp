#include "host/config/design_hash.hpp"

#include "host/config/json_writer.hpp"
#include "host/config/picture_reader.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

/// The members of these sections; those of `blocks` without their limits.
Config lasting_part(const std::string& section, const Config& value) {
  if (section == "assignment") {
    return without_members(value, {"target_per_group", "when_full", "closed", "held_for_in_minutes", "fixed"});
  }
  if (section != "blocks") return value;
  std::vector<Config::Member> blocks;
  for (const auto& [name, block] : value.members()) {
    blocks.emplace_back(name, without_members(block, {"time_limit_in_seconds"}));
  }
  return make_object(std::move(blocks));
}

/// `text`: a string of a section, with the addresses of pictures.
void add_pictures(const std::string& text, std::string& content) {
  if (has_picture_address(text)) content += "\n" + sha256(text);
}

void add(const StudyText& text, std::string& content) {
  add_pictures(text.text, content);
  for (const auto& [name, file] : text.files) content += "\n" + name + "\n" + sha256(file);
}

void add(const std::vector<FlowStep>& steps, std::string& content) {
  for (const FlowStep& step : steps) {
    add(step.text, content);
    add(step.steps, content);
    add(step.between, content);
  }
}

}  // namespace

std::string design_hash(const Config& root, const Design& design) {
  std::string content;
  for (const char* const section : {"blocks", "treatments", "questionnaires", "flow", "assignment"}) {
    const Config* const value = root.find(section);
    if (value) content += std::string("\n") + section + " " + canonical_json(lasting_part(section, *value));
  }
  if (content.empty()) return {};
  for (const Treatment& treatment : design.treatments) add(treatment.text, content);
  for (const Form& form : design.forms) {
    add(form.text, content);
    for (const FormField& field : form.fields) add_pictures(field.help, content);
  }
  add(design.flow, content);
  return sha256(content);
}

}  // namespace tellina
