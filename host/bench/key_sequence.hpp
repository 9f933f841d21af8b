#pragma once

/// Keys that can be distinguished in their echo, and a check of which were lost.

#include <cstdint>
#include <set>
#include <string_view>

namespace tellina::bench {

/// The key that ends what echoes; none of the sequence.
inline constexpr char end_key = '\x1d';

/// The byte of key `number`. 251 keys differ, a prime, so that the loss of a run whose length is a power of two
/// shows.
char key_of(std::uint64_t number);

/// Compares what comes back with the sequence of keys. A key that is up to 125 places ahead or behind is recognised;
/// larger losses are counted right only in total.
class KeyChecker {
 public:
  /// The number of the key that this byte is, or of the nearest that it can be.
  std::uint64_t take(char byte);
  /// Takes bytes that most likely follow one another; quicker for many.
  void take_all(std::string_view bytes);

  /// The number after the greatest one that came.
  std::uint64_t next() const { return m_next; }
  std::uint64_t came() const { return m_came; }
  std::uint64_t doubled() const { return m_doubled; }
  std::uint64_t reordered() const { return m_reordered; }
  /// Of `sent` keys, how many did not come.
  std::uint64_t lost(std::uint64_t sent) const { return m_missing.size() + (sent > m_next ? sent - m_next : 0); }

 private:
  std::uint64_t m_next = 0;
  std::uint64_t m_came = 0;
  std::uint64_t m_doubled = 0;
  std::uint64_t m_reordered = 0;
  std::set<std::uint64_t> m_missing;  ///< below m_next and not come yet
};

}  // namespace tellina::bench
