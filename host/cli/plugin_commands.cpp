/// Implements `tellina plugins list` and `plugins show`, and `tellina plugins check`, which runs the conformance kit on
/// a plugin that it loads as the server does.

#include <algorithm>
#include <stdexcept>

#include "host/cli/commands.hpp"
#include "host/config/host_schema.hpp"
#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/pattern.hpp"
#include "host/config/schema_walker.hpp"
#include "host/plugins/plugin_file.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/scan.hpp"
#include "host/plugins/search_path.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"
#include "host/text/table.hpp"
#include "tellina/conformance/report.hpp"

namespace tellina {
namespace {

/// Lists the checked plugin as the only installed one.
class OnlyPlugin final : public PluginSchemas {
 public:
  explicit OnlyPlugin(const PluginFile& file) : m_file(file) {}
  std::vector<std::string> names(PluginKind kind) const override {
    if (kind != m_file.kind) return {};
    return {m_file.name};
  }
  std::string schema(PluginKind, const std::string&) const override { return m_file.schema; }
  std::string options_schema(const std::string&) const override { return m_file.options_schema; }

 private:
  const PluginFile& m_file;
};

/// Checks a section of config.json as the server does.
class SectionCheck {
 public:
  explicit SectionCheck(const PluginFile& file) : m_host(make_host_schema(OnlyPlugin(file))) {
    for (const auto& [plugin, problem] : m_host.broken)
      throw Error(ErrorCode::incompatible, file.file + ": " + problem);
    m_schema = m_host.schema.at("$defs").at(std::string(section_key(file.kind)) + "_" + file.name);
  }

  void check(const Config& section, const KeyPlaces& places = {}) const {
    Diagnostics diagnostics(section.file());
    SchemaWalker(m_host.schema, places, diagnostics).check(section, m_schema);
    diagnostics.throw_if_any();
  }

 private:
  HostSchema m_host;
  Config m_schema;
};

/// The settings plus the key "plugin", as in config.json.
ConfigDocument read_settings(const std::string& text, const std::string& plugin) {
  Diagnostics diagnostics("--config");
  ConfigDocument document = read_json(text, "--config", diagnostics);
  diagnostics.throw_if_any();
  if (!document.root.is_object()) document.root.fail("expected an object, got " + describe(document.root));
  if (document.root.find("plugin")) return document;
  Config::Node section;
  section.kind = Config::Kind::object;
  section.members = document.root.members();
  section.members.insert(section.members.begin(), {"plugin", make_string(plugin)});
  section.file = "--config";
  section.line = document.root.line();
  section.column = document.root.column();
  document.root = Config(std::make_shared<Config::Node>(std::move(section)));
  return document;
}

conformance::RunOptions read_options(const Arguments& arguments, Random& random) {
  conformance::RunOptions options;
  options.in_process = arguments.in_process;
  options.jobs = arguments.jobs;
  std::uint8_t drawn[4] = {};
  random.fill(drawn);
  options.seed = arguments.seed.value_or(drawn[0] | drawn[1] << 8 | drawn[2] << 16);
  if (arguments.filter.empty()) return options;
  try {
    const auto pattern = std::make_shared<Pattern>(arguments.filter);
    options.selects = [pattern](const std::string& name) { return pattern->matches(name); };
  } catch (const std::invalid_argument& error) {
    throw UsageError("--filter: expected a regular expression, got " + in_quotes(arguments.filter) + ": " +
                     error.what());
  }
  return options;
}

int list_cases(PluginKind kind, const conformance::RunOptions& options, bool json, std::ostream& out) {
  std::vector<conformance::Case> chosen;
  for (const conformance::Case& one : conformance::cases_of(kind)) {
    if (!options.selects || options.selects(one.name)) chosen.push_back(one);
  }
  if (!json) conformance::print_cases(out, chosen);
  if (json) {
    for (const conformance::Case& one : chosen) conformance::print_case_as_json(out, one);
  }
  return 0;
}

/// One row for each key of a plugin's section, or of a task's options. `definition`: the name of its schema.
std::vector<std::vector<std::string>> rows_of(const HostSchema& host, const std::string& definition) {
  const KeyPlaces no_places;
  Diagnostics none("schema");
  const SchemaWalker walker(host.schema, no_places, none);
  const Config& section = host.schema.at("$defs").at(definition);
  const Config* required = section.find("required");
  const auto is_required = [&](const std::string& key) {
    if (!required) return false;
    const auto& keys = required->items();
    return std::any_of(keys.begin(), keys.end(), [&](const Config& item) { return item.as_string() == key; });
  };
  std::vector<std::vector<std::string>> rows{{"KEY", "VALUE", "DEFAULT", "PURPOSE"}};
  const Config* properties = section.find("properties");
  if (!properties) return rows;
  for (const auto& [key, reference] : properties->members()) {
    if (key == "plugin") continue;
    const Config& value = walker.resolve(reference);
    if (!value.is_object()) continue;
    const Config* fallback = value.find("default");
    rows.push_back({key, describe_expected(value),
                    is_required(key) ? "required"
                    : fallback       ? canonical_json(*fallback)
                                     : "none",
                    value.string_or("description", "")});
  }
  return rows;
}

bool is_file(const std::string& operand) { return operand.find('/') != std::string::npos || operand.ends_with(".so"); }

}  // namespace

int plugins_show(const Arguments& arguments, CommandContext& context) {
  const bool shows_file = is_file(arguments.operand);
  const PluginRegistry registry =
      shows_file ? PluginRegistry::of_file(arguments.operand)
                 : PluginRegistry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  const PluginScan scan(registry, shows_file ? std::string() : arguments.operand);
  const HostSchema schema = make_host_schema(scan);
  std::vector<std::string> names;
  for (const PluginNote& note : registry.notes()) names.push_back(note.name);
  if (!shows_file && std::find(names.begin(), names.end(), arguments.operand) == names.end()) {
    for (const std::string& problem : registry.problems()) context.err << problem << '\n';
    throw UsageError("plugins show: expected a FILE, or the NAME of an installed plugin, got " +
                     in_quotes(arguments.operand) + suggestion(arguments.operand, names));
  }
  for (const ScannedPlugin& plugin : scan.plugins()) {
    if (&plugin != &scan.plugins().front()) context.out << '\n';
    context.out << to_string(plugin.kind) << ' ' << in_quotes(plugin.name) << ", version " << plugin.version << '\n'
                << plugin.file << "\n\n";
    if (schema.broken.contains({plugin.kind, plugin.name})) continue;
    const auto rows = rows_of(schema, std::string(section_key(plugin.kind)) + "_" + plugin.name);
    if (rows.size() > 1)
      print_table(context.out, rows);
    else
      context.out << "It has no settings.\n";
    if (plugin.options_schema.empty()) continue;
    context.out << "\nA task may have options for it (\"sandbox\": {...}):\n";
    const auto options = rows_of(schema, options_definition(plugin.name));
    if (options.size() > 1)
      print_table(context.out, options);
    else
      context.out << "any key\n";
  }
  bool failed = !schema.broken.empty();
  for (const auto& [plugin, problem] : schema.broken) context.err << problem << '\n';
  for (std::size_t i = registry.problems().size(); i < scan.problems().size(); ++i) {
    context.err << scan.problems()[i] << '\n';
    failed = true;
  }
  return failed ? 1 : 0;
}

int plugins_list(const Arguments& arguments, CommandContext& context) {
  const PluginScan scan{PluginRegistry(default_plugin_search_path(arguments.plugin_folders, arguments.config))};
  std::vector<std::vector<std::string>> rows{{"KIND", "NAME", "VERSION", "FILE"}};
  for (const ScannedPlugin& plugin : scan.plugins()) {
    rows.push_back({to_string(plugin.kind), plugin.name, plugin.version, plugin.file});
  }
  print_table(context.out, rows);
  const HostSchema schema = make_host_schema(scan);
  for (const std::string& problem : scan.problems()) context.err << problem << '\n';
  for (const auto& [plugin, problem] : schema.broken) context.err << problem << '\n';
  return scan.problems().empty() && schema.broken.empty() ? 0 : 1;
}

int plugins_check(const Arguments& arguments, CommandContext& context) {
  const conformance::RunOptions options = read_options(arguments, context.random);
  const PluginFile file = try_plugin_file(arguments.operand);
  if (arguments.list) return list_cases(file.kind, options, arguments.json, context.out);

  const SectionCheck section_check(file);
  const ConfigDocument settings = read_settings(arguments.settings, file.name);
  section_check.check(settings.root, settings.keys);

  conformance::Subject subject;
  subject.kind = file.kind;
  subject.name = file.name;
  subject.version = file.version;
  subject.schema = read_json(file.schema, "schema");
  subject.section = settings.root;
  subject.server = arguments.server;
  if (!subject.server.empty() && !conformance::names_server(subject.section, subject.server)) {
    throw UsageError("--cut: expected the address of a server that a text in --config contains, got " +
                     in_quotes(subject.server));
  }
  subject.check_section = [&](const Config& section) { section_check.check(section); };
  subject.create = file.create;

  if (!arguments.json) {
    context.out << file.describe() << ", version " << file.version << "; seed " << options.seed << "\n\n" << std::flush;
  }
  const auto results = conformance::run_cases(subject, options, [&](const conformance::Result& result) {
    if (arguments.json) {
      conformance::print_result_as_json(context.out, result);
    } else {
      conformance::print_result(context.out, result);
    }
    context.out.flush();
  });
  if (results.empty())
    throw UsageError("--filter: expected an expression that selects a case, got " + in_quotes(arguments.filter));
  if (!arguments.json) {
    context.out << '\n';
    conformance::print_summary(context.out, results);
  }
  for (const conformance::Result& result : results) {
    if (!result.is_good()) return 1;
  }
  return 0;
}

}  // namespace tellina
