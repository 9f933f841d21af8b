#pragma once

/// The sessions of one target, driven by one thread.

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "host/bench/progress.hpp"
#include "host/bench/target.hpp"
#include "host/bench/terminal.hpp"

namespace tellina::bench {

/// Threads: one. Functions that wait throw BenchFailure if the server has died or the user has interrupted.
class SessionGroup {
 public:
  /// Connects `sessions` participants and starts a shell for each, several at a time. Returns when all have a prompt.
  SessionGroup(Target& target, std::size_t sessions, Progress& progress);

  /// While this group waits, the other group also answers pings, because a server closes connections that do not
  /// answer.
  void keep_alive(SessionGroup& other) { m_others.push_back(&other); }

  Target& target() { return m_target; }
  std::size_t size() const { return m_terminals.size(); }
  Terminal& operator[](std::size_t i) { return *m_terminals[i]; }

  /// Connects one more participant without starting a shell.
  Terminal& join(std::size_t participant);
  void type(std::size_t i, std::string_view bytes);
  /// While paused, nothing is read from this session.
  void pause(std::size_t i, bool paused);
  /// A server throttles a task after 64 MiB of output, so this ends a task with much output and starts the next one.
  void restart_after_much_output(std::size_t i);
  /// Waits until `until`, or until it has handled something that arrived.
  void pump(TimePoint until);
  /// Waits until the condition holds. Returns false at the limit.
  bool wait_until(const std::function<bool()>& condition, std::chrono::nanoseconds limit);
  /// Types a line into the shell of each session and waits until all have printed `mark`. Handles only a few sessions
  /// at a time, because a thousand shells that fork at once would disturb the measurement.
  void run_everywhere(std::string_view line, const std::string& mark);
  /// Types `key` into each session, a few at a time, and waits for the prompts. Returns false if one does not come.
  bool end_everywhere(std::string_view key);

 private:
  void start_shells(Progress& progress);
  void update_interest(std::size_t i);
  void take(TimePoint until);
  bool type_everywhere(std::string_view keys, const std::function<void(Terminal&)>& expect);

  Target& m_target;
  Descriptor m_poll;
  std::vector<std::unique_ptr<Terminal>> m_terminals;
  std::vector<unsigned> m_interest;
  std::vector<bool> m_paused;
  std::vector<SessionGroup*> m_others;
  TimePoint m_others_served{};
};

}  // namespace tellina::bench
