#include "host/study/shell_marks.hpp"

#include <algorithm>
#include <charconv>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

constexpr char bell = '\x07';
constexpr char cancel = '\x18';
constexpr char substitute = '\x1a';
constexpr char escape_byte = '\x1b';
constexpr std::string_view mark_start = "133;";

constexpr std::size_t long_run = 1024;

/// Undoes the escaping of TEXT and PATH; a "\" that starts no escape stays as it is.
std::string unescape(BytesView escaped) {
  std::string plain;
  plain.reserve(escaped.size());
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    if (escaped[at] == '\\' && at + 1 < escaped.size()) {
      if (escaped[at + 1] == '\\') {
        plain += '\\';
        ++at;
        continue;
      }
      if (escaped[at + 1] == 'x' && at + 3 < escaped.size()) {
        const int high = hexadecimal_digit(escaped[at + 2]);
        const int low = hexadecimal_digit(escaped[at + 3]);
        if (high >= 0 && low >= 0) {
          plain += static_cast<char>(16 * high + low);
          at += 3;
          continue;
        }
      }
    }
    plain += escaped[at];
  }
  return plain;
}

template <typename Number>
std::optional<Number> parse_number(BytesView text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<ShellMark::Kind> parse_kind(BytesView text) {
  if (text == "A") return ShellMark::Kind::prompt_start;
  if (text == "B") return ShellMark::Kind::prompt_end;
  if (text == "C") return ShellMark::Kind::command_start;
  if (text == "D") return ShellMark::Kind::command_end;
  return std::nullopt;
}

BytesView take_field(BytesView& rest) {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  const BytesView field = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

bool take_prefix(BytesView& field, BytesView prefix) {
  if (!field.starts_with(prefix)) return false;
  field.remove_prefix(prefix.size());
  return true;
}

std::optional<ShellMark> parse_mark(BytesView payload, const std::string& nonce) {
  if (nonce.empty() || !take_prefix(payload, mark_start)) return std::nullopt;
  const std::optional<ShellMark::Kind> kind = parse_kind(take_field(payload));
  if (!kind) return std::nullopt;
  ShellMark mark;
  mark.kind = *kind;
  if (*kind == ShellMark::Kind::command_end) mark.exit_status = parse_number<int>(take_field(payload));
  bool is_ours = false;
  std::optional<std::size_t> whole_size;
  while (!payload.empty()) {
    BytesView field = take_field(payload);
    if (take_prefix(field, "nonce=")) {
      is_ours = field == nonce;
    } else if (take_prefix(field, "cmd=")) {
      mark.text = unescape(field);
    } else if (take_prefix(field, "cwd=")) {
      mark.cwd = unescape(field);
    } else if (take_prefix(field, "home=")) {
      mark.home = unescape(field);
    } else if (take_prefix(field, "shell=")) {
      mark.shell = field;
    } else if (take_prefix(field, "last=")) {
      mark.exit_status = parse_number<int>(field);
    } else if (take_prefix(field, "size=")) {
      whole_size = parse_number<std::size_t>(field);
    } else if (take_prefix(field, "in=")) {
      mark.is_drawn_later = field == "tmux";
    } else if (take_prefix(field, "n=")) {
      const std::optional<std::int64_t> number = parse_number<std::int64_t>(field);
      if (!number) return std::nullopt;  // `echo "$PS1"`
      mark.number = *number;
    }
  }
  if (!is_ours) return std::nullopt;
  mark.text_is_cut = whole_size && *whole_size > mark.text.size();
  return mark;
}

}  // namespace

void OutputScanner::feed(BytesView bytes, ScannerListener& listener) {
  const InvariantScope invariant(*this);
  while (!bytes.empty()) {
    std::size_t taken = 1;
    if (m_state == State::text) {
      taken = take_text(bytes, listener);
    } else if (m_offset - m_sequence_from >= limits::escape_sequence) {
      m_state = State::text;
      taken = 0;
    } else if (m_state == State::string) {
      taken = take_string(bytes, listener);
    } else {
      take_sequence_byte(bytes.front(), listener);
    }
    bytes.remove_prefix(taken);
  }
  flush_text(listener);
}

void OutputScanner::check_invariant() const {
  TELLINA_ASSERT(m_state == State::text || m_sequence_from < m_offset);
  TELLINA_ASSERT(m_state == State::text || m_offset - m_sequence_from <= limits::escape_sequence);
  TELLINA_ASSERT(m_parameters.size() <= limits::csi_parameters);
  TELLINA_ASSERT(m_payload.size() <= limits::mark);
  TELLINA_ASSERT(m_clean.empty());  // between two calls, only CRs and the sequence are held back
}

std::size_t OutputScanner::take_text(BytesView bytes, ScannerListener& listener) {
  const std::size_t end = std::min(bytes.find(escape_byte), bytes.size());
  add_text(bytes.substr(0, end), listener);
  m_offset += end;
  if (end == bytes.size()) return end;
  m_sequence_from = m_offset;
  m_state = State::escape;
  ++m_offset;
  return end + 1;
}

std::size_t OutputScanner::take_string(BytesView bytes, ScannerListener& listener) {
  const std::uint64_t left = limits::escape_sequence - (m_offset - m_sequence_from);
  bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), left));
  const auto ends = [this](char c) {
    return c < ' ' && (c == escape_byte || c == cancel || c == substitute || (c == bell && m_is_osc));
  };
  const auto end = static_cast<std::size_t>(std::find_if(bytes.begin(), bytes.end(), ends) - bytes.begin());
  collect(bytes.substr(0, end));
  m_offset += end;
  if (end == bytes.size()) return end;
  ++m_offset;
  if (bytes[end] == escape_byte) {
    m_state = State::string_escape;
  } else {
    m_state = State::text;
    if (bytes[end] == bell) finish_string(listener);
  }
  return end + 1;
}

void OutputScanner::take_sequence_byte(char byte, ScannerListener& listener) {
  const std::uint64_t at = m_offset++;
  if (m_state == State::string_escape) {
    if (byte == '\\') {
      m_state = State::text;
      finish_string(listener);
      return;
    }
    m_state = State::escape;
    m_sequence_from = at - 1;
  }
  const auto code = static_cast<unsigned char>(byte);
  if (byte == escape_byte) {
    m_state = State::escape;
    m_sequence_from = at;
  } else if (byte == cancel || byte == substitute) {
    m_state = State::text;
  } else if (code < 0x20 || code > 0x7f) {
    if (code > 0x7f) m_state = State::text;
    add_text(BytesView(&byte, 1), listener);
  } else if (code == 0x7f) {
    return;
  } else if (m_state == State::csi) {
    if (code >= 0x40) {
      m_state = State::text;
      finish_csi(byte, listener);
    } else if (m_parameters.size() < limits::csi_parameters) {
      m_parameters += byte;
    }
  } else if (code < 0x30) {
    m_state = State::escape_intermediate;
  } else if (m_state == State::escape_intermediate) {
    m_state = State::text;
  } else if (byte == '[') {
    m_state = State::csi;
    m_parameters.clear();
  } else if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_') {
    begin_string(byte == ']');
  } else {
    m_state = State::text;
  }
}

void OutputScanner::finish_csi(char final_byte, ScannerListener& listener) {
  const bool switches = final_byte == 'h' || final_byte == 'l';
  const bool is_alternate = m_parameters == "?1049" || m_parameters == "?1047" || m_parameters == "?47";
  const bool ends_line = final_byte == 'l' && m_parameters == "?2004";
  const bool places = final_byte == 'H' || final_byte == 'f' || final_byte == 'd';
  if (!places && !ends_line && !(switches && is_alternate)) return;
  release_carriage_returns(listener);
  flush_text(listener);
  if (places) return listener.on_cursor_moved();
  if (ends_line) return listener.on_line_read();
  listener.on_alternate_screen(final_byte == 'h');
}

void OutputScanner::begin_string(bool is_osc) {
  m_state = State::string;
  m_is_osc = is_osc;
  m_may_be_mark = is_osc;
  m_payload.clear();
}

void OutputScanner::collect(BytesView bytes) {
  if (!m_may_be_mark) return;
  if (m_payload.size() + bytes.size() > limits::mark) {
    m_may_be_mark = false;
    return;
  }
  m_payload.append(bytes);
  const std::size_t known = std::min(m_payload.size(), mark_start.size());
  m_may_be_mark = m_payload.compare(0, known, mark_start, 0, known) == 0;
}

void OutputScanner::finish_string(ScannerListener& listener) {
  if (!m_may_be_mark) return;
  std::optional<ShellMark> mark = parse_mark(m_payload, m_nonce);
  if (!mark) return;
  mark->from = m_sequence_from;
  mark->to = m_offset;
  release_carriage_returns(listener);
  flush_text(listener);
  listener.on_mark(*mark);
}

void OutputScanner::add_text(BytesView text, ScannerListener& listener) {
  while (!text.empty()) {
    if (m_carriage_returns > 0) {
      if (text.front() == '\r') {
        ++m_carriage_returns;
        text.remove_prefix(1);
        continue;
      }
      if (text.front() == '\n') {
        m_carriage_returns = 0;
      } else {
        release_carriage_returns(listener);
      }
    }
    const std::size_t end = std::min(text.find('\r'), text.size());
    add_clean(text.substr(0, end), listener);
    if (end == text.size()) return;
    m_carriage_returns = 1;
    text.remove_prefix(end + 1);
  }
}

void OutputScanner::add_clean(BytesView text, ScannerListener& listener) {
  if (text.size() >= long_run) {
    flush_text(listener);
    listener.on_text(text);
    return;
  }
  m_clean.append(text);
  if (m_clean.size() >= limits::clean_text) flush_text(listener);
}

void OutputScanner::release_carriage_returns(ScannerListener& listener) {
  static constexpr std::string_view some = "\r\r\r\r\r\r\r\r";
  while (m_carriage_returns > 0) {
    const std::size_t count = std::min<std::uint64_t>(m_carriage_returns, some.size());
    add_clean(some.substr(0, count), listener);
    m_carriage_returns -= count;
  }
}

void OutputScanner::flush_text(ScannerListener& listener) {
  if (m_clean.empty()) return;
  listener.on_text(m_clean);
  m_clean.clear();
}

}  // namespace tellina
