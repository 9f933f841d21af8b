#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tellina::shell_marks {

/// Bytes that end with NUL, without the C++ library. Drops bytes for which there is no memory. Never frees its memory,
/// because its objects live as long as the process.
class Text {
 public:
  void clear() { m_size = 0; }
  void add(const char* bytes, std::size_t size) {
    if (m_size + size + 1 > m_room) {
      const std::size_t room = 2 * (m_size + size) + 256;
      void* const larger = std::realloc(m_bytes, room);
      if (larger == nullptr) return;
      m_bytes = static_cast<char*>(larger);
      m_room = room;
    }
    std::memcpy(m_bytes + m_size, bytes, size);
    m_size += size;
    m_bytes[m_size] = '\0';
  }
  void add(const char* text) { add(text, std::strlen(text)); }
  void add(char c) { add(&c, 1); }
  void add_number(long long number) {
    char digits[24];
    add(digits, static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%lld", number)));
  }
  void drop_last() { --m_size; }
  std::size_t size() const { return m_size; }
  bool empty() const { return m_size == 0; }
  /// The character `place` positions before the end (0 is the last); NUL if there is none.
  char from_end(std::size_t place) const { return place < m_size ? m_bytes[m_size - 1 - place] : '\0'; }
  char* data() {
    if (m_size == 0) add("", 0);
    if (m_bytes != nullptr) m_bytes[m_size] = '\0';
    return m_bytes;
  }

 private:
  char* m_bytes = nullptr;
  std::size_t m_size = 0;
  std::size_t m_room = 0;
};

}  // namespace tellina::shell_marks
