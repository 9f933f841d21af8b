#include "plugins/sandbox_exec/program_client.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "plugins/common/thread_without_signals.hpp"
#include "plugins/sandbox_exec/packet_socket.hpp"

namespace tellina::exec_sandbox {

using namespace std::chrono_literals;
using sandbox_common::system_error;

namespace {

constexpr std::chrono::milliseconds hello_time = 10s;
/// A program that is overdue by the first of these gets a ping. It is killed if it answers nothing for the second.
constexpr std::chrono::milliseconds overdue_time = 1s;
constexpr std::chrono::milliseconds hang_time = 5s;
/// Read before other descriptors get their turn.
constexpr int most_packets_at_a_time = 64;
/// What the answer to a request that nobody waits for may take.
constexpr std::chrono::milliseconds post_time = 10s;
/// A program that has run for this long was no failure at its start.
constexpr std::chrono::milliseconds good_run = 10s;
constexpr std::chrono::milliseconds first_pause = 250ms;
/// Requests that nobody waits for. If a program leaves more unanswered, the oldest are forgotten.
constexpr std::size_t most_abandoned = 1000;
constexpr std::chrono::milliseconds longest_pause = 8s;
/// After the program's end, of 16 KiB each: as much as the largest pipe holds.
constexpr int most_reads_at_the_end = 64;
/// How often overdue calls are looked at.
constexpr int look_interval_in_milliseconds = 250;
/// How long the end of everything may take: longer than the supervisor's timeout.
constexpr std::chrono::milliseconds stop_time = 8s;
static_assert(hang_time > first_pause && longest_pause < hello_time);

std::string describe_status(std::optional<int> status) {
  if (!status) return "was killed";
  if (WIFSIGNALED(*status)) return "ended by signal " + std::to_string(WTERMSIG(*status));
  return "ended with exit status " + std::to_string(WEXITSTATUS(*status));
}

}  // namespace

class ProgramClient::Pending {
 public:
  WakeUp done;
  std::optional<Answer> answer;  ///< or else `failure`
  std::function<void(std::string_view)> progress;
  std::optional<Config> section{};  ///< what a path in an error leads into; absent: the settings
  std::string failure;
};

/// The first call of a program's run. The callers wait for it, but it outlives their deadlines: a
/// program that starts slowly must not be started again and again by calls that cannot wait.
class ProgramClient::Hello {
 public:
  Hello(std::shared_ptr<Program> program_, MonotonicTime due_) : program(std::move(program_)), due(due_) {}
  const std::shared_ptr<Program> program;
  const MonotonicTime due;
  const std::shared_ptr<Pending> pending = std::make_shared<Pending>();
};

class ProgramClient::Abandoned {
 public:
  MonotonicTime due;
  bool was_interrupted = false;  ///< the program need not answer
  boost::json::object sandbox;   ///< to be destroyed if it starts after all
};

class ProgramClient::Watched {
 public:
  std::shared_ptr<Program> program;
  bool has_socket = true;
  bool has_output = true;
  bool has_errors = true;
};

ProgramClient::ProgramClient(const PluginContext& context)
    : m_context(context),
      m_settings(context.config),
      m_log_budget(context.log, context.clock, std::filesystem::path(name()).filename().string() + ": ") {}

ProgramClient::~ProgramClient() {
  {
    const std::lock_guard lock(m_mutex);
    m_is_stopping = true;
    if (m_program) m_program->ask_to_end();
  }
  m_wake.raise();
  if (m_reader.joinable()) m_reader.join();
  if (m_program) m_program->finish();
}

bool ProgramClient::adopts() const {
  const std::lock_guard lock(m_mutex);
  return m_adopts;
}

std::uint64_t ProgramClient::run() const {
  const std::lock_guard lock(m_mutex);
  return m_run;
}

void ProgramClient::watch(std::shared_ptr<ShellEnd> end) {
  {
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_ends, [](const auto& one) { return one.expired(); });
    m_ends.push_back(std::move(end));
  }
  m_wake.raise();
}

Answer ProgramClient::call(Request request, const Deadline& deadline) {
  return call_program(need_program(deadline), std::move(request), deadline);
}

void ProgramClient::post(Request request) {
  std::shared_ptr<Program> program;
  RequestId id = 0;
  {
    const std::lock_guard lock(m_mutex);
    if (m_state != State::running) return;
    program = m_program;
    id = ++m_last_id;
  }
  const std::string packet = encode_request(id, request.call, std::move(request.fields));
  {
    const Lock lock(m_mutex);
    if (m_program != program) return;
    add_abandoned(id, lock).due = m_context.clock.now() + post_time;
  }
  if (!send_packet(program->socket(), packet, nullptr)) {
    m_context.log.warning(name() + " does not read its socket: it does not learn of \"" + request.call + "\"");
  }
  m_wake.raise();
}

void ProgramClient::notify(std::string_view call, boost::json::object fields) {
  std::shared_ptr<Program> program;
  {
    const std::lock_guard lock(m_mutex);
    if (m_state != State::running) return;
    program = m_program;
  }
  send_packet(program->socket(), encode_request(0, call, std::move(fields)), nullptr);
}

ProgramClient::Abandoned& ProgramClient::add_abandoned(RequestId id, const Lock&) {
  if (m_abandoned.size() == most_abandoned) m_abandoned.erase(m_abandoned.begin());
  return m_abandoned[id];
}

void ProgramClient::change_state(State state, const Lock&) {
  m_state = state;
  for (const std::weak_ptr<WakeUp>& one : m_waiting) {
    if (const auto waiting = one.lock()) waiting->raise();
  }
  m_waiting.clear();
}

void ProgramClient::delay_next_start(const Lock&) {
  const MonotonicTime now = m_context.clock.now();
  if (now - m_started_at >= good_run) m_quick_ends = 0;
  const auto pause =
      m_quick_ends == 0 ? 0ms : std::min(first_pause * (1 << std::min(m_quick_ends - 1, 10)), longest_pause);
  m_next_start = now + pause;
  ++m_quick_ends;
}

std::shared_ptr<Program> ProgramClient::need_program(const Deadline& deadline) {
  const std::string what = "wait for " + name();
  std::shared_ptr<WakeUp> change;
  for (;;) {
    std::shared_ptr<Hello> hello;
    std::chrono::milliseconds pause{0};
    bool starts_it = false;
    {
      const Lock lock(m_mutex);
      if (m_is_stopping) throw Error(ErrorCode::unavailable, name() + " is being ended");
      if (m_state == State::running) return m_program;
      // Each caller has its own, so that a change of the state needs no descriptor.
      change = std::make_shared<WakeUp>();
      if (m_state == State::absent) {
        pause = std::chrono::ceil<std::chrono::milliseconds>(m_next_start - m_context.clock.now());
        starts_it = pause <= 0ms;
        if (starts_it) change_state(State::starting, lock);
      }
      std::erase_if(m_waiting, [](const auto& one) { return one.expired(); });
      m_waiting.push_back(change);
      hello = m_hello;
    }
    if (starts_it) {
      start_program();
    } else if (hello) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(hello->due - m_context.clock.now());
      if (left > 0ms) deadline.wait_readable_for(left, hello->pending->done.descriptor(), what);
      finish_hello(hello);
    } else if (pause > 0ms) {
      deadline.wait_readable_for(pause, change->descriptor(), what);
    } else {
      deadline.wait_readable(change->descriptor(), what);
    }
  }
}

void ProgramClient::start_program() {
  std::shared_ptr<Program> program;
  try {
    {
      const std::lock_guard lock(m_mutex);
      m_started_at = m_last_answer = m_context.clock.now();
    }
    program = std::make_shared<Program>(m_settings);
    m_starts.add();
    const auto hello = std::make_shared<Hello>(program, m_context.clock.now() + hello_time);
    RequestId id = 0;
    {
      const std::lock_guard lock(m_mutex);
      if (!m_reader.joinable()) m_reader = start_thread_without_signals([this] { read_until_stopped(); });
      m_program = program;
      ++m_run;
      id = ++m_last_id;
      m_pending[id] = hello->pending;
      m_hello = hello;
    }
    m_wake.raise();
    // The socket is empty, so it takes the packet at once.
    if (!send_packet(program->socket(), encode_request(id, "hello", hello_fields()), nullptr)) {
      throw system_error(name() + ": hello", errno, ErrorCode::unavailable);
    }
  } catch (...) {
    const Lock lock(m_mutex);
    m_hello.reset();
    if (program && m_run > 0 && (m_program == program || m_state != State::starting)) {
      program->ask_to_end();  // the reader notices its end
    } else if (!m_program && m_state == State::starting) {
      delay_next_start(lock);
      change_state(State::absent, lock);
    }
    throw;
  }
}

boost::json::object ProgramClient::hello_fields() const {
  return {{"version", protocol_version},
          {"settings", to_json(m_settings.settings)},
          {"folder", m_settings.folder},
          {"shell_folder", m_settings.shell_folder},
          {"shell_marks", m_settings.shell_marks}};
}

void ProgramClient::finish_hello(const std::shared_ptr<Hello>& hello) {
  const std::string what = name() + ": hello";
  const Lock lock(m_mutex);
  if (!hello->pending->failure.empty()) throw Error(ErrorCode::unavailable, what + ": " + hello->pending->failure);
  if (m_hello != hello) return;
  m_hello.reset();
  try {
    if (!hello->pending->answer) throw Error(ErrorCode::timed_out, what + ": no answer in time");
    const Answer answer = take_result(*hello->pending, what);
    const std::uint64_t version = answer.count("version", what);
    if (version != protocol_version) {
      throw Error(ErrorCode::incompatible, what + ": expected version " + std::to_string(protocol_version) +
                                               " of the protocol, got " + std::to_string(version));
    }
    const bool adopts = answer.flag("adopts", false, what);
    if (m_state != State::starting) throw Error(ErrorCode::unavailable, name() + " has ended");
    m_adopts = adopts;
    if (adopts) hello->program->let_its_processes_live();
    change_state(State::running, lock);
  } catch (const Error&) {
    hello->program->ask_to_end();  // the reader notices its end
    throw;
  }
}

Answer ProgramClient::take_result(Pending& pending, const std::string& what) const {
  if (!pending.answer) throw Error(ErrorCode::unavailable, what + ": " + pending.failure);
  if (pending.answer->lost_descriptors) {
    throw Error(ErrorCode::busy, what + ": the server has no free descriptor for the program's answer",
                "raise the limit of open files (ulimit -n)");
  }
  if (pending.answer->is_error)
    pending.answer->throw_error(what, pending.section ? *pending.section : m_settings.settings);
  return std::move(*pending.answer);
}

Answer ProgramClient::call_program(const std::shared_ptr<Program>& program, Request request, const Deadline& deadline) {
  const std::string what = name() + ": " + request.call;
  const auto pending = std::make_shared<Pending>();
  pending->progress = request.progress;
  pending->section = request.section;
  RequestId id = 0;
  std::uint64_t run = 0;
  {
    const std::lock_guard lock(m_mutex);
    id = ++m_last_id;
  }
  const std::string packet = encode_request(id, request.call, request.fields);
  {
    const std::lock_guard lock(m_mutex);
    if (m_program != program) throw Error(ErrorCode::unavailable, what + ": the program has ended");
    run = m_run;
    m_pending[id] = pending;
  }
  try {
    send(*program, packet, request.attached, deadline, what);
    deadline.wait_readable(pending->done.descriptor(), what);
  } catch (const Error& error) {
    abandon(*program, id, request, error.code() != ErrorCode::timed_out);
    throw;
  }
  const std::lock_guard lock(m_mutex);
  Answer answer = take_result(*pending, what);
  answer.run = run;
  return answer;
}

void ProgramClient::send(const Program& program, const std::string& packet, const Descriptor* attached,
                         const Deadline& deadline, const std::string& what) const {
  while (!send_packet(program.socket(), packet, attached)) {
    if (errno == EAGAIN || errno == ENOBUFS) {
      deadline.wait_writable(program.socket(), what);
    } else if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) {
      throw Error(ErrorCode::unavailable, what + ": the program has closed its socket");
    } else {
      throw system_error(what, errno);
    }
  }
}

void ProgramClient::abandon(const Program& program, RequestId id, const Request& request, bool was_interrupted) {
  {
    const Lock lock(m_mutex);
    // It may just have been answered.
    if (m_pending.erase(id) == 0) return;
    Abandoned& abandoned = add_abandoned(id, lock);
    abandoned.due = m_context.clock.now();
    abandoned.was_interrupted = was_interrupted;
    if (request.starts_sandbox) {
      for (const char* key : {"sandbox", "owner"}) abandoned.sandbox[key] = request.fields.at(key);
    }
  }
  send_packet(program.socket(), encode_request(0, "cancel", {{"request", id}}), nullptr);
  m_wake.raise();
}

void ProgramClient::read_until_stopped() {
  Watched watched;
  std::optional<MonotonicTime> stop_by;
  for (;;) {
    std::vector<std::shared_ptr<ShellEnd>> ends;
    bool looks_for_hang = false;
    {
      const std::lock_guard lock(m_mutex);
      if (watched.program != m_program) watched = Watched();
      watched.program = m_program;
      if (m_is_stopping) {
        if (!m_program || (stop_by && m_context.clock.now() > *stop_by)) return;
        if (!stop_by) stop_by = m_context.clock.now() + stop_time;
      }
      for (const auto& one : m_ends) {
        if (auto end = one.lock(); end && end->pipe() >= 0) ends.push_back(std::move(end));
      }
      looks_for_hang = !m_abandoned.empty() || m_hello || m_is_stopping;
    }
    const bool has_report = m_log_budget.report_if_due();
    const Program* const program = watched.program.get();
    std::vector<pollfd> polled = {
        {m_wake.descriptor(), POLLIN, 0},
        {program != nullptr && watched.has_output ? program->output() : -1, POLLIN, 0},
        {program != nullptr && watched.has_errors ? program->errors() : -1, POLLIN, 0},
        {program != nullptr && watched.has_socket ? program->socket() : -1, POLLIN, 0},
        {program != nullptr ? program->supervisor_socket() : -1, POLLIN, 0},
    };
    const std::size_t first_end = polled.size();
    for (const auto& end : ends) polled.push_back({end->pipe(), POLLIN, 0});
    if (poll(polled.data(), polled.size(), looks_for_hang || has_report ? look_interval_in_milliseconds : -1) < 0)
      continue;
    if (polled[0].revents != 0) m_wake.clear();
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (polled[first_end + i].revents != 0) ends[i]->read();
    }
    if (program == nullptr) continue;
    read_program(watched);
    bool is_over = false;
    const std::optional<int> status = program->read_status(is_over);
    if (status || is_over) {
      read_the_rest(watched);
      take_end(watched.program, status);
      watched = Watched();
    } else if (looks_for_hang) {
      look_for_hang(*program);
    }
  }
}

void ProgramClient::read_program(Watched& watched) {
  const Program& program = *watched.program;
  if (watched.has_output) watched.has_output = read_output(program.output(), m_output_log, LogLevel::info);
  if (watched.has_errors) watched.has_errors = read_output(program.errors(), m_error_log, LogLevel::warning);
  if (!watched.has_socket) return;
  watched.has_socket = read_packets(program);
  if (watched.has_socket) return;
  // Nothing can be asked of it any more.
  program.ask_to_end();
}

/// Reads what a program that has ended said last: what its pipes hold. Its children may write on.
void ProgramClient::read_the_rest(Watched& watched) {
  for (int count = 0; count < most_reads_at_the_end && (watched.has_output || watched.has_errors); ++count) {
    read_program(watched);
  }
}

/// Returns false at the end.
bool ProgramClient::read_output(int descriptor, LineLog& log, LogLevel level) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
  if (size > 0) log.add(level, std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  if (size == 0) log.end(level);
  return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

/// Reads what has arrived, or a part of much. Returns false if the program has closed its socket.
bool ProgramClient::read_packets(const Program& program) {
  for (int count = 0; count < most_packets_at_a_time; ++count) {
    Packet packet = receive_packet(program.socket());
    if (packet.kind == Packet::Kind::none) return true;
    if (packet.kind == Packet::Kind::end) return false;
    if (packet.kind == Packet::Kind::too_large) {
      m_log_budget.write(LogLevel::warning, "a packet is larger than " + std::to_string(largest_packet) + " bytes");
      continue;
    }
    const bool has_too_many = packet.lost_descriptors && packet.descriptors.size() == most_descriptors;
    if (has_too_many) {
      m_log_budget.write(LogLevel::warning,
                         "a packet has more than " + std::to_string(most_descriptors) + " descriptors");
    }
    std::string problem;
    std::optional<Answer> answer = parse_answer(packet.text, problem);
    if (!answer) {
      m_log_budget.write(LogLevel::warning, "a packet is not an answer: " + problem);
      continue;
    }
    answer->lost_descriptors = packet.lost_descriptors && !has_too_many;
    answer->descriptors = std::move(packet.descriptors);
    take_answer(std::move(*answer));
  }
  return true;
}

void ProgramClient::take_answer(Answer answer) {
  boost::json::object sandbox;
  {
    const std::lock_guard lock(m_mutex);
    if (const auto found = m_pending.find(answer.id); found != m_pending.end()) {
      m_last_answer = m_context.clock.now();
      if (answer.is_progress) {
        // With the lock, because the call that waits takes it before it returns.
        if (found->second->progress) found->second->progress(answer.fields.at("progress").as_string());
        return;
      }
      found->second->answer = std::move(answer);
      found->second->done.raise();
      m_pending.erase(found);
      return;
    }
    const auto found = m_abandoned.find(answer.id);
    if (found == m_abandoned.end()) {
      m_log_budget.write(LogLevel::warning, "it answers a request that does not wait: " + std::to_string(answer.id));
      return;
    }
    m_last_answer = m_context.clock.now();
    if (answer.is_progress) return;
    if (!answer.is_error) sandbox = std::move(found->second.sandbox);
    m_abandoned.erase(found);
  }
  if (!sandbox.empty()) post(Request("destroy", std::move(sandbox)));
}

void ProgramClient::take_end(const std::shared_ptr<Program>& program, std::optional<int> status) {
  bool is_expected = false;
  std::map<RequestId, std::shared_ptr<Pending>> pending;
  const std::string text = "the program " + describe_status(status);
  {
    const Lock lock(m_mutex);
    is_expected = m_is_stopping;
    delay_next_start(lock);
    pending.swap(m_pending);
    m_abandoned.clear();
    m_pinged_at.reset();
    m_program.reset();
    m_hello.reset();
    change_state(State::ending, lock);
  }
  // Before the calls fail, so that the log has the reason first.
  if (!is_expected) {
    m_log_budget.write(LogLevel::warning, text + "; " + std::to_string(pending.size()) +
                                              " calls were waiting; the next call starts it again");
  }
  {
    const Lock lock(m_mutex);
    for (const auto& [id, one] : pending) {
      one->failure = text;
      one->done.raise();
    }
  }
  program->finish();
  m_output_log.end(LogLevel::info);
  m_error_log.end(LogLevel::warning);
  m_log_budget.report();
  const Lock lock(m_mutex);
  change_state(State::absent, lock);
}

void ProgramClient::look_for_hang(const Program& program) {
  bool must_ping = false;
  {
    const std::lock_guard lock(m_mutex);
    const MonotonicTime now = m_context.clock.now();
    // Nobody may be waiting for it any more.
    const bool hangs_at_start = m_hello && now - m_hello->due >= overdue_time;
    if (m_pinged_at && m_last_answer >= *m_pinged_at) m_pinged_at.reset();
    // A program that has answered since then is slow, but does not hang.
    const auto is_overdue = [&](const auto& entry) {
      const Abandoned& one = entry.second;
      return !one.was_interrupted && now - one.due >= overdue_time && m_last_answer < one.due;
    };
    if (hangs_at_start) {
      m_hello.reset();
      m_pinged_at = now;
    } else if (!m_pinged_at) {
      must_ping = std::any_of(m_abandoned.begin(), m_abandoned.end(), is_overdue);
      if (must_ping) m_pinged_at = now;
    } else if (now - *m_pinged_at < hang_time) {
      return;
    } else {
      m_pinged_at = now;
    }
    if (!m_pinged_at) return;
  }
  if (must_ping) return post(Request("ping", {}));
  m_log_budget.write(LogLevel::error, "it answers nothing; it is killed and started again when it is needed");
  program.kill();
}

}  // namespace tellina::exec_sandbox
