#include "docker_variant.hpp"
#include "support/places.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace tellina::test {
namespace fs = std::filesystem;

DockerEngine& engine() {
  static DockerEngine engine;
  return engine;
}

namespace {

std::string other_socket, other_run_folder;

/// Folders of sandboxes in the run folders of all studies.
std::vector<std::string> sandbox_folders(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(folder, none)) {
    if (entry.path().parent_path().filename() == "sandboxes") found.push_back(entry.path());
  }
  return found;
}

/// How many containers run on another process's engine.
std::ptrdiff_t running_elsewhere() {
  const std::string names = DockerEngine::run(other_socket, "ps --quiet");
  return std::count(names.begin(), names.end(), '\n');
}

}  // namespace

std::string run_folder() { return engine().folder() + "/run"; }

void use_engine_of_another(const std::string& socket, const std::string& its_run_folder) {
  other_socket = socket;
  other_run_folder = its_run_folder;
}

int be_host() {
  const std::ptrdiff_t others = running_elsewhere();
  Backend backend({{"pool", std::int64_t{1}}});
  const SandboxSpec spec = make_spec();
  const std::unique_ptr<Sandbox> sandbox = backend->start(spec);
  Shell shell(*sandbox);
  if (!shell.prompt()) return 1;
  shell.run("x=42; echo kept > file; cd /tmp; (setsid sleep 1000 &)");
  // Waits until it runs, because a container that the engine is still creating when its client dies appears after the
  // sweep.
  eventually([&] { return running_elsewhere() == others + 2; }, "one is made in advance");
  std::printf("%s %s\n", spec.owner.c_str(), spec.id.c_str());
  std::fflush(stdout);
  for (;;) pause();
}

HostProcess::HostProcess() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  const std::string socket = engine().socket(), folder = run_folder();
  m_process = fork();
  if (m_process == 0) {
    dup2(ends[1], 1);
    execl("/proc/self/exe", "test_sandbox_docker", be_host_flag, socket.c_str(), folder.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string line;
  for (char c; ::read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
  close(ends[0]);
  m_owner = line.substr(0, line.find(' '));
  m_id = line.substr(line.find(' ') + 1);
}

void HostProcess::kill() {
  if (m_process <= 0) return;
  ::kill(m_process, SIGKILL);
  waitpid(m_process, nullptr, 0);
  m_process = -1;
}

namespace variant {

const std::string plugin = plugin_file("sandbox_docker");
const bool is_docker = true;
const std::size_t processes_of_an_instance = 1;  // init

std::map<std::string, Setting> settings() {
  if (!other_socket.empty()) return {{"socket", other_socket}, {"run_folder", other_run_folder}};
  return {{"socket", engine().socket()}, {"run_folder", run_folder()}};
}

Processes sandbox_processes(int) { return engine().processes(); }

std::vector<std::string> leftovers() {
  std::vector<std::string> found = engine().leftovers();
  for (std::string& folder : sandbox_folders(run_folder())) found.push_back(std::move(folder));
  return found;
}

std::vector<std::string> leftovers_of(const OwnerId& owner) {
  std::vector<std::string> found;
  for (const std::string& line : leftovers()) {
    if (line.find("." + owner + ".") != std::string::npos) found.push_back(line);
  }
  return found;
}

}  // namespace variant
}  // namespace tellina::test
