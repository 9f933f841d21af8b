#pragma once

/// Finds the shell's own marks in its output, and tells text from escape sequences.

#include <cstdint>
#include <optional>
#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// One OSC 133 mark with our nonce ("FinalTerm" semantic prompts, as terminals and editors use them). On the wire:
///
///   ESC ] 133 ; A ; nonce=N BEL                          the prompt starts
///   ESC ] 133 ; B ; nonce=N BEL                          the prompt ends: the shell can be typed at
///   ESC ] 133 ; C ; nonce=N ; cmd=TEXT ; cwd=PATH BEL    a command starts
///   ESC ] 133 ; D ; STATUS ; nonce=N ; cwd=PATH BEL      it has ended
///
/// without the spaces; ST (ESC \) may stand for BEL. In TEXT and PATH "\" is written "\\", and ";", bytes below 0x20
/// and 0x7f are written \xHH. Marks without the nonce are no marks.
class ShellMark {
 public:
  enum class Kind { prompt_start, prompt_end, command_start, command_end };

  ShellMark() = default;
  Kind kind = Kind::prompt_start;
  std::string text;                  ///< of command_start
  std::string cwd;                   ///< of command_start and command_end
  std::optional<int> exit_status{};  ///< of command_end
  std::uint64_t from = 0;            ///< offset of the mark's first byte in the output stream
  std::uint64_t to = 0;              ///< offset behind its last byte
};

class ScannerListener {
 public:
  virtual ~ScannerListener() = default;
  /// Text with escape sequences taken out and CR LF as LF; other control characters stay. Comes in pieces of any size.
  virtual void on_text(BytesView text) = 0;
  virtual void on_mark(const ShellMark& mark) = 0;
};

/// Feeds on a stream cut anywhere. Constant memory: a mark longer than 64 KiB is no mark.
/// Escape sequences are told apart as ECMA-48 says (CSI, OSC, DCS, SOS, PM, APC, two- and three-byte escapes).
class OutputScanner {
 public:
  OutputScanner(std::string nonce, std::uint64_t offset);
  void feed(BytesView bytes, ScannerListener& listener);

 private:
  enum class State { text, carriage_return, escape, escape_intermediate, csi, string, string_escape };
  void finish_string(ScannerListener& listener);

  std::string m_nonce;
  std::uint64_t m_offset;
  State m_state = State::text;
  std::uint64_t m_sequence_from = 0;
  bool m_is_osc = false;
  bool m_too_long = false;
  std::string m_payload;
};

}  // namespace tellina
