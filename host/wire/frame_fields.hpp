#pragma once

/// The fields of a text frame, checked one by one.

#include <boost/json/object.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tellina {

/// Why a frame is invalid. The text is for the sender.
class FrameError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// As JSON text, cut to 60 bytes at a character boundary.
std::string describe(const boost::json::value& value);

// Each throws FrameError if the field is missing or has another type or value.

/// A whole number from `lowest` to `highest`; it may be written 3.0 or 3e2.
std::uint64_t number_field(const boost::json::object& frame, const char* name, std::uint64_t lowest,
                           std::uint64_t highest);
bool bool_field(const boost::json::object& frame, const char* name);
/// At most `longest` bytes of UTF-8.
std::string text_field(const boost::json::object& frame, const char* name, std::size_t longest);
/// Milliseconds of a client's clock or of a duration, from 0 to 8.64e15 (the last day that JavaScript can represent).
double milliseconds_field(const boost::json::object& frame, const char* name);

/// The same for a value; `name` is for the error.
std::uint64_t to_whole_number(const boost::json::value* value, const std::string& name, std::uint64_t lowest,
                              std::uint64_t highest);
double to_milliseconds(const boost::json::value* value, const std::string& name);

}  // namespace tellina
