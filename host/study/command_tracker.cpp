#include "host/study/command_tracker.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

BytesView process_of(BytesView shell) { return shell.substr(0, shell.find('.')); }

/// The text without the lines that were typed; nothing if it has none of them.
std::optional<Bytes> without_typed(BytesView text, const TypedLines& typed) {
  Bytes others;
  BytesView rest = text;
  while (!rest.empty()) {
    const std::size_t size = std::min(rest.find('\n'), rest.size() - 1) + 1;
    BytesView line = rest.substr(0, size);
    rest.remove_prefix(size);
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (!typed.contains(line)) others.append(line.data(), size);
  }
  if (others.size() == text.size()) return std::nullopt;
  return others;
}

}  // namespace

CommandTracker::CommandTracker(std::string nonce, const Start& start, OutputCheck* check, Callbacks callbacks)
    : m_scanner(std::move(nonce), start.output),
      m_input(start.input),
      m_next_number(start.next_command_number),
      m_check(check),
      m_callbacks(std::move(callbacks)) {}

void CommandTracker::leave_out_typed_lines() {
  m_typed.emplace([](BytesView line) { return !line.empty(); }, limits::kernel_line);
}

void CommandTracker::typed(BytesView bytes, std::uint64_t offset, Timestamp at, bool is_secret) {
  const InvariantScope invariant(*this);
  m_balance.typed(bytes, at.monotonic);
  m_input.typed(bytes, offset);
  if (m_check) m_check->typed(bytes);
  if (m_typed) m_typed->typed(bytes);
  // Output that happens to end like a secret would be recorded as its echo.
  if (!m_running.empty() && !is_secret) m_running.back().echoed.typed(bytes, m_running.back().record.output);
}

void CommandTracker::printed(BytesView bytes, Timestamp at) {
  const InvariantScope invariant(*this);
  m_now = at;
  m_scanner.feed(bytes, *this);
}

void CommandTracker::shell_ended(Timestamp at, CommandEnd by) {
  const InvariantScope invariant(*this);
  m_now = at;
  while (!m_in_tmux.empty()) {
    CommandRecord record = std::move(m_in_tmux.begin()->second);
    m_in_tmux.erase(m_in_tmux.begin());
    record.ended_by = by;
    report(std::move(record), m_scanner.offset());
  }
  while (!m_running.empty()) {
    if (by == CommandEnd::shell) judge();
    finish(std::nullopt, by, m_scanner.offset());
  }
}

void CommandTracker::check_invariant() const {
  TELLINA_ASSERT(m_running.size() <= limits::shell_depth && m_in_tmux.size() <= limits::shell_depth);
  TELLINA_ASSERT(m_seen.size() <= limits::shells);
  TELLINA_ASSERT(m_lines_of_commands <= m_lines_read);
  std::uint64_t from = 0;
  for (const Running& running : m_running) {
    // An inner command begins after the outer one.
    TELLINA_ASSERT(running.record.output_from >= from && running.record.output_from <= m_scanner.offset());
    TELLINA_ASSERT(running.record.number < m_next_number);
    from = running.record.output_from;
  }
}

std::optional<Progress> CommandTracker::verdict_if_passed() const {
  if (m_running.empty() || !m_check) return std::nullopt;
  Progress progress = m_check->progress();
  if (!progress.passed) return std::nullopt;
  return progress;
}

void CommandTracker::on_text(BytesView text) {
  if (m_running.empty()) return;
  Running& running = m_running.back();
  if (std::exchange(running.cursor_has_moved, false)) running.record.is_full_screen = true;
  if (!running.shows_alternate_screen) {
    Bytes& recorded = running.record.output;
    const std::size_t room = limits::recorded_command_output - recorded.size();
    recorded.append(text.substr(0, room));
    if (text.size() > room) running.record.output_is_cut = true;
    running.echoed.printed(text);
  }
  if (!m_check) return;
  m_check->printed(text);
  const bool had_found = std::exchange(m_has_found, m_check->has_found());
  if (m_has_found && !had_found && m_callbacks.found) m_callbacks.found();
}

void CommandTracker::on_alternate_screen(bool is_shown) {
  if (m_running.empty()) return;
  m_running.back().shows_alternate_screen = is_shown;
  if (is_shown) m_running.back().record.is_full_screen = true;
}

void CommandTracker::on_cursor_moved() {
  if (m_running.empty()) return;
  Running& running = m_running.back();
  running.cursor_has_moved = true;
  // A terminal multiplexer draws the lines of its inner shell at its own positions.
  if (m_check && (running.is_multiplexer || !running.shows_alternate_screen)) m_check->line_broken();
}

void CommandTracker::on_line_read() { ++m_lines_read; }

void CommandTracker::on_mark(const ShellMark& mark) {
  if (mark.is_drawn_later) return on_mark_through_tmux(mark);
  switch (mark.kind) {
    case ShellMark::Kind::prompt_start:
      m_lines_read = m_lines_of_commands = 0;
      m_balance.prompt_started();
      if (m_check) m_check->prompt_started();
      if (m_typed) m_typed->clear();
      return;
    case ShellMark::Kind::prompt_end:
      m_is_at_prompt = true;
      m_balance.prompt_shown(m_now.monotonic);
      m_input.prompt_shown(m_now);
      if (m_callbacks.ready) m_callbacks.ready();
      return;
    case ShellMark::Kind::command_start:
      return on_command_start(mark);
    case ShellMark::Kind::command_end:
      return on_command_end(mark);
  }
}

bool CommandTracker::remember(const ShellMark& mark) {
  if (mark.shell.empty()) return true;
  const auto found = m_seen.find(mark.shell);
  if (found == m_seen.end()) {
    if (m_seen.size() < limits::shells) m_seen.emplace(mark.shell, mark.number);
    return true;
  }
  // The mark at the end of a command has its number or, if it comes from the prompt, the next one.
  const bool is_start = mark.kind == ShellMark::Kind::command_start;
  if (mark.number < found->second || (is_start && mark.number == found->second)) return false;
  if (is_start) found->second = mark.number;
  return true;
}

std::optional<std::size_t> CommandTracker::index_of(const ShellMark& mark) const {
  const auto is_its_command = [&mark](const Running& running) {
    return process_of(running.shell) == process_of(mark.shell);
  };
  const auto found = std::find_if(m_running.rbegin(), m_running.rend(), is_its_command);
  if (found == m_running.rend()) return std::nullopt;
  return static_cast<std::size_t>(m_running.rend() - found) - 1;
}

void CommandTracker::unwind(std::size_t index, std::uint64_t output_to) {
  while (m_running.size() > index + 1) {
    judge();
    finish(std::nullopt, CommandEnd::shell, output_to);
  }
}

CommandTracker::Origin CommandTracker::take_origin() {
  const std::size_t lines = m_lines_read - std::exchange(m_lines_of_commands, m_lines_read);
  const std::uint64_t lines_ahead = m_balance.ahead();
  Origin origin;
  origin.has_line = m_balance.command_started(lines);
  origin.typed_at = m_input.command_started(lines_ahead, lines);
  return origin;
}

void CommandTracker::on_command_start(const ShellMark& mark) {
  const Origin origin = take_origin();
  if (!remember(mark)) return;
  std::optional<std::size_t> index = index_of(mark);
  if (!index && m_running.size() == limits::shell_depth) index = limits::shell_depth - 1;
  if (index) {
    unwind(*index, mark.from);
    judge();
    const bool has_status = mark.exit_status && m_running.back().shell == mark.shell;
    finish(has_status ? mark.exit_status : std::nullopt, has_status ? CommandEnd::exit : CommandEnd::shell, mark.from);
  } else if (!m_running.empty() && m_check && m_check->has_found()) {
    judge();
  }
  begin(mark, origin);
}

void CommandTracker::on_command_end(const ShellMark& mark) {
  if (!remember(mark)) return;
  const std::optional<std::size_t> index = index_of(mark);
  if (!index) return;
  unwind(*index, mark.from);
  judge();
  finish(mark.exit_status, CommandEnd::exit, mark.from);
}

void CommandTracker::on_mark_through_tmux(const ShellMark& mark) {
  const bool is_start = mark.kind == ShellMark::Kind::command_start;
  Origin origin;
  if (is_start) origin = take_origin();
  if (m_running.empty() || !remember(mark)) return;
  m_running.back().is_multiplexer = true;
  const auto found = m_in_tmux.find(mark.shell);
  if (found != m_in_tmux.end()) {
    CommandRecord record = std::move(found->second);
    m_in_tmux.erase(found);
    record.exit_status = mark.exit_status;
    report(std::move(record), mark.from);
  }
  if (is_start && m_in_tmux.size() < limits::shell_depth) {
    m_in_tmux.emplace(mark.shell, make_record(mark, origin));
  }
}

CommandRecord CommandTracker::make_record(const ShellMark& mark, const Origin& origin) {
  CommandRecord record;
  record.number = m_next_number++;
  record.text = mark.text;
  record.text_is_cut = mark.text_is_cut;
  record.cwd = mark.cwd;
  record.home = mark.home;
  record.is_doubtful = !origin.has_line;
  record.typed_at = origin.typed_at;
  record.started = m_now;
  record.output_from = mark.to;
  record.shell_level = static_cast<int>(m_running.size());
  return record;
}

void CommandTracker::begin(const ShellMark& mark, const Origin& origin) {
  Running running;
  running.record = make_record(mark, origin);
  running.shell = mark.shell;
  m_running.push_back(std::move(running));
  m_is_at_prompt = false;
  m_has_found = false;
  if (m_check) m_check->command_started(mark.text, m_lines_read);
  if (m_typed) m_typed->forget_command(mark.text, m_lines_read);
}

void CommandTracker::judge() {
  if (!m_check) return;
  const Progress progress = m_check->command_ended();
  if (m_callbacks.judged) m_callbacks.judged(progress);
}

void CommandTracker::finish(std::optional<int> exit_status, CommandEnd by, std::uint64_t output_to) {
  Running running = std::move(m_running.back());
  m_running.pop_back();
  running.echoed.finish();
  CommandRecord& record = running.record;
  record.typed = running.echoed.echo();
  record.printed = running.echoed.rest();
  if (m_typed) record.judged = without_typed(record.output_without_echo(), *m_typed);
  record.exit_status = exit_status;
  record.ended_by = by;
  m_has_found = false;
  if (m_check) m_check->output_begins();
  report(std::move(record), output_to);
}

void CommandTracker::report(CommandRecord record, std::uint64_t output_to) {
  record.ended = m_now;
  record.output_to = output_to;
  if (m_callbacks.finished) m_callbacks.finished(std::move(record));
}

}  // namespace tellina
