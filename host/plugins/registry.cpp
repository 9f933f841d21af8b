#include "host/plugins/registry.hpp"

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

#include "host/plugins/guard.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

namespace fs = std::filesystem;

auto order_of(const PluginNote& plugin) { return std::tie(plugin.kind, plugin.name); }

std::string with_article(PluginKind kind) {
  return (kind == PluginKind::ordering_policy ? "an " : "a ") + std::string(to_string(kind));
}

std::string duplicate_message(const PluginNote& one, const PluginNote& other) {
  return "two plugins are the " + std::string(to_string(one.kind)) + " \"" + one.name + "\": " + one.file + " and " +
         other.file + "; expected one";
}

}  // namespace

PluginRegistry::PluginRegistry(const std::vector<fs::path>& folders, std::string program)
    : m_program(std::move(program)) {
  std::vector<fs::path> read;
  for (const fs::path& folder : folders) {
    std::error_code ignored;
    const fs::path real = fs::weakly_canonical(folder, ignored);
    if (std::find(read.begin(), read.end(), real) != read.end()) continue;
    read.push_back(real);
    m_folders.push_back(folder.string());
    read_folder(folder);
  }
  std::stable_sort(m_notes.begin(), m_notes.end(),
                   [](const PluginNote& a, const PluginNote& b) { return order_of(a) < order_of(b); });
  find_duplicates();
}

void PluginRegistry::read_folder(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  std::vector<fs::path> files;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (entries->path().extension() == ".so") files.push_back(entries->path());
  }
  if (error) {
    m_problems.push_back(folder.string() +
                         ": expected a folder of plugins, found none that can be read: " + error.message());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    try {
      m_notes.push_back(read_plugin_note(file));
    } catch (const Error& problem) {
      m_problems.emplace_back(problem.what());
    }
  }
}

void PluginRegistry::find_duplicates() {
  for (std::size_t i = 1; i < m_notes.size(); ++i) {
    if (order_of(m_notes[i - 1]) == order_of(m_notes[i])) {
      m_problems.push_back(duplicate_message(m_notes[i - 1], m_notes[i]));
    }
  }
}

std::vector<std::string> PluginRegistry::names(PluginKind kind) const {
  std::vector<std::string> found;
  for (const PluginNote& plugin : m_notes) {
    if (plugin.kind == kind && (found.empty() || found.back() != plugin.name)) found.push_back(plugin.name);
  }
  return found;
}

std::string PluginRegistry::schema(PluginKind kind, const std::string& name) const { return open(kind, name).schema; }

std::string PluginRegistry::options_schema(const std::string& name) const {
  return open(PluginKind::sandbox, name).options_schema;
}

InstalledPlugin PluginRegistry::find_installed(PluginKind kind, const std::string& name) const {
  const PluginFile& opened = open(kind, name);
  InstalledPlugin plugin;
  plugin.version = opened.version;
  plugin.file = opened.file;
  return plugin;
}

const PluginFile& PluginRegistry::open(PluginKind kind, const std::string& name) const {
  const PluginNote& note = find(kind, name);
  std::lock_guard lock(m_mutex);
  for (const PluginFile& opened : m_opened) {
    if (opened.file == note.file) return opened;
  }
  return m_opened.emplace_back(try_plugin_file(note.file, m_program));
}

const PluginNote& PluginRegistry::find(PluginKind kind, const std::string& name) const {
  const auto wanted = std::tie(kind, name);
  const auto first = std::find_if(m_notes.begin(), m_notes.end(),
                                  [&](const PluginNote& plugin) { return order_of(plugin) == wanted; });
  if (first == m_notes.end()) fail_to_find(kind, name);
  const auto second = std::next(first);
  if (second != m_notes.end() && order_of(*second) == wanted) {
    throw Error(ErrorCode::bad_config, duplicate_message(*first, *second));
  }
  return *first;
}

void PluginRegistry::fail_to_find(PluginKind kind, const std::string& name) const {
  for (const PluginNote& plugin : m_notes) {
    if (plugin.name == name) {
      throw Error(ErrorCode::not_found, plugin.file + ": expected " + with_article(kind) + " named \"" + name +
                                            "\", found " + with_article(plugin.kind) + " of that name");
    }
  }
  std::string message = "no " + std::string(to_string(kind)) + " is named " + in_quotes(name) +
                        suggestion(name, names(kind)) + " (searched " +
                        (m_folders.empty() ? "no folder" : joined(m_folders, "and")) + ")";
  for (const std::string& problem : m_problems) message += "\n" + problem;
  throw Error(ErrorCode::not_found, message);
}

std::unique_ptr<Plugin> PluginRegistry::make_any(const PluginFile& file, const PluginContext& context) const {
  std::unique_ptr<Plugin> plugin;
  try {
    plugin = guard_plugin_call(file.describe(), [&] { return file.create(context); });
  } catch (const ConfigError&) {
    throw;
  } catch (const Error& error) {
    const std::string what = error.what();
    const bool named = what.starts_with(file.describe());
    throw Error(error.code(), named ? what : file.describe() + ": " + what, error.hint());
  }
  if (!plugin)
    throw Error(ErrorCode::internal, file.describe() + ": expected a plugin from its constructor, found none");
  return plugin;
}

void PluginRegistry::refuse_wrong_class(const PluginFile& file) {
  throw Error(ErrorCode::internal, file.describe() + ": expected its constructor to make " + with_article(file.kind) +
                                       ", found an object of another class");
}

}  // namespace tellina
