/// Promises of every plugin, and the leftovers that none may have.

#include <unistd.h>

#include <filesystem>
#include <numeric>
#include <set>

#include "audit.hpp"
#include "cases.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::conformance {
namespace {

std::unique_ptr<Plugin> make_any(Probe& probe) { return probe.make<Plugin>(); }

void descriptor_is_complete(Probe& probe) {
  const Subject& subject = probe.subject();
  expect(!subject.name.empty() && !subject.version.empty(), "a name and a version", "none");
  const Config* type = subject.schema.find("type");
  expect(type && type->is_string() && type->as_string() == "object", "a schema with \"type\": \"object\"",
         type ? type->describe() : "no type");
  const Config* properties = subject.schema.find("properties");
  if (!properties) return;
  for (const auto& [key, schema] : properties->members()) {
    expect(schema.is_object(), "a schema of the key \"" + key + "\" that is an object", schema.describe());
  }
}

void is_of_its_kind(Probe& probe) {
  switch (probe.subject().kind) {
    case PluginKind::channel_layer:
      probe.make<ChannelLayer>();
      return;
    case PluginKind::ordering_policy:
      probe.make<OrderingPolicy>();
      return;
    case PluginKind::sandbox:
      probe.make<SandboxBackend>();
      return;
  }
}

void constructs_without_touching_anything(Probe& probe) {
  const auto sockets = [] {
    std::multiset<std::string> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      const std::string target = std::filesystem::read_symlink(entry.path(), ignored).string();
      // Below /proc is the folder that is read here.
      if (target.starts_with("socket:") || (target.starts_with("/") && !target.starts_with("/proc/")))
        found.insert(target + " ");
    }
    return std::accumulate(found.begin(), found.end(), std::string());
  };
  const std::string before = sockets();
  const std::unique_ptr<Plugin> plugin = make_any(probe);
  const std::string after = sockets();
  expect(before == after, "a constructor that opens no socket and no file",
         "open before: " + before + "; after: " + after);
  const Processes children = descendants_of(getpid());
  expect(children.empty(), "a constructor that starts no process", describe(children));
}

Config with_member(const Config& section, const std::string& key, Config::Kind kind) {
  Config::Node value;
  value.kind = kind;
  value.path = key;
  value.text = "a text";
  value.file = section.file();
  value.line = value.column = 1;
  Config::Node whole;
  whole.kind = Config::Kind::object;
  whole.file = section.file();
  whole.line = whole.column = 1;
  for (const Config::Member& member : section.members()) {
    if (member.first != key) whole.members.push_back(member);
  }
  whole.members.emplace_back(key, Config(std::make_shared<Config::Node>(std::move(value))));
  return Config(std::make_shared<Config::Node>(std::move(whole)));
}

/// The error of the host, or else of the constructor, about a section; empty if both accept it.
std::string error_of(Probe& probe, const Config& section) {
  try {
    probe.subject().check_section(section);
    probe.make_with<Plugin>(section);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

void refuses_unknown_config_key(Probe& probe) {
  const std::string key = "no_such_key_" + probe.mark();
  const std::string error = error_of(probe, with_member(probe.subject().section, key, Config::Kind::string));
  expect(!error.empty(), "a ConfigError for the unknown key \"" + key + "\"", "that it was accepted");
  expect(error.find(key) != std::string::npos, "a ConfigError that names the key \"" + key + "\"", show(error));
}

void names_the_key_in_config_errors(Probe& probe) {
  const Config* properties = probe.subject().schema.find("properties");
  if (!properties || properties->members().empty()) throw Skip("the plugin has no settings");
  for (const auto& [key, schema] : properties->members()) {
    const Config* type = schema.find("type");
    const bool is_object = type && type->is_string() && type->as_string() == "object";
    const Config::Kind wrong = is_object ? Config::Kind::string : Config::Kind::object;
    const std::string error = error_of(probe, with_member(probe.subject().section, key, wrong));
    expect(!error.empty(), "a ConfigError where \"" + key + "\" has a value of the wrong type", "that it was accepted");
    expect(error.find(key) != std::string::npos, "a ConfigError that names the key \"" + key + "\"", show(error));
  }
}

void several_instances_work(Probe& probe) {
  std::unique_ptr<Plugin> first = make_any(probe);
  const std::unique_ptr<Plugin> second = make_any(probe);
  first.reset();
  const std::unique_ptr<Plugin> third = make_any(probe);
}

/// Creates and destroys plugins. An audit also reports what other cases left.
void create_and_destroy(Probe& probe) {
  for (int round = 0; round < 3; ++round) make_any(probe);
}

}  // namespace

void add_plugin_cases(std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {{"DescriptorIsComplete", "The descriptor has a name, a version and a schema of an object.",
        descriptor_is_complete},
       {"IsOfItsKind", "The constructor creates an object of the class for the plugin's kind.", is_of_its_kind},
       {"ConstructsWithoutTouchingAnything",
        "The constructor reads the configuration; it opens no socket and no file, and starts no process.",
        constructs_without_touching_anything},
       {"RefusesUnknownConfigKey", "A key that the schema does not know is a ConfigError that names it.",
        refuses_unknown_config_key},
       {"NamesTheKeyInConfigErrors", "A setting of the wrong type is a ConfigError that names its key.",
        names_the_key_in_config_errors},
       {"SeveralInstancesWork", "Several plugins can exist in one process, and can be destroyed in any order.",
        several_instances_work}});
}

void add_audit_cases(PluginKind kind, std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {{"LeavesNoDescriptors",
        "A destroyed plugin leaves no descriptor open, and closes only its "
        "own: after this case and every other.",
        create_and_destroy},
       {"LeavesNoThreads", "A destroyed plugin leaves no thread: after this case and every other.", create_and_destroy},
       {"LeavesNoProcesses",
        "A destroyed plugin leaves no process, neither a child nor an orphan: after this case and "
        "every other.",
        create_and_destroy}});
  if (kind != PluginKind::sandbox) return;
  cases.insert(
      cases.end(),
      {{"LeavesNoMounts", "A destroyed sandbox leaves no mount: after this case and every other.", create_and_destroy},
       {"LeavesNoCgroups", "A destroyed sandbox leaves no control group: after this case and every other.",
        create_and_destroy},
       {"LeavesNoFiles", "A destroyed sandbox leaves no file with its name outside: after this case and every other.",
        create_and_destroy}});
}

}  // namespace tellina::conformance
