#include "host/wire/worker_requests.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "host/limits.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

using Method = WorkerRequest::Method;

constexpr std::array<std::pair<Method, std::string_view>, 11> method_names{{
    {Method::login, "login"},
    {Method::join, "join"},
    {Method::open_link, "open_link"},
    {Method::authenticate, "authenticate"},
    {Method::study, "study"},
    {Method::about, "about"},
    {Method::ready, "ready"},
    {Method::alive, "alive"},
    {Method::study_numbers, "study_numbers"},
    {Method::numbers, "numbers"},
    {Method::self_test, "self_test"},
}};
static_assert(method_names.size() == static_cast<std::size_t>(Method::self_test) + 1, "every method has a name");

json::object object_of(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object();
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? json::value_to<std::string>(*value) : std::string();
}

/// The strings of a list; empty if there is no list.
std::vector<std::string> text_list(const json::object& object, std::string_view name) {
  std::vector<std::string> list;
  const json::value* value = object.if_contains(name);
  for (const json::value& item : value && value->is_array() ? value->get_array() : json::array()) {
    if (item.is_string()) list.push_back(json::value_to<std::string>(item));
  }
  return list;
}

/// Returns false if the key exists with another type.
bool read_integer(const json::object& object, std::string_view key, std::int64_t& integer) {
  const json::value* value = object.if_contains(key);
  if (!value) return true;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (error) return false;
  integer = number;
  return true;
}

/// Whether the value can be written into a line of the metrics without escapes.
bool is_word(const json::value& value) {
  return value.is_string() && value.get_string().find('\n') == json::string::npos;
}

std::vector<MetricSample> decode_samples(const json::value& value) {
  std::vector<MetricSample> samples;
  const json::array* list = value.if_array();
  if (!list) return {};
  for (const json::value& entry : *list) {
    const json::array* fields = entry.if_array();
    if (!fields || (fields->size() != 4 && fields->size() != 5)) return {};
    const json::array& field = *fields;
    if (!is_word(field[0]) || !is_word(field[1]) || !is_word(field[2]) || !field[3].is_number()) return {};
    const bool has_help = field.size() == 5;
    if (has_help && !is_word(field[4])) return {};
    samples.push_back({json::value_to<std::string>(field[0]), json::value_to<std::string>(field[1]),
                       json::value_to<std::string>(field[2]), field[3].to_number<double>(),
                       has_help ? json::value_to<std::string>(field[4]) : std::string()});
  }
  return samples;
}

}  // namespace

Bytes encode_request(const WorkerRequest& request) {
  json::object object{{"method", method_names[static_cast<std::size_t>(request.method)].second}};
  const std::pair<const char*, const std::string*> members[] = {
      {"access_code", &request.access_code}, {"cookie", &request.cookie},
      {"participant", &request.participant}, {"step", &request.step},
      {"parameters", &request.parameters},   {"browser_key", &request.browser_key}};
  for (const auto& [name, text] : members) {
    if (!text->empty()) object[name] = *text;
  }
  if (!request.cookies.empty()) object["cookies"] = json::value_from(request.cookies);
  return json::serialize(object);
}

std::optional<WorkerRequest> decode_request(BytesView body) {
  const json::object object = object_of(body);
  const std::string name = text_member(object, "method");
  const auto method =
      std::find_if(method_names.begin(), method_names.end(), [&](const auto& each) { return each.second == name; });
  if (method == method_names.end()) return std::nullopt;
  WorkerRequest request(method->first);
  request.access_code = text_member(object, "access_code");
  request.cookie = text_member(object, "cookie");
  request.participant = text_member(object, "participant");
  request.step = text_member(object, "step");
  request.parameters = text_member(object, "parameters");
  request.browser_key = text_member(object, "browser_key");
  request.cookies = text_list(object, "cookies");
  return request;
}

Bytes encode_reply(const WorkerReply& reply) {
  Bytes text = "{\"status\":" + std::to_string(reply.status);
  if (!reply.body.empty()) text += ",\"body\":" + reply.body;
  if (reply.participant != 0) text += ",\"participant\":" + std::to_string(reply.participant);
  if (reply.affinity != 0) text += ",\"affinity\":" + std::to_string(reply.affinity);
  if (!reply.cookie.empty()) text += ",\"cookie\":" + json::serialize(json::string(reply.cookie));
  if (reply.is_new) text += ",\"new\":1";
  return text + "}";
}

std::optional<WorkerReply> decode_reply(BytesView body) {
  const json::object object = object_of(body);
  WorkerReply reply;
  std::int64_t status = 0;
  std::int64_t affinity = 0;
  std::int64_t is_new = 0;
  if (!read_integer(object, "status", status) || !read_integer(object, "new", is_new) ||
      !read_integer(object, "participant", reply.participant) || !read_integer(object, "affinity", affinity)) {
    return std::nullopt;
  }
  if (status < 200 || status > 599 || affinity < 0) return std::nullopt;
  reply.status = static_cast<int>(status);
  reply.affinity = static_cast<std::uint64_t>(affinity);
  reply.is_new = is_new != 0;
  if (const json::value* content = object.if_contains("body")) reply.body = json::serialize(*content);
  if (object.contains("cookie")) {
    reply.cookie = text_member(object, "cookie");
    if (!is_token(reply.cookie)) return std::nullopt;
  }
  return reply;
}

std::string error_body(std::string_view code, std::string_view message) {
  const json::object error{{"code", code}, {"message", message}};
  return json::serialize(json::object{{"error", error}});
}

std::string error_code_of(const WorkerReply& reply) {
  const json::object body = object_of(reply.body);
  const json::value* error = body.if_contains("error");
  return error && error->is_object() ? text_member(error->get_object(), "code") : std::string();
}

WorkerReply busy_reply() { return WorkerReply(503, error_body("busy", "no worker answers: try again")); }

std::string encode_numbers(const WorkerNumbers& numbers) {
  json::array samples;
  for (const MetricSample& sample : numbers.samples) {
    json::array fields{sample.family, sample.suffix, sample.labels, sample.value};
    if (!sample.help.empty()) fields.emplace_back(sample.help);
    samples.push_back(std::move(fields));
  }
  json::object object{{"samples", std::move(samples)}};
  if (!numbers.workers.empty()) object["workers"] = json::value_from(numbers.workers);
  return json::serialize(object);
}

WorkerNumbers decode_numbers(std::string_view body) {
  const json::object object = object_of(body);
  WorkerNumbers numbers;
  if (const json::value* samples = object.if_contains("samples")) numbers.samples = decode_samples(*samples);
  numbers.workers = text_list(object, "workers");
  return numbers;
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= limits::token && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

}  // namespace tellina
