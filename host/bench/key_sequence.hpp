#pragma once

/// Distinguishable keys, and a check of their echo that finds lost keys.

#include <cstdint>
#include <set>
#include <string_view>

namespace tellina::bench {

/// The key that ends the echoing program. It is not part of the sequence.
inline constexpr char end_key = '\x1d';

/// The byte of key `number`. There are 251 different keys. The number is prime, so that the loss of a run whose length
/// is a power of two is detected.
char key_of(std::uint64_t number);

/// Compares the echo with the sequence of keys. Recognises a key that is up to 125 positions early or late. If more
/// keys in a row are lost, only the total is right.
class KeyChecker {
 public:
  /// Returns the number of the key that this byte echoes: of the keys with this byte, the nearest to the expected one.
  std::uint64_t take(char byte);
  /// Does the same for many bytes, faster if they are in order.
  void take_all(std::string_view bytes);

  /// The number after the highest key that has arrived.
  std::uint64_t next() const { return m_next; }
  std::uint64_t received() const { return m_received; }
  std::uint64_t doubled() const { return m_doubled; }
  std::uint64_t reordered() const { return m_reordered; }
  /// How many of `sent` keys have not arrived.
  std::uint64_t lost(std::uint64_t sent) const { return m_missing.size() + (sent > m_next ? sent - m_next : 0); }

 private:
  std::uint64_t m_next = 0;
  std::uint64_t m_received = 0;
  std::uint64_t m_doubled = 0;
  std::uint64_t m_reordered = 0;
  std::set<std::uint64_t> m_missing;  ///< below m_next and not arrived yet
};

}  // namespace tellina::bench
