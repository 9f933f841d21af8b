#include "support/server_process.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds look_again{5};

struct ProcessStatus {
  ProcessStatus() = default;
  pid_t parent = 0;
  char state = 0;  ///< 0: the process does not exist
  std::string started;
};

ProcessStatus read_status(pid_t process) {
  ProcessStatus status;
  const std::string line = read_text("/proc/" + std::to_string(process) + "/stat");
  const std::size_t end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return status;
  std::istringstream fields(line.substr(end_of_name + 2));
  fields >> status.state >> status.parent;
  for (int field = 5; field <= 22; ++field) fields >> status.started;  // proc(5): the 22nd
  return status;
}

std::vector<std::string> words_of(const std::string& config, const std::vector<std::string>& options) {
  std::vector<std::string> words{"run", "--config", config};
  if (std::find(options.begin(), options.end(), "--port") == options.end()) words.insert(words.end(), {"--port", "0"});
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

}  // namespace

std::set<ProcessMark> descendants(pid_t process) {
  std::multimap<pid_t, ProcessMark> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t number = std::stoi(name);
    const ProcessStatus status = read_status(number);
    if (status.state) children.emplace(status.parent, ProcessMark(number, status.started));
  }
  std::set<ProcessMark> found;
  std::vector<pid_t> todo{process};
  while (!todo.empty()) {
    const auto [from, to] = children.equal_range(todo.back());
    todo.pop_back();
    for (auto child = from; child != to; ++child) {
      found.insert(child->second);
      todo.push_back(child->second.first);
    }
  }
  return found;
}

std::set<ProcessMark> still_running(const std::set<ProcessMark>& processes) {
  std::set<ProcessMark> left;
  for (const ProcessMark& mark : processes) {
    const ProcessStatus status = read_status(mark.first);
    if (status.state && status.state != 'Z' && status.started == mark.second) left.insert(mark);
  }
  return left;
}

ChildProcess::ChildProcess(const fs::path& program, const std::vector<std::string>& arguments, const fs::path& folder,
                           const std::string& name)
    : m_output(folder / (name + ".out")), m_errors(folder / (name + ".err")) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  // Opened here, so that nobody reads the output of an earlier process with this name.
  const int output = ::open(m_output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const int errors = ::open(m_errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  m_process = ::fork();
  if (m_process != 0) {
    ::close(output);
    ::close(errors);
    if (m_process < 0) throw std::runtime_error("no process");
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (output < 0 || errors < 0 || ::chdir(folder.c_str()) != 0) ::_exit(126);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv(program.c_str(), words.data());
  ::_exit(127);
}

ChildProcess::~ChildProcess() {
  if (m_status) return;
  signal(SIGKILL);
  ::waitpid(m_process, nullptr, 0);
}

void ChildProcess::signal(int number) const {
  if (!m_status) ::kill(m_process, number);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!m_status) {
    int status = 0;
    if (::waitpid(m_process, &status, WNOHANG) == m_process) {
      m_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    } else if (std::chrono::steady_clock::now() >= deadline) {
      break;
    } else {
      std::this_thread::sleep_for(look_again);
    }
  }
  return m_status;
}

ServerProcess::ServerProcess(const fs::path& program, const fs::path& folder, const std::string& config,
                             const std::vector<std::string>& options)
    : m_child(program, words_of(config, options), folder, "server") {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    const std::string said = m_child.output();
    if (const std::size_t end = said.find('\n'); end != std::string::npos) {
      const std::string line = said.substr(0, end);
      if (!line.starts_with("listening on http://") && !line.starts_with("listening on https://"))
        throw std::runtime_error("the server failed: " + line);
      m_port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
      return;
    }
    const std::optional<int> status = m_child.wait(look_again);
    if (!status && std::chrono::steady_clock::now() < deadline) continue;
    throw std::runtime_error("the server does not listen" +
                             (status ? "; exit status " + std::to_string(*status) : std::string()) + ":\n" + errors());
  }
}

ServerProcess::~ServerProcess() {
  signal(SIGINT);
  m_child.wait(std::chrono::seconds(10));
}

void ServerProcess::kill() {
  signal(SIGKILL);
  m_child.wait(std::chrono::seconds(10));
}

void ServerProcess::kill_all_roles() {
  // A supervisor that runs would start them again, and without one they would stop in good order.
  signal(SIGSTOP);
  for (const char* role : {"worker", "gateway"}) {
    for (const pid_t process : role_processes(role)) ::kill(process, SIGKILL);
  }
  kill();
}

std::vector<pid_t> ServerProcess::role_processes(const std::string& role) const {
  std::vector<pid_t> found;
  for (const auto& [number, started] : descendants(process())) {
    const std::string words = read_text("/proc/" + std::to_string(number) + "/cmdline");
    // Excludes a role process that has forked and not yet executed another program, because it would count twice.
    const bool is_player = words.starts_with(std::string("tellina\0", 8) + role);
    if (is_player && read_status(number).parent == process()) found.push_back(number);
  }
  return found;
}

std::size_t ServerProcess::resident_kib() const {
  std::istringstream status(read_text("/proc/" + std::to_string(process()) + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  throw std::runtime_error("the server's memory cannot be read");
}

}  // namespace tellina::testing
