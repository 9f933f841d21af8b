#include "host/wire/worker_reply.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace tellina {
namespace {

namespace json = boost::json;

/// False where the key is there with another type.
bool read_integer(const json::object& object, std::string_view key, std::int64_t& integer) {
  const json::value* value = object.if_contains(key);
  if (!value) return true;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (error) return false;
  integer = number;
  return true;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 200 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

std::string error_body(std::string_view code, std::string_view message) {
  const json::object error{{"code", code}, {"message", message}};
  return json::serialize(json::object{{"error", error}});
}

WorkerReply busy_reply() { return WorkerReply(503, error_body("busy", "no worker is free: try again")); }

std::optional<WorkerReply> parse_worker_reply(BytesView text) {
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (!object) return std::nullopt;

  WorkerReply reply;
  std::int64_t status = 0;
  std::int64_t affinity = 0;
  if (!read_integer(*object, "status", status) || !read_integer(*object, "participant", reply.participant) ||
      !read_integer(*object, "affinity", affinity)) {
    return std::nullopt;
  }
  if (status < 200 || status > 599 || affinity < 0) return std::nullopt;
  reply.status = static_cast<int>(status);
  reply.affinity = static_cast<std::uint64_t>(affinity);
  if (const json::value* body = object->if_contains("body")) reply.body = json::serialize(*body);
  if (const json::value* cookie = object->if_contains("cookie")) {
    const json::string* token = cookie->if_string();
    if (!token || !is_token({token->data(), token->size()})) return std::nullopt;
    reply.cookie.assign(token->data(), token->size());
  }
  return reply;
}

}  // namespace tellina
