#include "host/server/running_environment.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/server/build_commit.hpp"
#include "host/text/json.hpp"
#include "host/text/sha256.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

std::string json_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ",") + value;
  return "[" + list + "]";
}

const char* abi_tag_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::channel_layer:
      return abi_tag<PluginKind::channel_layer>.data();
    case PluginKind::ordering_policy:
      return abi_tag<PluginKind::ordering_policy>.data();
    case PluginKind::sandbox:
      break;
  }
  return abi_tag<PluginKind::sandbox>.data();
}

/// Empty if the file cannot be read.
std::string digest_of_file(const std::string& file, std::size_t limit, Log& log) {
  try {
    return sha256(read_file(file, limit));
  } catch (const Error& error) {
    log.warning("the record does not identify a plugin: " + std::string(error.what()));
    return {};
  }
}

/// The members in alphabetical order.
std::string describe_plugin(const ServerParts& parts, PluginKind kind, const std::string& name) {
  const InstalledPlugin plugin = parts.registry.find_installed(kind, name);
  return JsonObject()
      .add("abi_tag", abi_tag_of(kind))
      .add("file_sha256", digest_of_file(plugin.file, limits::plugin_file, parts.system.log))
      .add("kind", to_string(kind))
      .add("name", name)
      .add("version", plugin.version)
      .text();
}

std::string describe_limits(const Capabilities& found) {
  std::vector<std::string> limits;
  for (const LimitReport& limit : found.limits) {
    limits.push_back(JsonObject().add("enforced", limit.enforced).add("how", limit.how).add("name", limit.name).text());
  }
  return json_list(limits);
}

std::string processor_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2) + ", ";
  }
  return {};
}

/// "x86_64, AMD EPYC, 2 processors, 24 GiB".
std::string describe_machine(const utsname& system) {
  constexpr long long gibibyte = 1LL << 30;
  const long long bytes = static_cast<long long>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  return std::string(system.machine) + ", " + processor_model() + std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) +
         " processors, " + std::to_string((bytes + gibibyte / 2) / gibibyte) + " GiB";
}

/// What a plugin says of its files, within its limit.
std::string identity_of(const std::string& text) {
  return is_printable(text) ? text.substr(0, limits::root_digest) : std::string();
}

ConfigRecord describe_config(const HostConfig& config, Log& log) {
  ConfigRecord record;
  record.canonical_json = config.recorded->copies.canonical_json;
  record.source_name = std::filesystem::path(config.file).filename().string();
  record.source_text = config.recorded->copies.source_text;
  for (const auto& [name, path] : config.recorded->files) {
    try {
      Bytes content = read_file(path, limits::archive_file);
      RecordedFile file;
      file.name = name;
      file.sha256 = sha256(content);
      file.size = content.size();
      if (content.size() <= limits::recorded_file) file.content = std::move(content);
      record.files.push_back(std::move(file));
    } catch (const Error& error) {
      log.warning("the record of the configuration lacks a file: " + std::string(error.what()));
    }
  }
  return record;
}

}  // namespace

EnvironmentRecord describe_environment(const ServerParts& parts, const HostConfig& config, const Capabilities& found) {
  utsname system{};
  uname(&system);
  EnvironmentRecord record;
  record.program_version = TELLINA_VERSION;
  record.program_commit = build_commit();
  record.plugins = json_list({describe_plugin(parts, PluginKind::channel_layer, parts.config.channel_layer.name),
                              describe_plugin(parts, PluginKind::ordering_policy, parts.config.ordering.name),
                              describe_plugin(parts, PluginKind::sandbox, parts.config.sandbox.name)});
  record.root_digest = identity_of(found.root_digest);
  std::vector<std::string> images;
  for (const std::string& digest : found.image_digests) images.push_back(json_string(identity_of(digest)));
  std::sort(images.begin(), images.end());
  record.image_digests = json_list(images);
  record.kernel = std::string(system.sysname) + " " + system.release;
  record.machine = describe_machine(system);
  record.limits = describe_limits(found);
  record.config = describe_config(config, parts.system.log);
  return record;
}

}  // namespace tellina
