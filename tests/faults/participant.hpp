#pragma once

/// A participant who types numbered records into `cat`, and reconnects as the page does.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "faults/random_numbers.hpp"
#include "faults/tested_server.hpp"
#include "host/client/terminal_client.hpp"

namespace tellina::faults {

/// What a participant typed and saw, for the checker.
class Receipts {
 public:
  class Range {
   public:
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  class Record {
   public:
    int number = 0;
    int life = 0;  ///< counts the runs of `cat`
    Range input;
  };

  std::string access_code;
  std::string typed;                ///< the input from offset 0; zeros where the participant typed nothing
  std::vector<Record> records;      ///< in the order in which they were typed
  std::vector<Range> acknowledged;  ///< what each `input_ack` covered after the preceding welcome
  std::vector<std::string> faults;  ///< violations of the protocol by the server
  Milliseconds longest_stall{0};    ///< the longest time without a record on the screen although one was typed
};

/// A record on the screen: "p101:000042;".
std::string record_text(const std::string& access_code, int number);

/// Runs on a separate thread. Threads: one calls the constructor, finish() and the destructor; any thread may call the
/// marked functions.
class Participant final : private client::TerminalClient::Listener {
 public:
  /// What the fault driver does to the participant's end of the connection. Any thread may set it.
  enum class Behaviour : std::uint8_t {
    normal,
    reset,   ///< resets the connection once, then behaves normally
    silent,  ///< leaves the socket open and unread
    slow,    ///< reads a few bytes at a time
  };

  Participant(const TestedServer& server, std::string access_code, std::uint64_t seed, std::uint64_t stream);
  ~Participant();
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  void behave(Behaviour behaviour) { m_behaviour = behaviour; }
  /// Any thread. The number of the last record typed, and of the last one that the screen showed; 0 before the first.
  int last_typed() const { return m_last_typed; }
  int last_shown() const { return m_last_shown; }
  /// Types nothing more. Returns false if input has no acknowledgement after `limit`.
  bool finish(Milliseconds limit);
  /// After finish().
  const Receipts& receipts() const { return m_receipts; }
  /// Describes the progress, for a report. Any thread.
  std::string describe() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  enum class Phase : std::uint8_t {
    offline,         ///< no connection, or no welcome yet
    starting,        ///< start_task has no answer yet
    at_prompt_soon,  ///< a shell starts; its prompt has not arrived
    entering,        ///< the command line that runs `cat` was typed
    probing,         ///< output was lost while `cat` started; checks whether it runs
    typing,
  };

  void on_output(std::string_view bytes) override;
  void on_frame(const ServerFrame& frame, std::string_view json) override;
  void on_welcome(const WelcomeFrame& welcome);

  void run();
  void step();
  void connect();
  void lose(Time now);
  void exchange();
  void ping(Time now);
  void act(Time now);
  void type(const std::string& text);
  void type_record();
  void enter_cat();
  void read_screen();
  void move(Phase phase);

  const TestedServer& m_server;
  RandomNumbers m_random;
  std::string m_cookie;
  client::TerminalClient m_client{*this};
  Receipts m_receipts;
  std::atomic<Behaviour> m_behaviour{Behaviour::normal};
  std::atomic<Phase> m_phase{Phase::offline};
  std::atomic<int> m_last_typed{0};
  std::atomic<int> m_last_shown{0};
  std::atomic<bool> m_types{true};
  std::atomic<bool> m_is_running{true};
  std::atomic<bool> m_is_acknowledged{false};

  Time m_next_try{};
  Milliseconds m_pause{0};
  Time m_connected_at{};
  Time m_last_frame{};
  Time m_last_ping{};
  Time m_next_record{};
  Time m_phase_since{};
  Time m_last_progress{};
  int m_task = 0;       ///< the task to start; 0 while one runs
  std::string m_shell;  ///< the sandbox that `cat` runs in
  std::uint64_t m_acknowledged_from = 0;
  int m_life = 0;        ///< counts the command lines that run `cat`
  std::string m_screen;  ///< output of this phase that was not interpreted yet
  std::thread m_thread;
};

}  // namespace tellina::faults
