#include "host/plugins/plugin_file.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <boost/json/parse.hpp>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <system_error>
#include <vector>

#include "host/limits.hpp"
#include "host/plugins/apart.hpp"
#include "host/plugins/plugin_note.hpp"
#include "host/text/message_parts.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace dll = boost::dll;

[[noreturn]] void refuse(const std::string& file, const std::string& why, ErrorCode code = ErrorCode::bad_config) {
  throw Error(code, file + ": " + why);
}

dll::shared_library open_library(const std::filesystem::path& file) {
  std::error_code error;
  dll::shared_library library;
  library.load(std::filesystem::absolute(file), error, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  if (error) {
    const char* reason = dlerror();
    refuse(file.string(), std::string("expected a shared object, found one that cannot be loaded: ") +
                              (reason ? reason : error.message()));
  }
  return library;
}

/// A plugin's exceptions, threads and objects may outlive every user of the plugin, so its library is never closed.
void keep_until_exit(dll::shared_library library) {
  static std::mutex mutex;
  static auto* const libraries = new std::vector<dll::shared_library>;
  std::lock_guard lock(mutex);
  libraries->push_back(std::move(library));
}

bool is_name(std::string_view text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (text.empty() || text.size() > limits::plugin_name || !is_lower(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_version(std::string_view text) {
  int parts = 1;
  bool digit_before = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c != '.' || !digit_before)) return false;
    if (!digit) ++parts;
    digit_before = digit;
  }
  return parts == 3 && digit_before;
}

std::string quoted_or_none(const char* text) { return text ? in_quotes(text) : "none"; }

void check_schema(const std::string& file, const char* schema, const std::string& what) {
  if (!schema) refuse(file, "expected " + what + ", found none");
  boost::system::error_code error;
  const auto value = boost::json::parse(schema, error);
  if (error) refuse(file, "expected " + what + " in JSON, found text that is not JSON: " + error.message());
  if (!value.is_object()) refuse(file, "expected " + what + " that is a JSON object, found another JSON value");
}

/// The members of the first version that had `size`.
constexpr std::size_t least_size = offsetof(PluginDescriptor, size) + sizeof(PluginDescriptor::size);

/// Null if there is none, or if the plugin was built before there were any.
const char* options_schema_of(const PluginDescriptor& plugin) {
  constexpr std::size_t needed = offsetof(PluginDescriptor, options_schema) + sizeof(PluginDescriptor::options_schema);
  return plugin.size >= needed ? plugin.options_schema : nullptr;
}

void check_descriptor(const std::string& file, const PluginNote& note, const PluginDescriptor& plugin) {
  check_abi_tag(file, plugin.abi_tag ? plugin.abi_tag : "");
  if (plugin.size < least_size) {
    refuse(file, "expected a descriptor of at least " + std::to_string(least_size) + " bytes, found one of " +
                     std::to_string(plugin.size));
  }
  if (plugin.kind != PluginKind::channel_layer && plugin.kind != PluginKind::ordering_policy &&
      plugin.kind != PluginKind::sandbox) {
    refuse(file, "expected a channel layer, an ordering policy or a sandbox, found a plugin of kind number " +
                     std::to_string(static_cast<int>(plugin.kind)));
  }
  if (!plugin.name || !is_name(plugin.name)) {
    refuse(file, "expected a name of 1 to 64 lower-case letters, digits and '_' that starts with a letter, found " +
                     quoted_or_none(plugin.name));
  }
  if (plugin.kind != note.kind || plugin.name != note.name) {
    refuse(file, std::string("expected the kind and the name that the file has in its sections (") +
                     to_string(note.kind) + " " + in_quotes(note.name) + "), found a descriptor of the " +
                     to_string(plugin.kind) + " " + in_quotes(plugin.name));
  }
  if (!plugin.version || !is_version(plugin.version)) {
    refuse(file, "expected a version MAJOR.MINOR.PATCH, found " + quoted_or_none(plugin.version));
  }
  check_schema(file, plugin.config_schema, "a config schema");
  if (const char* const options = options_schema_of(plugin)) {
    if (plugin.kind != PluginKind::sandbox) {
      refuse(file, std::string("expected no schema of options, which only sandboxes have, found one of the ") +
                       to_string(plugin.kind) + " " + in_quotes(plugin.name));
    }
    check_schema(file, options, "a schema of options");
  }
  if (!plugin.create) refuse(file, "expected a function that creates the plugin, found none");
}

}  // namespace

PluginFile::PluginFile(const PluginDescriptor& descriptor, std::string file_)
    : kind(descriptor.kind),
      name(descriptor.name),
      version(descriptor.version),
      file(std::move(file_)),
      schema(descriptor.config_schema),
      options_schema(options_schema_of(descriptor) ? options_schema_of(descriptor) : ""),
      create(descriptor.create) {}

std::string PluginFile::describe() const { return std::string(to_string(kind)) + " \"" + name + "\" (" + file + ")"; }

PluginFile open_plugin_file(const std::filesystem::path& file) {
  const PluginNote note = read_plugin_note(file);
  dll::shared_library library = open_library(file);
  if (!library.has("tellina_plugin")) {
    refuse(file.string(), "expected a plugin (the symbol tellina_plugin), found a shared object without it");
  }
  const auto& descriptor = library.get<const PluginDescriptor>("tellina_plugin");
  check_descriptor(file.string(), note, descriptor);
  PluginFile plugin(descriptor, file.string());
  keep_until_exit(std::move(library));
  return plugin;
}

PluginFile try_plugin_file(const std::filesystem::path& file, const std::string& program) {
  if (can_run_apart()) {
    run_apart(file.string(), [&] { return open_plugin_file(file).file; });
  } else if (!program.empty()) {
    show_apart(program, file.string());
  }
  return open_plugin_file(file);
}

}  // namespace tellina
