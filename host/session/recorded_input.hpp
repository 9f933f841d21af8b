#pragma once

/// The record of what was typed, without secrets.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "host/session/recorder.hpp"
#include "host/session/terminal_io.hpp"

namespace tellina {

/// Gives one input stream to the recorder, in order. What is typed while a program reads a secret is recorded as `*`,
/// one for each byte.
///
/// Only a terminal knows whether a program reads a secret. So input for which there is no terminal is held, and
/// recorded when a terminal gets it, or when it is dropped. For dropped input, and while no program has the terminal
/// open, the last answer of the terminal for which it was typed counts.
///
/// Threads: the loop's.
class RecordedInput {
 public:
  /// What the record has of the stream when this object takes over.
  class Start {
   public:
    Start() = default;
    std::uint64_t offset = 0;      ///< the end of the recorded stream
    bool ends_in_secret = false;   ///< the last recorded byte is masked
    bool has_no_terminal = false;  ///< an event says that secrets cannot be masked
  };

  /// `masks`: whether secrets are masked at all. `recorder` must outlive the object.
  RecordedInput(Recorder& recorder, bool masks, const Start& start)
      : m_recorder(recorder),
        m_masks(masks),
        m_end(start.offset),
        m_is_secret(start.ends_in_secret),
        m_lost_is_secret(start.ends_in_secret),
        m_has_no_terminal(start.has_no_terminal) {}

  /// Asks the terminal whether a program reads a secret now. Called once before each piece of input is written to it.
  void ask(const TerminalIo& terminal, Timestamp at);
  /// The last answer.
  bool is_secret() const { return m_is_secret; }

  /// Another terminal follows the last one, whose programs are gone.
  void leave_terminal() { m_lost_is_secret = m_is_secret; }

  /// Records the next bytes of the stream, which the terminal gets. No bytes may be held.
  void add(BytesView bytes, Timestamp at);
  /// The same for bytes that were typed for a terminal before the last leave_terminal().
  void add_dropped(BytesView bytes, Timestamp at);
  /// Holds the next bytes of the stream, which the caller keeps.
  void hold(BytesView bytes, Timestamp at);
  /// Records the held bytes: the last held_size() bytes of `waiting`.
  void add_held(BytesView waiting);
  std::size_t held_size() const { return m_held_size; }
  /// The stream continues at `offset`, after a gap that the recorder has.
  void jump_to(std::uint64_t offset);

  /// The end of the stream as given to the recorder.
  std::uint64_t end() const { return m_end; }

  void check_invariant() const;

 private:
  struct Held {
    std::size_t size = 0;
    Timestamp at;
  };

  void record(BytesView bytes, Timestamp at);

  Recorder& m_recorder;
  const bool m_masks;
  std::uint64_t m_end;
  bool m_is_secret;
  bool m_lost_is_secret;  ///< the last answer of a terminal that is gone
  bool m_has_no_terminal;
  std::optional<std::uint64_t> m_secret_from{};  ///< where the line that is being typed as a secret starts
  std::vector<Held> m_held;
  std::size_t m_held_size = 0;
};

}  // namespace tellina
