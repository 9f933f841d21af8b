#pragma once

/// Finds the shell's marks in its output, and separates text from escape sequences.

#include <cstdint>
#include <optional>
#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// One OSC 133 mark with our nonce ("FinalTerm" semantic prompts, as terminals and editors use them). On the wire:
///
///   ESC ] 133 ; A ; nonce=N BEL                          the prompt starts
///   ESC ] 133 ; B ; nonce=N BEL                          the prompt ends: the shell is ready for input
///   ESC ] 133 ; C ; nonce=N ; shell=S ; n=K ; last=STATUS ; size=BYTES ; cmd=TEXT ; cwd=PATH BEL    a command starts;
///                                                        "; home=PATH" follows if $HOME is not /home/me
///   ESC ] 133 ; D ; STATUS ; nonce=N ; shell=S ; n=K BEL   the command has ended
///
/// without the spaces; ST (ESC \) may replace BEL. S is a process number, a dot and a random number. K counts the
/// shell's commands. "last" is the status of the previous command. "in=tmux" marks come through tmux. If K is not a
/// number, the mark is invalid. In TEXT and PATH, "\" is written "\\", and ";", bytes below 0x20 and 0x7f are written
/// \xHH. Marks without the nonce and unknown fields are ignored.
class ShellMark {
 public:
  enum class Kind { prompt_start, prompt_end, command_start, command_end };

  ShellMark() = default;
  Kind kind = Kind::prompt_start;
  std::string text;                  ///< of command_start
  std::string cwd;                   ///< of command_start
  std::string home = "/home/me";     ///< of command_start
  std::optional<int> exit_status{};  ///< of command_end; in command_start, of the previous command if known
  std::string shell;                 ///< of command_start and command_end; empty if the mark does not name it
  std::int64_t number = 0;           ///< of command_start and command_end; 0 if the mark has none
  bool text_is_cut = false;          ///< of command_start
  bool is_drawn_later = false;       ///< it comes through tmux, before the output is drawn
  std::uint64_t from = 0;            ///< offset of the mark's first byte in the output stream
  std::uint64_t to = 0;              ///< offset after its last byte
};

class ScannerListener {
 public:
  virtual ~ScannerListener() = default;
  /// Text without escape sequences and with CR LF as LF; other control characters stay. Comes in pieces of any size.
  virtual void on_text(BytesView text) = 0;
  virtual void on_mark(const ShellMark& mark) = 0;
  /// The terminal switches to its alternate screen, or back.
  virtual void on_alternate_screen(bool /*is_shown*/) {}
  /// A sequence moved the cursor to a row.
  virtual void on_cursor_moved() {}
  /// A line editor (readline) has returned a line, because it turns bracketed paste off.
  virtual void on_line_read() {}
};

/// Reads a stream in pieces; the result does not depend on where they are cut. Needs constant memory.
///
/// Recognises escape sequences as in ECMA-48 (CSI, OSC, DCS, SOS, PM, APC, two- and three-byte escapes). As in xterm,
/// CAN and SUB cancel a sequence, control characters inside a sequence count as text, and BEL ends only an OSC. Bytes
/// above 0x7f are text (UTF-8), never C1 controls. All CRs directly before a LF are removed, because a terminal with
/// ONLCR prints CR CR LF for CR LF; other CRs stay. The listener must not call feed().
class OutputScanner {
 public:
  /// `offset`: of the stream's next byte. An empty nonce matches no mark.
  OutputScanner(std::string nonce, std::uint64_t offset) : m_nonce(std::move(nonce)), m_offset(offset) {}

  void feed(BytesView bytes, ScannerListener& listener);
  /// The offset of the next byte that feed() gets.
  std::uint64_t offset() const { return m_offset; }

  void check_invariant() const;

 private:
  enum class State { text, escape, escape_intermediate, csi, string, string_escape };

  std::size_t take_text(BytesView bytes, ScannerListener& listener);
  std::size_t take_string(BytesView bytes, ScannerListener& listener);
  void take_sequence_byte(char byte, ScannerListener& listener);
  void begin_string(bool is_osc);
  void collect(BytesView bytes);
  void finish_string(ScannerListener& listener);
  void finish_csi(char final_byte, ScannerListener& listener);
  void add_text(BytesView text, ScannerListener& listener);
  void add_clean(BytesView text, ScannerListener& listener);
  void release_carriage_returns(ScannerListener& listener);
  void flush_text(ScannerListener& listener);

  std::string m_nonce;
  std::uint64_t m_offset;
  State m_state = State::text;
  std::uint64_t m_sequence_from = 0;
  bool m_is_osc = false;
  bool m_may_be_mark = false;
  std::string m_payload;
  std::string m_parameters;              ///< of a CSI sequence, if they are needed
  std::uint64_t m_carriage_returns = 0;  ///< held, because a LF may follow
  std::string m_clean;                   ///< short runs of text, collected for the listener
};

}  // namespace tellina
