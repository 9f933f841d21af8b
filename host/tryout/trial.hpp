#pragma once

/// One try at a task with typed lines, by the same code that serves participants.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "host/runtime/asio_loop.hpp"
#include "host/runtime/blocking_pool.hpp"
#include "host/session/participant_session.hpp"

namespace tellina {

/// How long a trial may take besides the time of its task's checker.
inline constexpr std::chrono::minutes trial_time{5};

class TrialResult {
 public:
  bool passed = false;
  std::string end;  ///< how the task ended, "passed" or "gave_up"; otherwise why it did not end
};

/// A participant who starts the task, types the lines, each after the prompt that follows the one before, hands the
/// task in if that is possible, and gives up.
///
/// Threads: the one that runs the loop.
class Trial final : private ClientConnection {
 public:
  /// `environment`: its study has only this task. Everything must outlive the object.
  Trial(SessionEnvironment& environment, AsioLoop& loop, ParticipantId participant, std::vector<std::string> lines);
  ~Trial() override;

  /// Runs the loop until the task has ended and its sandbox is gone. Call it once.
  TrialResult run();

 private:
  // ClientConnection
  void send_data(Bytes frame) override;
  void send_text(std::string json) override;
  void credit(std::size_t) override {}
  void close(int code, const std::string& reason) override;
  const std::string& address() const override { return m_address; }

  void begin();
  /// The shell waits for a line, or seems to: types the next one, or ends the task.
  void next();
  void wait_for_prompt();
  void say(const std::string& json);
  void give_up();
  void finish(const std::string& end);

  SessionEnvironment& m_environment;
  AsioLoop& m_loop;
  const ParticipantId m_participant;
  std::vector<std::string> m_lines;
  const std::string m_address = "trial";
  std::unique_ptr<ParticipantSession> m_session;
  std::unique_ptr<Loop::Timer> m_quiet_timer;
  std::unique_ptr<Loop::Timer> m_limit_timer;
  std::size_t m_next_line = 0;
  std::uint64_t m_typed = 0;
  bool m_is_handed_in = false;
  bool m_has_given_up = false;
  bool m_has_finished = false;
  Bytes m_tail;  ///< the last output, in which a mark may have begun
  TrialResult m_result;
};

}  // namespace tellina
