#include "host/config/host_schema.hpp"

#include <algorithm>
#include <array>

#include "host/config/design_schema_text.hpp"
#include "host/config/host_schema_text.hpp"
#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/verify_schema.hpp"

namespace tellina {
namespace {

struct Section {
  PluginKind kind;
  const char* key;
  const char* plugin;
  const char* description;
};

constexpr std::array<Section, 3> sections = {{
    {PluginKind::channel_layer, "channel_layer", "memory", "What carries messages between gateway and workers"},
    {PluginKind::ordering_policy, "ordering", "strict", "In which order the messages of a connection are handled"},
    {PluginKind::sandbox, "sandbox", "chroot", "Where the participants' shells run"},
}};

const Section& section_of(PluginKind kind) { return sections[static_cast<std::size_t>(kind)]; }

Config make_boolean(bool value) {
  Config::Node node;
  node.kind = Config::Kind::boolean;
  node.boolean = value;
  return Config(std::make_shared<Config::Node>(std::move(node)));
}

Config reference_to(const std::string& definition) {
  return make_object({{"$ref", make_string("#/$defs/" + definition)}});
}

/// The references of a plugin's schema are relative to its own root. In the combined schema they need the new location.
Config move_references(const Config& value, const std::string& new_root) {
  if (value.is_array()) {
    std::vector<Config> items;
    for (const Config& item : value.items()) items.push_back(move_references(item, new_root));
    return make_array(std::move(items));
  }
  if (!value.is_object()) return value;
  std::vector<Config::Member> members;
  for (const auto& [key, member] : value.members()) {
    if (key == "$ref" && member.is_string()) {
      members.emplace_back(key, make_string(new_root + member.as_string().substr(1)));
    } else {
      members.emplace_back(key, move_references(member, new_root));
    }
  }
  return make_object(std::move(members));
}

/// The branch of a section for one plugin: the plugin's own schema, its name, and the host's keys for its kind.
Config section_schema(const Section& section, const std::string& name, const Config& plugin_schema) {
  std::vector<Config::Member> properties;
  properties.emplace_back("plugin", make_object({{"const", make_string(name)}}));
  if (section.kind == PluginKind::sandbox) {
    properties.emplace_back("working_directory", reference_to("working_directory"));
    properties.emplace_back("pool", reference_to("pool"));
  }
  const Config* own = plugin_schema.find("properties");
  std::vector<Config::Member> members;
  members.emplace_back("type", make_string("object"));
  members.emplace_back("properties", own ? with_members(*own, std::move(properties)) : make_object(properties));

  std::vector<Config> required;
  if (const Config* keys = plugin_schema.find("required")) required = keys->items();
  if (name != section.plugin) required.push_back(make_string("plugin"));
  if (!required.empty()) members.emplace_back("required", make_array(std::move(required)));
  if (!plugin_schema.find("additionalProperties")) members.emplace_back("additionalProperties", make_boolean(false));
  return with_members(plugin_schema, std::move(members));
}

/// Throws Error.
Config read_plugin_schema(const Section& section, const std::string& name, const std::string& text) {
  const Config schema = read_json(text, "schema of the " + std::string(to_string(section.kind)) + " " + name);
  if (!schema.is_object()) schema.fail("expected an object, got " + schema.describe());
  verify_schema(schema);
  const Config* properties = schema.find("properties");
  for (const char* const key : {"working_directory", "pool"}) {
    const Config* reserved = properties && section.kind == PluginKind::sandbox ? properties->find(key) : nullptr;
    if (reserved)
      reserved->fail(std::string("expected a key of the plugin's own, got \"") + key + "\", which the server reads");
  }
  return schema;
}

/// The schema of a plugin that is not checked.
Config any_members() { return make_object({{"additionalProperties", make_boolean(true)}}); }

/// `sandbox`: the name of the sandbox, or empty for an editor's schema.
Config no_options(const std::string& sandbox) {
  std::vector<Config::Member> properties;
  if (!sandbox.empty()) {
    const std::string no_image = "no image, as the sandbox \"" + sandbox + "\" has one root file system";
    properties.emplace_back("image",
                            make_object({{"type", make_string("null")}, {"x-expected", make_string(no_image)}}));
  }
  return make_object({{"type", make_string("object")},
                      {"properties", make_object(std::move(properties))},
                      {"x-expected-name", make_string("no option, because this sandbox has none for a task")},
                      {"additionalProperties", make_boolean(false)}});
}

/// The schema of a task's "sandbox". If one sandbox is named, it is that of its options; otherwise, for editors, that
/// of any sandbox's.
Config combine_options(const PluginSchemas& plugins, const NamedPlugins* named,
                       std::vector<Config::Member>& definitions, HostSchema& result) {
  std::vector<Config> branches;
  for (const std::string& name : plugins.names(PluginKind::sandbox)) {
    if (named && named->at(PluginKind::sandbox) != name) continue;
    const std::pair<PluginKind, std::string> key{PluginKind::sandbox, name};
    if (result.broken.contains(key)) return any_members();
    try {
      const std::string text = plugins.options_schema(name);
      if (text.empty()) continue;
      const Config options = read_json(text, "schema of the options of the sandbox " + name);
      if (!options.is_object()) options.fail("expected an object, got " + options.describe());
      verify_schema(options);
      const std::string definition = options_definition(name);
      definitions.emplace_back(definition, move_references(options, "#/$defs/" + definition));
      branches.push_back(reference_to(definition));
    } catch (const Error& error) {
      result.broken[key] = error.what();
      return any_members();
    }
  }
  if (branches.empty()) return no_options(named ? named->at(PluginKind::sandbox) : "");
  if (branches.size() == 1) return branches.front();
  return make_object({{"anyOf", make_array(std::move(branches))}});
}

/// The object `base` with the members of `others` after its own.
Config joined_members(const Config& base, const Config& others) {
  std::vector<Config::Member> members = base.members();
  members.insert(members.end(), others.members().begin(), others.members().end());
  return make_object(std::move(members));
}

/// The host's schema as its texts have it.
Config read_schema_texts() {
  const Config host = read_json(host_schema_text, "schema of config.json");
  const Config design = read_json(design_schema_text, "schema of a study's design");
  const Config& properties = host.at("properties");
  const Config& study = properties.at("study");
  const Config whole_study =
      with_members(study, {{"properties", joined_members(study.at("properties"), design.at("study"))}});
  return with_members(
      host,
      {{"properties", joined_members(with_members(properties, {{"study", whole_study}}), design.at("properties"))},
       {"$defs", joined_members(host.at("$defs"), design.at("$defs"))}});
}

/// Keys that say what one task is, so there is no default for them.
bool is_of_one_task(const std::string& key) {
  static const std::set<std::string> keys{"id", "title", "description", "answer", "solution", "must_fail"};
  return keys.contains(key);
}

/// A type of tasks with the keys that every type has, after its "type".
Config complete_task(const Config& type, const Config& every_task) {
  std::vector<Config::Member> properties;
  for (const Config::Member& property : type.at("properties").members()) {
    properties.push_back(property);
    if (property.first != "type") continue;
    for (const Config::Member& shared : every_task.at("properties").members()) properties.push_back(shared);
  }
  return with_members(type, {{"properties", make_object(std::move(properties))}});
}

/// `types`: of tasks, complete.
Config complete_defaults(const Config& defaults, const std::vector<Config>& types) {
  std::vector<Config> names;
  std::vector<Config::Member> properties;
  for (const Config& type : types) {
    names.push_back(type.at("properties").at("type").at("const"));
    for (const Config::Member& property : type.at("properties").members()) {
      const bool is_known = std::any_of(properties.begin(), properties.end(),
                                        [&](const Config::Member& known) { return known.first == property.first; });
      if (!is_known && property.first != "type" && !is_of_one_task(property.first)) properties.push_back(property);
    }
  }
  properties.insert(properties.begin(), {"type", make_object({{"enum", make_array(std::move(names))}})});
  return with_members(defaults, {{"properties", make_object(std::move(properties))}});
}

/// The name of the definition that "#/$defs/NAME" refers to.
std::string name_of_definition(const Config& reference) {
  return reference.at("$ref").as_string().substr(std::string("#/$defs/").size());
}

/// The schema of config.json without the plugins' sections. Its text has the keys of every task once; here each type of
/// tasks, and "task_defaults", has them.
const Config& own_schema() {
  static const Config complete = [] {
    const Config text = read_schema_texts();
    const Config& definitions = text.at("$defs");
    std::vector<Config::Member> completed;
    std::vector<Config> types;
    for (const Config& reference : definitions.at("task").at("oneOf").items()) {
      const std::string name = name_of_definition(reference);
      types.push_back(complete_task(definitions.at(name), definitions.at("every_task")));
      completed.emplace_back(name, types.back());
    }
    completed.emplace_back("task_defaults", complete_defaults(definitions.at("task_defaults"), types));
    const Config all = with_members(without_members(definitions, {"every_task"}), std::move(completed));
    return with_members(text, {{"$defs", all}});
  }();
  return complete;
}

HostSchema combine(const PluginSchemas& plugins, const NamedPlugins* named) {
  HostSchema result;
  const Config& host = own_schema();
  std::vector<Config::Member> properties;
  std::vector<Config::Member> definitions = host.at("$defs").members();
  for (const Section& section : sections) {
    std::vector<Config> branches;
    for (const std::string& name : plugins.names(section.kind)) {
      const std::string definition = std::string(section.key) + "_" + name;
      Config own = any_members();
      try {
        if (!named || named->at(section.kind) == name) {
          own = read_plugin_schema(section, name, plugins.schema(section.kind, name));
        }
      } catch (const Error& error) {
        result.broken[{section.kind, name}] = error.what();
      }
      const Config moved = move_references(own, "#/$defs/" + definition);
      definitions.emplace_back(definition, section_schema(section, name, moved));
      branches.push_back(reference_to(definition));
    }
    std::vector<Config::Member> members;
    members.emplace_back("description", make_string(section.description));
    members.emplace_back("type", make_string("object"));
    members.emplace_back("x-expected", make_string(std::string("an installed ") + to_string(section.kind)));
    members.emplace_back("default", make_object({{"plugin", make_string(section.plugin)}}));
    if (!branches.empty()) members.emplace_back("oneOf", make_array(std::move(branches)));
    properties.emplace_back(section.key, make_object(std::move(members)));
  }
  definitions.emplace_back("task_sandbox", combine_options(plugins, named, definitions, result));
  result.schema = with_members(host, {{"properties", with_members(host.at("properties"), std::move(properties))},
                                      {"$defs", make_object(std::move(definitions))}});
  return result;
}

}  // namespace

const char* section_key(PluginKind kind) { return section_of(kind).key; }

std::string options_definition(const std::string& plugin) { return "sandbox_options_" + plugin; }

const char* default_plugin(PluginKind kind) { return section_of(kind).plugin; }

std::set<std::string> task_default_keys(const std::string& type) {
  std::set<std::string> keys;
  const Config& definitions = own_schema().at("$defs");
  for (const Config& reference : definitions.at("task").at("oneOf").items()) {
    const Config& properties = definitions.at(name_of_definition(reference)).at("properties");
    if (properties.at("type").at("const").as_string() != type) continue;
    for (const Config::Member& property : properties.members()) {
      if (!is_of_one_task(property.first)) keys.insert(property.first);
    }
  }
  return keys;
}

HostSchema make_host_schema(const PluginSchemas& plugins) { return combine(plugins, nullptr); }

HostSchema make_host_schema(const PluginSchemas& plugins, const NamedPlugins& named) {
  return combine(plugins, &named);
}

std::string full_schema(const PluginSchemas& plugins) {
  const HostSchema result = make_host_schema(plugins);
  std::string messages;
  for (const auto& broken : result.broken) messages += (messages.empty() ? "" : "\n") + broken.second;
  if (!messages.empty()) throw ConfigError(messages);
  return pretty_json(result.schema);
}

}  // namespace tellina
