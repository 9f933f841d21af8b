/// Implements `tellina plugins list`, and `tellina plugins check`, which runs the conformance kit on a plugin that it
/// loads as the server does.

#include <stdexcept>

#include "host/cli/commands.hpp"
#include "host/config/host_schema.hpp"
#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/pattern.hpp"
#include "host/config/schema_walker.hpp"
#include "host/plugins/plugin_file.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/table.hpp"
#include "tellina/conformance/report.hpp"

namespace tellina {
namespace {

/// Lists the checked plugin as the only installed one.
class OnlyPlugin final : public PluginSchemas {
 public:
  explicit OnlyPlugin(const PluginFile& file) : m_file(file) {}
  std::vector<InstalledPlugin> installed(PluginKind kind) const override {
    if (kind != m_file.kind) return {};
    return {InstalledPlugin(m_file.name, m_file.schema)};
  }

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

}  // namespace

int plugins_list(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders));
  std::vector<std::vector<std::string>> rows{{"KIND", "NAME", "VERSION", "FILE"}};
  for (const PluginFile& plugin : registry.plugins()) {
    rows.push_back({to_string(plugin.kind), plugin.name, plugin.version, plugin.file});
  }
  print_table(context.out, rows);
  const HostSchema schema = make_host_schema(registry);
  for (const std::string& problem : registry.problems()) context.err << problem << '\n';
  for (const auto& [plugin, problem] : schema.broken) context.err << problem << '\n';
  return registry.problems().empty() && schema.broken.empty() ? 0 : 1;
}

int plugins_check(const Arguments& arguments, CommandContext& context) {
  const conformance::RunOptions options = read_options(arguments, context.random);
  const PluginFile file = open_plugin_file(arguments.operand);
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
