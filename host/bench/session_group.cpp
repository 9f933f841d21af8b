#include "host/bench/session_group.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/epoll.h>

#include "host/bench/failure.hpp"
#include "host/bench/stop_signals.hpp"

namespace tellina::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How many sandboxes start at once. On a few cores, more would only delay each other.
constexpr std::size_t starts_at_once = 8;
constexpr seconds start_limit{60};
constexpr std::size_t shells_at_once = 32;
constexpr seconds shell_limit{20};
/// Together with the largest flood, this stays below the output after which a server throttles a task.
constexpr std::uint64_t much_output = 8 * 1024 * 1024;
constexpr milliseconds others_interval{500};
/// How often a wait checks whether the user or the end of the server has interrupted it.
constexpr milliseconds check_interval{200};

}  // namespace

SessionGroup::SessionGroup(Target& target, std::size_t sessions, Progress& progress)
    : m_target(target), m_poll(::epoll_create1(EPOLL_CLOEXEC)) {
  if (target.protocol() == Protocol::tellina && sessions > target.access_codes().size()) {
    throw BenchFailure(std::to_string(sessions) + " sessions need as many access codes, there are " +
                       std::to_string(target.access_codes().size()));
  }
  if (sessions > 0) progress.begin(target.name() + ": starting shells", sessions);
  while (m_terminals.size() < sessions) {
    const std::size_t end = std::min(sessions, m_terminals.size() + starts_at_once);
    while (m_terminals.size() < end) join(m_terminals.size());
    start_shells(progress);
  }
  target.find_processes();
  progress.end();
}

Terminal& SessionGroup::join(std::size_t participant) {
  const std::string code = m_target.protocol() == Protocol::bare ? "" : m_target.access_codes()[participant];
  m_terminals.push_back(std::make_unique<Terminal>(m_target.endpoint(), m_target.protocol(), code));
  m_interest.push_back(EPOLLIN);
  m_paused.push_back(false);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = m_terminals.size() - 1;
  ::epoll_ctl(m_poll.get(), EPOLL_CTL_ADD, m_terminals.back()->descriptor(), &event);
  return *m_terminals.back();
}

void SessionGroup::start_shells(Progress& progress) {
  const std::size_t first = m_terminals.size() - (m_terminals.size() - 1) % starts_at_once - 1;
  std::vector<bool> started(m_terminals.size());
  const auto all_run = [&] {
    bool all = true;
    for (std::size_t i = first; i < m_terminals.size(); ++i) {
      Terminal& terminal = *m_terminals[i];
      if (!started[i] && terminal.can_start()) {
        terminal.start();
        started[i] = true;
      }
      all = all && started[i] && !terminal.expects();
    }
    return all;
  };
  if (!wait_until(all_run, start_limit)) {
    throw BenchFailure("a shell of the " + m_target.name() + " showed no prompt within 60 s");
  }
  progress.set(m_terminals.size());
}

void SessionGroup::type(std::size_t i, std::string_view bytes) {
  m_terminals[i]->type(bytes);
  update_interest(i);
}

void SessionGroup::pause(std::size_t i, bool paused) {
  m_paused[i] = paused;
  update_interest(i);
}

void SessionGroup::restart_after_much_output(std::size_t i) {
  Terminal& terminal = *m_terminals[i];
  if (terminal.printed() <= much_output) return;
  terminal.set_output({});
  terminal.give_up();
  if (!wait_until([&] { return terminal.can_start(); }, start_limit)) {
    throw BenchFailure("the server did not end a task within 60 s");
  }
  terminal.start();
  if (!wait_until([&] { return !terminal.expects(); }, start_limit)) {
    throw BenchFailure("a shell of the " + m_target.name() + " showed no prompt within 60 s");
  }
}

void SessionGroup::update_interest(std::size_t i) {
  Terminal& terminal = *m_terminals[i];
  const unsigned wanted = (m_paused[i] ? 0U : EPOLLIN) | (terminal.has_unsent() ? EPOLLOUT : 0U);
  if (wanted == m_interest[i]) return;
  epoll_event event{};
  event.events = m_interest[i] = wanted;
  event.data.u64 = i;
  ::epoll_ctl(m_poll.get(), EPOLL_CTL_MOD, terminal.descriptor(), &event);
}

void SessionGroup::pump(TimePoint until) {
  if (!m_others.empty() && Clock::now() >= m_others_served + others_interval) {
    for (SessionGroup* other : m_others) other->take(Clock::now());
    m_others_served = Clock::now();
  }
  take(until);
}

void SessionGroup::take(TimePoint until) {
  std::array<epoll_event, 1024> events;
  const auto left = std::clamp<Clock::duration>(until - Clock::now(), Clock::duration(0), check_interval);
  const auto whole = std::chrono::duration_cast<seconds>(left);
  timespec limit{};
  limit.tv_sec = whole.count();
  limit.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left - whole).count();
  const int count = ::epoll_pwait2(m_poll.get(), events.data(), static_cast<int>(events.size()), &limit, nullptr);
  if (count <= 0) {
    StopSignals::check();
    if (left == check_interval) m_target.check_alive();
    return;
  }
  for (int k = 0; k < count; ++k) {
    const std::size_t i = events[static_cast<std::size_t>(k)].data.u64;
    Terminal& terminal = *m_terminals[i];
    if (m_paused[i]) {
      terminal.flush();
    } else {
      terminal.receive();
    }
    update_interest(i);
  }
}

bool SessionGroup::wait_until(const std::function<bool()>& condition, std::chrono::nanoseconds limit) {
  const TimePoint deadline = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() >= deadline) return false;
    pump(deadline);
  }
  return true;
}

bool SessionGroup::type_everywhere(std::string_view keys, const std::function<void(Terminal&)>& expect) {
  for (std::size_t first = 0; first < size(); first += shells_at_once) {
    const std::size_t end = std::min(size(), first + shells_at_once);
    for (std::size_t i = first; i < end; ++i) {
      expect(*m_terminals[i]);
      type(i, keys);
    }
    const auto all_came = [&] {
      return std::none_of(&m_terminals[first], &m_terminals[first] + (end - first),
                          [](const auto& terminal) { return terminal->expects(); });
    };
    if (!wait_until(all_came, shell_limit)) return false;
  }
  return true;
}

void SessionGroup::run_everywhere(std::string_view line, const std::string& mark) {
  if (type_everywhere(std::string(line) + "\r", [&mark](Terminal& terminal) { terminal.expect(mark); })) return;
  throw BenchFailure("a shell of the " + m_target.name() + " did not carry out \"" + std::string(line) +
                     "\" within 20 s");
}

bool SessionGroup::end_everywhere(std::string_view key) {
  return type_everywhere(key, [](Terminal& terminal) {
    terminal.set_output({});
    terminal.expect_prompt();
  });
}

}  // namespace tellina::bench
