#include "support/docker_engine.hpp"
#include "support/places.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace tellina::test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_deadline{60};
constexpr std::chrono::seconds stop_deadline{30};
/// Short, because a socket's path has at most 107 bytes.
const std::string folder_template = "/tmp/tellina-docker-XXXXXX";

std::string default_data_folder() { return source_folder() + "/build/docker_tests/data"; }

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool waits_for(const std::function<bool()>& is_so, std::chrono::seconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

void for_each_process(const std::function<void(int, const std::string&)>& visit) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos) visit(std::stoi(name), entry.path());
  }
}

/// Field 22 of proc(5)'s stat; empty if the process is gone.
std::string start_time(const std::string& process) {
  const std::string line = read_file(process + "/stat");
  const std::size_t end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return "";
  std::istringstream fields(line.substr(end_of_name + 2));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return field;
}

bool answers_ping(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  bool answers = false;
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET /_ping HTTP/1.0\r\n\r\n";
    pollfd watched{socket, POLLIN, 0};
    char answer[16] = {};
    answers = write(socket, request.data(), request.size()) > 0 && poll(&watched, 1, 2000) == 1 &&
              read(socket, answer, 12) == 12 && std::strcmp(answer + 9, "200") == 0;
  }
  close(socket);
  return answers;
}

}  // namespace

DockerEngine::DockerEngine(std::string data_folder) : m_data(std::move(data_folder)) {
  if (geteuid() != 0) throw std::runtime_error("only root can start a Docker engine: run this test as root");
  fs::create_directories(m_data);
  m_lock = open((m_data + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

DockerEngine::DockerEngine(Image image) : DockerEngine(default_data_folder()) {
  flock(m_lock, LOCK_EX);
  remove_last();
  std::string name = folder_template;
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create a temporary folder");
  take_folder(name);
  std::ofstream(m_data + ".lock") << m_folder;
  start();
  const std::string ids = run("ps --all --quiet");
  for (std::istringstream words(ids); words >> name;) run("rm --force --volumes " + name);
  if (image == Image::tellina) {
    const std::string sources = source_folder();
    const std::string command = "DOCKER_HOST=unix://" + m_socket + " " + sources +
                                "/docker_image/make_image --import " + sources + "/build/share/tellina/rootfs >&2";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot create the image: " + command);
  }
}

void DockerEngine::remove_leftovers() {
  DockerEngine last(default_data_folder());
  if (flock(last.m_lock, LOCK_EX | LOCK_NB) == 0) last.remove_last();
}

void DockerEngine::remove_last() {
  const std::string last = read_file(m_data + ".lock");
  if (!last.starts_with(folder_template.substr(0, folder_template.find('X'))) || !fs::exists(last)) return;
  take_folder(last);
  remove_remains();
}

DockerEngine::~DockerEngine() { clean_up(); }

void DockerEngine::start() {
  const int log = open((m_folder + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::vector<std::string> words = {"dockerd",
                                          "--data-root",
                                          m_data,
                                          "--exec-root",
                                          m_folder + "/exec",
                                          "--host",
                                          "unix://" + m_socket,
                                          "--pidfile",
                                          m_folder + "/pid",
                                          "--bridge",
                                          "none",
                                          "--iptables=false",
                                          "--ip6tables=false",
                                          "--cgroup-parent",
                                          "/" + m_cgroup_parent,
                                          "--shutdown-timeout",
                                          "5"};
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int parent = getpid();
  m_process = fork();
  if (m_process == 0) {
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(126);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(log, 1);
    dup2(log, 2);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(log);
  wait_until_it_answers();
}

void DockerEngine::wait_until_it_answers() {
  const bool it_does = waits_for(
      [this] {
        if (answers_ping(m_socket)) return true;
        if (waitpid(m_process, nullptr, WNOHANG) == 0) return false;
        m_process = -1;
        return true;
      },
      start_deadline);
  if (it_does && m_process > 0) return;
  const std::string log = read_file(m_folder + "/log");
  throw std::runtime_error("dockerd (package docker.io) does not answer; its last output:\n" +
                           log.substr(log.size() > 3000 ? log.size() - 3000 : 0));
}

void DockerEngine::stop() {
  if (m_process <= 0) return;
  thaw();
  ::kill(m_process, SIGTERM);
  const bool ended = waits_for([this] { return waitpid(m_process, nullptr, WNOHANG) != 0; }, stop_deadline);
  if (!ended) return kill();
  m_process = -1;
}

void DockerEngine::kill() {
  if (m_process <= 0) return;
  m_was_killed = true;
  ::kill(m_process, SIGKILL);
  waitpid(m_process, nullptr, 0);
  m_process = -1;
  // A leftover containerd would keep the next engine from its data, or count as alive. The containers' shims stay.
  for_each_process([this](int number, const std::string& path) {
    if (read_file(path + "/cmdline").find(m_folder + "/exec/containerd/containerd.toml") != std::string::npos) {
      ::kill(number, SIGKILL);
    }
  });
  unlink((m_folder + "/exec/containerd/containerd.pid").c_str());
}

void DockerEngine::forget_containers() const {
  for (const auto& container : fs::directory_iterator(m_data + "/containers")) fs::remove_all(container.path());
}

void DockerEngine::freeze() {
  ::kill(m_process, SIGSTOP);
  m_is_frozen = true;
}

void DockerEngine::thaw() {
  ::kill(m_process, SIGCONT);
  m_is_frozen = false;
}

std::string DockerEngine::run(const std::string& socket, const std::string& arguments) {
  FILE* const pipe = popen(("docker --host unix://" + socket + " " + arguments + " 2>&1").c_str(), "re");
  std::string output;
  std::array<char, 4096> buffer;
  for (std::size_t count; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  if (pclose(pipe) != 0) throw std::runtime_error("docker " + arguments + ": " + output);
  return output;
}

std::set<std::pair<int, std::string>> DockerEngine::processes() const {
  std::set<std::pair<int, std::string>> found;
  for_each_process([&](int number, const std::string& path) {
    if (read_file(path + "/cgroup").find("/" + m_cgroup_parent + "/") == std::string::npos) return;
    if (const std::string time = start_time(path); !time.empty()) found.emplace(number, time);
  });
  return found;
}

std::vector<std::string> DockerEngine::mounts() const {
  std::vector<std::string> found;
  std::istringstream lines(read_file("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string place;
    for (int field = 1; field <= 5; ++field) fields >> place;
    if (place == m_data || place.starts_with(m_folder + "/") || place.starts_with(m_data + "/")) found.push_back(place);
  }
  return found;
}

std::vector<std::string> DockerEngine::leftovers() const {
  std::vector<std::string> found;
  std::istringstream containers(m_process > 0 && !m_is_frozen ? run("ps --all --format '{{.Names}}'") : "");
  for (std::string name; containers >> name;) found.push_back("container " + name);
  for (const std::string& mount : mounts()) {
    // An engine that is killed while it prepares a container never unmounts this one.
    if (mount.ends_with("-init/merged")) continue;
    if (mount.find("/merged") != std::string::npos || mount.find("/netns/") != std::string::npos) {
      found.push_back("mount " + mount);
    }
  }
  std::error_code none;
  for (const auto& hierarchy : fs::directory_iterator("/sys/fs/cgroup", none)) {
    for (const auto& entry : fs::directory_iterator(hierarchy.path() / m_cgroup_parent, none)) {
      // An engine that is killed leaves empty groups of containers that end meanwhile.
      if (entry.is_directory() && !(m_was_killed && read_file(entry.path() / "cgroup.procs").empty())) {
        found.push_back("control group " + entry.path().string());
      }
    }
  }
  return found;
}

void DockerEngine::clean_up() {
  stop();
  if (!m_folder.empty()) remove_remains();
  close(m_lock);
}

void DockerEngine::remove_remains() {
  // The leftovers of a killed engine (itself, containerd and the shims) have the folder on their command lines.
  for_each_process([this](int number, const std::string& path) {
    if (number != getpid() && read_file(path + "/cmdline").find(m_folder + "/exec") != std::string::npos) {
      ::kill(number, SIGKILL);
    }
  });
  for (const auto& process : processes()) ::kill(process.first, SIGKILL);
  waits_for([this] { return processes().empty(); }, stop_deadline);
  std::vector<std::string> left = mounts();
  for (auto mount = left.rbegin(); mount != left.rend(); ++mount) umount2(mount->c_str(), MNT_DETACH);
  std::error_code none;
  for (const auto& hierarchy : fs::directory_iterator("/sys/fs/cgroup", none)) {
    const fs::path ours = hierarchy.path() / m_cgroup_parent;
    for (const auto& entry : fs::directory_iterator(ours, none)) {
      if (entry.is_directory()) rmdir(entry.path().c_str());
    }
    rmdir(ours.c_str());
  }
  fs::remove_all(m_folder, none);
}

void DockerEngine::take_folder(const std::string& folder) {
  m_folder = folder;
  m_socket = m_folder + "/docker.sock";
  m_cgroup_parent = fs::path(m_folder).filename();
}

}  // namespace tellina::test
