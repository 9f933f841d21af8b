#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "plugins/common/wake_up.hpp"
#include "plugins/sandbox_common/deadline.hpp"
#include "plugins/sandbox_exec/line_log.hpp"
#include "plugins/sandbox_exec/packets.hpp"
#include "plugins/sandbox_exec/program.hpp"
#include "plugins/sandbox_exec/settings.hpp"
#include "plugins/sandbox_exec/shell_end.hpp"
#include "tellina/plugin.hpp"

namespace tellina::exec_sandbox {

using sandbox_common::Deadline;

/// Calls the researcher's program. Starts it when it is needed, and again after it has ended.
///
/// Threads: any. One thread of its own reads what the program sends.
class ProgramClient {
 public:
  /// What a call gives the program, and about what.
  class Request {
   public:
    Request(std::string_view call_, boost::json::object fields_) : call(call_), fields(std::move(fields_)) {}
    std::string call;
    boost::json::object fields;
    const Descriptor* attached = nullptr;  ///< the program gets a copy
    std::optional<Config> section{};       ///< what a path in the error bad_config leads into; absent: the settings
    /// Gets what the program says about its progress, until the call returns. Must not block. May be empty.
    std::function<void(std::string_view)> progress{};
    bool starts_sandbox = false;  ///< if the answer comes too late, "destroy" follows
  };

  /// Starts nothing. `context` must outlive the object. Throws ConfigError.
  explicit ProgramClient(const PluginContext& context);
  ProgramClient(const ProgramClient&) = delete;
  ProgramClient& operator=(const ProgramClient&) = delete;
  ~ProgramClient();

  /// Returns the answer to a request. Throws the program's own error; Error(unavailable) if the program cannot be
  /// started or ends meanwhile; Error(timed_out), or Error(gone) if the deadline is interrupted.
  Answer call(Request request, const Deadline& deadline);
  /// Sends a request whose answer nobody waits for, unless the program does not run.
  void post(Request request);
  /// Sends a message that gets no answer, if the program runs and takes it at once.
  void notify(std::string_view name, boost::json::object fields);

  /// Reports the end of a shell from then on.
  void watch(std::shared_ptr<ShellEnd> end);

  /// Whether the sandboxes of a run can be adopted by the next. False before the first call.
  bool adopts() const;
  /// The current run; a sandbox of an earlier run is gone unless it is adopted. 0 before the first.
  std::uint64_t run() const;
  const std::string& name() const { return m_settings.command.front(); }
  Clock& clock() const { return m_context.clock; }
  const Settings& settings() const { return m_settings; }

 private:
  enum class State { absent, starting, running, ending };
  class Pending;
  class Hello;
  class Abandoned;
  class Watched;
  using Lock = std::unique_lock<std::mutex>;

  std::shared_ptr<Program> need_program(const Deadline& deadline);
  void start_program();
  boost::json::object hello_fields() const;
  /// Takes the answer to "hello", or gives the program up if there is none. Of all callers that wait for it, the first
  /// does this. Throws the reason if the program cannot be used.
  void finish_hello(const std::shared_ptr<Hello>& hello);
  Answer take_result(Pending& pending, const std::string& what) const;
  Answer call_program(const std::shared_ptr<Program>& program, Request request, const Deadline& deadline);
  void send(const Program& program, const std::string& packet, const Descriptor* attached, const Deadline& deadline,
            const std::string& what) const;
  void abandon(const Program& program, RequestId id, const Request& request, bool was_interrupted);
  Abandoned& add_abandoned(RequestId id, const Lock& lock);
  void change_state(State state, const Lock& lock);
  void delay_next_start(const Lock& lock);

  void read_until_stopped();
  void read_program(Watched& watched);
  void read_the_rest(Watched& watched);
  bool read_output(int descriptor, LineLog& log, LogLevel level);
  bool read_packets(const Program& program);
  void take_answer(Answer answer);
  void take_end(const std::shared_ptr<Program>& program, std::optional<int> status);
  void look_for_hang(const Program& program);

  const PluginContext& m_context;
  const Settings m_settings;
  const PluginCounter m_starts;  ///< of the program

  mutable std::mutex m_mutex;
  State m_state = State::absent;
  std::vector<std::weak_ptr<WakeUp>> m_waiting;  ///< raised at the next change of the state
  std::shared_ptr<Program> m_program;
  std::shared_ptr<Hello> m_hello;  ///< while the program starts: its first call
  std::uint64_t m_run = 0;
  bool m_adopts = false;
  RequestId m_last_id = 0;
  std::map<RequestId, std::shared_ptr<Pending>> m_pending;
  std::map<RequestId, Abandoned> m_abandoned;
  MonotonicTime m_last_answer;
  std::optional<MonotonicTime> m_pinged_at;  ///< nothing has been answered since
  MonotonicTime m_started_at;
  MonotonicTime m_next_start;
  int m_quick_ends = 0;
  std::vector<std::weak_ptr<ShellEnd>> m_ends;
  bool m_is_stopping = false;

  WakeUp m_wake;
  LineBudget m_log_budget;
  LineLog m_output_log{m_log_budget};
  LineLog m_error_log{m_log_budget};
  std::thread m_reader;
};

}  // namespace tellina::exec_sandbox
