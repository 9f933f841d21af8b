#include "host/runtime/system.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include <sys/random.h>

#include "host/runtime/assertion.hpp"
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

std::string to_iso_8601(WallTime time, int digits) {
  TELLINA_ASSERT_PROCESS(digits >= 0 && digits <= 9);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  // Written digit by digit, because every recorded chunk has a time: with std::snprintf, recording took 50 % longer.
  std::string iso = "0000-00-00T00:00:00.000000000";
  const auto put = [&iso](std::size_t place, std::size_t size, std::uint64_t number) {
    for (; size > 0; number /= 10) iso[place + --size] = static_cast<char>('0' + number % 10);
  };
  put(0, 4, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, static_cast<std::uint64_t>(clock.hours().count()));
  put(14, 2, static_cast<std::uint64_t>(clock.minutes().count()));
  put(17, 2, static_cast<std::uint64_t>(clock.seconds().count()));
  put(20, 9, static_cast<std::uint64_t>((time - seconds).count()));
  iso.resize(digits > 0 ? 20 + static_cast<std::size_t>(digits) : 19);
  return iso += 'Z';
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  if (!(file >> id)) throw Error(ErrorCode::internal, "cannot read /proc/sys/kernel/random/boot_id");
  return id;
}

}  // namespace tellina
