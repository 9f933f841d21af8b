#include "host/wire/self_test_messages.hpp"

#include <boost/json.hpp>

#include <utility>

namespace tellina {
namespace {

namespace json = boost::json;

json::value member_of(std::string_view body, std::string_view name) {
  boost::system::error_code error;
  const json::value value = json::parse({body.data(), body.size()}, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* member = object ? object->if_contains(name) : nullptr;
  return member ? *member : json::value();
}

}  // namespace

std::string encode_self_test_entry(const SelfTestEntry& entry) {
  return json::serialize(json::object{{"channel_prefix", entry.channel_prefix}, {"access_code", entry.access_code}});
}

std::optional<SelfTestEntry> decode_self_test_entry(std::string_view body) {
  const json::value prefix = member_of(body, "channel_prefix");
  const json::value code = member_of(body, "access_code");
  if (!prefix.is_string() || !code.is_string()) return std::nullopt;
  SelfTestEntry entry;
  entry.channel_prefix = json::value_to<std::string>(prefix);
  entry.access_code = json::value_to<std::string>(code);
  return entry;
}

std::string encode_sandboxes_left(std::size_t count) { return "{\"left\":" + std::to_string(count) + "}"; }

std::optional<std::size_t> decode_sandboxes_left(std::string_view body) {
  const json::value left = member_of(body, "left");
  boost::system::error_code error;
  const auto count = left.to_number<std::size_t>(error);
  return error ? std::nullopt : std::optional(count);
}

std::string encode_log_lines(const std::vector<std::string>& lines) {
  return json::serialize(json::object{{"lines", json::value_from(lines)}});
}

std::vector<std::string> decode_log_lines(std::string_view body) {
  std::vector<std::string> lines;
  const json::value list = member_of(body, "lines");
  if (!list.is_array()) return lines;
  for (const json::value& line : list.get_array()) {
    if (line.is_string()) lines.push_back(json::value_to<std::string>(line));
  }
  return lines;
}

}  // namespace tellina
