#pragma once

/// Finds the part of the input stream in which each command was typed.

#include <cstdint>
#include <deque>
#include <optional>

#include "host/study/records.hpp"
#include "host/study/timestamp.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// Follows the prompts of a shell and what is typed at them. A shell also sends its prompt again to redraw a line; such
/// a prompt does not begin a new command. Does no I/O. Memory is bounded (limits::remembered_line_ends).
class CommandInput {
 public:
  /// `offset`: of the next byte in the input stream.
  explicit CommandInput(std::uint64_t offset) : m_end(offset) {}

  /// `offset`: of the first byte in the input stream, at least that of the byte after the last one.
  void typed(BytesView bytes, std::uint64_t offset);
  void prompt_shown(Timestamp at);
  /// `lines_ahead`: line ends that were typed before the prompt and that no command has used. `lines_read`: how many
  /// lines the line editor returned for this command (0 if unknown). Returns nothing if no prompt was seen, or if
  /// another command has been typed at it.
  std::optional<TypedSpan> command_started(std::uint64_t lines_ahead, std::uint64_t lines_read);

  void check_invariant() const;

 private:
  std::optional<TypedSpan> m_span{};        ///< at the last prompt
  std::deque<std::uint64_t> m_line_ends{};  ///< offsets after the line ends typed since then
  std::uint64_t m_end;                      ///< of the input so far
  bool m_prompt_is_new = true;              ///< the next prompt is not one that is drawn again
};

}  // namespace tellina
