#include "host/study/checker_verdict.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "host/limits.hpp"
#include "host/study/progress_detail.hpp"
#include "host/text/message_parts.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

/// The result line is not as it should be; the text says what was expected and found.
class BadResult : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string in_seconds(std::chrono::milliseconds time) {
  const std::int64_t tenths = std::llround(static_cast<double>(time.count()) / 100);
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

[[noreturn]] void refuse(const std::string& where, const std::string& expected, const json::value& found) {
  throw BadResult(where + ": expected " + expected + ", got " + in_quotes(json::serialize(found)));
}

int count_of(const json::object& result, const char* key) {
  const json::value* const value = result.if_contains(key);
  if (!value) return 0;
  const bool is_count = value->is_int64() && value->get_int64() >= 0 && value->get_int64() <= limits::checker_count;
  if (!is_count) refuse(key, "a whole number from 0 to " + std::to_string(limits::checker_count), *value);
  return static_cast<int>(value->get_int64());
}

std::optional<double> score_of(const json::object& result) {
  const json::value* const value = result.if_contains("score");
  if (!value) return std::nullopt;
  const bool is_number = value->is_double() || value->is_int64() || value->is_uint64();
  const double score = is_number ? value->to_number<double>() : -1;
  if (!(score >= 0 && score <= 1)) refuse("score", "a number from 0 to 1", *value);
  return score;
}

/// A status as Progress spells it; null if there is no such status.
const char* status_named(std::string_view name) {
  for (const char* const status : {"matched", "missing", "extra", "incorrect"}) {
    if (name == status) return status;
  }
  return nullptr;
}

std::string_view text_member(const json::value& entry, const char* key) {
  const json::value* const value = entry.as_object().if_contains(key);
  if (!value || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

/// Of what the participant has, or lacks; both with the same key.
class Details {
 public:
  void add(const json::value& entry, const std::string& where) {
    if (!entry.is_object()) refuse(where, R"(an object with "path" or "line" and "status")", entry);
    const bool is_path = entry.get_object().contains("path");
    const std::string_view name = text_member(entry, is_path ? "path" : "line");
    const char* const status = status_named(text_member(entry, "status"));
    if (name.data() == nullptr || !status) {
      refuse(where, R"("path" or "line", and as "status" one of matched, missing, extra and incorrect)", entry);
    }
    if (!m_key) m_key = is_path ? "path" : "line";
    if (std::string_view(m_key) != (is_path ? "path" : "line")) refuse(where, "only paths or only lines", entry);
    auto& entries = std::string_view(status) == "missing" ? m_missing : m_present;
    entries.emplace_back(shortened_line(name), status);
  }
  void write_to(Progress& progress) const {
    if (!m_key) return;
    progress.detail = detail_json(m_key, m_present);
    progress.missing_detail = detail_json(m_key, m_missing);
  }

 private:
  const char* m_key = nullptr;
  std::vector<DetailEntry> m_present;
  std::vector<DetailEntry> m_missing;
};

Progress progress_of(std::string_view line) {
  Progress progress;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !value.is_object()) {
    throw BadResult("the last line of its output: expected a JSON object, got " + in_quotes(line) +
                    (error ? ": " + error.message() : ""));
  }
  const json::object& result = value.get_object();
  progress.matched = count_of(result, "matched");
  progress.missing = count_of(result, "missing");
  progress.extra = count_of(result, "extra");
  progress.incorrect = count_of(result, "incorrect");
  progress.score = score_of(result);
  if (const json::value* const detail = result.if_contains("detail")) {
    if (!detail->is_array()) refuse("detail", "a list", *detail);
    Details details;
    std::size_t number = 0;
    for (const json::value& entry : detail->get_array()) {
      details.add(entry, "detail[" + std::to_string(number++) + "]");
    }
    details.write_to(progress);
  }
  return progress;
}

std::string_view last_line(std::string_view output) {
  while (!output.empty() && (output.back() == '\n' || output.back() == '\r')) output.remove_suffix(1);
  const std::size_t end = output.rfind('\n');
  return end == std::string_view::npos ? output : output.substr(end + 1);
}

/// Why the program's end is no verdict; empty if it is one.
std::string why_no_verdict(const RunResult& result, std::chrono::milliseconds time_limit) {
  if (result.timed_out) return "it ran longer than " + in_seconds(time_limit);
  if (result.truncated) return "it printed more than " + std::to_string(limits::checker_output / 1024) + " KiB";
  if (result.end.by_signal) return "signal " + std::to_string(result.end.status) + " ended it";
  if (result.end.status > 1) {
    return "expected status 0 (passed) or 1 (not passed), got " + std::to_string(result.end.status);
  }
  return "";
}

}  // namespace

CheckerVerdict read_verdict(const RunResult& result, std::chrono::milliseconds time_limit) {
  CheckerVerdict verdict;
  verdict.failure = why_no_verdict(result, time_limit);
  if (!verdict.failure.empty()) return verdict;
  try {
    const std::string_view line = last_line(result.output);
    Progress progress = line.starts_with("{") ? progress_of(line) : Progress();
    progress.passed = result.end.status == 0;
    verdict.progress = std::move(progress);
  } catch (const BadResult& bad) {
    verdict.failure = bad.what();
  }
  return verdict;
}

}  // namespace tellina
