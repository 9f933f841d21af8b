#include "faults/tested_server.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/places.hpp"

namespace tellina::faults {
namespace {

namespace fs = std::filesystem;
using testing::ProcessMark;

const char* const clock_variable = "TELLINA_WALL_CLOCK";

std::vector<std::string> make_codes(int sessions) {
  std::vector<std::string> codes;
  for (int number = 1; number <= sessions; ++number) codes.push_back("p" + std::to_string(100 + number));
  return codes;
}

/// Whether the process is the first of a process namespace below this one.
bool is_first_of_namespace(pid_t process) {
  std::istringstream status(read_text("/proc/" + std::to_string(process) + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream numbers(line.substr(6));
    std::vector<int> found;
    for (int number = 0; numbers >> number;) found.push_back(number);
    return found.size() > 1 && found.back() == 1;
  }
  return false;
}

}  // namespace

TestedServer::TestedServer(const SetUp& set_up) : m_set_up(set_up), m_access_codes(make_codes(set_up.sessions)) {
  if (set_up.sandbox == "docker") testing::engine();
  if (set_up.has_failing_disk)
    m_disk.emplace(folder() / "disk", folder() / "disk.image");
  else if (set_up.has_small_disk)
    m_disk.emplace(folder() / "disk");
  fs::create_directories(database_file().parent_path());
  if (set_up.has_network) {
    m_network.emplace(set_up.seed);
    m_host = m_network->server_address();
  }
  m_backends.emplace(testing::Combination(set_up.layer, set_up.ordering, set_up.sandbox), folder());
  write_config();
  m_control_groups_before = control_groups();
}

fs::path TestedServer::database_file() const { return folder() / "disk" / "db.sqlite3"; }

void TestedServer::enter_network() const {
  if (m_network) m_network->enter();
}

void TestedServer::write_config() const {
  testing::StudyConfig config;
  config.access_codes = m_access_codes;
  for (int number = 1; number <= m_further_codes; ++number) {
    config.access_codes.push_back("further" + std::to_string(number));
  }
  config.task_duration_in_seconds = 36000;
  config.more = m_backends->members() +
                "\"database\": \"disk/db.sqlite3\", \"workers\": " + std::to_string(m_set_up.workers) + ", ";
  if (m_set_up.has_failing_disk) config.more += R"("recording": {"durability": "commit"}, )";
  write_text(folder() / "config.json", config.text());
}

void TestedServer::extend_config() {
  ++m_further_codes;
  write_config();
}

void TestedServer::start() {
  const std::string clock_file = m_folder.file("wall_clock");
  if (m_set_up.has_clock) {
    if (!fs::exists(clock_file)) set_clock(0);
    ::setenv(clock_variable, clock_file.c_str(), 1);
    ::setenv("LD_PRELOAD", (build_folder() + "/tests/faults/libwall_clock.so").c_str(), 1);
  }
  std::vector<std::string> options;
  if (m_network) options.insert(options.end(), {"--address", "0.0.0.0"});
  if (m_port != 0) options.insert(options.end(), {"--port", std::to_string(m_port)});
  m_server.emplace(program_file(), folder(), "config.json", options);
  ::unsetenv("LD_PRELOAD");
  m_port = m_server->port();
  remember_processes();
}

bool TestedServer::stop(Milliseconds limit) {
  remember_processes();
  m_server->signal(SIGTERM);
  const bool has_ended = m_server->wait(limit) == 0;
  m_log += m_server->errors();
  m_server.reset();
  return has_ended;
}

void TestedServer::kill() {
  remember_processes();
  for (const pid_t process : processes()) ::kill(process, SIGKILL);
  m_server->kill();
  m_log += m_server->errors();
  m_server.reset();
}

std::optional<std::string> TestedServer::unexpected_end() {
  if (!m_server) return std::nullopt;
  remember_processes();
  const std::optional<int> status = m_server->wait(Milliseconds(0));
  if (!status) return std::nullopt;
  m_log += m_server->errors();
  m_server.reset();
  return "the server ended with status " + std::to_string(*status);
}

std::vector<pid_t> TestedServer::processes() const {
  std::vector<pid_t> found;
  if (!m_server) return found;
  found.push_back(m_server->process());
  for (const char* role : {"gateway", "worker"}) {
    for (const pid_t process : role_processes(role)) found.push_back(process);
  }
  return found;
}

std::vector<pid_t> TestedServer::role_processes(const std::string& role) const {
  return m_server ? m_server->role_processes(role) : std::vector<pid_t>();
}

void TestedServer::set_clock(std::int64_t seconds) {
  // The server has mapped the file, so this overwrites it in place.
  const int file = ::open(m_folder.file("wall_clock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  const bool is_written = ::pwrite(file, &seconds, sizeof seconds, 0) == sizeof seconds;
  ::close(file);
  if (!is_written) throw std::runtime_error("the file of the wall clock cannot be written");
}

void TestedServer::remember_processes() {
  if (m_server) m_processes.merge(testing::descendants(m_server->process()));
}

std::vector<ProcessMark> TestedServer::sandboxes() const {
  std::vector<ProcessMark> found;
  if (m_set_up.sandbox == "docker") {
    for (const auto& [process, started] : testing::engine().processes()) {
      if (is_first_of_namespace(process)) found.emplace_back(process, started);
    }
  } else if (m_server) {
    for (const ProcessMark& mark : testing::descendants(m_server->process())) {
      if (is_first_of_namespace(mark.first)) found.push_back(mark);
    }
  }
  return found;
}

std::set<std::string> TestedServer::control_groups() const {
  std::set<std::string> found;
  std::error_code ignored;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto entry = fs::recursive_directory_iterator("/sys/fs/cgroup", options, ignored);
       entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    if (!entry->is_directory(ignored))
      entry.disable_recursion_pending();
    else if (entry->path().parent_path().filename() == "tellina")
      found.insert(entry->path().string());
  }
  return found;
}

std::vector<std::string> TestedServer::leftovers() const {
  std::vector<std::string> found;
  for (const auto& [process, started] : testing::still_running(m_processes)) {
    found.push_back("process " + std::to_string(process) + " " +
                    read_text("/proc/" + std::to_string(process) + "/comm"));
  }
  std::set<std::string> workers;
  for (const auto& row : database().rows("SELECT id FROM workers")) workers.insert(row.front());
  for (const std::string& group : control_groups()) {
    const bool is_ours = workers.count(fs::path(group).filename()) > 0;
    if (is_ours && m_control_groups_before.count(group) == 0) found.push_back("control group " + group);
  }
  std::istringstream mounts(read_text("/proc/self/mounts"));
  for (std::string line; std::getline(mounts, line);) {
    const bool is_disk = line.find(" " + (folder() / "disk").string() + " ") != std::string::npos;
    if (line.find(folder().string()) != std::string::npos && !is_disk) found.push_back("mount " + line);
  }
  const fs::path meet = folder() / "meet";
  if (fs::exists(meet)) {
    for (const auto& entry : fs::directory_iterator(meet)) found.push_back("file " + entry.path().string());
  }
  if (m_set_up.sandbox == "docker") {
    for (const std::string& line : testing::engine().leftovers()) found.push_back(line);
  }
  return found;
}

std::string TestedServer::log() const { return m_log + (m_server ? m_server->errors() : std::string()); }

}  // namespace tellina::faults
