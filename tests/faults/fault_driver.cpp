#include "faults/fault_driver.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <thread>

#include <sqlite3.h>
#include <sys/resource.h>

namespace tellina::faults {
namespace {

using namespace std::chrono_literals;
using testing::ProcessMark;

/// The supervisor gives up after six ends of a gateway within 10 s each (docs/operation.md).
constexpr Milliseconds gateway_needs = 11s;
/// Longer than a lease (3 s) minus a renewal (1 s): from then on others may take the sessions of a stopped worker.
constexpr Milliseconds standing_is_death = 2s;
constexpr Milliseconds end_limit = 10s;

constexpr std::array stops{FaultKind::stop_server, FaultKind::stop_gateway, FaultKind::stop_worker};
constexpr std::array on_the_disk{FaultKind::lock_database, FaultKind::move_database, FaultKind::fill_disk};
/// While one of these is active, the server cannot start.
constexpr std::array prevent_start{FaultKind::lock_database, FaultKind::move_database, FaultKind::fill_disk,
                                   FaultKind::break_disk,    FaultKind::kill_redis,    FaultKind::pause_redis,
                                   FaultKind::kill_engine,   FaultKind::freeze_engine};

/// Draws how long a fault of this kind lasts.
Milliseconds draw_duration(FaultKind kind, RandomNumbers& random) {
  using enum FaultKind;
  switch (kind) {
    case kill_server:
    case end_server:
    case kill_redis:
    case kill_engine:
      return random.between(0ms, 4s);
    case kill_gateway:
      return gateway_needs;
    case stop_worker:
      return random.between(200ms, 20s);
    case lock_database:
    case move_database:
    case fill_disk:
    case break_disk:
    case few_descriptors:
      return random.between(500ms, 10s);
    default:
      return random.between(200ms, 8s);
  }
}

bool is_stopped(pid_t process) {
  std::error_code ignored;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", ignored)) {
    const std::string stat = read_text(thread.path() / "stat");
    const std::size_t name_end = stat.rfind(')');
    const char state = name_end == std::string::npos ? 'X' : stat[name_end + 2];
    if (state != 'T' && state != 'X' && state != 'Z') return false;
  }
  return true;
}

/// Waits up to 10 s for what SIGSTOP was sent to: a system call ends first.
void wait_until_stopped(const std::vector<pid_t>& processes) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!std::all_of(processes.begin(), processes.end(), is_stopped)) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the server does not stop on SIGSTOP");
    std::this_thread::sleep_for(1ms);
  }
}

std::set<ProcessMark> mark_all(const std::vector<pid_t>& processes) {
  std::set<ProcessMark> marks;
  for (const pid_t process : processes) {
    for (const ProcessMark& mark : testing::descendants(::getpid())) {
      if (mark.first == process) marks.insert(mark);
    }
  }
  return marks;
}

}  // namespace

FaultDriver::FaultDriver(const SetUp& set_up, TestedServer& server, FaultLog& fault_log,
                         const std::vector<std::unique_ptr<Participant>>& participants)
    : m_set_up(set_up),
      m_server(server),
      m_fault_log(fault_log),
      m_participants(participants),
      m_random(set_up.seed, 1) {}

void FaultDriver::run(Clock::time_point end) {
  Clock::time_point next = Clock::now();
  for (auto now = next; now < end; now = Clock::now()) {
    heal_due(now);
    watch_server();
    if (now >= next) {
      begin_fault(now);
      next = now + m_random.between(SetUp::shortest_pause, SetUp::longest_pause);
    }
    std::this_thread::sleep_for(20ms);
  }
  heal_due(Clock::time_point::max());
}

void FaultDriver::heal_due(Clock::time_point now) {
  // Another fault may have killed the process meanwhile, so every heal checks what exists.
  for (std::size_t i = 0; i < m_active.size();) {
    if (m_active[i].until > now) {
      ++i;
      continue;
    }
    const Active due = std::move(m_active[i]);
    m_active.erase(m_active.begin() + static_cast<std::ptrdiff_t>(i));
    if (due.heal) due.heal();
    note(Harm::none, "end of " + std::string(definition_of(due.kind).name));
  }
}

bool FaultDriver::is_active(FaultKind kind) const {
  return std::any_of(m_active.begin(), m_active.end(), [kind](const Active& active) { return active.kind == kind; });
}

void FaultDriver::begin_fault(Clock::time_point now) {
  const FaultKind kind = m_random.pick(m_set_up.faults);
  const Milliseconds lasts = draw_duration(kind, m_random);
  if (m_active.size() >= SetUp::most_faults_at_a_time || is_active(kind)) return;
  ++m_injected;
  Heal heal = inject(kind, lasts);
  m_active.push_back(Active{kind, now + lasts, std::move(heal)});
}

void FaultDriver::watch_server() {
  const std::optional<std::string> end = m_server.unexpected_end();
  if (!end) return;
  m_findings.push_back(*end);
  note(Harm::shell_death, *end);
  m_server.start();
}

void FaultDriver::note(Harm harm, const std::string& text) { m_fault_log.note(harm, text); }

FaultDriver::Heal FaultDriver::inject(FaultKind kind, Milliseconds lasts) {
  using enum FaultKind;
  const std::string name(definition_of(kind).name);
  const std::string text = name + " for " + std::to_string(lasts.count()) + " ms";
  const Harm shells = m_set_up.sandbox == "docker" ? Harm::worker_death : Harm::shell_death;
  switch (kind) {
    case kill_server:
      note(shells, text);
      return take_down(kind);
    case end_server:
      note(Harm::shell_death, text);
      return take_down(kind);
    case stop_server:
      note(Harm::none, text);
      return stop_processes(m_server.processes());
    case kill_gateway:
      note(Harm::none, text);
      return kill_role_processes("gateway", true, SIGKILL);
    case stop_gateway:
      note(Harm::none, text);
      return stop_role_process("gateway");
    case kill_worker:
      note(shells, text);
      return kill_role_processes("worker", false, SIGKILL);
    case kill_workers:
      note(shells, text);
      return kill_role_processes("worker", true, SIGKILL);
    case end_worker:
      note(Harm::shell_death, text);
      return kill_role_processes("worker", false, SIGTERM);
    case stop_worker:
      note(lasts >= standing_is_death ? shells : Harm::none, text);
      return stop_role_process("worker");
    case kill_redis:
      note(Harm::none, text);
      m_server.redis().kill();
      return [this] { m_server.redis().start(); };
    case pause_redis:
      note(Harm::none, text);
      // While Redis is killed, there is nothing to pause.
      if (is_active(kill_redis)) return {};
      m_server.redis().pause();
      return [this] {
        if (!is_active(kill_redis)) m_server.redis().resume();
      };
    case cut_redis:
      note(Harm::none, text);
      if (!is_active(kill_redis) && !is_active(pause_redis))
        m_server.redis().command({"CLIENT", "KILL", "TYPE", "normal"});
      return {};
    case kill_engine:
      note(Harm::shell_death, text);
      testing::engine().kill();
      return [] { testing::engine().start(); };
    case freeze_engine:
      note(Harm::none, text);
      if (is_active(kill_engine)) return {};
      testing::engine().freeze();
      return [this] {
        if (!is_active(kill_engine)) testing::engine().thaw();
      };
    case kill_sandbox:
      return break_sandbox();
    case lock_database:
      note(Harm::none, text);
      // The lock's file would keep the broken disk in use.
      if (is_active(break_disk)) return {};
      return hold_lock();
    case move_database:
      note(Harm::none, text);
      return hide_database();
    case fill_disk:
      note(Harm::none, text);
      if (is_active(break_disk)) return {};
      m_server.disk().fill();
      return [this] { m_server.disk().make_room(); };
    case break_disk:
      note(shells, text);
      return fail_disk();
    case jump_clock: {
      const int seconds = m_random.between(-86400, 86400);
      note(Harm::none, text + " by " + std::to_string(seconds) + " s");
      m_server.set_clock(seconds);
      return [this] { m_server.set_clock(0); };
    }
    case few_descriptors:
      note(Harm::none, text);
      return take_descriptors();
    case reload_config:
      note(Harm::none, text);
      m_server.extend_config();
      if (m_server.is_running()) m_server.process().signal(SIGHUP);
      return {};
    case reset_connections:
      note(Harm::none, text);
      return trouble_clients(Participant::Behaviour::reset);
    case silent_clients:
      note(Harm::none, text);
      return trouble_clients(Participant::Behaviour::silent);
    case slow_clients:
      note(Harm::none, text);
      return trouble_clients(Participant::Behaviour::slow);
    case unplug:
      note(Harm::none, text);
      m_server.network().unplug(true);
      return [this] { m_server.network().unplug(false); };
    case delay:
      note(Harm::none, text);
      m_server.network().delay(400ms);
      return [this] { m_server.network().delay(0ms); };
    case lose:
      note(Harm::none, text);
      m_server.network().lose(10);
      return [this] { m_server.network().lose(0); };
    case reorder:
      note(Harm::none, text);
      m_server.network().reorder(true);
      m_server.network().delay(20ms);
      return [this] {
        m_server.network().reorder(false);
        m_server.network().delay(0ms);
      };
  }
  throw std::logic_error("inject() does not know this fault");
}

void FaultDriver::heal_early(std::span<const FaultKind> kinds) {
  for (const FaultKind kind : kinds) {
    for (Active& active : m_active) {
      if (active.kind != kind || !active.heal) continue;
      const Heal heal = std::exchange(active.heal, {});
      heal();
    }
  }
}

void FaultDriver::start_server() {
  heal_early(prevent_start);
  // The heal of break_disk starts the server itself.
  if (!m_server.is_running()) m_server.start();
}

FaultDriver::Heal FaultDriver::take_down(FaultKind kind) {
  if (m_server.is_running()) {
    if (kind == FaultKind::kill_server) {
      m_server.kill();
    } else {
      heal_early(stops);  // a stopped server cannot end in an orderly way
      if (!m_server.stop(end_limit))
        m_findings.emplace_back("the server did not end in an orderly way within 10 s of SIGTERM");
    }
  }
  return [this] { start_server(); };
}

FaultDriver::Heal FaultDriver::stop_processes(const std::vector<pid_t>& processes) {
  const std::set<ProcessMark> marks = mark_all(processes);
  for (const pid_t process : processes) ::kill(process, SIGSTOP);
  return [marks] {
    for (const ProcessMark& mark : testing::still_running(marks)) ::kill(mark.first, SIGCONT);
  };
}

FaultDriver::Heal FaultDriver::stop_role_process(const std::string& role) {
  std::vector<pid_t> role_processes = m_server.role_processes(role);
  if (role_processes.empty()) return {};
  return stop_processes({m_random.pick(role_processes)});
}

FaultDriver::Heal FaultDriver::kill_role_processes(const std::string& role, bool all, int signal) {
  const std::vector<pid_t> role_processes = m_server.role_processes(role);
  if (role_processes.empty()) return {};
  if (!all) {
    ::kill(m_random.pick(role_processes), signal);
    return {};
  }
  for (const pid_t player : role_processes) ::kill(player, signal);
  return {};
}

FaultDriver::Heal FaultDriver::break_sandbox() {
  const std::vector<ProcessMark> sandboxes = m_server.sandboxes();
  if (sandboxes.empty()) return {};
  note(Harm::shell_death, "kill-sandbox");
  ::kill(m_random.pick(sandboxes).first, SIGKILL);
  return {};
}

FaultDriver::Heal FaultDriver::hold_lock() {
  struct Closer {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(m_server.database_file().c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  std::shared_ptr<sqlite3> database(raw, Closer());
  if (opened != SQLITE_OK) return {};
  sqlite3_busy_timeout(raw, 1000);
  // Without the lock there is no fault: the disk may be full, or the file moved.
  if (sqlite3_exec(raw, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) return {};
  return [database] { sqlite3_exec(database.get(), "ROLLBACK", nullptr, nullptr, nullptr); };
}

FaultDriver::Heal FaultDriver::hide_database() {
  namespace fs = std::filesystem;
  const fs::path file = m_server.database_file();
  const fs::path away = file.string() + ".away";
  // The connection that holds a lock must find the same file when it ends.
  if (is_active(FaultKind::lock_database) || is_active(FaultKind::break_disk) || !fs::exists(file)) return {};
  fs::rename(file, away);
  return [file, away] { fs::rename(away, file); };
}

FaultDriver::Heal FaultDriver::fail_disk() {
  heal_early(on_the_disk);
  // Once the kernel has made an ext4 file system read-only, fsync(2) returns 0 for data that was written before and is
  // lost (seen with Linux 6.18). So no write is between write(2) and fsync(2) while the disk breaks.
  const std::vector<pid_t> processes = m_server.processes();
  const Heal resume = stop_processes(processes);
  wait_until_stopped(processes);
  m_server.disk().break_down();
  resume();
  return [this] {
    if (m_server.is_running()) m_server.kill();
    m_server.disk().repair();
    start_server();
  };
}

FaultDriver::Heal FaultDriver::take_descriptors() {
  struct Limit {
    ProcessMark process;
    rlimit before;
  };
  std::vector<Limit> limits;
  for (const ProcessMark& mark : mark_all(m_server.processes())) {
    rlimit before{};
    if (::prlimit(mark.first, RLIMIT_NOFILE, nullptr, &before) != 0) continue;
    std::error_code ignored;
    const auto open =
        std::distance(std::filesystem::directory_iterator("/proc/" + std::to_string(mark.first) + "/fd", ignored),
                      std::filesystem::directory_iterator());
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(open + m_random.between(0, 10));
    if (::prlimit(mark.first, RLIMIT_NOFILE, &few, nullptr) == 0) limits.push_back({mark, before});
  }
  return [limits] {
    for (const Limit& limit : limits) {
      if (testing::still_running({limit.process}).empty()) continue;
      ::prlimit(limit.process.first, RLIMIT_NOFILE, &limit.before, nullptr);
    }
  };
}

FaultDriver::Heal FaultDriver::trouble_clients(Participant::Behaviour behaviour) {
  std::vector<Participant*> chosen;
  for (const auto& participant : m_participants) {
    if (m_random.chance(30)) chosen.push_back(participant.get());
  }
  for (Participant* participant : chosen) participant->behave(behaviour);
  return [chosen] {
    for (Participant* participant : chosen) participant->behave(Participant::Behaviour::normal);
  };
}

}  // namespace tellina::faults
