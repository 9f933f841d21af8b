#pragma once

/// The packets between the plugin and a program (docs/exec.md): one JSON object each.

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tellina/config.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::exec_sandbox {

inline constexpr int protocol_version = 1;
inline constexpr std::size_t largest_packet = 64 * 1024;  ///< bytes
inline constexpr std::size_t most_descriptors = 4;        ///< of one packet; no answer has more than two

using RequestId = std::uint64_t;
/// JSON numbers are doubles in many languages, so an id stays below 2^53.
inline constexpr RequestId largest_id = (1ULL << 53U) - 1;

/// What a program has answered to one request.
class Answer {
 public:
  RequestId id = 0;
  bool is_error = false;
  bool is_progress = false;    ///< no answer yet: `fields` has "progress", a text about what happens now
  boost::json::object fields;  ///< of "ok" or of "error"
  std::vector<Descriptor> descriptors;
  bool lost_descriptors = false;  ///< this process has no room for more
  std::uint64_t run = 0;          ///< which run of the program has answered

  /// The error as an exception; its text begins with `what`. If it names a setting, throws ConfigError with the place
  /// of that setting.
  [[noreturn]] void throw_error(const std::string& what, const Config& settings) const;

  /// Fields of "ok". Throws Error(internal) "WHAT: ..." if one has another type.
  bool flag(const char* key, bool fallback, const std::string& what) const;
  std::string text(const char* key, const std::string& what) const;
  std::uint64_t count(const char* key, const std::string& what) const;
};

/// Returns nothing, with the reason in `problem`, unless the text is an answer.
std::optional<Answer> parse_answer(std::string_view packet, std::string& problem);

/// The text of a request. `id` is 0 for a message that gets no answer. Throws Error(bad_request) if it is too large.
std::string encode_request(RequestId id, std::string_view call, boost::json::object fields);

/// A part of a configuration as JSON.
boost::json::value to_json(const Config& config);

/// Text that a program has sent, for messages: at most 200 bytes, without control characters.
std::string shortened(std::string_view text);

}  // namespace tellina::exec_sandbox
