#include "faults/participant.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>

#include "host/runtime/system.hpp"

namespace tellina::faults {
namespace {

using namespace std::chrono_literals;

// Like the page (docs/protocol.md, "Lost connections").
constexpr Milliseconds first_pause = 100ms;
constexpr Milliseconds longest_pause = 5s;
constexpr Milliseconds ping_interval = 10s;
constexpr Milliseconds pong_limit = 5s;
constexpr Milliseconds impatient_after = 1500ms;
constexpr Milliseconds impatient_pong_limit = 2s;

constexpr Milliseconds connect_limit = 5s;
constexpr Milliseconds poll_limit = 20ms;
constexpr Milliseconds shortest_think_time = 20ms;
constexpr Milliseconds longest_think_time = 300ms;
/// How often, in percent, the participant pastes several records instead of typing one.
constexpr int paste_share = 3;
constexpr int longest_paste = 200;
/// How long to wait for a prompt, or for the first output of a command line, before typing again.
constexpr Milliseconds shell_limit = 20s;
/// bash answers a line with a prompt long before that.
constexpr Milliseconds probe_limit = 3s;
constexpr std::size_t slow_read = 512;

constexpr std::string_view reset_mark =
    "\x1b"
    "c";
constexpr std::string_view prompt_mark = "\x1b]133;B";
constexpr std::string_view new_shell_mark = "(a new shell)";

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace

std::string record_text(const std::string& access_code, int number) {
  char text[32];
  std::snprintf(text, sizeof text, ":%06d;", number);
  return access_code + text;
}

Participant::Participant(const TestedServer& server, std::string access_code, std::uint64_t seed, std::uint64_t stream)
    : m_server(server), m_random(seed, stream) {
  m_receipts.access_code = std::move(access_code);
  m_client.name_sandboxes();
  m_thread = std::thread([this] { run(); });
}

Participant::~Participant() {
  m_is_running = false;
  if (m_thread.joinable()) m_thread.join();
}

bool Participant::finish(Milliseconds limit) {
  m_types = false;
  const Time deadline = Clock::now() + limit;
  while (!m_is_acknowledged && Clock::now() < deadline) std::this_thread::sleep_for(poll_limit);
  m_is_running = false;
  m_thread.join();
  return m_is_acknowledged;
}

std::string Participant::describe() const {
  static constexpr const char* phases[] = {"offline", "starting", "at_prompt_soon", "entering", "probing", "typing"};
  return m_receipts.access_code + " is " + phases[static_cast<int>(m_phase.load())] + ", typed " +
         std::to_string(m_last_typed) + " and saw " + std::to_string(m_last_shown);
}

void Participant::run() {
  try {
    m_server.enter_network();
    m_last_progress = Clock::now();
    while (m_is_running) {
      try {
        step();
      } catch (const client::ConnectionLost&) {
        lose(Clock::now());
      } catch (const client::ClientFailure& failure) {
        const bool is_open = m_client.is_open();
        // During a connection attempt, every failure is a network failure.
        if (is_open) m_receipts.faults.emplace_back(failure.what());
        lose(Clock::now());
      }
    }
  } catch (const std::exception& error) {
    m_receipts.faults.push_back(std::string("the participant ended: ") + error.what());
  }
}

void Participant::step() {
  const Time now = Clock::now();
  switch (m_behaviour.load()) {
    case Behaviour::silent:
      std::this_thread::sleep_for(poll_limit);
      return;
    case Behaviour::reset:
      m_behaviour = Behaviour::normal;
      if (m_client.is_open()) {
        const linger at_once{1, 0};
        ::setsockopt(m_client.socket()->descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        lose(now);
      }
      return;
    case Behaviour::slow:
    case Behaviour::normal:
      break;
  }
  if (!m_client.is_open()) {
    if (now < m_next_try) {
      std::this_thread::sleep_for(std::min<Clock::duration>(poll_limit, m_next_try - now));
    } else {
      connect();
    }
    return;
  }
  exchange();
  if (!m_client.is_open()) {
    lose(now);
    return;
  }
  ping(now);
  if (m_client.is_open()) act(now);
  const bool is_done = m_client.is_welcome() && m_client.acknowledged_input() == m_client.input_end();
  if (!m_types && is_done && m_phase == Phase::typing && m_last_shown == m_last_typed) m_is_acknowledged = true;
}

void Participant::connect() {
  const client::WaitLimit limit(system_clock(), connect_limit);
  const client::Endpoint endpoint = m_server.endpoint();
  if (m_cookie.empty()) m_cookie = client::log_in(endpoint, m_receipts.access_code, limit);
  m_client.open(endpoint, m_cookie, limit);
  m_connected_at = m_last_frame = m_last_ping = Clock::now();
  m_client.send_hello();
}

void Participant::lose(Time now) {
  m_client.cut();
  m_pause = std::clamp(2 * m_pause, first_pause, longest_pause);
  m_next_try = now + m_random.between(m_pause / 2, m_pause);
}

void Participant::exchange() {
  pollfd entry{m_client.socket()->descriptor(), POLLIN, 0};
  if (m_client.socket()->has_unsent()) entry.events |= POLLOUT;
  ::poll(&entry, 1, static_cast<int>(poll_limit.count()));
  m_client.exchange(m_behaviour == Behaviour::slow ? slow_read : limits::client_read);
}

void Participant::ping(Time now) {
  const bool waits = !m_client.is_welcome() || m_client.acknowledged_input() != m_client.input_end();
  const Clock::duration interval = waits ? impatient_after : ping_interval;
  const Clock::duration limit = waits && m_client.is_welcome() ? impatient_pong_limit : pong_limit;
  if (m_last_ping > m_last_frame) {
    if (now - m_last_ping > limit) lose(now);
  } else if (now - m_last_frame > interval) {
    m_last_ping = now;
    m_client.send_text(R"({"type":"ping","t":1})");
  }
}

void Participant::act(Time now) {
  if (!m_client.is_welcome()) return;
  if (m_phase == Phase::offline && m_task > 0) {
    m_client.start_task(m_task);
    move(Phase::starting);
    return;
  }
  const bool is_overdue = now - m_phase_since > shell_limit;
  switch (m_phase.load()) {
    case Phase::offline:
      return;
    case Phase::starting:
      if (is_overdue) move(Phase::offline);
      return;
    case Phase::at_prompt_soon:
      if (is_overdue) {
        type("\r");
        move(Phase::at_prompt_soon);
      }
      return;
    case Phase::entering:
      if (is_overdue) move(Phase::probing);
      return;
    case Phase::probing:
      if (m_screen.empty()) {
        type("\x03\r");
        m_screen = " ";
      } else if (now - m_phase_since > probe_limit) {
        move(Phase::typing);
      }
      return;
    case Phase::typing:
      break;
  }
  if (m_last_shown == m_last_typed) m_last_progress = now;
  m_receipts.longest_stall =
      std::max(m_receipts.longest_stall, std::chrono::floor<Milliseconds>(now - m_last_progress));
  if (!m_types || now < m_next_record) return;
  m_next_record = now + m_random.between(shortest_think_time, longest_think_time);
  const int count = m_random.chance(paste_share) ? m_random.between(2, longest_paste) : 1;
  for (int i = 0; i < count; ++i) type_record();
}

void Participant::type(const std::string& text) {
  m_receipts.typed.resize(m_client.input_end(), '\0');
  m_receipts.typed += text;
  m_client.type(text);
}

void Participant::type_record() {
  const int number = m_last_typed + 1;
  const std::string text = record_text(m_receipts.access_code, number);
  const std::uint64_t from = m_client.input_end();
  m_receipts.records.push_back({number, m_life, {from, from + text.size()}});
  m_last_typed = number;
  type(text);
}

void Participant::move(Phase phase) {
  m_phase = phase;
  m_phase_since = Clock::now();
  m_screen.clear();
}

void Participant::on_frame(const ServerFrame& frame, std::string_view /*json*/) {
  m_last_frame = Clock::now();
  if (const auto* welcome = std::get_if<WelcomeFrame>(&frame)) on_welcome(*welcome);
  if (const auto* ack = std::get_if<InputAckFrame>(&frame)) {
    if (ack->input_offset > m_acknowledged_from) {
      m_receipts.acknowledged.push_back({m_acknowledged_from, ack->input_offset});
      m_acknowledged_from = ack->input_offset;
    }
  }
  if (const auto* replaced = std::get_if<SandboxReplacedFrame>(&frame); replaced && replaced->sandbox != m_shell) {
    m_shell = replaced->sandbox;
    move(Phase::at_prompt_soon);
  }
  if (const auto* error = std::get_if<ErrorFrame>(&frame)) {
    const bool is_about_start = m_phase == Phase::starting;
    if (is_about_start) move(Phase::offline);
    if (error->code == "bad_message" || error->code == "wrong_task" || error->code == "unknown_stream") {
      m_receipts.faults.push_back("the server said " + error->code + ": " + error->message);
    }
  }
}

void Participant::on_welcome(const WelcomeFrame& welcome) {
  m_pause = Milliseconds(0);
  m_acknowledged_from = std::max(m_acknowledged_from, welcome.input_offset);
  const StudyState state = decode_study_state(welcome.state);
  m_task = state.state == "ready" ? state.task : 0;
  if (state.state != "running") {
    if (m_phase != Phase::starting) move(Phase::offline);
    if (!m_shell.empty()) m_receipts.faults.push_back("the task is \"" + state.state + "\" after it ran");
    return;
  }
  if (welcome.sandbox != m_shell) {
    m_shell = welcome.sandbox;
    move(Phase::at_prompt_soon);
  }
}

void Participant::on_output(std::string_view bytes) {
  m_last_frame = Clock::now();
  m_screen.append(bytes);
  read_screen();
}

void Participant::enter_cat() {
  ++m_life;
  type("stty raw -echo; echo begin-" + std::to_string(m_life) + "; cat\r");
  move(Phase::entering);
}

void Participant::read_screen() {
  // The echo of the command line itself has no LF after it.
  const std::string begin = "begin-" + std::to_string(m_life) + "\n";
  const std::size_t reset = m_screen.rfind(reset_mark);
  const std::size_t new_shell = m_screen.rfind(new_shell_mark);
  switch (m_phase.load()) {
    case Phase::offline:
    case Phase::starting:
      return;
    case Phase::at_prompt_soon:
      if (m_screen.find(prompt_mark, reset == std::string::npos ? 0 : reset) != std::string::npos) enter_cat();
      return;
    case Phase::entering:
      if (reset != std::string::npos) {
        m_screen.erase(0, reset);
        const std::string rest = m_screen;
        move(Phase::at_prompt_soon);
        m_screen = rest;
        read_screen();
      } else if (const std::size_t found = m_screen.find(begin); found != std::string::npos) {
        move(Phase::typing);
      }
      return;
    case Phase::probing:
      if (m_screen.find(prompt_mark) != std::string::npos) enter_cat();
      return;
    case Phase::typing:
      break;
  }
  if (reset != std::string::npos || new_shell != std::string::npos) {
    const std::string rest = m_screen.substr(reset != std::string::npos ? reset : new_shell);
    move(Phase::at_prompt_soon);
    m_screen = rest;
    read_screen();
    return;
  }
  const std::string head = m_receipts.access_code + ":";
  std::size_t from = 0;
  for (std::size_t found = 0; (found = m_screen.find(head, from)) != std::string::npos;) {
    const std::size_t end = m_screen.find(';', found);
    if (end == std::string::npos) break;
    m_last_shown = std::max(m_last_shown.load(), std::atoi(m_screen.c_str() + found + head.size()));
    m_last_progress = Clock::now();
    from = end + 1;
  }
  m_screen.erase(0, from);
}

}  // namespace tellina::faults
