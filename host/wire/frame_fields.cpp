#include "host/wire/frame_fields.hpp"

#include <boost/json.hpp>

#include "host/limits.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

std::string found(const json::value* value) { return value ? describe(*value) : "nothing"; }

}  // namespace

std::string describe(const json::value& value) {
  std::string text = json::serialize(value);
  if (text.size() > limits::quoted_text) {
    // Cut at a character boundary, because a text frame that is not UTF-8 ends the page's connection.
    text = std::string(utf8_prefix(text, limits::quoted_text - 3)) + "...";
  }
  return text;
}

std::uint64_t to_whole_number(const json::value* value, const std::string& name, std::uint64_t lowest,
                              std::uint64_t highest) {
  boost::system::error_code error;
  const bool is_number = value && value->is_number();
  const auto number = is_number ? value->to_number<std::uint64_t>(error) : 0;
  if (!is_number || error || number < lowest || number > highest) {
    throw FrameError(name + ": expected a whole number from " + std::to_string(lowest) + " to " +
                     std::to_string(highest) + ", got " + found(value));
  }
  return number;
}

double to_milliseconds(const json::value* value, const std::string& name) {
  const double number = value && value->is_number() ? value->to_number<double>() : -1;
  if (!(number >= 0 && number <= limits::client_time)) {
    throw FrameError(name + ": expected milliseconds from 0 to 8.64e15, got " + found(value));
  }
  return number;
}

std::uint64_t number_field(const json::object& frame, const char* name, std::uint64_t lowest, std::uint64_t highest) {
  return to_whole_number(frame.if_contains(name), name, lowest, highest);
}

double milliseconds_field(const json::object& frame, const char* name) {
  return to_milliseconds(frame.if_contains(name), name);
}

bool bool_field(const json::object& frame, const char* name) {
  const json::value* value = frame.if_contains(name);
  if (!value || !value->is_bool()) {
    throw FrameError(std::string(name) + ": expected true or false, got " + found(value));
  }
  return value->get_bool();
}

std::string text_field(const json::object& frame, const char* name, std::size_t longest) {
  const json::value* value = frame.if_contains(name);
  if (!value || !value->is_string() || value->get_string().size() > longest) {
    throw FrameError(std::string(name) + ": expected a string of at most " + std::to_string(longest) + " bytes, got " +
                     found(value));
  }
  return json::value_to<std::string>(*value);
}

}  // namespace tellina
