#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tellina/log.hpp"

namespace tellina::testing {

/// Keeps log lines. Threads: any.
class CollectingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view text) override {
    std::lock_guard lock(m_mutex);
    m_lines.emplace_back(level, text);
  }

  std::vector<std::string> lines() const { return lines_from(LogLevel::debug); }
  std::vector<std::string> warnings() const { return lines_from(LogLevel::warning); }
  /// All lines, each with its line end.
  std::string text() const {
    std::string text;
    for (const std::string& line : lines()) text.append(line).append("\n");
    return text;
  }

 private:
  std::vector<std::string> lines_from(LogLevel lowest) const {
    std::lock_guard lock(m_mutex);
    std::vector<std::string> lines;
    for (const auto& [level, line] : m_lines) {
      if (level >= lowest) lines.push_back(line);
    }
    return lines;
  }

  mutable std::mutex m_mutex;
  std::vector<std::pair<LogLevel, std::string>> m_lines;
};

}  // namespace tellina::testing
