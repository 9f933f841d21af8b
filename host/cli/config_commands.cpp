#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "host/cli/commands.hpp"
#include "host/config/config_text.hpp"
#include "host/config/guessable_answer.hpp"
#include "host/config/host_schema.hpp"
#include "host/config/load_host_config.hpp"
#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/plugins/apart.hpp"
#include "host/plugins/guard.hpp"
#include "host/plugins/layer_probe.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/scan.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/certificate.hpp"
#include "host/text/message_parts.hpp"

namespace tellina {
namespace {

/// Creates the configured plugins, because only a plugin's constructor knows everything that its section may contain.
void make_plugins(const PluginRegistry& registry, const HostConfig& config, CommandContext& context) {
  const auto context_for = [&](const PluginChoice& choice) {
    return PluginContext(choice.section, context.log, context.clock, context.random);
  };
  const PluginContext channel_layer = context_for(config.channel_layer);
  const PluginContext ordering = context_for(config.ordering);
  const PluginContext sandbox = context_for(config.sandbox);
  const auto layer = registry.make_channel_layer(config.channel_layer.name, channel_layer);
  registry.make_ordering_policy(config.ordering.name, ordering);
  registry.make_sandbox_backend(config.sandbox.name, sandbox);
  // A configuration can be good although its server does not run at the moment.
  const std::string problem = why_layer_is_unusable(config.channel_layer.name, *layer);
  if (!problem.empty()) context.err << "warning: " << config.file << ": channel_layer: " << problem << '\n';
}

/// Layers that several processes can share. A layer that cannot be created without a section is included, because
/// nothing shows that it is limited to one process. The configuration does not name them, so each is opened in a child
/// process.
std::vector<std::string> shared_layers(const PluginRegistry& registry, CommandContext& context) {
  std::vector<std::string> names;
  for (const PluginNote& note : registry.notes()) {
    if (note.kind != PluginKind::channel_layer) continue;
    const PluginContext plugin_context(Config(), context.log, context.clock, context.random);
    std::string reach;
    try {
      reach = run_apart(note.file, [&] {
        return registry.make_channel_layer(note.name, plugin_context)->is_process_local() ? "one process" : "several";
      });
    } catch (const Error&) {
    }
    if (reach != "one process") names.push_back(note.name);
  }
  return names;
}

[[noreturn]] void fail_to_write(const std::string& name, int error) {
  throw Error(ErrorCode::unavailable, "cannot write " + name + ": " + std::generic_category().message(error));
}

/// Creates the file `name` with the owner and the permissions of `model`, because both contain the same access codes.
void write_like(const std::string& model, const std::string& name, const std::string& text) {
  struct stat status {};
  if (::stat(model.c_str(), &status) != 0) fail_to_write(name, errno);
  const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0 && errno == EEXIST)
    throw UsageError("config convert: expected a new file, got " + in_quotes(name) + ", which exists");
  if (file < 0) fail_to_write(name, errno);
  int error = 0;
  // Only root can give files away. If the owner of the new file differs, its group may differ too, so the group gets no
  // access.
  const bool has_owner = ::fchown(file, status.st_uid, status.st_gid) == 0;
  if (::fchmod(file, status.st_mode & (has_owner ? S_IRWXU | S_IRWXG | S_IRWXO : S_IRWXU | S_IRWXO)) != 0)
    error = errno;
  for (std::size_t written = 0; error == 0 && written < text.size();) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) error = errno;
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0) return;
  ::unlink(name.c_str());
  fail_to_write(name, error);
}

}  // namespace

/// Checked by this command and not with the configuration, because workers and other commands do not need the
/// certificate.
void check_certificate(const HostConfig& config, CommandContext& context) {
  const ServerConfig& server = config.server;
  try {
    check_dates(load_certificate(server.certificate, server.key), server.certificate);
    if (const std::string exposure = find_exposure(server.key); !exposure.empty()) {
      context.err << "warning: " << config.file << ": server.key: " << exposure << '\n';
    }
  } catch (const CertificateError& error) {
    throw ConfigError(config.file + ": server." + (error.is_about_key() ? "key" : "certificate") + ": " + error.what());
  }
}

int config_check(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  for (const std::string& problem : registry.problems()) context.err << "warning: " << problem << '\n';
  const HostConfig config = load_host_config(arguments.config, registry);
  make_plugins(registry, config, context);
  if (config.server.has_tls()) check_certificate(config, context);
  for (const std::string& line : config.warnings) context.err << "warning: " << line << '\n';
  for (const std::string& line : guessable_answers(*config.study)) context.err << "warning: " << line << '\n';
  context.out << arguments.config
              << ": good: " << counted(static_cast<std::int64_t>(config.study->tasks.size()), "task") << ", "
              << counted(static_cast<std::int64_t>(config.access_codes.size()), "access code") << '\n';
  return 0;
}

int sandbox_prepare(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  for (const std::string& problem : registry.problems()) context.err << "warning: " << problem << '\n';
  const HostConfig config = load_host_config(arguments.config, registry);
  const PluginContext plugin_context(config.sandbox.section, context.log, context.clock, context.random);
  const std::unique_ptr<SandboxBackend> sandboxes = registry.make_sandbox_backend(config.sandbox.name, plugin_context);
  if (auto* const preparation = dynamic_cast<SandboxPreparation*>(sandboxes.get())) {
    guard_plugin_call("sandbox " + in_quotes(config.sandbox.name), [&] { preparation->prepare(); });
  }
  return 0;
}

int config_schema(const Arguments& arguments, CommandContext& context) {
  const PluginScan scan{PluginRegistry(default_plugin_search_path(arguments.plugin_folders, arguments.config))};
  for (const std::string& problem : scan.problems()) context.err << "warning: " << problem << '\n';
  context.out << full_schema(scan);
  return 0;
}

int config_convert(const Arguments& arguments, CommandContext& context) {
  const std::string& from = arguments.operand;
  const std::string& to = arguments.second_operand;
  if (form_of(from) == form_of(to)) {
    throw UsageError(std::string("config convert: expected a JSON and a YAML file (named *.yaml or *.yml), got two ") +
                     (form_of(to) == ConfigForm::yaml ? "YAML" : "JSON") + " files");
  }
  const ConvertedConfig converted = convert_config(read_file(from, limits::config_file), from, to);
  write_like(from, to, converted.text);
  if (converted.lost_comments > 0) {
    context.err << "warning: " << to << " lacks "
                << (converted.lost_comments == 1
                        ? "the comment"
                        : "the " + counted(static_cast<std::int64_t>(converted.lost_comments), "comment"))
                << " of " << from << ": JSON has none\n";
  }
  const auto folder = [](const std::string& file) { return std::filesystem::absolute(file).parent_path(); };
  if (folder(from).lexically_normal() != folder(to).lexically_normal()) {
    context.err << "warning: relative paths in " << to << " are relative to its own folder, no longer to that of "
                << from << '\n';
  }
  return 0;
}

void check_role(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  const HostConfig config = load_host_config(arguments.config, registry);
  const PluginContext plugin_context(config.channel_layer.section, context.log, context.clock, context.random);
  if (!registry.make_channel_layer(config.channel_layer.name, plugin_context)->is_process_local()) return;
  const std::vector<std::string> others = shared_layers(registry, context);
  throw ConfigError(
      arguments.config + ": channel_layer.plugin: expected a channel layer that several processes share (" +
      (others.empty() ? "none is installed" : listed(others, "or")) + "), got " + in_quotes(config.channel_layer.name) +
      ", which works within one process only; `tellina run` runs all roles in one process");
}

}  // namespace tellina
