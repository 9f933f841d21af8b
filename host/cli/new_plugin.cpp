/// Implements `tellina plugins new`: writes a folder with the sources of a plugin, copied from share/tellina/template/.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/cli/commands.hpp"
#include "host/limits.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

namespace fs = std::filesystem;

/// The placeholder for the plugin's name in a template's files.
constexpr std::string_view placeholder = "YOUR_NAME";

struct Template {
  PluginKind plugin_kind;
  const char* kind;      ///< also the name of its folder
  const char* noun;      ///< with its article
  const char* prefix;    ///< of the shared object
  const char* section;   ///< of config.json
  const char* settings;  ///< the section's required members besides the plugin's name, as a JSON object
};
const Template templates[] = {
    {PluginKind::sandbox, "sandbox", "a sandbox", "sandbox_", "sandbox", R"({"i_know_this_is_not_isolated": true})"},
    {PluginKind::ordering_policy, "ordering_policy", "an ordering policy", "ordering_", "ordering", "{}"},
    {PluginKind::channel_layer, "channel_layer", "a channel layer", "channel_", "channel_layer", "{}"},
};

const Template& find_template(const std::string& kind) {
  std::vector<std::string> kinds;
  for (const Template& known : templates) {
    if (kind == known.kind) return known;
    kinds.emplace_back(known.kind);
  }
  throw UsageError("plugins new: expected --kind " + joined(kinds, "or") + ", got " +
                   (kind.empty() ? "none" : in_quotes(kind) + suggestion(kind, kinds)));
}

/// Throws UsageError unless the name fits a configuration, a file name and a C++ namespace.
void check_name(const std::string& name) {
  const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.size() > limits::new_plugin_name || !std::all_of(name.begin(), name.end(), is_allowed) || name[0] < 'a') {
    throw UsageError("plugins new: expected a NAME of at most " + std::to_string(limits::new_plugin_name) +
                     " lower-case letters, digits and \"_\" that begins with a letter, got " + in_quotes(name));
  }
}

/// A study could not choose between two plugins with the same name.
void check_not_installed(const std::string& name, PluginKind kind) {
  const PluginRegistry registry(default_plugin_search_path({}));
  for (const PluginNote& plugin : registry.notes()) {
    if (plugin.kind == kind && plugin.name == name) {
      throw UsageError("plugins new: expected a NAME that no installed plugin has, got " + in_quotes(name) +
                       ": it is the name of " + plugin.file);
    }
  }
}

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw Error(ErrorCode::not_found, file.string() + ": cannot be read");
  return text.str();
}

std::string replaced(std::string text, const std::string& name) {
  for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += name.size()) {
    text.replace(at, placeholder.size(), name);
  }
  return text;
}

void copy(const fs::path& from, const fs::path& to, const std::string& name) {
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path target = to / entry.path().filename();
    std::ofstream file(target, std::ios::binary);
    file << replaced(read(entry.path()), name);
    file.close();
    if (!file) throw Error(ErrorCode::unavailable, target.string() + ": cannot be written");
  }
}

void print_next(std::ostream& out, const Template& chosen, const std::string& name, const std::string& folder,
                const fs::path& prefix) {
  const std::string build = folder + "/build";
  const std::string settings = chosen.settings;
  const std::string check = settings == "{}" ? "" : " --config '" + settings + "'";
  const std::string members = settings == "{}" ? "" : ", " + settings.substr(1, settings.size() - 2);
  out << "wrote " << folder << "/, " << chosen.noun
      << " that works. Begin with plugin.cpp. Build and check the plugin:\n\n"
      << "  cmake -S " << folder << " -B " << build << " -D CMAKE_PREFIX_PATH=" << prefix.string() << "\n"
      << "  cmake --build " << build << "\n"
      << "  tellina plugins check " << build << "/" << chosen.prefix << name << ".so" << check << "\n\n"
      << "Then run it, with \"" << chosen.section << "\": {\"plugin\": \"" << name << "\"" << members
      << "} in config.json:\n\n"
      << "  tellina run --plugin-dir " << build << "\n";
  if (!fs::exists(prefix / "lib/cmake/tellina/tellinaConfig.cmake")) {
    out << "\nThis program is not installed: `cmake --install " << prefix.string()
        << " --prefix FOLDER` installs it; then use FOLDER as the CMAKE_PREFIX_PATH.\n";
  }
}

}  // namespace

int plugins_new(const Arguments& arguments, CommandContext& context) {
  const std::string& name = arguments.operand;
  check_name(name);
  const Template& chosen = find_template(arguments.kind);
  check_not_installed(name, chosen.plugin_kind);
  const std::string folder = arguments.directory.empty() ? name : arguments.directory;
  if (fs::exists(fs::symlink_status(folder))) {
    throw UsageError("plugins new: expected a folder that does not exist yet, got " + in_quotes(folder) +
                     "; choose another with --directory");
  }
  const fs::path prefix = program_folder().parent_path();
  const fs::path from = prefix / "share/tellina/template" / chosen.kind;
  if (!fs::is_directory(from)) {
    throw Error(ErrorCode::not_found, from.string() + ": expected the template, found nothing",
                "build or install all of tellina, which includes the templates");
  }
  copy(from, folder, name);
  print_next(context.out, chosen, name, folder, prefix);
  return 0;
}

}  // namespace tellina
