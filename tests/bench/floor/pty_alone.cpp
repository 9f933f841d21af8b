#include "bench/floor/pty_alone.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <poll.h>
#include <unistd.h>

#include "bench/floor/shell.hpp"
#include "host/bench/histogram.hpp"

namespace tellina::floor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds typing_time{3};
constexpr std::size_t flood_bytes = 48 * 1024 * 1024;

std::size_t read_some(int pty, std::array<char, 4096>& piece) {
  pollfd entry{pty, POLLIN, 0};
  if (::poll(&entry, 1, 10000) <= 0) throw std::runtime_error("the pty printed nothing for 10 s");
  const ssize_t got = ::read(pty, piece.data(), piece.size());
  if (got <= 0) throw std::system_error(errno, std::generic_category(), "read from the pty");
  return static_cast<std::size_t>(got);
}

void read_until(int pty, const std::string& mark) {
  std::array<char, 4096> piece;
  std::string seen;
  while (seen.find(mark) == std::string::npos) seen.append(piece.data(), read_some(pty, piece));
}

double in_milliseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

void print_echo() {
  const Shell shell({"sh", "-c", "stty raw -echo; printf ready; exec cat"});
  read_until(shell.pty(), "ready");
  std::array<char, 4096> piece;
  bench::Histogram latency;
  const Clock::time_point begin = Clock::now();
  for (Clock::time_point typed = begin; typed < begin + typing_time; typed = Clock::now()) {
    if (::write(shell.pty(), "k", 1) != 1) throw std::system_error(errno, std::generic_category(), "write to the pty");
    read_some(shell.pty(), piece);
    latency.record(Clock::now() - typed);
  }
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::cout << "\"keys_per_second\": " << static_cast<double>(latency.count()) / took
            << ", \"p50_ms\": " << in_milliseconds(latency.percentile(50))
            << ", \"p99_ms\": " << in_milliseconds(latency.percentile(99));
}

void print_flood() {
  const Shell shell(
      {"sh", "-c",
       "stty -echo; printf ready; head -c " + std::to_string(flood_bytes) + " /dev/zero | base64 -w 76; sleep 60"});
  read_until(shell.pty(), "ready");
  // Lines of 76 characters, and CR LF.
  const std::size_t expected = flood_bytes / 57 * 78;
  std::array<char, 4096> piece;
  std::size_t came = 0;
  const Clock::time_point begin = Clock::now();
  while (came < expected) came += read_some(shell.pty(), piece);
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::cout << ", \"mb_per_second\": " << static_cast<double>(came) / 1e6 / took;
}

}  // namespace

int measure_pty() {
  std::cout << "{\"type\": \"pty\", ";
  print_echo();
  print_flood();
  std::cout << "}\n";
  return 0;
}

}  // namespace tellina::floor
