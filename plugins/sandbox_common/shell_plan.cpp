#include "plugins/sandbox_common/shell_plan.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tellina::sandbox_common {
namespace {

constexpr const char* home = "/home/me";

std::string absolute_directory(const std::string& directory) {
  if (directory == "~") return home;
  if (directory.starts_with("~/")) return home + directory.substr(1);
  if (directory.starts_with("/")) return directory;
  throw Error(ErrorCode::bad_config,
              "working_directory: expected \"~\", \"~/PATH\" or an absolute path, got \"" + directory + "\"");
}

std::vector<std::string> make_environment(const std::map<std::string, std::string>& added,
                                          const std::string& timezone) {
  std::map<std::string, std::string> variables = {
      {"HOME", "/home/me"},       {"USER", "me"},
      {"LOGNAME", "me"},          {"SHELL", "/bin/bash"},
      {"TERM", "xterm-256color"}, {"COLORTERM", "truecolor"},
      {"LANG", "C.UTF-8"},        {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/games"},
      {"LESSHISTFILE", "-"},  // less would keep ~/.lesshst in the home
  };
  for (const auto& [name, value] : added) {
    if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string::npos ||
        value.find('\0') != std::string::npos) {
      throw Error(ErrorCode::bad_request, "environment: expected a name without \"=\" and NUL, got \"" + name + "\"");
    }
    variables[name] = value;
  }
  if (!timezone.empty()) variables["TZ"] = timezone;
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

}  // namespace

ShellPlan::ShellPlan(const SandboxSpec& spec, const CommonSettings& settings)
    : working_directory(absolute_directory(spec.working_directory)),
      arguments{"/bin/bash", "--rcfile", "/etc/tellina/bashrc"},
      environment(make_environment(spec.environment, settings.timezone)),
      processors(static_cast<std::uint32_t>(std::ceil(settings.cpu))) {}

ShellPlan::ShellPlan(const RunSpec& spec, const CommonSettings& settings)
    : working_directory(absolute_directory(spec.working_directory)),
      arguments(spec.arguments),
      environment(make_environment(spec.environment, settings.timezone)),
      processors(static_cast<std::uint32_t>(std::ceil(settings.cpu))) {
  if (arguments.empty() || arguments.front().empty()) {
    throw Error(ErrorCode::bad_request, "arguments: expected a program, got none");
  }
  for (const std::string& argument : arguments) {
    if (argument.find('\0') == std::string::npos) continue;
    throw Error(ErrorCode::bad_request, "arguments: expected text without NUL, got \"" + argument + "\"");
  }
}

std::string probe_directory(const std::string& configured) {
  const std::string directory = std::filesystem::path(absolute_directory(configured)).lexically_normal().string();
  const bool is_in_home = directory == home || directory.starts_with(std::string(home) + "/");
  return is_in_home ? "~" : directory;
}

void check_name(const std::string& name, const char* what) {
  const auto is_allowed = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), is_allowed)) {
    throw Error(ErrorCode::bad_request,
                std::string(what) + ": expected 1 to 64 letters, digits and \"-\", got \"" + name + "\"");
  }
}

}  // namespace tellina::sandbox_common
