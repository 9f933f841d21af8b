#include "plugins/sandbox_docker/settings.hpp"

#include <unistd.h>

#include <cstdlib>

namespace tellina::docker_sandbox {
namespace {

constexpr const char* why_unix =
    ": the engine must run on this machine, because terminals are passed through a socket; remove \"socket\" and "
    "unset DOCKER_HOST for the engine's usual socket";

/// The path of a unix:// address; empty for other addresses.
std::string path_of(const std::string& address) {
  constexpr std::string_view scheme = "unix://";
  const std::string path = address.starts_with(scheme) ? address.substr(scheme.size()) : "";
  return path.starts_with('/') ? path : "";
}

std::string find_socket(const Config& config) {
  if (const Config* given = config.find("socket")) {
    const std::string& text = given->as_string();
    if (text.find("://") == std::string::npos) return resolve_path(*given, text);
    const std::string path = path_of(text);
    if (path.empty()) given->fail("expected a path or unix://PATH, got \"" + text + "\"" + why_unix);
    return path;
  }
  const char* const host = std::getenv("DOCKER_HOST");
  if (host == nullptr || *host == '\0') return "/var/run/docker.sock";
  const std::string path = path_of(host);
  if (path.empty()) {
    throw ConfigError(config.place() + ": DOCKER_HOST: expected unix://PATH, got \"" + host + "\"" + why_unix);
  }
  return path;
}

std::string find_run_folder(const Config& config) {
  if (const Config* given = config.find("run_folder")) return resolve_path(*given, given->as_string());
  if (geteuid() == 0) return "/run/tellina";
  const char* const folder = std::getenv("XDG_RUNTIME_DIR");
  if (folder != nullptr && *folder == '/') return std::string(folder) + "/tellina";
  return "/tmp/tellina-" + std::to_string(geteuid());
}

}  // namespace

Settings::Settings(const Config& config) : CommonSettings(config) {
  socket = find_socket(config);
  image = config.string_or("image", "tellina");
  if (!packages.empty()) {
    if (const Config* const given = config.find("image")) {
      given->fail("expected no image together with packages, which need their own image, got \"" + image + "\"");
    }
    std::string names;
    for (const std::string& package : packages) names += package + " ";
    image = "tellina:packages-" + digest(names);
  }
  image_maker = find_prefix() / "share/tellina/docker_image/make_image";
  study = config.file().empty() ? "none" : std::string(std::filesystem::absolute(config.file()));
  run_folder = find_run_folder(config) + "/" + digest(study + "\n" + socket);
}

Settings Settings::for_task(const Config& options) const {
  Settings settings = *this;
  settings.replace_with(options);
  if (!options.is_null()) settings.image = options.string_or("image", image);
  return settings;
}

}  // namespace tellina::docker_sandbox
