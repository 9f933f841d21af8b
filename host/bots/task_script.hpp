#pragma once

/// What a bot does in a task, decided before it begins.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/bots/bot_settings.hpp"
#include "host/bots/decisions.hpp"
#include "host/study/task.hpp"

namespace tellina::bots {

/// What the server offers in the task.
struct TaskOffer {
  bool can_give_up = false;
  std::chrono::nanoseconds give_up_in{};  ///< how long until then
  bool can_start_over = false;
  bool can_hand_in = false;
  bool must_hand_in = false;  ///< nothing else passes the task
  int tries_left = 0;         ///< hand-ins
  bool has_end = true;        ///< a clock ends it
  bool is_practice = false;
  bool is_last_try = true;  ///< of a practice task that has to be passed
  /// How long until the solution may be shown; nothing: never.
  std::optional<std::chrono::nanoseconds> solution_in{};
};

struct Deed {
  enum class Kind : std::uint8_t {
    line,           ///< types it and waits for the prompt
    start_over,     ///< asks for a fresh sandbox
    show_solution,  ///< asks for it, and compares
    reconnect,      ///< loses the connection and connects again
    hand_in,
    give_up,
    await_end  ///< until a check passes the task, or its clock ends it
  };
  Kind kind = Kind::line;
  std::string line{};
  bool must_fail = false;  ///< the line must not pass the task
  bool operator==(const Deed&) const = default;
};

struct TaskScript {
  std::vector<Deed> deeds;
  /// How the task should end: `passed`, `gave_up`, `timed_out` or `failed`.
  std::string meant;
};

/// `place` distinguishes this task session from the bot's others.
TaskScript write_task_script(const Task& task, const TaskOffer& offer, const Decisions& decisions,
                             const std::string& place, Unsolved unsolved);

/// Whether a task that was meant to end in one state may have ended in the other. `handed_in` hides whether it passed.
bool is_as_meant(const std::string& meant, const std::string& end);

}  // namespace tellina::bots
