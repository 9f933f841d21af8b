#include "plugins/sandbox_common/settings.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "plugins/sandbox_common/deadline.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"
#include "tellina/text.hpp"

namespace tellina::sandbox_common {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

/// The schema has ruled out negative numbers.
std::uint64_t unsigned_value(const Config& value) { return static_cast<std::uint64_t>(value.as_integer()); }

}  // namespace

std::filesystem::path find_prefix() {
  static const char in_this_plugin = 0;
  Dl_info info;
  if (dladdr(&in_this_plugin, &info) == 0 || info.dli_fname == nullptr) return ".";
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::weakly_canonical(info.dli_fname, ignored);
  return file.parent_path().parent_path().parent_path().parent_path();
}

std::string resolve_path(const Config& value, const std::string& path) {
  return std::filesystem::absolute(std::filesystem::path(value.file()).parent_path() / path);
}

std::string describe_terminals() {
  std::string text = std::to_string(init_protocol::terminals);
  return text.append(" per session (devpts max)");
}

std::string in_mebibytes(std::uint64_t bytes) { return std::to_string(bytes / mebibyte) + " MiB"; }

std::string in_cores(double cpu) {
  std::string cores = std::to_string(cpu);
  cores.erase(cores.find_last_not_of('0') + 1);
  if (cores.ends_with('.')) cores.pop_back();
  return cores + " cores";
}

std::string digest(const std::string& text) { return hexadecimal(Fnv1a().add(text).value(), 16); }

void run_bundled_script(const std::string& script, const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment) {
  std::vector<std::string> words = {script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argument_pointers, variables;
  for (std::string& word : words) argument_pointers.push_back(word.data());
  std::vector<std::string> added = environment;
  for (std::string& variable : added) variables.push_back(variable.data());
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('=') + 1);
    const bool is_replaced = std::any_of(environment.begin(), environment.end(),
                                         [&](const std::string& other) { return other.starts_with(name); });
    if (!is_replaced) variables.push_back(*variable);
  }
  argument_pointers.push_back(nullptr);
  variables.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t process = -1;
  const int error =
      posix_spawn(&process, script.c_str(), &actions, nullptr, argument_pointers.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw system_error(script, error, {}, "build or install all of tellina, which includes this script");
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  if (status != 0) throw Error(ErrorCode::unavailable, script + " failed; its messages are above");
}

void require_timezone(const CommonSettings& settings, const std::string& zoneinfo) {
  std::error_code ignored;
  if (settings.timezone.empty() || !std::filesystem::is_directory(zoneinfo, ignored)) return;
  if (std::filesystem::is_regular_file(zoneinfo + "/" + settings.timezone, ignored)) return;
  throw Error(ErrorCode::bad_config,
              "sandbox.timezone: expected the name of a time zone, such as \"Europe/Berlin\", got \"" +
                  settings.timezone + "\"",
              "`timedatectl list-timezones` lists them");
}

std::string describe_memory(std::uint64_t memory_in_bytes) {
  struct sysinfo machine;
  std::uint64_t total = memory_in_bytes;
  if (sysinfo(&machine) == 0) total = std::min<std::uint64_t>(total, machine.totalram * machine.mem_unit);
  total /= 1024;
  std::string text;
  // The fields that free, top, htop and vmstat need.
  const auto add = [&](const char* name, std::uint64_t kibibytes) {
    char line[64];
    std::snprintf(line, sizeof line, "%-15s %8llu kB\n", name, static_cast<unsigned long long>(kibibytes));
    text += line;
  };
  for (const char* name : {"MemTotal:", "MemFree:", "MemAvailable:"}) add(name, total);
  for (const char* name : {"Buffers:", "Cached:", "SwapCached:", "Active:", "Inactive:", "SwapTotal:", "SwapFree:",
                           "Dirty:", "Mapped:", "Shmem:", "Slab:", "SReclaimable:", "SUnreclaim:"}) {
    add(name, 0);
  }
  return text;
}

void SessionLimits::replace_with(const Config& options) {
  if (options.is_null()) return;
  if (const Config* given = options.find("memory_in_mib")) memory_in_bytes = mebibyte * unsigned_value(*given);
  if (const Config* given = options.find("processes")) processes = unsigned_value(*given);
  if (const Config* given = options.find("cpu")) cpu = given->as_number();
  if (const Config* given = options.find("disk_in_mib")) disk_in_bytes = mebibyte * unsigned_value(*given);
}

CommonSettings::CommonSettings(const Config& config) {
  memory_in_bytes = 256 * mebibyte;
  processes = 64;
  cpu = 0.5;
  disk_in_bytes = 10 * mebibyte;
  replace_with(config);
  tmp_in_bytes = static_cast<std::uint64_t>(config.integer_or("tmp_in_mib", 64)) * mebibyte;
  pool = static_cast<std::size_t>(config.integer_or("pool", 2));
  working_directory = config.string_or("working_directory", "~");
  timezone = config.string_or("timezone", "");
  if (const Config* const given = config.find("packages")) {
    for (const Config& package : given->items()) packages.push_back(package.as_string());
    std::sort(packages.begin(), packages.end());
    packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
  }
  if (const Config* network = config.find("network"); network && network->as_bool()) {
    network->fail("expected false, got true: this sandbox has no network");
  }
  init = find_prefix() / "libexec/tellina/sandbox_init";
  shell_marks = find_prefix() / "libexec/tellina/shell_marks.so";
}

}  // namespace tellina::sandbox_common
