#include "tellina/conformance/case.hpp"

#include <cxxabi.h>
#include <poll.h>
#include <sys/random.h>
#include <time.h>

#include <cstdlib>

#include "tellina/channel_layer.hpp"
#include "tellina/text.hpp"

namespace tellina::conformance {
namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string readable(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                         &std::free);
  return text ? text.get() : mangled;
}

std::string in_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace

MonotonicTime ProbeClock::now() const { return MonotonicTime(read_clock(CLOCK_BOOTTIME)); }
WallTime ProbeClock::wall_time() const { return WallTime(read_clock(CLOCK_REALTIME)); }

void ProbeRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = getrandom(bytes.data(), bytes.size(), 0);
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void KeptLog::write(LogLevel level, std::string_view text) {
  if (level < LogLevel::warning) return;
  const std::lock_guard lock(m_mutex);
  for (std::vector<std::string>* lines : {&m_lines, &m_unexpected}) {
    if (lines->size() == 5) lines->erase(lines->begin());
    lines->emplace_back(text);
  }
}

std::string KeptLog::worst() const {
  const std::lock_guard lock(m_mutex);
  return in_lines(m_lines);
}

std::string KeptLog::unexpected() const {
  const std::lock_guard lock(m_mutex);
  return in_lines(m_unexpected);
}

void KeptLog::expect_none_from_now() {
  const std::lock_guard lock(m_mutex);
  m_unexpected.clear();
}

Probe::Probe(const Subject& subject, std::uint64_t seed)
    : m_subject(subject), m_seed(seed), m_random(seed), m_mark(random_token(m_entropy, 8)) {}

std::uint64_t Probe::pick(std::uint64_t least, std::uint64_t most) { return least + m_random() % (most - least + 1); }

std::unique_ptr<Plugin> Probe::create(const Config& section) {
  return m_subject.create(PluginContext(section, m_log, m_clock, m_entropy));
}

void Probe::need_reachable(Plugin& plugin) {
  auto* const layer = dynamic_cast<ChannelLayer*>(&plugin);
  if (!layer) return;
  const Reachability found = layer->probe();
  if (!found.usable) throw Skip("probe() reports that it cannot be used here: " + found.reason);
}

std::string Probe::unique(const std::string& prefix) { return prefix + random_token(m_entropy, 8); }

void expect(bool is_so, const std::string& expected, const std::string& found) {
  if (!is_so) throw Failure("expected " + expected + ", found " + found);
}

std::string show(std::uint64_t value) { return std::to_string(value); }

std::string show(std::string_view value) {
  std::string text = "\"";
  for (const char c : value.substr(0, 200)) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 32 && octet < 127 && c != '"' && c != '\\') {
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += "\\x" + hexadecimal(octet, 2);
    }
  }
  return text + (value.size() > 200 ? "\"... (" + std::to_string(value.size()) + " bytes)" : "\"");
}

void expect_equal(const std::string& what, std::uint64_t expected, std::uint64_t found) {
  if (expected != found) throw Failure(what + ": expected " + show(expected) + ", found " + show(found));
}

void expect_equal(const std::string& what, std::string_view expected, std::string_view found) {
  if (expected != found) throw Failure(what + ": expected " + show(expected) + ", found " + show(found));
}

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::incompatible:
      return "incompatible";
    case ErrorCode::bad_config:
      return "bad_config";
    case ErrorCode::bad_request:
      return "bad_request";
    case ErrorCode::seed_failed:
      return "seed_failed";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::timed_out:
      return "timed_out";
    case ErrorCode::gone:
      return "gone";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::internal:
      return "internal";
  }
  return "unknown";
}

std::string describe_exception() {
  try {
    throw;
  } catch (const ConfigError& error) {
    return std::string("ConfigError: ") + error.what();
  } catch (const Error& error) {
    return std::string("Error(") + to_string(error.code()) + "): " + error.what() +
           (error.hint().empty() ? "" : " (" + error.hint() + ")");
  } catch (const std::exception& error) {
    return "a thrown " + readable(typeid(error).name()) + ": " + error.what();
  } catch (...) {
    return "a thrown " + readable(abi::__cxa_current_exception_type()->name());
  }
}

void pause_a_moment() { poll(nullptr, 0, 2); }

}  // namespace tellina::conformance
