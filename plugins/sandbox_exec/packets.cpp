#include "plugins/sandbox_exec/packets.hpp"

#include "plugins/sandbox_exec/error_names.hpp"

namespace tellina::exec_sandbox {

namespace json = boost::json;

namespace {

std::optional<RequestId> id_of(const json::object& packet) {
  const json::value* const id = packet.if_contains("id");
  if (id == nullptr) return {};
  boost::system::error_code error;
  const auto number = id->to_number<RequestId>(error);
  if (error || number == 0 || number > largest_id) return {};
  return number;
}

std::string text_of(const json::object& object, const char* key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// The setting that the path leads to, or the innermost one on the way there that exists.
Config find_setting(const Config& settings, const json::value* path) {
  Config found = settings;
  if (path == nullptr || !path->is_array()) return found;
  for (const json::value& step : path->as_array()) {
    if (step.is_string() && found.is_object()) {
      const Config* const member = found.find(std::string_view(step.as_string()));
      if (member == nullptr) break;
      found = Config(*member);
    } else if (step.is_int64() && found.is_array() && step.as_int64() >= 0 &&
               static_cast<std::size_t>(step.as_int64()) < found.items().size()) {
      found = Config(found.items()[static_cast<std::size_t>(step.as_int64())]);
    } else {
      break;
    }
  }
  return found;
}

}  // namespace

void Answer::throw_error(const std::string& what, const Config& settings) const {
  const std::string message = text_of(fields, "message");
  const std::optional<ErrorCode> code = error_code_of(text_of(fields, "code"));
  if (code == ErrorCode::bad_config && fields.contains("path")) {
    find_setting(settings, fields.if_contains("path")).fail(message.empty() ? "the program refuses it" : message);
  }
  std::string text = what + ": " + (message.empty() ? "the program reports an error without a message" : message);
  if (!code) text += " (with the unknown code \"" + shortened(text_of(fields, "code")) + "\")";
  throw Error(code.value_or(ErrorCode::internal), text, text_of(fields, "hint"));
}

bool Answer::flag(const char* key, bool fallback, const std::string& what) const {
  const json::value* const value = fields.if_contains(key);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) {
    throw Error(ErrorCode::internal,
                what + ": expected true or false as \"" + key + "\", got " + shortened(json::serialize(*value)));
  }
  return value->as_bool();
}

std::string Answer::text(const char* key, const std::string& what) const {
  const json::value* const value = fields.if_contains(key);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    throw Error(ErrorCode::internal,
                what + ": expected a string as \"" + key + "\", got " + shortened(json::serialize(*value)));
  }
  return std::string(value->as_string());
}

std::uint64_t Answer::count(const char* key, const std::string& what) const {
  const json::value* const value = fields.if_contains(key);
  if (value == nullptr) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error) {
    throw Error(ErrorCode::internal, what + ": expected a whole number from 0 as \"" + key + "\", got " +
                                         shortened(json::serialize(*value)));
  }
  return number;
}

std::optional<Answer> parse_answer(std::string_view packet, std::string& problem) {
  boost::system::error_code error;
  const json::value value = json::parse(packet, error);
  if (error || !value.is_object()) {
    problem = "expected a JSON object, got " + shortened(packet);
    return {};
  }
  const json::object& object = value.as_object();
  const std::optional<RequestId> id = id_of(object);
  if (!id) {
    problem = "expected the \"id\" of a request, got " + shortened(packet);
    return {};
  }
  Answer answer;
  answer.id = *id;
  if (const json::value* const progress = object.if_contains("progress"); progress && progress->is_string()) {
    Answer news;
    news.id = *id;
    news.is_progress = true;
    news.fields["progress"] = *progress;
    return news;
  }
  const json::value* const ok = object.if_contains("ok");
  const json::value* const failure = object.if_contains("error");
  const json::value* const fields = ok != nullptr ? ok : failure;
  if ((ok != nullptr) == (failure != nullptr) || !fields->is_object()) {
    problem = "expected an object as either \"ok\" or \"error\", got " + shortened(packet);
    return {};
  }
  answer.is_error = failure != nullptr;
  answer.fields = fields->as_object();
  return answer;
}

std::string encode_request(RequestId id, std::string_view call, json::object fields) {
  if (id != 0) fields["id"] = id;
  fields["call"] = call;
  std::string packet = json::serialize(fields);
  if (packet.size() > largest_packet) {
    throw Error(ErrorCode::bad_request, std::string(call) + ": expected a request of at most " +
                                            std::to_string(largest_packet) + " bytes, got " +
                                            std::to_string(packet.size()));
  }
  return packet;
}

json::value to_json(const Config& config) {
  switch (config.kind()) {
    case Config::Kind::null:
      return nullptr;
    case Config::Kind::boolean:
      return config.as_bool();
    case Config::Kind::integer:
      return config.as_integer();
    case Config::Kind::number:
      return config.as_number();
    case Config::Kind::string:
      return json::value(config.as_string());
    case Config::Kind::array: {
      json::array items;
      for (const Config& item : config.items()) items.push_back(to_json(item));
      return items;
    }
    case Config::Kind::object: {
      json::object members;
      for (const auto& [key, member] : config.members()) members[key] = to_json(member);
      return members;
    }
  }
  return nullptr;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t most = 200;
  std::string shown(text.substr(0, most));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text.size() > most ? shown + "..." : shown;
}

}  // namespace tellina::exec_sandbox
