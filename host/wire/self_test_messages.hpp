#pragma once

/// A gateway's requests to a worker in a self-test, and the bodies of the replies.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// The `step` of a WorkerRequest with the method self_test.
namespace self_test_step {
inline constexpr const char* begin = "begin";      ///< creates a participant; the reply is a SelfTestEntry
inline constexpr const char* removed = "removed";  ///< removes remaining sandboxes; the reply is their number
inline constexpr const char* log = "log";          ///< the reply is the warnings and errors since `begin`
}  // namespace self_test_step

/// The data with which a self-test's participant connects.
class SelfTestEntry {
 public:
  SelfTestEntry() = default;
  std::string channel_prefix;  ///< of the channels on which the lanes of the self-test listen
  std::string access_code;
};

// A decoder returns nothing, or an empty list, for a malformed body.

std::string encode_self_test_entry(const SelfTestEntry& entry);
std::optional<SelfTestEntry> decode_self_test_entry(std::string_view body);
std::string encode_sandboxes_left(std::size_t count);
std::optional<std::size_t> decode_sandboxes_left(std::string_view body);
std::string encode_log_lines(const std::vector<std::string>& lines);
std::vector<std::string> decode_log_lines(std::string_view body);

}  // namespace tellina
