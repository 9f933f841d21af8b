#include "host/bench/progress.hpp"

#include <algorithm>

namespace tellina::bench {

void Progress::begin(const std::string& what, std::size_t total) {
  m_what = what;
  m_total = std::max<std::size_t>(1, total);
  m_done = 0;
  draw();
}

void Progress::set(std::size_t done) {
  m_done = std::min(done, m_total);
  draw();
}

void Progress::end() {
  if (m_is_terminal) m_out << "\r\x1b[K" << std::flush;
}

void Progress::draw() {
  constexpr std::size_t width = 30;
  if (!m_is_terminal) return;
  const std::size_t filled = width * m_done / m_total;
  m_out << "\r\x1b[K[" << std::string(filled, '#') << std::string(width - filled, ' ') << "] " << m_done << "/"
        << m_total << " " << m_what << std::flush;
}

}  // namespace tellina::bench
