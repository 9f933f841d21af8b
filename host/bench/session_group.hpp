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
  /// Connects `sessions` participants and starts a shell for each, several at a time; returns when all see a prompt.
  SessionGroup(Target& target, std::size_t sessions, Progress& progress);

  /// While this group is driven, the other answers pings: a server closes connections that do not.
  void keep_alive(SessionGroup& other) { m_others.push_back(&other); }

  Target& target() { return m_target; }
  std::size_t size() const { return m_terminals.size(); }
  Terminal& operator[](std::size_t i) { return *m_terminals[i]; }

  /// Connects one more, and starts no shell.
  Terminal& join(std::size_t participant);
  void type(std::size_t i, std::string_view bytes);
  /// Nothing is read from this session until it is resumed.
  void pause(std::size_t i, bool paused);
  /// A server throttles a task that has printed 64 MiB: one that has printed much ends here and the next one starts.
  void restart_if_worn(std::size_t i);
  /// Waits until then at most, and returns earlier once something has arrived and was handled.
  void pump(TimePoint until);
  /// Waits until the condition holds. Returns false if the limit passes first.
  bool wait_until(const std::function<bool()>& condition, std::chrono::nanoseconds limit);
  /// Types a line at the shell of each session and waits until `mark` comes from all. Several sessions at a time: a
  /// thousand shells that all fork at once are nothing that is measured here.
  void run_everywhere(std::string_view line, const std::string& mark);
  /// Types `key` at each session, several at a time, and waits for the prompts; false where one does not come.
  bool end_everywhere(std::string_view key);

 private:
  void start_shells(Progress& progress);
  void update_interest(std::size_t i);
  void take(TimePoint until);
  bool type_everywhere(std::string_view keys, const std::function<void(Terminal&)>& expect);
  [[noreturn]] void explain(const std::exception& error);

  Target& m_target;
  Descriptor m_poll;
  std::vector<std::unique_ptr<Terminal>> m_terminals;
  std::vector<unsigned> m_interest;
  std::vector<bool> m_paused;
  std::vector<SessionGroup*> m_others;
  TimePoint m_others_seen{};
};

}  // namespace tellina::bench
