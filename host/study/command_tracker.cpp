#include "host/study/command_tracker.hpp"

#include <algorithm>
#include <utility>

namespace tellina {

CommandTracker::CommandTracker(std::string nonce, std::uint64_t offset, std::int64_t next_command_number,
                               OutputCheck* check, Callbacks callbacks)
    : m_scanner(std::move(nonce), offset),
      m_next_number(next_command_number),
      m_check(check),
      m_callbacks(std::move(callbacks)) {}

void CommandTracker::typed(BytesView bytes) {
  if (m_check) m_check->typed(bytes);
}

void CommandTracker::printed(BytesView bytes, Moment at) {
  m_now = at;
  m_scanner.feed(bytes, *this);
}

void CommandTracker::shell_ended(Moment at) {
  m_now = at;
  if (m_running) finish(std::nullopt, m_scanner.offset());
}

std::optional<Progress> CommandTracker::verdict_if_passed() const {
  if (!m_running || !m_check) return std::nullopt;
  Progress progress = m_check->progress();
  if (!progress.passed) return std::nullopt;
  return progress;
}

void CommandTracker::on_text(BytesView text) {
  if (!m_running) return;
  Bytes& recorded = m_running->output;
  recorded.append(text.substr(0, max_recorded_output - recorded.size()));
  if (m_check) m_check->printed(text);
}

void CommandTracker::on_mark(const ShellMark& mark) {
  switch (mark.kind) {
    case ShellMark::Kind::prompt_start:
      if (m_check) m_check->prompt_started();
      return;
    case ShellMark::Kind::prompt_end:
      if (m_callbacks.ready) m_callbacks.ready();
      return;
    case ShellMark::Kind::command_start:
      if (m_running) {
        judge();
        finish(std::nullopt, mark.from);
      }
      begin(mark);
      return;
    case ShellMark::Kind::command_end:
      if (!m_running) return;
      judge();
      finish(mark.exit_status, mark.from);
      return;
  }
}

void CommandTracker::begin(const ShellMark& mark) {
  m_running.emplace();
  m_running->number = m_next_number++;
  m_running->text = mark.text;
  m_running->cwd = mark.cwd;
  m_running->started = m_now;
  m_running->output_from = mark.to;
  if (m_check) m_check->command_started(mark.text);
}

void CommandTracker::judge() {
  if (!m_check) return;
  const Progress progress = m_check->command_ended();
  if (m_callbacks.judged) m_callbacks.judged(progress);
}

void CommandTracker::finish(std::optional<int> exit_status, std::uint64_t output_to) {
  CommandRecord record = std::move(*m_running);
  m_running.reset();
  record.exit_status = exit_status;
  record.ended = m_now;
  record.output_to = output_to;
  if (m_callbacks.finished) m_callbacks.finished(std::move(record));
}

}  // namespace tellina
