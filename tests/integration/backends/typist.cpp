#include "typist.hpp"

#include <algorithm>
#include <stdexcept>

namespace tellina::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Milliseconds key_interval(100);
/// A page that receives nothing for this long considers its connection dead.
constexpr std::chrono::seconds pong_time(5);
constexpr std::chrono::seconds connect_limit(1);
constexpr std::chrono::seconds begin_limit(60);

}  // namespace

Typist::Typist(std::uint16_t port, std::string access_code)
    : m_access_code(std::move(access_code)), m_client(TestClient::of(port, m_access_code)) {}

void Typist::begin() {
  m_client.connect(begin_limit);
  m_client.start_task(1, "start", begin_limit);
  m_client.expect_prompt(begin_limit);
  m_client.type("stty raw -echo; echo begin; tee typed\r");
  m_client.expect("\x1b]133;C", begin_limit);
  m_client.expect("begin\n", begin_limit);
  m_client.expect_all_acknowledged(begin_limit);
  m_input_before = m_client.input_end();
  m_output_before = m_client.output_end();
  m_acknowledged_input = m_client.acknowledged_input();
}

void Typist::type(const std::atomic<bool>& continues) {
  m_last_progress = Clock::now();
  for (auto next_key = Clock::now(); continues;) {
    if (next_key <= Clock::now()) {
      const char key = static_cast<char>(m_keys.size() % 251);  // a prime: neighbours in the stream differ
      m_keys += key;
      m_client.type(std::string_view(&key, 1));
      m_typed = m_keys.size();
      next_key += key_interval;
    }
    look();
    const auto left = std::chrono::duration_cast<Milliseconds>(next_key - Clock::now());
    if (m_client.is_open()) m_client.pump(std::clamp(left, Milliseconds(0), key_interval));
  }
}

void Typist::look() {
  const auto now = Clock::now();
  m_longest_silence = std::max(m_longest_silence, std::chrono::duration<double>(now - m_last_progress));
  const std::uint64_t end = m_client.acknowledged_input();
  if (end != m_acknowledged_input || end == m_client.input_end()) m_last_progress = now;
  m_acknowledged_input = end;
  if (end >= m_input_before) m_acknowledged = static_cast<std::size_t>(end - m_input_before);
  if (!m_client.is_open() || now - m_last_progress > pong_time) reconnect();
}

void Typist::reconnect() {
  if (m_acknowledged_before_the_break == 0) m_acknowledged_before_the_break = m_client.acknowledged_input();
  try {
    m_client.connect(connect_limit);
  } catch (const std::exception&) {
    m_client.cut();
    m_client.pump(Milliseconds(50));
  }
}

void Typist::finish() {
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (m_client.acknowledged_input() != m_client.input_end()) {
    if (Clock::now() > deadline) throw std::runtime_error(m_access_code + ": not all keys were acknowledged");
    look();
    m_client.pump(Milliseconds(20));
  }
  look();
}

}  // namespace tellina::testing
