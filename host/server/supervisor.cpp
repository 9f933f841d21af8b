#include "host/server/supervisor.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "host/limits.hpp"
#include "host/server/supervisor_link.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

bool asks_to_end(int signal) { return signal == SIGINT || signal == SIGTERM; }

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
  }
  return "ended with exit status " + std::to_string(WEXITSTATUS(status));
}

/// This process's environment plus the link's variable, which SupervisorLink has removed from it.
std::vector<std::string> child_environment() {
  std::vector<std::string> environment{SupervisorLink::variable};
  environment.back().append("=").append(std::to_string(SupervisorLink::child_descriptor));
  for (char** entry = environ; *entry; ++entry) environment.emplace_back(*entry);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Supervisor::Supervisor(const RunOptions& options, std::size_t workers, const Signals& signals, const Clock& clock,
                       Log& log)
    : m_options(options), m_signals(signals), m_clock(clock), m_log(log), m_port(options.port) {
  for (std::size_t i = 0; i < workers; ++i) m_children.emplace_back("worker " + std::to_string(i), "worker", i);
  m_children.emplace_back("gateway", "gateway", 0);
  check_invariant();
}

Supervisor::~Supervisor() {
  for (Child& child : m_children) {
    if (child.process < 0) continue;
    kill(child.process, SIGKILL);
    waitpid(child.process, nullptr, 0);
    forget_process(child);
  }
}

std::vector<std::string> Supervisor::arguments_of(const Child& child) const {
  std::vector<std::string> words{"tellina", child.role, "--config", m_options.config};
  for (const std::string& folder : m_options.plugin_folders) {
    words.insert(words.end(), {"--plugin-dir", folder});
  }
  if (child.role == std::string_view("gateway")) {
    if (m_options.address) words.insert(words.end(), {"--address", *m_options.address});
    // Once the port is known, it stays the same, because pages reconnect to it.
    if (m_port) words.insert(words.end(), {"--port", std::to_string(*m_port)});
  } else {
    words.insert(words.end(), {"--number", std::to_string(child.number)});
  }
  if (m_options.log.format == LogFormat::json) words.insert(words.end(), {"--log-format", "json"});
  words.insert(words.end(), {"--log-level", to_string(m_options.log.lowest)});
  if (m_options.test_mode) words.emplace_back("--test-mode");
  if (!m_options.bots_database.empty()) words.insert(words.end(), {"--for-bots", m_options.bots_database});
  return words;
}

void Supervisor::spawn(Child& child) {
  TELLINA_ASSERT_PROCESS(child.process < 0 && !m_stopping);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw Error(ErrorCode::internal, std::string("cannot create a socket for a process: ") + std::strerror(errno));
  }
  std::vector<std::string> words = arguments_of(child);
  std::vector<std::string> environment = child_environment();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], SupervisorLink::child_descriptor);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int error = posix_spawn(&child.process, "/proc/self/exe", &actions, &attributes, pointers(words).data(),
                                pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    child.process = -1;
    throw Error(ErrorCode::internal, child.name + " cannot be started: " + std::strerror(error));
  }
  child.socket = ends[0];
  child.is_ready = false;
  child.missed_heartbeats = 0;
  child.started = m_clock.now();
  child.restart_at.reset();
}

std::optional<std::uint16_t> Supervisor::start() {
  TELLINA_ASSERT_PROCESS(m_starting);
  for (Child& child : m_children) spawn(child);
  const auto deadline = m_clock.now() + limits::process_start;
  const auto is_ready = [](const Child& child) { return child.is_ready; };
  while (!std::all_of(m_children.begin(), m_children.end(), is_ready)) {
    const std::vector<int> signals = wait();
    if (std::any_of(signals.begin(), signals.end(), asks_to_end)) return std::nullopt;
    if (m_given_up) throw Error(ErrorCode::unavailable, "the server did not start");
    if (m_clock.now() >= deadline) {
      const auto slow = std::find_if_not(m_children.begin(), m_children.end(), is_ready);
      throw Error(ErrorCode::unavailable, slow->name + " did not start within 30 s");
    }
  }
  m_starting = false;
  return m_port;
}

bool Supervisor::supervise(const std::function<bool()>& reload) {
  TELLINA_ASSERT_PROCESS(!m_starting && !m_stopping);
  while (!m_given_up) {
    for (const int signal : wait()) {
      if (asks_to_end(signal)) return true;
      if (signal != SIGHUP) continue;
      // The certificate does not depend on the rest of the configuration.
      forward_signal(SIGHUP, "gateway");
      if (reload()) forward_signal(SIGHUP, "worker");
    }
  }
  return false;
}

void Supervisor::forward_signal(int signal, std::string_view role) const {
  for (const Child& child : m_children) {
    if (child.role == role && child.process >= 0) kill(child.process, signal);
  }
}

void Supervisor::stop() {
  m_stopping = true;
  const auto deadline = m_clock.now() + limits::processes_stop;
  for (Child& child : m_children) {
    child.restart_at.reset();
    if (child.process >= 0) kill(child.process, SIGTERM);
  }
  const auto runs = [](const Child& child) { return child.process >= 0; };
  while (std::any_of(m_children.begin(), m_children.end(), runs) && m_clock.now() < deadline) wait();
  for (const Child& child : m_children) {
    if (runs(child)) m_log.error(child.name + " did not end in time and is killed; the next start cleans up after it");
  }
}

std::vector<int> Supervisor::wait() {
  const InvariantScope invariant(*this);
  std::vector<pollfd> sockets;
  for (const Child& child : m_children) {
    if (child.socket >= 0 && !child.is_ready) sockets.push_back({child.socket, POLLIN, 0});
  }
  // While processes start or stop, their deadline is checked at intervals.
  auto limit = m_starting || m_stopping ? std::chrono::milliseconds(100) : limits::heartbeat;
  for (const Child& child : m_children) {
    if (!child.restart_at) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*child.restart_at - m_clock.now());
    const auto due = std::max(left, std::chrono::milliseconds(0));
    limit = std::min(limit, due);
  }
  const std::vector<int> signals = m_signals.wait(sockets, limit);
  read_sockets();
  reap();
  restart_due();
  kill_silent_processes();
  return signals;
}

void Supervisor::read_sockets() {
  for (Child& child : m_children) {
    if (child.socket < 0 || child.is_ready) continue;
    const auto port = SupervisorLink::take_ready(child.socket);
    if (!port) continue;
    child.is_ready = true;
    if (*port != 0) m_port = *port;
    if (!m_starting && !m_stopping) {
      m_log.info(child.name + " runs again (process " + std::to_string(child.process) + ")");
    }
  }
}

void Supervisor::reap() {
  for (Child& child : m_children) {
    int status = 0;
    if (child.process >= 0 && waitpid(child.process, &status, WNOHANG) == child.process) on_end(child, status);
  }
}

void Supervisor::on_end(Child& child, int status) {
  const std::string what = child.name + " (process " + std::to_string(child.process) + ") " + describe_end(status);
  const bool failed_early = m_clock.now() - child.started < limits::failed_start_time;
  forget_process(child);
  if (m_stopping) return;
  if (m_starting) {
    m_log.error(what + " before it was ready");
    m_given_up = true;
    return;
  }
  const bool tries_again = WIFEXITED(status) && WEXITSTATUS(status) == SupervisorLink::try_again;
  if (tries_again) {
    child.failed_starts = 0;
    child.restart_at = m_clock.now() + limits::next_try;
    return;
  }
  child.failed_starts = failed_early ? std::min(child.failed_starts + 1, limits::failed_starts) : 0;
  if (child.failed_starts >= limits::failed_starts && !another_worker_runs(child)) {
    m_log.error(what + "; it ended " + std::to_string(limits::failed_starts) +
                " times in a row within 10 s of its start, so the server stops");
    m_given_up = true;
    return;
  }
  const int waits = std::min(child.failed_starts, limits::failed_starts - 1);
  const auto delay = waits == 0 ? std::chrono::milliseconds(0) : limits::first_restart_delay * (1 << (waits - 1));
  child.restart_at = m_clock.now() + delay;
  m_log.warning(what + "; it will be restarted" +
                (delay.count() == 0 ? std::string() : " in " + std::to_string(delay.count()) + " ms"));
}

bool Supervisor::another_worker_runs(const Child& child) const {
  return std::any_of(m_children.begin(), m_children.end(), [&](const Child& other) {
    return &other != &child && other.role == std::string_view("worker") && other.is_ready;
  });
}

void Supervisor::restart_due() {
  for (Child& child : m_children) {
    if (!child.restart_at || *child.restart_at > m_clock.now()) continue;
    try {
      spawn(child);
    } catch (const Error& error) {
      m_log.error(error.what());
      child.restart_at = m_clock.now() + std::chrono::seconds(1);
    }
  }
}

void Supervisor::check_invariant() const {
  TELLINA_ASSERT_PROCESS(!m_children.empty() && m_children.back().role == std::string_view("gateway"));
  for (const Child& child : m_children) {
    TELLINA_ASSERT_PROCESS((child.process < 0) == (child.socket < 0));
    TELLINA_ASSERT_PROCESS(!child.is_ready || child.process >= 0);
    // A running process is not started a second time, and no process is started while the server stops.
    TELLINA_ASSERT_PROCESS(!child.restart_at || (child.process < 0 && !m_starting && !m_stopping));
    TELLINA_ASSERT_PROCESS(child.failed_starts >= 0 && child.failed_starts <= limits::failed_starts);
  }
}

void Supervisor::kill_silent_processes() {
  const MonotonicTime now = m_clock.now();
  if (m_starting || m_stopping || now < m_next_check) return;
  // A late check proves nothing: this process, or the whole machine, was paused, too.
  const bool is_late = now >= m_next_check + limits::heartbeat;
  m_next_check = now + limits::heartbeat;
  for (Child& child : m_children) {
    if (child.process < 0) continue;
    if (!child.is_ready) {
      if (is_late || now - child.started < limits::process_start) continue;
      m_log.error(child.name + " (process " + std::to_string(child.process) + ") did not start within " +
                  std::to_string(limits::process_start.count()) + " s and is killed");
      kill(child.process, SIGKILL);
      continue;
    }
    const bool is_alive = SupervisorLink::take_alive(child.socket);
    child.missed_heartbeats = is_alive || is_late ? 0 : child.missed_heartbeats + 1;
    if (child.missed_heartbeats < limits::missed_heartbeats) continue;
    child.missed_heartbeats = 0;
    m_log.error(child.name + " (process " + std::to_string(child.process) + ") has not responded for " +
                std::to_string((limits::missed_heartbeats * limits::heartbeat).count() / 1000) + " s and is killed");
    kill(child.process, SIGKILL);
  }
}

void Supervisor::forget_process(Child& child) {
  child.process = -1;
  child.is_ready = false;
  if (child.socket >= 0) close(child.socket);
  child.socket = -1;
}

}  // namespace tellina
