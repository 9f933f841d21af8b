#include "host/runtime/system.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>

#include <sys/random.h>
#include <unistd.h>

#include "tellina/error.hpp"

namespace tellina {

MonotonicTime SystemClock::now() const {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return MonotonicTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

WallTime SystemClock::wall_time() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(ErrorCode::internal, std::string("getrandom: ") + std::strerror(errno));
    filled += static_cast<std::size_t>(got);
  }
}

void StderrLog::write(LogLevel level, std::string_view text) {
  if (level < m_lowest) return;
  static constexpr const char* names[] = {"debug", "info", "warning", "error"};
  std::string line = to_iso_8601(m_clock.wall_time(), 3);
  line += ' ';
  line += names[static_cast<int>(level)];
  line += ' ';
  line += text;
  line += '\n';
  // A log that cannot be written is no reason to stop a study.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string to_iso_8601(WallTime time, int digits) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = seconds.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&whole, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                utc.tm_hour, utc.tm_min, utc.tm_sec);
  std::string iso = text;
  if (digits > 0) {
    std::snprintf(text, sizeof text, ".%09lld", static_cast<long long>((time - seconds).count()));
    iso.append(text, static_cast<std::size_t>(digits) + 1);
  }
  return iso + "Z";
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  if (!(file >> id)) throw Error(ErrorCode::internal, "/proc/sys/kernel/random/boot_id cannot be read");
  return id;
}

}  // namespace tellina
